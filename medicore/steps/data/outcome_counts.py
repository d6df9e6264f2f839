"""The counts of outcomes by state and of intercurrent events, by arm, as the cohort's document holds them."""

from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medicore.ports.files import RecordFiles
from medicore.records.protocol.calendar import local_date
from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.disposition import outcome_groups
from medicore.steps.data.intercurrent import Occurred
from medicore.steps.data.outcome_states import MISSING, NOT_YET_DUE, OBSERVED, Outcomes
from medicore.steps.gate import read_section

Flags = NDArray[np.bool_]

_STATES = {"observed": OBSERVED, "missing": MISSING, "not_yet_due": NOT_YET_DUE}


def lock_day(files: RecordFiles, protocol: Protocol) -> date | None:
    """Return the day of the data lock in the study's calendar, None where the protocol names no anchor of due dates."""
    schedule = protocol.outcome.schedule
    if schedule is None or schedule.anchor is None:
        return None
    exported_at = read_section(files, "extract")["exported_at"]
    return local_date(datetime.fromisoformat(exported_at), protocol.calendar.timezone)


def outcome_section(
    protocol: Protocol, outcomes: Outcomes, compared: Flags, treated: Flags, locked_on: date | None
) -> dict[str, Any]:
    """Return the parts ``outcomes`` and ``intercurrent_events`` of the cohort's document.

    ``compared`` are the eligible subjects of the two arms, ``(n,)``, ``treated`` those of the treated arm. Events are
    counted among those whose outcome is due.
    """
    groups = {"treated": compared & treated, "control": compared & ~treated}
    state = outcomes.state
    by_arm = {
        arm: {
            **{name: int((state[within] == value).sum()) for name, value in _STATES.items()},
            "outside_window": int(outcomes.outside[within].sum()),
        }
        for arm, within in groups.items()
    }
    shares = {
        arm: counts["missing"] / max(counts["missing"] + counts["observed"], 1)
        for arm, counts in by_arm.items()
    }
    missing = sum(counts["missing"] for counts in by_arm.values())
    due = missing + sum(counts["observed"] for counts in by_arm.values())
    return {
        "outcomes": {
            "method": protocol.outcome.method,
            "locked_on": None if locked_on is None else locked_on.isoformat(),
            "told_by_dates": protocol.outcome.schedule is not None,
            "arms": by_arm,
            "groups": outcome_groups(by_arm),
            "due": due,
            "missing_share": {**shares, "overall": missing / max(due, 1)},
        },
        "intercurrent_events": [
            _counted(found, {arm: within & outcomes.due for arm, within in groups.items()})
            for found in outcomes.events
        ],
    }


def _counted(found: Occurred, groups: dict[str, Flags]) -> dict[str, Any]:
    event = found.event
    told: dict[str, Any] = {
        "event": event.event,
        "strategy": event.strategy,
        "counted": found.had is not None,
    }
    for arm, within in groups.items():
        told[arm] = {
            "subjects": None if found.had is None else int(found.had[within].sum()),
            "outcomes_set": None if found.redefined is None else int(found.redefined[within].sum()),
            "days": None if found.days is None else _spread(found.days[within]),
        }
    return told


def _spread(days: NDArray[np.float64]) -> dict[str, float | None]:
    """Return median and quartiles of the days on treatment, None where nobody had the event."""
    known = days[~np.isnan(days)]
    names = {"lower_quartile": 25, "median": 50, "upper_quartile": 75}
    return {name: float(np.percentile(known, at)) if known.size else None for name, at in names.items()}
