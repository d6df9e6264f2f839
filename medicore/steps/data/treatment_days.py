"""The days on treatment: from time zero to the end of treatment, or to the visit of the outcome if that comes first, by arm."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.arms import Flags, by_arm
from medicore.steps.data.follow_up_days import spread_of


def treatment_days(
    protocol: Protocol, extract: pd.DataFrame, compared: Flags, treated: Flags
) -> dict[str, Any]:
    """Return the part ``treatment_days`` of the cohort's counts of outcomes; nothing where no date of the end is declared.

    ``compared`` are the eligible subjects of the two arms, ``(n,)``, ``treated`` those of the treated arm. Each group has
    ``n``, the subjects whose days are known, ``ended``, those of them whose treatment ended before the visit, ``without``,
    those whose days are unknown, and median, quartiles and range in days. Who has a visit and no end was treated until the
    visit.
    """
    schedule, column = protocol.outcome.schedule, protocol.treatment.ended
    if column is None or schedule is None or schedule.anchor is None:
        return {}
    starts, ends = _dates(extract, schedule.anchor), _dates(extract, column)
    visits = [None] * len(extract) if schedule.visit is None else _dates(extract, schedule.visit)
    rows = [_days(*dates) for dates in zip(starts, ends, visits, strict=True)]
    days = np.array([row[0] for row in rows], dtype=np.float64)
    early = np.array([row[1] for row in rows], dtype=bool)
    arms = {
        group: {"ended": int((early & within).sum()), **spread_of(days[within])}
        for group, within in by_arm(treated, compared).items()
    }
    return {"treatment_days": {"from": schedule.anchor, "to": column, "visit": schedule.visit, "arms": arms}}


def _dates(extract: pd.DataFrame, column: str) -> list[date | None]:
    return [None if pd.isna(one) else one for one in extract[column]]


def _days(start: date | None, ended: date | None, visit: date | None) -> tuple[float, bool]:
    """Return the days on treatment, NaN if unknown, and whether treatment ended before the visit."""
    early = ended is not None and (visit is None or ended < visit)
    last = ended if early else visit
    return (np.nan, False) if start is None or last is None else (float((last - start).days), early)
