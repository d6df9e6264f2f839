"""How often the gates of negative controls fire on this study when the arms differ by chance alone."""

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.rerandomisation import false_alarm_rates
from medicore.steps.models.controls import control_section
from medicore.steps.models.seeds import derived_seed


def control_alarm_rates(
    protocol: Protocol,
    frame: pd.DataFrame,
    gates: Callable[[dict[str, object] | None], Collection[str]],
) -> dict[str, float]:
    """Return the share of random assignments of the retained subjects in which each gate of the controls fires.

    ``frame`` is the first completed data set. Scores and controls are fitted again for each assignment, so that controls which
    go together in the subjects go together in the rate. ``gates`` names those that fire for a section.
    """

    def fired(treated: NDArray[np.bool_]) -> Collection[str]:
        return gates(control_section(protocol, [frame.assign(treated=treated)], whole=False))

    arm = frame["treated"].to_numpy(dtype=bool)
    return false_alarm_rates(arm, fired, seed=derived_seed(protocol.seed, "controls"))
