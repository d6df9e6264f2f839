"""Families of hypotheses in studies that are looked at every month: what is rejected though it is true, by rule."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.monitoring.boundaries import AlphaSpending
from medicore.stats.monitoring.repeated import sequential_p_value
from medicore.stats.monitoring.spending import Spending
from medicore.stats.multiplicity.family import Method, decide
from medicore.stats.multiplicity.graphical import Graph
from medicore.steps.looks.claims import normal_quantile
from tests.simulation.workers import simulated
from tests.simulation.worlds import stream

LEVEL = 0.05
LOOKS = tuple(range(60, 361, 60))
"""The subjects at each look."""
MONTH = 3
"""The look, from 0, at which hypotheses other than the primary are tested."""
SIMULATIONS = 2000
STRONG = 1.0
"""An effect that the primary finds in every study."""
METHODS: tuple[Method, ...] = ("bonferroni", "holm", "fixed sequence", "graph")
EVERY_MONTH = "fixed sequence, endpoint in every month"
POINTWISE = "holm, pointwise p-values in every month"
GRAPH = Graph.of([0.5, 0.5, 0.0], [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]])
_DESIGN = AlphaSpending(Spending("obrien-fleming"), LEVEL, 2)
_MAXIMUM = LOOKS[-1] / 4


@dataclass(frozen=True)
class Study:
    """A study at all its looks: primary's sequential and pointwise p-values, those of endpoint and subgroup, ``(k,)``."""

    sequential: tuple[float, ...]
    primary: tuple[float, ...]
    endpoint: tuple[float, ...]
    subgroup: tuple[float, ...]

    @property
    def entering(self) -> tuple[tuple[float, float, float], ...]:
        """The p-values with which the hypotheses enter at each look by MediCore's rule."""
        return tuple(
            (p, self.endpoint[look], self.subgroup[look]) if look == MONTH else (p, 1.0, 1.0)
            for look, p in enumerate(self.sequential)
        )


def studied(effect: float, index: int) -> Study:
    """Return a study whose primary outcome has this effect; endpoint and, without an effect, subgroup have none.

    The endpoint's outcome is correlated with the primary's, and the subgroup is a half of the subjects.
    """
    chance = stream(31, index)
    n = LOOKS[-1]
    x = chance.normal(size=(n, 2))
    treated = chance.random(n) < 0.5
    shared, own, other = chance.normal(size=(3, n))
    base = x @ np.array([0.5, -0.3])
    outcome = base + effect * treated + 0.8 * shared + 0.6 * own
    endpoint = base + 0.8 * shared + 0.6 * other
    half = x[:, 0] > 0
    sequential, primary, second, within = [], [], [], []
    z: list[float] = []
    information: list[float] = []
    for size in LOOKS:
        now = slice(size)
        found = _estimate(x[now], treated[now], outcome[now])
        z.append(normal_quantile(found.value, found.standard_error, found.degrees_of_freedom))
        information.append(max(1 / found.standard_error**2, *information, 0.0))
        rising = [
            place for place, value in enumerate(information) if value > max([0.0, *information[:place]])
        ]
        fractions = [information[place] / _MAXIMUM for place in rising]
        sequential.append(sequential_p_value(_DESIGN, fractions, [z[place] for place in rising]))
        primary.append(found.p_value)
        second.append(_p_value(x[now], treated[now], endpoint[now]))
        kept = half[now]
        within.append(_p_value(x[now][kept], treated[now][kept], outcome[now][kept]))
    return Study(tuple(sequential), tuple(primary), tuple(second), tuple(within))


def _estimate(x: np.ndarray, treated: np.ndarray, outcome: np.ndarray) -> Estimate:
    """Return the primary estimator's difference, with the variance for small samples."""
    found = doubly_robust(x, treated, outcome, fit_logistic(x, treated))
    return difference(small_sample_means(treated, outcome, fit_logistic(x, treated), found))


def _p_value(x: np.ndarray, treated: np.ndarray, outcome: np.ndarray) -> float:
    """Return the p-value of no effect; 1 where too few subjects leave nothing to estimate."""
    try:
        return _estimate(x, treated, outcome).p_value
    except EstimationError:
        return 1.0


def rejections(study: Study) -> dict[str, tuple[bool, bool, bool]]:
    """Return by method which hypotheses are ever rejected, primary first; two rules that MediCore refuses come last."""
    every = tuple(zip(study.sequential, study.endpoint, strict=True))
    pointwise = tuple(zip(study.primary, study.endpoint, study.subgroup, strict=True))
    found = {method: _ever(study.entering, method) for method in METHODS}
    found[EVERY_MONTH] = (*_ever(every, "fixed sequence"), False)
    found[POINTWISE] = _ever(pointwise, "holm")
    return found


def _ever(looks: tuple[tuple[float, ...], ...], method: Method) -> tuple[bool, ...]:
    decided = [decide(p, method, LEVEL, GRAPH if method == "graph" else None).rejected for p in looks]
    return tuple(any(one) for one in zip(*decided, strict=True))


def errors(effect: float, simulations: int = SIMULATIONS) -> dict[str, float]:
    """Return by method the share of studies with a false rejection: of any hypothesis, or, with an effect, of the endpoint."""
    found = [rejections(study) for study in simulated(partial(studied, effect), simulations)]
    true = slice(1, 2) if effect else slice(None)
    return {name: float(np.mean([any(one[name][true]) for one in found])) for name in found[0]}


def across(index: int) -> tuple[bool, bool]:
    """Return whether Holm and Hochberg ever reject one of three studies without an effect, by sequential p-values."""
    studies = [studied(0.0, 3 * index + place) for place in range(3)]
    looks = tuple(zip(*(study.sequential for study in studies), strict=True))
    return any(_ever(looks, "holm")), any(_ever(looks, "hochberg"))
