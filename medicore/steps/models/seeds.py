"""Seeds of a run's random parts. They are derived from the protocol's seed, and each part has its own."""

from typing import Literal

import numpy as np

_PURPOSES = {"imputation": 1, "bootstrap": 2, "alarms": 3, "folds": 4, "controls": 5}

Purpose = Literal["imputation", "bootstrap", "alarms", "folds", "controls"]


def derived_seed(seed: int, purpose: Purpose, index: int = 0) -> int:
    """Return the seed for part ``index`` of a purpose: 63 bits of ``SeedSequence([seed, purpose, index])``."""
    state = np.random.SeedSequence([seed, _PURPOSES[purpose], index]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))
