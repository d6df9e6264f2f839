"""Designs and information fractions that the tests of monitoring share."""

import numpy as np
from hypothesis import strategies as st

from medicore.stats.monitoring.boundaries import AlphaSpending
from medicore.stats.monitoring.spending import Spending

EQUAL = (0.2, 0.4, 0.6, 0.8, 1.0)
OBRIEN_FLEMING = Spending("obrien-fleming")
POCOCK = Spending("pocock")
LATE = AlphaSpending(OBRIEN_FLEMING, 0.05)
EARLY = AlphaSpending(POCOCK, 0.05)
ONE_SIDED = AlphaSpending(OBRIEN_FLEMING, 0.025, 1)
ANCHOR = 5e-5
"""Half a unit of the last digit to which other software's boundaries are printed."""
PROBABILITY = 1e-7
"""Of the integration, for a probability."""


@st.composite
def fractions(draw: st.DrawFn, most: int = 5) -> tuple[float, ...]:
    """Return information fractions that rise, by a twentieth of the maximum or more, up to 1."""
    steps = draw(st.lists(st.integers(1, 20), min_size=1, max_size=most))
    return tuple(float(value) for value in np.cumsum(steps) / sum(steps))


designs = st.builds(
    AlphaSpending,
    st.sampled_from(
        [
            OBRIEN_FLEMING,
            POCOCK,
            Spending("hwang-shih-decani", -4),
            Spending("hwang-shih-decani", 1),
            Spending("power", 2),
        ]
    ),
    st.sampled_from([0.01, 0.05, 0.1]),
    st.sampled_from([1, 2]),
)
