"""The days of follow-up of an outcome that is assessed at a visit: from time zero to the date of the visit, by arm."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.arms import Flags, by_arm


def follow_up_days(
    protocol: Protocol, extract: pd.DataFrame, compared: Flags, treated: Flags
) -> dict[str, Any]:
    """Return the part ``follow_up_days`` of the cohort's counts of outcomes; nothing of an outcome that is a follow-up itself.

    ``compared`` are the eligible subjects of the two arms, ``(n,)``, ``treated`` those of the treated arm. Each group has
    ``n``, the subjects with both dates, ``without``, those who lack one, and median, quartiles and range in days. The
    part is None where the protocol names no column of time zero or none of the visit: then no days are collected.
    """
    if not protocol.outcome.with_missing:
        return {}
    schedule = protocol.outcome.schedule
    if schedule is None or schedule.anchor is None or schedule.visit is None:
        return {"follow_up_days": None}
    pairs = zip(extract[schedule.anchor], extract[schedule.visit], strict=True)
    days = np.array(
        [np.nan if pd.isna(start) or pd.isna(seen) else (seen - start).days for start, seen in pairs],
        dtype=np.float64,
    )
    return {
        "follow_up_days": {
            "from": schedule.anchor,
            "to": schedule.visit,
            "arms": {group: spread_of(days[within]) for group, within in by_arm(treated, compared).items()},
        }
    }


def spread_of(days: NDArray[np.float64]) -> dict[str, float | int | None]:
    """Return number, how many are unknown, median, quartiles and range of ``days`` ``(n,)``; None where none is known."""
    known = days[~np.isnan(days)]
    percentiles = {"median": 50, "lower_quartile": 25, "upper_quartile": 75, "minimum": 0, "maximum": 100}
    spread = {
        name: float(np.percentile(known, at)) if known.size else None for name, at in percentiles.items()
    }
    return {"n": int(known.size), "without": int(days.size - known.size), **spread}
