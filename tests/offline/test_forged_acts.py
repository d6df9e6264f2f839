"""The offline verifier against acts that nobody signed: bundles made again with the service's key."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from medicore.cases.export.export import export
from medicore.cases.people.attributed import record_act, require_signatory
from medicore.offline.bundle_acts import check_acts, check_export
from medicore.offline.bundle_parts import Bundle, FaultError, check_ledger, requester
from medicore.offline.verify_bundle import check_decisions
from medicore.records.identifiers import RunId
from medicore.records.people.people import Permission
from tests.offline.conftest import written
from tests.offline.forger import Forger, Json
from tests.whole_house.exported import third_party
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.people import words
from tests.whole_house.study import SOUND_RUN, WAITING_RUN, waiting
from tests.whole_house.tampering import second_signature


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
    assert "(ledger.corrected) is not what" in answer


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


def acted(whole: WholeHouse, person: str, permission: Permission, action: str) -> None:
    """Let a person sign an act on the archived run."""
    signatory = require_signatory(whole.house, person, permission, words)
    record_act(whole.house, signatory, action, SOUND_RUN, "An inspection is announced", {"keys": ["a"]})


@pytest.fixture(scope="module")
def acting(released_house: WholeHouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of an archived run that is held, and of which somebody looked at a patient's row."""
    whole = released_house.copy(tmp_path_factory.mktemp("acting"))
    acted(whole, "quinn", Permission.EXTEND, "archive.held")
    acted(whole, "rita", Permission.VIEW, "subject.viewed")
    return written(whole, tmp_path_factory.mktemp("exported") / "bundle")


@pytest.fixture
def read(acting: Path, tmp_path: Path) -> Bundle:
    """The same bundle as the program reads it, up to what follows the decisions."""
    found = Bundle(acting, tmp_path)
    check_ledger(found)
    check_decisions(found)
    return found


def test_acts_that_were_signed_verify(acting: Path, tmp_path: Path) -> None:
    """The bundle shows who held the record and who looked at a patient's row, with their certificates."""
    code, answer = third_party(acting, tmp_path)
    assert code == 0, answer
    assert "2 other acts are signed" in answer


@pytest.mark.parametrize(
    ("action", "changed", "told"),
    [
        ("subject.viewed", {"reason": "The patient asked"}, r"\(subject.viewed\) is not what rita signed"),
        ("subject.viewed", {"actor": "quinn"}, r"\(subject.viewed\) is not what quinn signed"),
        ("archive.held", {"role": "reviewer"}, r"\(archive.held\) is not what quinn signed"),
        ("archive.held", {"details": {"keys": ["a"]}}, "is not a JSON document"),
        ("archive.held", {"at": "2025-04-02T12:00:00.000000Z"}, "more than an hour from its event"),
        ("run.released", {"details": {"commit": "0" * 40}}, "released another record than this one"),
    ],
)
def test_an_act_that_nobody_signed_is_named(read: Bundle, action: str, changed: Json, told: str) -> None:
    """A hold or a look at a row with other words, by another or without a signature, and a release of another record."""
    check_acts(read)
    (event,) = read.named(action, on=SOUND_RUN)
    event.update(changed)
    with pytest.raises(FaultError, match=told):
        check_acts(read)


def test_an_act_of_one_who_may_not_is_named(released_house: WholeHouse, tmp_path: Path) -> None:
    """Only quality ends a hold: the operator's signature under its end is named by the role."""
    whole = released_house.copy(tmp_path / "house")
    acted(whole, "otto", Permission.EXTEND, "archive.lifted")
    read = Bundle(written(whole, tmp_path / "lifted"), tmp_path)
    check_ledger(read)
    with pytest.raises(FaultError, match=r"\(archive.lifted\) is by one whose role may not do that"):
        check_acts(read)


@pytest.mark.parametrize("make", [str, second_signature])
@pytest.mark.parametrize("action", ["archive.held", "subject.viewed"])
def test_an_act_that_is_told_twice_is_named(read: Bundle, action: str, make: Callable[[str], str]) -> None:
    """A copy of a hold or of a look at a row is named, under the same signature or the second one that anyone can make."""
    (done,) = read.named(action, on=SOUND_RUN)
    details = {**done["details"], "envelope": make(done["details"]["envelope"])}
    read.events.append({**done, "sequence": len(read.events) + 1, "details": details})
    words = f"event {len(read.events)} copies the signature in event {done['sequence']}"
    with pytest.raises(FaultError, match=words):
        check_acts(read)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"reason": "For the press"}, r"\(run.exported\) is not what rita signed"),
        ({"actor": "quinn"}, r"\(run.exported\) is not what quinn signed"),
        ({"details": {"manifest": "0" * 64}}, "is not a JSON document"),
    ],
)
def test_an_export_that_nobody_signed_is_named(read: Bundle, changed: Json, told: str) -> None:
    """An export for another reason, by another person, or without a signature."""
    check_export(read)
    read.events[-1].update(changed)
    with pytest.raises(FaultError, match=told):
        check_export(read)


def test_the_services_key_alone_makes_no_bundle(forger: Forger, tmp_path: Path) -> None:
    """One who has the service's key and changes nothing but a text for people is named by the exporter's signature."""
    forger.write("README.txt", b"All is well\n")
    forger.rewrite()
    code, answer = third_party(forger.folder, tmp_path)
    assert code == 1
    assert "(run.exported) is not what rita signed" in answer


def test_whoever_exports_is_shown_and_proved(released_house: WholeHouse, tmp_path: Path) -> None:
    """The bundle of one who did nothing else on the run verifies by their own certificate, and is the same for the next."""
    whole = released_house.copy(tmp_path / "house")
    run = RunId.parse(SOUND_RUN)
    first = export(whole.house, run, "quinn", words)
    for name, data in first.files.items():
        (tmp_path / "bundle" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bundle" / name).write_bytes(data)
    code, answer = third_party(tmp_path / "bundle", tmp_path)
    assert code == 0, answer
    again = export(whole.house, run, "rita", words)
    assert again.again
    assert again.files == first.files


@pytest.mark.parametrize("action", ["effect.completed", "lock.frozen", "decision.signed"])
def test_work_after_the_end_is_named(read: Bundle, action: str) -> None:
    """An archived run whose step, data lock or decision comes after its end did not go so."""
    (done,) = read.named(action, on=SOUND_RUN)
    read.events.append({**done, "sequence": len(read.events) + 1})
    with pytest.raises(FaultError, match=f"says {action} of a run that is archived"):
        check_acts(read)


def test_a_request_that_was_not_signed_so_is_named(whole_ledger_bundle: Path, tmp_path: Path) -> None:
    """A run that its first event calls exploratory, while the signed request does not, was asked for otherwise."""
    read = Bundle(whole_ledger_bundle, tmp_path)
    check_ledger(read)
    (asked,) = read.named("run.requested", on=SOUND_RUN)
    assert requester(read, SOUND_RUN)[0] == "ana"
    asked["details"]["identity"]["status"] = "exploratory"
    with pytest.raises(FaultError, match="is another request"):
        requester(read, SOUND_RUN)
