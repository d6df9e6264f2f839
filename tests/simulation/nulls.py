"""The primaries of a restricted mean and of repeated visits where the arms are equal: how often an interval excludes no effect."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from tests.simulation import survival, visits
from tests.simulation.workers import simulated

LEVEL = 0.05
SIMULATIONS = 2000
RESTRICTED_MEANS = (60, 120)
VISITS = (60, 120)
RESTRICTED = "restricted mean survival time, jackknife"
MIXED = "MMRM, kenward-roger linear"
_JACKKNIFE = "jackknife, Student's t"


@dataclass(frozen=True)
class Null:
    """How often the interval of an estimator misses a ``truth`` in samples of ``n`` subjects, and its mean error."""

    name: str
    n: int
    truth: float
    simulations: int
    refused: float
    bias: float
    bias_error: float
    missed: float

    @property
    def missed_error(self) -> float:
        """The Monte-Carlo error of the share that is missed, at the level itself."""
        return float(np.sqrt(LEVEL * (1 - LEVEL) / self.simulations))


@cache
def nulls() -> tuple[Null, ...]:
    """Return the type I error of both primaries, and how often the mixed model misses an effect of 1. Takes minutes."""
    rows = []
    for n in RESTRICTED_MEANS:
        every = simulated(partial(survival.one, n=n, summary="restricted mean", effect=0.0), SIMULATIONS)
        rows.append(_null(RESTRICTED, n, 0.0, [None if one is None else one[_JACKKNIFE] for one in every]))
    for n in VISITS:
        for effect in (0.0, visits.TRUTH):
            made = simulated(partial(visits.one, n=n, effect=effect), SIMULATIONS)
            rows.append(_null(MIXED, n, effect, [one[MIXED] for one in made]))
    return tuple(rows)


def _null(name: str, n: int, truth: float, found: list[tuple[float, float, float, float] | None]) -> Null:
    value, _, low, high = np.array([one for one in found if one is not None]).T
    return Null(
        name,
        n,
        truth,
        len(value),
        1 - len(value) / len(found),
        float(value.mean() - truth),
        float(value.std(ddof=1) / np.sqrt(len(value))),
        float(((truth < low) | (high < truth)).mean()),
    )
