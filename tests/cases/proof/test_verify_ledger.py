"""verify_ledger: cut short, rolled back, edited or rewritten, the ledger is found out, and by which event."""

import json
import shutil

import pytest

from medicore.cases.people.logged import SERVICE
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_ledger import LedgerReport, verify_ledger
from medicore.cases.run.attest import attest
from medicore.errors import IntegrityError
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING_RUN
from tests.whole_house.tampering import force, slip_in, written_anew

RUN = RunId.parse(SOUND_RUN)


@pytest.fixture
def kept(founded: WholeHouse) -> WholeHouse:
    """A house in which one run has failed, its delivery lost, and whose archive holds no copy of the ledger."""
    shutil.rmtree(founded.home / "inbox" / SOUND)
    founded.run(SOUND)
    return founded


def length(whole: WholeHouse) -> int:
    """Return how many events the ledger has."""
    return len([*whole.house.ledger.events()])


def spoil(whole: WholeHouse, statement: str) -> LedgerReport:
    """Do something to the ledger past its guards, and return what is then found: that it is damaged."""
    force(whole.home / "ledger.db", statement)
    found = verify_ledger(whole.house)
    assert found.failed
    return found


def test_a_whole_ledger_is_covered_by_its_signed_heads(kept: WholeHouse) -> None:
    """Every sealing signs the head; guards and chain hold, and to verify is to read."""
    events = [*kept.house.ledger.events()]
    assert [event.action for event in events[-2:]] == ["run.failed", "checkpoint.signed"]
    found = verify_ledger(kept.house)
    assert (found.failed, found.wrong, found.unkept) == ((), None, ())
    assert (found.events, found.head, found.checkpoints, found.attested) == (
        len(events), events[-1].digest, 1, len(events),
    )  # fmt: skip
    assert [*kept.house.ledger.events()] == events


@pytest.mark.parametrize("dropped", [1, 3])
def test_a_truncated_ledger_is_caught(kept: WholeHouse, dropped: int) -> None:
    """Even one event cut off behind the guards' back is missed, by number (FAULTS 8)."""
    before = length(kept)
    found = spoil(kept, f"DELETE FROM events WHERE sequence > {before - dropped}")  # noqa: S608 - a number
    missing = before - dropped + 1
    assert (found.events, found.wrong) == (before - dropped, (missing, missing))
    assert any(f"event {missing} is missing" in check.found for check in found.failed)


def test_a_ledger_cut_to_nothing_is_caught(kept: WholeHouse) -> None:
    """Without any event the ledger knows neither runs nor people, and is still held against the signed heads."""
    found = spoil(kept, "DELETE FROM events")
    assert (found.events, [check.subject for check in found.failed]) == (0, ["signed heads"])


def test_a_rolled_back_ledger_is_caught(kept: WholeHouse) -> None:
    """An older copy of the database is whole in itself; the archive's head of a later run betrays it (FAULTS 9, 10)."""
    older, before = kept.copy(kept.folder / "older"), length(kept)
    kept.run(SOUND)
    assert verify_ledger(kept.house).failed == ()
    shutil.copy(older.home / "ledger.db", kept.home / "ledger.db")
    back = kept.copy(kept.folder / "rolled back")
    assert verify_ledger(back.house).wrong == (before + 1, before + 1)
    back.clock.pass_days(1)
    for _ in range(4):
        attest(back.house, RUN, 15)
    found = verify_ledger(back.house)
    assert found.failed
    assert found.wrong == (before + 1, before + 3), "from the roll-back to the head that was signed"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET reason = 'all was well' WHERE sequence = {this}",
        "DELETE FROM events WHERE sequence = {this}",
        "UPDATE events SET sequence = 0 WHERE sequence = {this}; UPDATE events SET sequence = {this} "
        "WHERE sequence = {next}; UPDATE events SET sequence = {next} WHERE sequence = 0",
    ],
    ids=["edited", "deleted", "exchanged"],
)
def test_a_tampered_event_is_named(kept: WholeHouse, change: str) -> None:
    """An event edited in place, taken out, or exchanged with the next is named by its number (FAULTS 5-7)."""
    number = length(kept) - 2
    found = spoil(kept, change.format(this=number, next=number + 1))
    assert found.wrong == (number, number)
    chain = next(check for check in found.failed if check.subject == "chain")
    assert f"event {number} " in chain.found


def test_a_ledger_written_anew_is_caught(kept: WholeHouse) -> None:
    """An edited event with every later digest computed again has a good chain and not the signed head."""
    events = [*kept.house.ledger.events()]
    found = spoil(kept, written_anew(events, len(events) - 2, reason="all was well"))
    assert "chain" not in [check.subject for check in found.failed]
    assert found.wrong == (1, len(events))


