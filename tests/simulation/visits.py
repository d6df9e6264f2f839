"""The mixed model for repeated measures over many samples: its intervals from 60 subjects up, where subjects leave early."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.effect.ancova import ancova
from medicore.stats.repeated.completed_visits import RULES, VisitSample, completed_effects
from medicore.stats.repeated.mixed_contrasts import Method, contrast
from medicore.stats.repeated.mixed_model import fit_mixed
from tests.simulation.coverage import Coverage
from tests.simulation.workers import simulated
from tests.simulation.worlds import stream

LEVEL = 0.95
SIMULATIONS = 1000
JACKKNIVES = 200
SUBJECTS = (60, 100, 200)
LEAST = SUBJECTS[0]
METHODS: tuple[Method, ...] = ("kenward-roger linear", "kenward-roger", "satterthwaite")
COMPLETE = "ANCOVA, complete cases"
TRUTH = 1.0
"""The effect at the last of the three visits; those before have a third and two thirds of it."""
_ROOT = np.linalg.cholesky(np.array([[1.0, 0.7, 0.5], [0.7, 1.5, 1.0], [0.5, 1.0, 2.0]]))

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Visited:
    """A sample: who is treated, a covariate, and the outcomes of three visits, NaN after a subject left."""

    treated: NDArray[np.bool_]
    covariate: Vector
    outcome: Vector

    @property
    def sample(self) -> VisitSample:
        """The sample as the estimators take it, the arm by visit and the covariate alike at all."""
        arms = np.column_stack([np.ones(len(self.treated)), self.treated])
        return VisitSample(
            self._design(arms),
            self._design(arms * (1.0, 0.0)),
            self.covariate[:, None],
            self.treated,
            self.outcome,
        )

    def _design(self, arms: Vector) -> Vector:
        crossed = np.einsum("iq,tu->itqu", arms, np.eye(3)).reshape(len(arms), 3, -1)
        return np.concatenate([crossed, np.repeat(self.covariate[:, None, None], 3, axis=1)], axis=2)


def visited(index: int, n: int, effect: float = TRUTH) -> Visited:
    """Return a sample with ``effect`` at the last visit; who fared badly at a visit, most of all under treatment, is the likelier to miss all later ones."""
    chance = stream(61, index)
    covariate = chance.normal(size=n)
    treated = chance.permutation(n) % 2 == 1
    outcome = 0.8 * covariate[:, None] + treated[:, None] * effect * np.array([1, 2, 3]) / 3
    outcome = outcome + chance.normal(size=(n, 3)) @ _ROOT.T
    for visit in (1, 2):
        before = outcome[:, visit - 1]
        left = chance.random(n) < expit(-2.0 - 0.8 * before + 0.5 * treated * (before < 0))
        outcome[left | np.isnan(before), visit:] = np.nan
    return Visited(treated, covariate, outcome)


Found = tuple[float, float, float, float]


def one(index: int, n: int, effect: float = TRUTH) -> dict[str, Found]:
    """Return value, standard error and interval at the last visit, by every method and by complete cases."""
    made = visited(index, n, effect)
    fit = fit_mixed(made.sample.design, made.outcome)
    arm = np.eye(7)[5]
    estimates = {f"MMRM, {method}": contrast(fit, arm, method) for method in METHODS}
    seen = ~np.isnan(made.outcome[:, 2])
    known = made.covariate[seen, None], made.treated[seen], made.outcome[seen, 2]
    estimates[COMPLETE] = ancova(*known, covariance="model")
    return {
        name: (found.value, found.standard_error, *found.interval(LEVEL)) for name, found in estimates.items()
    }


def completed(index: int, n: int) -> dict[str, Found]:
    """Return value, standard error and interval of the last visit completed under each rule."""
    sample = visited(index, n).sample
    found = completed_effects(sample, fit_mixed(sample.design, sample.outcome))
    return {rule: (one.value, one.standard_error, *one.interval(LEVEL)) for rule, one in found.items()}


@cache
def coverages() -> tuple[Coverage, ...]:
    """Return the coverage of every interval. Takes minutes."""
    rows = []
    for n in SUBJECTS:
        every = simulated(partial(one, n=n), SIMULATIONS)
        rows += [_coverage([found[name] for found in every], name, n, TRUTH) for name in every[0]]
    return tuple(rows)


@cache
def completions() -> tuple[Coverage, ...]:
    """Return the coverage of the completed visits with the fewest subjects, of what each rule estimates on average."""
    every = simulated(partial(completed, n=LEAST), JACKKNIVES)
    rows = []
    for rule in RULES:
        found = [made[rule] for made in every]
        expected = TRUTH if rule == "at random" else float(np.mean([value for value, *_ in found]))
        rows.append(_coverage(found, f"completed {rule}", LEAST, expected))
    return tuple(rows)


def _coverage(found: list[Found], name: str, n: int, expected: float) -> Coverage:
    value, error, low, high = np.array(found).T
    return Coverage(
        "leaving early",
        n,
        name,
        expected,
        len(found),
        float(value.mean() - expected),
        float(value.std(ddof=1)),
        float(error.mean()),
        float(((low <= expected) & (expected <= high)).mean()),
    )
