"""The ledger's copies in the archive: each holds what is new since the one before, together they are the ledger."""

import json
from pathlib import Path

import pytest

from tests.line.conftest import CLEAN, REFERENCE, Month
from tests.line.test_ledger import Kept, written_anew


@pytest.fixture
def twice(released: Month, tmp_path: Path) -> Kept:
    """A copy of the month in which a second run is archived after the first."""
    copy = Kept(released.project).copy(tmp_path)
    copy.project.sign(released.run(CLEAN), "approve")
    return copy


def copies(kept: Kept) -> list[Path]:
    """Return the ledger's copies in the archive, in the order of their names; other tests may have archived more."""
    found = (kept.project.home / "archive" / "archives").rglob("ledger-*.jsonl")
    return sorted(found, key=lambda path: path.name)


def lines(path: Path) -> list[dict[str, object]]:
    """Return the events in a copy."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_copies_together_are_the_ledger(twice: Kept, released: Month) -> None:
    """One after the other in the order of their names they hold every event once; each run's own lie together too."""
    archive = twice.project.home / "archive" / "archives"
    found = copies(twice)
    assert len(found) >= 2
    together = [event for path in found for event in lines(path)]
    events = twice.events()
    assert together == events[: len(together)]
    assert events[len(together)]["action"] == "archive.completed", "the archive holds all that was known then"
    for study in (REFERENCE, CLEAN):
        run = released.run(study)
        (own,) = (archive / run).glob("events-*.jsonl")
        kept = lines(own)
        assert [event for event in kept if event["subject"] == run] == [
            event for event in together if event["subject"] == run and event["action"] != "checkpoint.signed"
        ][: sum(event["subject"] == run for event in kept)]
        assert {"authority.created", "person.added", "run.requested", "decision.signed"} <= {
            str(event["action"]) for event in kept
        }


@pytest.mark.parametrize("place", [3, -3], ids=["first copy", "second copy"])
def test_whichever_copy_holds_an_event_names_it(twice: Kept, place: int) -> None:
    """An event that was written anew is named, whether the first or a later copy holds it."""
    found = copies(twice)
    events = lines(found[0 if place > 0 else -1])
    number = int(str(events[place]["sequence"]))
    twice.force(written_anew(twice.events(), number, "all was well"))
    assert twice.damaged()["wrong"] == [number, number]


def test_a_damaged_copy_names_nothing(twice: Kept) -> None:
    """A copy that no signed head vouches for is not believed: what is left tells between which events it lies."""
    found = copies(twice)
    number = int(str(lines(found[-1])[-3]["sequence"]))
    found[-1].chmod(0o644)
    found[-1].write_bytes(found[-1].read_bytes().replace(b'"run.released"', b'"run.rejected"', 1))
    twice.force(written_anew(twice.events(), number, "all was well"))
    first, last = twice.damaged()["wrong"]
    assert first <= number <= last
    assert first < last
