"""portfolio_lateness: which months of the portfolio's studies are late at a moment, this month and earlier ones."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from medicore.cases.answers.lateness import gaps, with_deadlines
from medicore.cases.portfolio.standing import standing_of_month
from medicore.cases.run.histories import histories_of
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.protocol.calendar import due_date, month_after

NO_RUN = "no run"
_FIRST, _LAST = "2000-01", "9999-12"


def deadline(house: House, study: str, month: str, state: str, at: datetime) -> tuple[str | None, bool]:
    """Return the day on which a study's month is due, and whether it is late in this ``state`` at the moment ``at``.

    A study without a protocol has no such day and is never late.
    """
    (row,) = with_deadlines(house, [{"run": f"{study}/{month}/1", "state": state}], at)
    return row["due"], bool(row["late"])


def earlier_late(house: House, studies: Iterable[str], month: str, at: datetime) -> list[dict[str, Any]]:
    """Return the late months before ``month``: those whose run waits, failed or was rejected, and those without a run."""
    return [] if month == _FIRST else _late(house, studies, at, _FIRST, month_after(month, -1))


def later_late(house: House, studies: Iterable[str], month: str, at: datetime) -> list[dict[str, Any]]:
    """Return the same for the months after ``month``, which a report that is made afterwards knows."""
    return [] if month == _LAST else _late(house, studies, at, month_after(month, 1), _LAST)


def _late(house: House, studies: Iterable[str], at: datetime, first: str, last: str) -> list[dict[str, Any]]:
    """Return the late months from ``first`` to ``last``; consecutive months without a run are one entry."""
    found: list[dict[str, Any]] = []
    for study in studies:
        rows = _standing(house, study)
        within = [row for row in rows if first <= RunId.parse(str(row["run"])).month <= last]
        for row in with_deadlines(house, within, at):
            if row["late"]:
                late = RunId.parse(row["run"]).month
                found.append(_entry(study, late, late, row["state"], row["due"]))
        for gap in gaps(house, rows, at):
            begins, ends = max(gap.first, first), min(gap.last, last)
            if begins <= ends:
                found.append(_entry(study, begins, ends, NO_RUN, due_date(begins).isoformat()))
    return sorted(found, key=lambda one: (one["study"], one["first"]))


def _entry(study: str, first: str, last: str, state: str, due: str) -> dict[str, Any]:
    return {"study": study, "first": first, "last": last, "state": state, "due": due}


def _standing(house: House, study: str) -> list[Mapping[str, Any]]:
    """Return run and state of each month of a study that a run represents."""
    months: dict[str, list[RunHistory]] = {}
    for history in histories_of(house, study):
        months.setdefault(history.run.month, []).append(history)
    standing = (standing_of_month(months[month]) for month in sorted(months))
    return [{"run": str(one.run), "state": one.state.value} for one in standing if one is not None]
