"""Who is at risk and for how long, and which adverse events began in that time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import DataError, ProtocolError
from medicore.ports.files import RecordFiles
from medicore.records.protocol.calendar import local_date
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.safety.plan import START, SUBJECT, Safety
from medicore.stats.safety.incidence import DAYS_OF_A_YEAR
from medicore.steps.data.frozen import frozen_manifest
from medicore.steps.safety.events import frozen_events

ARMS = ("treated", "control")
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ArmAtRisk:
    """The subjects of an arm who are at risk, with the events that began in that time.

    ``days`` is ``(n,)``. ``subject`` and ``day`` are ``(m,)``: the position of each event's subject among the n, and its
    day, 1 for the first at risk. ``events`` are the rows of these events, in the same order. ``without`` counts the
    subjects of the arm who have no first day, and ``outside`` the events before or after the time at risk.
    """

    days: Numbers
    subject: Numbers
    day: Numbers
    events: pd.DataFrame
    without: int
    outside: int

    @property
    def years(self) -> float:
        """The whole time at risk in years."""
        return float(self.days.sum()) / DAYS_OF_A_YEAR


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Both compared arms, the last day that counts, and the numbers of events: all, and those of other subjects."""

    arms: dict[str, ArmAtRisk]
    until: date
    selected: int
    elsewhere: int


def at_risk(files: RecordFiles, protocol: Protocol) -> AtRisk:
    """Return who is at risk in the compared arms, eligible or not, and the events of the time at risk.

    Raises
    ------
    ProtocolError
        When the protocol has no safety plan.
    DataError
        When a subject's time at risk ends before it begins.
    """
    plan = protocol.safety
    if plan is None:
        raise ProtocolError(
            f"the protocol of {protocol.study} has no safety plan; expected one; declare safety.adverse_events"
        )
    extract = files.read_table("extract.parquet")
    exported_at = datetime.fromisoformat(frozen_manifest(files).exported_at)
    until = local_date(exported_at, protocol.calendar.timezone)
    events = frozen_events(files, plan, protocol).table
    assigned = extract[protocol.treatment.column].to_numpy(dtype=object)
    found = {
        arm: _of_arm(extract[assigned == getattr(protocol.treatment, arm)], events, plan, protocol, until)
        for arm in ARMS
    }
    counted = sum(len(arm.events) + arm.outside for arm in found.values())
    return AtRisk(found, until, len(events), len(events) - counted)


def _of_arm(
    members: pd.DataFrame, events: pd.DataFrame, plan: Safety, protocol: Protocol, until: date
) -> ArmAtRisk:
    began = members[members[plan.at_risk.first].notna()]
    first = _ordinals(began[plan.at_risk.first])
    known = began[plan.at_risk.last].notna().to_numpy(dtype=bool)
    last = np.full(len(began), until.toordinal(), dtype=np.int64)
    last[known] = np.minimum(
        last[known], _ordinals(began[plan.at_risk.last][known]) + plan.at_risk.days_after
    )
    days = last - first + 1
    if (days < 1).any():
        raise DataError(
            f"the time at risk of {int((days < 1).sum())} subject(s) ends before it begins; expected the last day, or the "
            "export, on or after the first day; have the dates corrected"
        )
    place = {str(subject): number for number, subject in enumerate(began[protocol.contract.subject])}
    own = events[events[SUBJECT].astype(str).isin({str(one) for one in members[protocol.contract.subject]})]
    theirs = own[own[SUBJECT].astype(str).isin(place)]
    subject = np.array([place[str(one)] for one in theirs[SUBJECT]], dtype=np.int64)
    day = _ordinals(theirs[START]) - first[subject] + 1
    inside = (day >= 1) & (day <= days[subject])
    return ArmAtRisk(
        days,
        subject[inside],
        day[inside],
        theirs[inside].reset_index(drop=True),
        len(members) - len(began),
        len(own) - int(inside.sum()),
    )


def _ordinals(dates: Sequence[date] | pd.Series) -> Numbers:
    """Return dates as numbers of days, ``(n,)``."""
    return np.array([one.toordinal() for one in dates], dtype=np.int64)
