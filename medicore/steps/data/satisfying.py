"""Which values satisfy a rule of the protocol: a criterion of eligibility, or the detection of an event."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.protocol.intercurrent import Criterion


def satisfies(values: pd.Series, criterion: Criterion) -> NDArray[np.bool_]:
    """Return which values satisfy the criterion, ``(n,)`` bool; a missing value never does."""
    present: NDArray[np.bool_] = values.notna().to_numpy(dtype=bool)
    if criterion.operator == "present":
        return present
    if criterion.operator in {"equals", "not equals", "one of"}:
        allowed = criterion.value if isinstance(criterion.value, tuple) else (criterion.value,)
        texts = {str(value) for value in allowed}
        same: NDArray[np.bool_] = np.array([str(value) in texts for value in values], dtype=bool)
        if criterion.operator == "not equals":
            return np.logical_and(present, ~same)
        return np.logical_and(present, same)
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    bound = float(str(criterion.value))
    compared = {
        "at least": numbers >= bound,
        "at most": numbers <= bound,
        "above": numbers > bound,
        "below": numbers < bound,
    }[criterion.operator]
    return np.logical_and(present, compared)
