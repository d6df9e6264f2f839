"""The groups that a table by arm describes."""

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


def by_arm(treated: Flags, among: Flags) -> dict[str, Flags]:
    """Return who is in each arm and in both, of the subjects ``among``; all are ``(n,)`` bool, by the names of the groups."""
    return {"treated": among & treated, "control": among & ~treated, "overall": among}
