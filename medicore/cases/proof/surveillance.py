"""surveillance: a rotating part of the archive is read again, so that every byte is read within a year."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from medicore.cases.keeping.archived_run import listed
from medicore.cases.people.logged import SERVICE, log
from medicore.cases.proof.verify_archived import verify_archived
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.checking import Check
from medicore.records.identifiers import RunId
from medicore.records.moment import moment

SURVEYED = "archive.surveyed"
SUBJECT = "archive"
PERIOD = timedelta(days=365)
"""The time within which everything in the archive is read at least once."""

_READ = ("archive.completed", "archive.verified")
"""The events which say that all objects of a run were read back and found equal."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An archived run, and when all of it was last read and found intact."""

    run: RunId
    last: str


@dataclass(frozen=True, slots=True)
class Survey:
    """The result of a reading: the runs that were read, the checks that failed, and the runs that are left to read."""

    read: tuple[RunId, ...]
    failed: dict[str, tuple[Check, ...]]
    checks: int
    archived: int
    oldest: str | None


def readings(house: House) -> tuple[Reading, ...]:
    """Return every archived run with its last reading, the oldest reading first."""
    last: dict[str, str] = {}
    for action in _READ:
        for event in house.ledger.events(action=action):
            last[event.subject] = max(last.get(event.subject, ""), event.at)
    known = (Reading(RunId.parse(row["run"]), last[str(row["run"])]) for row in listed(house))
    return tuple(sorted(known, key=lambda reading: (reading.last, str(reading.run))))


def part(house: House, every: int) -> tuple[RunId, ...]:
    """Return the runs to read now, at one reading ``every`` so many days: an even share, and all that would be late.

    Raises
    ------
    ProtocolError
        When ``every`` is not between 1 and 365 days.
    """
    if not 1 <= every <= PERIOD.days:
        raise ProtocolError(f"{every} days are not an interval; expected 1 to {PERIOD.days}; a week is 7")
    known = readings(house)
    share = math.ceil(len(known) * every / PERIOD.days)
    limit = house.clock.now() + timedelta(days=every) - PERIOD
    late = sum(moment(reading.last) <= limit for reading in known)
    return tuple(reading.run for reading in known[: max(share, late)])


def survey(
    house: House, every: int | None, tell: Callable[[RunId, tuple[Check, ...]], None] = lambda *_: None
) -> Survey:
    """Read a part of the archive and return the result; with None for ``every`` read everything.

    Ledger, signed heads and authority are proved first. Then every object is read by its version and hashed, and
    every lock and label is compared with the ledger. ``tell`` is called with the checks of each run. The ledger
    records what was read and what failed.

    Raises
    ------
    ProtocolError
        When ``every`` is not between 1 and 365 days.
    """
    runs = tuple(reading.run for reading in readings(house)) if every is None else part(house, every)
    failed: dict[str, tuple[Check, ...]] = {}
    count = 0
    for run, checks in verify_archived(house, runs):
        count += len(checks)
        bad = tuple(check for check in checks if not check.passed)
        if bad:
            failed[str(run)] = bad
        tell(run, checks)
    known = readings(house)
    found = Survey(runs, failed, count, len(known), known[0].last if known else None)
    told = {run: [f"{check.subject}: {check.found}"[:300] for check in bad] for run, bad in failed.items()}
    details = {
        "read": [str(run) for run in runs],
        "archived": found.archived,
        "checks": count,
        "failed": told,
    }
    log(house, SERVICE, SURVEYED, SUBJECT, "", details)
    return found
