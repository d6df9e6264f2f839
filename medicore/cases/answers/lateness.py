"""lateness: when each month's report is due, which months are late, and which months nobody has requested."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RELEASED
from medicore.records.protocol.calendar import due_date, late_from, month_after, months_between


@dataclass(frozen=True, slots=True)
class Gap:
    """Consecutive late months of a study without a run; ``due`` is the day of the first."""

    study: str
    first: str
    last: str
    due: str

    @property
    def months(self) -> int:
        """The number of months."""
        return months_between(self.first, self.last) + 1


def with_deadlines(
    house: House, rows: Iterable[Mapping[str, Any]], at: datetime | None = None
) -> tuple[dict[str, Any], ...]:
    """Return the lines of runs with ``due``, the day in the study's time zone, and ``late``.

    A month is late when that day is over at the moment ``at``, by default now, and the run is not released. Both are
    None for a study without a protocol.
    """
    zones, now = _Zones(house), at or house.clock.now()
    found = []
    for row in rows:
        run = RunId.parse(str(row["run"]))
        zone = zones.of(run.study)
        due = None if zone is None else due_date(run.month).isoformat()
        late = None if zone is None else row["state"] not in RELEASED and now >= late_from(run.month, zone)
        found.append({**row, "due": due, "late": late})
    return tuple(found)


def gaps(house: House, rows: Iterable[Mapping[str, Any]], at: datetime | None = None) -> tuple[Gap, ...]:
    """Return the months without any run that are late at ``at``, by default now.

    They belong to the studies in ``rows``, from the first month with a run on.
    """
    zones, now = _Zones(house), at or house.clock.now()
    months: dict[str, set[str]] = {}
    for row in rows:
        run = RunId.parse(str(row["run"]))
        months.setdefault(run.study, set()).add(run.month)
    found: list[Gap] = []
    for study, known in sorted(months.items()):
        zone = zones.of(study)
        if zone is not None:
            found += _gaps_of(study, zone, known, now)
    return tuple(found)


def _gaps_of(study: str, zone: str, known: set[str], now: datetime) -> list[Gap]:
    found: list[Gap] = []
    month, first = min(known), None
    while now >= late_from(month, zone):
        if month in known:
            first = None
        elif first is None:
            first = month
            found.append(Gap(study, month, month, due_date(month).isoformat()))
        else:
            found[-1] = Gap(study, first, month, found[-1].due)
        month = month_after(month)
    return found


class _Zones:
    """The time zone of each study, read once; None when the study no longer has a protocol."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: dict[str, str | None] = {}

    def of(self, study: str) -> str | None:
        """Return the study's time zone."""
        if study not in self._known:
            try:
                self._known[study] = self._house.protocols.load(study).calendar.timezone
            except ProtocolError:
                self._known[study] = None
        return self._known[study]
