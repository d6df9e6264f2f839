"""The estimator of rates over many samples: its intervals from 60 subjects up, and which models must be right."""

from dataclasses import dataclass
from functools import cache, partial
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.counts.augmented_rates import RateModels, augmented_rates, fit_rate_models
from medicore.stats.counts.batched_rates import RateSample
from medicore.stats.effect.contrasts import difference, log_rate_ratio
from medicore.stats.models.logistic import fit_logistic
from tests.simulation.coverage import Coverage
from tests.simulation.workers import simulated
from tests.simulation.worlds import stream

LEVEL = 0.95
SIMULATIONS = 1000
BIAS_SIMULATIONS = 400
BIAS_SUBJECTS = 800
SUBJECTS = (60, 100, 200)
CONTRASTS = {"rate ratio": log_rate_ratio, "rate difference": difference}
_EFFECT = -0.5
_JACKKNIFE = "jackknife, Student's t"
_LEADING = np.array([0.4, 0.0, 0.3])
"""Coefficients of the true rate, besides the arm's."""

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Counted:
    """A sample: covariates ``(n, 3)``, arm, number of events, exposure."""

    x: Vector
    treated: Flags
    count: Vector
    time: Vector


def counted(index: int, n: int, effect: float = _EFFECT, *, bent: bool = False) -> Counted:
    """Return a sample with confounding, exposures that end early by covariates and arm, and counts beyond Poisson's variance.

    A subject's own rate varies as a gamma variable of variance 0.5. ``bent`` makes arm, rate and exposure depend on the second
    covariate's square instead of itself.
    """
    chance = stream(33, index)
    x = chance.normal(size=(n, 3))
    z = np.column_stack([x[:, 0], (x[:, 1] ** 2 - 1) / 1.5, x[:, 2]]) if bent else x
    treated = chance.random(n) < expit(z @ np.array([0.5, -0.4, 0.0]))
    left = chance.exponential(1.5 * np.exp(-0.4 * z[:, 1] + 0.3 * treated))
    time = np.clip(left, 0.02, 1.0)
    rate = 2 * np.exp(z @ (_LEADING + np.array([0.0, 0.5 * bent, 0.0])) + effect * treated)
    count = chance.poisson(rate * chance.gamma(2.0, 0.5, n) * time).astype(np.float64)
    return Counted(x, treated, count, time)


@cache
def truth(measure: str, effect: float = _EFFECT, *, bent: bool = False) -> float:
    """Return the true contrast on its scale of inference: the ratio does not depend on the covariates."""
    if measure == "rate ratio":
        return effect
    chance, control = stream(34, 0), 0.0
    for _ in range(10):
        x = chance.normal(size=(1_000_000, 3))
        z = np.column_stack([x[:, 0], (x[:, 1] ** 2 - 1) / 1.5, x[:, 2]]) if bent else x
        control += float(np.mean(2 * np.exp(z @ (_LEADING + np.array([0.0, 0.5 * bent, 0.0]))))) / 10
    return control * float(np.exp(effect) - 1)


Found = dict[tuple[str, str], tuple[float, float, float, float]]


def one(index: int, n: int, effect: float = _EFFECT) -> Found | None:
    """Return value, standard error and interval of one sample by measure and by jackknife or influence function.

    It is None where a model separates or nothing is estimated.
    """
    made = counted(index, n, effect)
    try:
        score = fit_logistic(made.x, made.treated)
        models = fit_rate_models(made.x, made.treated, made.count, made.time)
        if score.separated or any(model.separated for model in (*models.rate, *models.exposure)):
            return None
        result = augmented_rates(made.treated, made.count, made.time, score, models)
        sample = RateSample.of(made.x, made.treated, made.count, made.time, score, result)
        means = sample.jackknifed(float(n - 2 * (made.x.shape[1] + 1)))
        estimates = {
            (measure, name): contrast(found)
            for measure, contrast in CONTRASTS.items()
            for name, found in ((_JACKKNIFE, means), ("influence function", result.means))
        }
    except EstimationError:
        return None
    return {
        name: (found.value, found.standard_error, *found.interval(LEVEL)) for name, found in estimates.items()
    }


@cache
def coverages() -> tuple[tuple[Coverage, float], ...]:
    """Return the coverage of every interval, and the share of samples that were refused. Takes minutes."""
    rows = []
    for n in SUBJECTS:
        every = simulated(partial(one, n=n), SIMULATIONS)
        kept = [found for found in every if found is not None]
        for measure, name in kept[0]:
            expected = truth(measure)
            value, error, low, high = np.array([found[measure, name] for found in kept]).T
            rows.append(
                (
                    Coverage(
                        measure,
                        n,
                        name,
                        expected,
                        len(kept),
                        float(value.mean() - expected),
                        float(value.std(ddof=1)),
                        float(error.mean()),
                        float(((low <= expected) & (expected <= high)).mean()),
                    ),
                    1 - len(kept) / len(every),
                )
            )
    return tuple(rows)


@cache
def false_alarms(n: int = 100) -> float:
    """Return how often the interval of the ratio excludes no effect where there is none, by the jackknife."""
    every = simulated(partial(one, n=n, effect=0.0), SIMULATIONS)
    kept = [found["rate ratio", _JACKKNIFE] for found in every if found is not None]
    return float(np.mean([not low <= 0 <= high for _, _, low, high in kept]))


@dataclass(frozen=True)
class Bias:
    """The bias with some models right and others without the square that they need, in its own Monte-Carlo errors."""

    rate_right: bool
    weights_right: bool
    in_errors: float

    @property
    def consistent(self) -> bool:
        """Whether theory promises no bias."""
        return self.rate_right or self.weights_right


def _bent(index: int, rate_right: bool, weights_right: bool) -> float:
    made = counted(index, BIAS_SUBJECTS, bent=True)
    right = np.column_stack([made.x[:, 0], (made.x[:, 1] ** 2 - 1) / 1.5, made.x[:, 2]])
    arrays = made.treated, made.count, made.time
    weighting = right if weights_right else made.x
    of_rate = fit_rate_models(right if rate_right else made.x, *arrays).rate
    models = RateModels(of_rate, fit_rate_models(weighting, *arrays).exposure)
    return difference(augmented_rates(*arrays, fit_logistic(weighting, made.treated), models).means).value


@cache
def biases() -> tuple[Bias, ...]:
    """Return the bias of every combination of right and wrong models. Takes minutes."""
    rows = []
    expected = truth("rate difference", bent=True)
    for rate_right, weights_right in product((True, False), repeat=2):
        made = np.array(
            simulated(partial(_bent, rate_right=rate_right, weights_right=weights_right), BIAS_SIMULATIONS)
        )
        error = made.std(ddof=1) / np.sqrt(len(made))
        rows.append(Bias(rate_right, weights_right, float((made.mean() - expected) / error)))
    return tuple(rows)
