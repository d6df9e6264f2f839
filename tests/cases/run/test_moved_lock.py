"""A month that is delivered once more: another lock makes another run, and the record of the first stays."""

import json
from pathlib import Path

from medicore.cases.answers.diff import diff
from medicore.cases.answers.explain import explain
from medicore.cases.proof.verify import verify
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH, SIZE
from tests.whole_house.study import SOUND, SOUND_RUN


def deliver_one_less(whole: WholeHouse) -> None:
    """Deliver the month again without its last subject, by a manifest that says so."""
    folder = whole.home / "inbox" / SOUND / MONTH
    path = folder / "raw" / "subjects.csv"
    lines = path.read_bytes().splitlines(keepends=True)[:-1]
    data = b"".join(lines)
    path.write_bytes(data)
    manifest = json.loads((folder / "transfer.json").read_text("utf-8"))
    manifest["files"][0] |= {"rows": len(lines) - 1, "sha256": sha256(data), "size": len(data)}
    manifest["version"] += ", corrected"
    (folder / "transfer.json").write_text(json.dumps(manifest), "utf-8")


def test_a_lock_that_moved_makes_a_new_run(month: WholeHouse, tmp_path: Path) -> None:
    """After another delivery of the month the next run has the new data; the old record keeps its own (FAULTS 67)."""
    deliver_one_less(month)
    first, second = RunId.parse(SOUND_RUN), RunId.parse(month.run(SOUND).run)
    assert (second.study, second.month, second.number) == (SOUND, MONTH, 2)
    found = diff(month.house, first, second, tmp_path / "compared")
    assert found.subjects is not None
    assert (found.subjects.before, found.subjects.after, found.subjects.removed) == (SIZE, SIZE - 1, 1)
    for run in (first, second):
        assert [check for check in verify(month.house, run) if not check.passed] == []
    kept = explain(month.house, first, "cohort.assessed", tmp_path / "explained")
    assert kept.value == kept.recomputed == SIZE
