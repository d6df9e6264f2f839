"""A count of events: who lacks count or exposure, and events and exposure by arm."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from medicore.records.protocol.protocol import Protocol

EXPOSURE = "exposure"
"""The column of the analysis set with the time, or amount, in which events were counted."""


def uncounted(protocol: Protocol, eligible: pd.DataFrame) -> Iterator[tuple[str, int]]:
    """Yield the column of count or exposure and how many eligible subjects lack it, where some do; none of another outcome."""
    for column in (protocol.outcome.column, protocol.outcome.exposure):
        if protocol.outcome.counted and column is not None:
            lacking = int(eligible[column].isna().sum())
            if lacking:
                yield column, lacking


def exposure_section(protocol: Protocol, analysis: pd.DataFrame) -> dict[str, Any]:
    """Return the part ``exposure`` of the cohort's counts of outcomes, by arm; nothing of another outcome."""
    if not protocol.outcome.counted:
        return {}
    treated = analysis["treated"].to_numpy(dtype=bool)
    unit = protocol.contract.column(str(protocol.outcome.exposure)).unit or ""
    arms = {"treated": treated, "control": ~treated}
    made = {arm: _summed(analysis[within]) for arm, within in arms.items() if within.any()}
    return {"exposure": {"unit": unit, "arms": made}}


def _summed(arm: pd.DataFrame) -> dict[str, Any]:
    count = arm["outcome"].to_numpy(dtype=np.float64)
    exposure = arm[EXPOSURE].to_numpy(dtype=np.float64)
    return {
        "subjects": len(arm),
        "with_event": int((count > 0).sum()),
        "share_with_event": float((count > 0).mean()),
        "events": int(count.sum()),
        "exposure": float(exposure.sum()),
        "crude_rate": float(count.sum() / exposure.sum()),
        "shortest_exposure": float(exposure.min()),
        "median_exposure": float(np.median(exposure)),
        "longest_exposure": float(exposure.max()),
    }
