"""A small randomised study with three visits for the tests of the steps, of which some subjects leave early."""

from typing import Any

import numpy as np
import pandas as pd

from medicore.records.protocol.protocol import Protocol
from tests.steps.randomised_trial import CONTINUOUS, allocated, randomised

VISITS = ("week4", "week8", "change")


def visited_plan(visits: dict[str, Any] | None = None, **changed: Any) -> Protocol:
    """Return the protocol of ``allocated`` with two visits before the last, and keys of the visits changed."""
    stored = randomised(randomisation=None).as_json()
    columns = stored["contract"]["columns"]
    for name in VISITS[:2]:
        columns.append(
            {"name": name, "type": "number", "timing": "follow-up", "unit": "points", "required": False}
        )
    outcome = {**CONTINUOUS, **changed.pop("outcome", {}), "visits": {"columns": VISITS, **(visits or {})}}
    plan = {"contract": {"columns": columns}, "outcome": outcome, **changed}
    return randomised(randomisation=None, **plan)


def visited_subjects(n: int = 160, arms: tuple[str, ...] = ("active", "control")) -> pd.DataFrame:
    """Return subjects whose earlier visits tell of the last, and who leave the sooner the worse they fare."""
    frame = allocated(n, arms=arms)
    chance = np.random.default_rng(11)
    last = frame["change"].to_numpy()
    week4 = 0.4 * last + chance.normal(0, 1, n)
    week8 = 0.7 * last + 0.3 * week4 + chance.normal(0, 0.7, n)
    gone = chance.random(n) < 1 / (1 + np.exp(1.5 + 0.4 * (week4 - week4.mean())))
    week8 = np.where(gone & (chance.random(n) < 0.5), np.nan, week8)
    return frame.assign(week4=week4, week8=week8, change=np.where(gone, np.nan, last))
