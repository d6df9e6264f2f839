"""The estimator of survival over many samples: its intervals from 60 subjects up, and which models must be right."""

from dataclasses import dataclass
from functools import cache, partial
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.survival.augmented_survival import augmented_survival, fit_survival_models
from medicore.stats.survival.batched_survival import SurvivalSample, jackknifed
from medicore.stats.survival.curve_influence import Summary
from tests.simulation.coverage import Coverage
from tests.simulation.workers import simulated
from tests.simulation.worlds import stream

HORIZON = 1.0
LEVEL = 0.95
SIMULATIONS = 1000
BIAS_SIMULATIONS = 400
BIAS_SUBJECTS = 800
SUBJECTS = (60, 100, 200)
SUMMARIES: tuple[Summary, ...] = ("survival", "restricted mean")
_EFFECT = -0.5
_LEADING = np.array([0.5, 0.0, 0.3])
"""Coefficients of the true hazard of the event, besides the arm's."""

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Followed:
    """A sample: covariates ``(n, 3)``, arm, time of follow-up, event."""

    x: Vector
    treated: Flags
    time: Vector
    event: Flags


def followed(index: int, n: int, effect: float = _EFFECT, *, bent: bool = False) -> Followed:
    """Return a sample with confounding, and with censoring by covariates and by an end of the study; about four in ten are censored.

    ``bent`` makes arm, event and censoring depend on the second covariate's square instead of itself.
    """
    chance = stream(31, index)
    x = chance.normal(size=(n, 3))
    z = np.column_stack([x[:, 0], (x[:, 1] ** 2 - 1) / 1.5, x[:, 2]]) if bent else x
    treated = chance.random(n) < expit(z @ np.array([0.5, -0.4, 0.0]))
    hazard = np.exp(z @ (_LEADING + np.array([0.0, 0.5 * bent, 0.0])) + effect * treated)
    event = chance.exponential(1 / hazard)
    left = np.minimum(chance.exponential(2 * np.exp(-0.4 * z[:, 1])), chance.uniform(1.2, 3, n))
    return Followed(x, treated, np.minimum(event, left), event <= left)


@cache
def truth(summary: Summary, effect: float = _EFFECT, *, bent: bool = False) -> float:
    """Return the true difference, by the mean over ten million subjects drawn from another stream."""
    chance, values = stream(32, 0), np.zeros(2)
    for _ in range(10):
        x = chance.normal(size=(1_000_000, 3))
        z = np.column_stack([x[:, 0], (x[:, 1] ** 2 - 1) / 1.5, x[:, 2]]) if bent else x
        base = np.exp(z @ (_LEADING + np.array([0.0, 0.5 * bent, 0.0])))
        for place, arm in enumerate((1.0, 0.0)):
            hazard = base * np.exp(effect * arm)
            alive = np.exp(-hazard * HORIZON)
            values[place] += np.mean(alive if summary == "survival" else (1 - alive) / hazard) / 10
    return float(values[0] - values[1])


Found = dict[str, tuple[float, float, float, float]]


def one(index: int, n: int, summary: Summary, effect: float = _EFFECT) -> Found | None:
    """Return value, standard error and interval of one sample by jackknife and influence function; None where it is refused."""
    made = followed(index, n, effect)
    arms = made.treated, made.time, made.event
    try:
        score = fit_logistic(made.x, made.treated)
        models = fit_survival_models(made.x, made.x, *arms)
        separated = any(
            model.fit is not None and model.fit.separated for model in (*models.events, *models.censoring)
        )
        if score.separated or separated:
            return None
        result = augmented_survival(*arms, score, models, horizon=HORIZON, summary=summary)
        sample = SurvivalSample.of(*arms, score, result, horizon=HORIZON, summary=summary)
        means = jackknifed(result, sample.jackknife(), n - 2.0 * made.x.shape[1] - 2)
    except EstimationError:
        return None
    estimates = {"jackknife, Student's t": difference(means), "influence function": difference(result.means)}
    return {
        name: (found.value, found.standard_error, *found.interval(LEVEL)) for name, found in estimates.items()
    }


@cache
def coverages() -> tuple[tuple[Coverage, float], ...]:
    """Return the coverage of every interval, and the share of samples that were refused. Takes minutes."""
    rows = []
    for summary, n in product(SUMMARIES, SUBJECTS):
        expected = truth(summary)
        every = simulated(partial(one, n=n, summary=summary), SIMULATIONS)
        kept = [found for found in every if found is not None]
        for name in kept[0]:
            value, error, low, high = np.array([found[name] for found in kept]).T
            rows.append(
                (
                    Coverage(
                        summary,
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
    """Return how often the interval excludes no effect where there is none, by the jackknife."""
    every = simulated(partial(one, n=n, summary="survival", effect=0.0), SIMULATIONS)
    kept = [found["jackknife, Student's t"] for found in every if found is not None]
    return float(np.mean([not low <= 0 <= high for _, _, low, high in kept]))


@dataclass(frozen=True)
class Bias:
    """The bias with some models right and others without the square that they need, in its own Monte-Carlo errors."""

    event_right: bool
    weights_right: bool
    in_errors: float

    @property
    def consistent(self) -> bool:
        """Whether theory promises no bias."""
        return self.event_right or self.weights_right


def _bent(index: int, event_right: bool, weights_right: bool) -> float:
    made = followed(index, BIAS_SUBJECTS, bent=True)
    right = np.column_stack([made.x[:, 0], (made.x[:, 1] ** 2 - 1) / 1.5, made.x[:, 2]])
    arms = made.treated, made.time, made.event
    weighting = right if weights_right else made.x
    models = fit_survival_models(right if event_right else made.x, weighting, *arms)
    score = fit_logistic(weighting, made.treated)
    return difference(
        augmented_survival(*arms, score, models, horizon=HORIZON, summary="survival").means
    ).value


@cache
def biases() -> tuple[Bias, ...]:
    """Return the bias of every combination of right and wrong models. Takes minutes."""
    rows = []
    for event_right, weights_right in product((True, False), repeat=2):
        made = np.array(
            simulated(partial(_bent, event_right=event_right, weights_right=weights_right), BIAS_SIMULATIONS)
        )
        error = made.std(ddof=1) / np.sqrt(len(made))
        rows.append(
            Bias(event_right, weights_right, float((made.mean() - truth("survival", bent=True)) / error))
        )
    return tuple(rows)
