"""holding: a legal hold is put on by a signed act, found when it is lost, and lifted by quality alone."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from medicore.cases.keeping.archived_run import listed
from medicore.cases.keeping.extending import extend
from medicore.cases.keeping.holding import Holding, hold, lift
from medicore.cases.people.acting import Actor
from medicore.cases.proof.verify import verify
from medicore.errors import ArchiveError, BusyError, ReviewError
from medicore.records.checking import Check
from medicore.records.identifiers import RunId
from medicore.stores.archive.folder import FolderArchive
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words
from tests.whole_house.study import BROKEN_RUN, SOUND_RUN

RUN = RunId.parse(SOUND_RUN)
WHY = "Litigation hold, letter of the court"
REPORT = f"reports/{SOUND_RUN}/report.pdf"


def actor(person: str, why: str = WHY) -> Actor:
    """Return someone who holds or lifts."""
    return Actor(person, why, words(person))


def labels(whole: WholeHouse, number: int) -> list[Path]:
    """Return the labels of one hold, or end of one, of everything that is archived."""
    return sorted((whole.home / "archive").rglob(f"*~hold-{number}.json"))


def found(whole: WholeHouse) -> tuple[list[Check], list[Check]]:
    """Return the checks of the run that fail, and those that warn."""
    checks = verify(whole.house, RUN)
    return [c for c in checks if not c.passed], [c for c in checks if c.warned]


def held_since(whole: WholeHouse) -> str | None:
    """Return since when the archived run is held, as the list says."""
    (row,) = listed(whole.house)
    return None if row["held_since"] is None else str(row["held_since"])


class Full(FolderArchive):
    """An archive that has no room for one more label on a report."""

    def hold(self, key: str) -> None:
        """Put an object under a legal hold, unless it is the report."""
        if key == REPORT:
            raise ArchiveError("the archive is full; make room")
        super().hold(key)


def test_a_run_is_held_until_quality_lifts_it(released: WholeHouse) -> None:
    """An operator holds every object, twice is as once, an extension leaves it so, and quality alone lifts it."""
    house = released.house
    (row,) = listed(house)
    made = hold(house, actor("otto"), RUN)
    event = released.events(SOUND_RUN)[-1]
    assert made == Holding(event, True, row["objects"] + 1)
    assert (event.action, event.actor, event.reason) == ("archive.held", "otto", WHY)
    assert len(labels(released, 1)) == made.objects, "every object and the manifest"
    assert hold(house, actor("otto"), RUN) == Holding(event, False, 0)
    assert released.events(SOUND_RUN)[-1] == event
    extend(house, actor("otto", "A longer duty to keep"), RUN, date(2080, 2, 29))
    assert held_since(released) == event.at
    assert found(released) == ([], [])
    with pytest.raises(
        ReviewError, match="otto has the role operator, which may not lift; expected one of quality"
    ):
        lift(house, actor("otto"), RUN)
    refused = released.events(SOUND_RUN)[-1]
    assert (refused.action, refused.details["asked"]) == ("archive.refused", "archive.lifted")
    lifted = lift(house, actor("quinn"), RUN)
    assert (lifted.new, lifted.objects) == (True, made.objects)
    assert lift(house, actor("quinn"), RUN) == Holding(lifted.event, False, 0)
    assert (held_since(released), listed(house)[0]["retain_until"]) == (None, "2080-02-29")
    assert found(released) == ([], [])


def test_a_hold_that_the_archive_lost_is_found_and_put_on_again(released: WholeHouse) -> None:
    """Without the label of a hold the run's verification fails by its object, until it is held again by a signed act."""
    event = hold(released.house, actor("otto"), RUN).event
    assert event is not None
    report = released.home / "archive" / f"{REPORT}~hold-1.json"
    report.unlink()
    words = f"{REPORT} (legal hold): not held, where a hold since {event.at} is recorded"
    assert [f"{check.subject}: {check.found}" for check in found(released)[0]] == [words]
    failed = released.events(SOUND_RUN)[-1]
    assert (failed.action, failed.details["failed"]) == ("verification.failed", [words])
    again = hold(released.house, actor("otto"), RUN)
    assert (again.new, again.objects) == (True, 1)
    assert found(released) == ([], [])
    report.chmod(0o644)
    report.write_bytes(report.read_bytes() + b" ")
    (damaged,) = found(released)[0]
    assert f"the legal hold label 1 of {REPORT} is damaged" in damaged.found