def test_an_archived_copy_names_the_event(released: WholeHouse) -> None:
    """Where the archive holds a copy of the ledger, the one event that was rewritten is named."""
    events = [*released.house.ledger.events()]
    number = next(event.sequence for event in events if event.action == "extract.completed")
    assert spoil(released, written_anew(events, number, reason="all was well")).wrong == (number, number)


def test_missing_guards_are_caught(kept: WholeHouse) -> None:
    """Triggers that are off are reported, and a ledger that is opened again is not used until they are back."""
    force(kept.home / "ledger.db", "SELECT 1", guards=False)
    found = verify_ledger(kept.house)
    assert [check.subject for check in found.failed] == ["guards"]
    with pytest.raises(IntegrityError, match="not a ledger as MediCore makes it"):
        [*SqliteLedger(kept.home / "ledger.db", kept.clock).events()]


def test_a_forged_head_is_named(kept: WholeHouse) -> None:
    """A checkpoint that was altered in the archive is named by its key, and the chain is not blamed."""
    (path,) = (p for p in (kept.home / "archive" / "checkpoints").glob("*.json") if "retention" not in p.name)
    envelope = json.loads(path.read_text())
    path.chmod(0o644)
    path.write_text(path.read_text().replace(envelope["payload"][:8], "eyJhdCI7"))
    found = verify_ledger(kept.house)
    assert [check.subject for check in found.failed] == [f"checkpoints/{path.name}"]
    assert found.wrong is None


def test_a_head_without_a_copy_is_told_and_the_next_covers_it(kept: WholeHouse) -> None:
    """A head that the archive did not take is no fault of the ledger; it is named, and a later one attests its events."""
    folder = kept.home / "archive" / "checkpoints"
    folder.rename(kept.folder / "aside")
    folder.write_bytes(b"no folder")
    lost = attest(kept.house, RUN, 15)
    folder.unlink()
    (kept.folder / "aside").rename(folder)
    found = verify_ledger(kept.house)
    assert (found.failed, found.unkept, found.attested) == ((), (lost.sequence,), lost.sequence - 1)
    later = attest(kept.house, RUN, 15)
    found = verify_ledger(kept.house)
    assert (found.failed, found.unkept, found.attested) == ((), (lost.sequence,), later.sequence)


def test_a_run_that_went_as_nobody_decided_is_caught(month: WholeHouse) -> None:
    """The whole ledger's proof names a forged rejection and a second seal by run and event; a sound one counts its runs."""
    (runs,) = (check for check in verify_ledger(month.house).checks if check.subject == "runs")
    assert runs.found.startswith("4 runs")
    sealing = month.history(SOUND_RUN).sealed.event
    again = NewEvent(SERVICE, "service", "run.sealed", SOUND_RUN, "", sealing.details)
    forged = NewEvent(SERVICE, "service", "run.rejected", WAITING_RUN, "No", {"decision": 1})
    _, rejected = slip_in(month.home / "ledger.db", month.clock, again, forged)
    assert [check.subject for check in verify_ledger(month.house).failed] == [
        f"{SOUND_RUN}: states of the run",
        f"{WAITING_RUN}: run.rejected {rejected.sequence}",
    ]


def test_work_of_a_run_that_nobody_asked_for_is_caught(month: WholeHouse) -> None:
    """An estimate that a forger writes of a run without a request is named by run and event; a refusal of one may stand."""
    unasked = f"{SOUND_RUN[:-1]}7"
    refused = NewEvent(SERVICE, "service", "export.refused", unasked, "There is no such run", {})
    slip_in(month.home / "ledger.db", month.clock, refused)
    assert verify_ledger(month.house).failed == ()
    forged = NewEvent(SERVICE, "service", "effect.completed", unasked, "", {"look": None, "outputs": {}})
    (event,) = slip_in(month.home / "ledger.db", month.clock, forged)
    (failed,) = verify_ledger(month.house).failed
    assert failed.subject == f"{unasked}: states of the run"
    assert f"ledger event {event.sequence} says 'effect.completed'" in failed.found


def test_a_signature_that_two_events_tell_is_caught(month: WholeHouse) -> None:
    """A signed request under a second run, which nobody asked for, is named with the event that it was signed for."""
    first = month.history(SOUND_RUN).request.event
    again = NewEvent("ana", "analyst", "run.requested", f"{SOUND_RUN[:-1]}2", first.reason, first.details)
    (event,) = slip_in(month.home / "ledger.db", month.clock, again)
    (failed,) = verify_ledger(month.house).failed
    assert failed.found.startswith(
        f"ledger event {event.sequence} (run.requested) tells again what ana signed"
    )
    assert f"for event {first.sequence}; expected a signature of its own" in failed.found
    checks = {check.subject: check for check in verify(month.house, RunId.parse(again.subject))}
    assert checks["signatures, each told once"].found == failed.found
    assert checks[f"request {event.sequence} by ana"].passed
