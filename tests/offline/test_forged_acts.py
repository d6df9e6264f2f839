"""The offline verifier against acts that nobody signed: bundles made again with the service's key."""

import json
import shutil
from pathlib import Path

import pytest

from medicore.cases.export.export import export
from medicore.records.identifiers import RunId
from tests.offline.forger import Forger, Json
from tests.whole_house.exported import third_party
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.people import words
from tests.whole_house.study import WAITING_RUN, waiting


def last(forger: Forger, action: str) -> Json:
    """Return the last event of an action on the run of the bundle."""
    run = json.loads(forger.read("MANIFEST.json"))["run"]
    events = [json.loads(line) for line in forger.read("ledger/excerpt.jsonl").splitlines()]
    found: Json = [event for event in events if (event["action"], event["subject"]) == (action, run)][-1]
    return found


@pytest.mark.parametrize("action", ["run.sealed", "run.rejected", "run.released", "run.continued"])
def test_a_move_that_no_state_allows_is_named(forger: Forger, tmp_path: Path, action: str) -> None:
    """An archived run that is sealed, released, rejected or continued once more is no run."""
    forged = {**last(forger, "run.sealed"), "action": action}
    forger.rewrite(added=(forged,))
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert f"says {action} of a run that is archived" in answer


def test_a_correction_that_nobody_signed_is_named(forger: Forger, tmp_path: Path) -> None:
    """An impossible event is skipped only by a correction that an operator or quality signed."""
    forged = last(forger, "run.sealed")
    envelope = last(forger, "run.requested")["details"]["envelope"]
    correction = {
        **forged,
        "action": "ledger.corrected",
        "details": {"disregarded": [1], "envelope": envelope},
    }
    forger.rewrite(added=(forged, correction))
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "is by one whose role may not correct" in answer


def test_a_past_written_anew_is_not_what_the_record_was_sealed_with(forger: Forger, tmp_path: Path) -> None:
    """Another reason in an event before the seal changes the head that provenance, which was signed, names (FAULTS 77)."""

    def soften(event: Json) -> None:
        if event["action"] == "authority.created":
            event["reason"] = "As always"

    forger.rewrite(soften)
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "is not the head with which the record was sealed" in answer


@pytest.fixture(scope="module")
def continued(tmp_path_factory: pytest.TempPathFactory) -> tuple[WholeHouse, Path]:
    """A house with a run that was continued after its findings were answered, and the bundle of that run."""
    whole = found_whole_house(tmp_path_factory.mktemp("continued"))
    whole.prepare(waiting())
    whole.run(WAITING_RUN.partition("/")[0])
    whole.proceed(WAITING_RUN)
    found = export(whole.house, RunId.parse(WAITING_RUN), "rita", words, whole_ledger=True)
    folder = tmp_path_factory.mktemp("bundle")
    for name, data in found.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return whole, folder


def test_a_continuation_is_what_was_signed(continued: tuple[WholeHouse, Path], tmp_path: Path) -> None:
    """A continued run verifies; with another reason, an answer fewer, or an earlier answer in its place it does not."""
    whole, bundle = continued
    assert third_party(bundle, tmp_path)[0] == 0

    def reworded(event: Json) -> None:
        if event["action"] == "run.continued":
            event["details"]["decisions"][0]["reason"] = "Because"

    def shortened(event: Json) -> None:
        if event["action"] == "run.continued":
            event["details"]["decisions"].pop()

    for number, (change, told) in enumerate(
        ((reworded, "continues with what nobody signed"), (shortened, "finding(s) have no signed answer"))
    ):
        folder = Path(shutil.copytree(bundle, tmp_path / f"forged-{number}"))
        Forger(folder, whole.home / "people").rewrite(change)
        code, answer = third_party(folder, tmp_path)
        assert code == 1
        assert told in answer


def test_a_rejection_is_what_was_signed(tmp_path: Path) -> None:
    """A rejected run verifies as rejected; with another reason in the event that closed it, it does not."""
    whole = found_whole_house(tmp_path / "house")
    whole.prepare(waiting())
    whole.run(WAITING_RUN.partition("/")[0])
    whole.sign(WAITING_RUN, "reject", reason="The source must be corrected first")
    whole.follow(WAITING_RUN)
    bundle = tmp_path / "bundle"
    found = export(whole.house, RunId.parse(WAITING_RUN), "rita", words, whole_ledger=True)
    for name, data in found.files.items():
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_bytes(data)
    code, answer = third_party(bundle, tmp_path)
    assert code == 0, answer
    assert "the run is rejected" in answer

    def reworded(event: Json) -> None:
        if event["action"] == "run.rejected":
            event["reason"] = "The reviewer is on holiday"

    Forger(bundle, whole.home / "people").rewrite(reworded)
    code, answer = third_party(bundle, tmp_path)
    assert code == 1
    assert "follows from no signed rejection" in answer
