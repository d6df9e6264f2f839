"""verify: two deliveries with one MD5 are told apart by SHA-256, though DVC's store takes one for the other."""

import json

import pytest

from medicore.cases.proof.verify import verify
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from tests.whole_house.content import md5
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND, sound

# Two texts with one MD5 (Stevens, 2024, made with HashClash); a CSV file that is all header may read so.
HEADERS = tuple(
    f"TEXTCOLLBYfGiJUETHQ4h{letter}cKSMd5zYpgqf1YRDhkmxHkhPWptrkoyz28wnI9V0aHeAuaKnak".encode()
    for letter in "AE"
)


@pytest.mark.parametrize("places", [("remote",), ("cache",), ("remote", "cache")])
def test_a_twin_in_the_place_of_a_frozen_export_is_found(
    founded: WholeHouse, places: tuple[str, ...]
) -> None:
    """A delivery whose bytes have a twin of the same MD5 is sealed and verifies; the twin in its place fails (FAULTS 12)."""
    one, other = HEADERS
    assert (one != other, md5(one) == md5(other)) == (True, True)
    sound().deliver(founded, "2025-04")  # type: ignore[arg-type] # a house has the folders of a project
    folder = founded.home / "inbox" / SOUND / "2025-04"
    manifest = json.loads((folder / "transfer.json").read_text("utf-8"))
    (folder / "raw" / "subjects.csv").write_bytes(one)
    manifest["files"][0] |= {"rows": 0, "sha256": sha256(one), "size": len(one)}
    (folder / "transfer.json").write_text(json.dumps(manifest), "utf-8")
    outcome = founded.run(SOUND, "2025-04")
    run = RunId.parse(outcome.run)
    assert outcome.state in {"halted", "failed"}
    assert [check for check in verify(founded.house, run) if not check.passed] == []
    names = {"remote": "content store", "cache": "local cache"}
    for place in places:
        getattr(founded.content, place)[md5(one)] = other
    failed = [check.subject for check in verify(founded.house, run) if not check.passed]
    assert failed == [f"lock/raw/subjects.csv ({names[place]})" for place in places]
    assert founded.events(outcome.run)[-1].action == "verification.failed"