def test_a_hold_that_nobody_signed_is_a_finding(released: WholeHouse) -> None:
    """What the archive holds past the ledger is a warning and an event; the next signed act takes it over."""
    hold(released.house, actor("otto"), RUN)
    lift(released.house, actor("quinn"), RUN)
    (released.home / "archive" / f"{REPORT}~hold-2.json").unlink()
    words = f"{REPORT} (legal hold): held past MediCore: no hold is recorded"
    failed, warned = found(released)
    assert (failed, [f"{check.subject}: {check.found}" for check in warned]) == ([], [words])
    event = released.events(SOUND_RUN)[-1]
    assert (event.action, event.details["warned"]) == ("verification.warned", [words])
    again = lift(released.house, actor("quinn"), RUN)
    assert (again.new, again.objects) == (True, 1)
    assert found(released) == ([], [])


def test_a_run_that_never_was_held_has_nothing_to_lift(released: WholeHouse) -> None:
    """Lifting what is not held changes nothing and names no event."""
    before = released.events(SOUND_RUN)
    assert lift(released.house, actor("quinn"), RUN) == Holding(None, False, 0)
    assert released.events(SOUND_RUN) == before


def test_what_is_not_archived_is_not_held(released: WholeHouse) -> None:
    """A run that was never archived is neither held nor lifted, whoever asks, and nothing is recorded."""
    before = released.events(BROKEN_RUN)
    for act in (hold, lift):
        with pytest.raises(ArchiveError, match=f"run {BROKEN_RUN} is not archived; expected one that is"):
            act(released.house, actor("quinn"), RunId.parse(BROKEN_RUN))
    assert released.events(BROKEN_RUN) == before


def test_who_may_not_or_says_not_why_holds_nothing(released: WholeHouse) -> None:
    """An analyst, an empty reason and a wrong passphrase are refused, each an event, and no label is written."""
    for who, told in (
        (actor("ana"), "ana has the role analyst, which may not extend"),
        (actor("otto", " "), "the reason is empty"),
        (Actor("otto", WHY, "wrong words"), "does not open the key of otto"),
    ):
        with pytest.raises(ReviewError, match=told):
            hold(released.house, who, RUN)
    causes = [event.details["cause"] for event in released.events(SOUND_RUN)[-3:]]
    assert causes == ["refused", "refused", "passphrase"]
    assert labels(released, 1) == []


def test_an_archive_that_fails_in_the_middle_is_finished_by_the_same_again(released: WholeHouse) -> None:
    """The signed event comes first; what could not be held is found by verification and held by the next act."""
    house = replace(released.house, archive=Full(released.home / "archive"))
    with pytest.raises(ArchiveError, match="the archive is full"):
        hold(house, actor("otto"), RUN)
    held, refused = released.events(SOUND_RUN)[-2:]
    assert (held.action, refused.action, refused.details["cause"]) == (
        "archive.held",
        "archive.refused",
        "archive",
    )
    assert refused.actor == "medicore"
    assert f"{REPORT} (legal hold)" in [check.subject for check in found(released)[0]]
    hold(released.house, actor("otto"), RUN)
    assert found(released) == ([], [])


def test_nobody_holds_what_another_is_at_work_on(released: WholeHouse) -> None:
    """While the month is locked by another process nothing is held."""
    with (
        released.house.locks.hold(RUN.study, RUN.month, "another"),
        pytest.raises(BusyError, match="is at work in another"),
    ):
        hold(released.house, actor("otto"), RUN)
    assert labels(released, 1) == []
