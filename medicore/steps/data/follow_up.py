"""The follow-up of a time to event: how it ended, who was followed to the horizon, and how long."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.protocol.protocol import Protocol
from medicore.stats.survival.kaplan_meier import kaplan_meier

EVENT = "event"
"""The column of the analysis set that says how follow-up ended."""
CENSORED, HAPPENED, COMPETING = 0, 1, 2
"""How follow-up ended, as the column codes it."""


def unrecorded(protocol: Protocol, eligible: pd.DataFrame) -> Iterator[tuple[str, int]]:
    """Yield a column of follow-up and how many eligible subjects lack it, where some do; none of another outcome."""
    for column in (protocol.outcome.column, protocol.outcome.event):
        if protocol.outcome.timed and column is not None:
            count = int(eligible[column].isna().sum())
            if count:
                yield column, count


def follow_up_section(protocol: Protocol, analysis: pd.DataFrame) -> dict[str, Any]:
    """Return the part ``follow_up`` of the cohort's counts of outcomes, by arm; nothing of another outcome.

    ``events_by_horizon`` counts the first event of either kind. The median follow-up is that of the reverse Kaplan–Meier
    curve, in which ends of follow-up are the events (Schemper & Smith, 1996); None where half are never censored.
    """
    horizon = protocol.outcome.horizon
    if horizon is None:
        return {}
    treated = analysis["treated"].to_numpy(dtype=bool)
    arms = {"treated": treated, "control": ~treated}
    made = {arm: _counted(analysis[within], horizon) for arm, within in arms.items() if within.any()}
    return {"follow_up": {"horizon": horizon, "competing": protocol.outcome.competing, "arms": made}}


def _counted(arm: pd.DataFrame, horizon: float) -> dict[str, Any]:
    time = arm["outcome"].to_numpy(dtype=np.float64)
    ended: NDArray[np.int64] = arm[EVENT].to_numpy(dtype=np.int64)
    median = kaplan_meier(time, ended == CENSORED).median
    counts = {
        "events": int((ended == HAPPENED).sum()),
        "competing": int((ended == COMPETING).sum()),
        "censored": int((ended == CENSORED).sum()),
        "events_by_horizon": int(((ended != CENSORED) & (time <= horizon)).sum()),
        "censored_by_horizon": int(((ended == CENSORED) & (time < horizon)).sum()),
        "followed_to_horizon": int((time >= horizon).sum()),
    }
    return {
        "n": len(arm),
        **counts,
        "shares": {name: number / len(arm) for name, number in counts.items()},
        "median_follow_up": median if np.isfinite(median) else None,
    }
