"""Small samples: the coverage of the primary interval down to 40 subjects."""

from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import numpy as np
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.small_sample import LEAST_SUBJECTS, small_sample_means
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from tests.simulation.workers import simulated
from tests.simulation.worlds import MODIFICATION, PROGNOSIS, SELECTION, Trial, stream

Design = Literal["randomised", "observational"]
DESIGNS: tuple[Design, ...] = ("randomised", "observational")
LEVEL = 0.95
SIMULATIONS = 2000
CELLS = tuple((design, n, p) for design in DESIGNS for p in (5, 10) for n in (40, 60, 100, 200))


def small(design: Design, n: int, p: int, index: int) -> Trial:
    """Return a sample with p covariates, of which three select and modify; the effect is 1 on average."""
    chance = stream(6 + 2 * p + DESIGNS.index(design), index)
    x = chance.normal(size=(n, p))
    selected = expit(x[:, :3] @ SELECTION) if design == "observational" else np.full(n, 0.5)
    treated = chance.random(n) < selected
    effect = 1 + x[:, :3] @ MODIFICATION
    outcome = treated * effect + x[:, :3] @ PROGNOSIS + 0.2 * x[:, 3:].sum(axis=1) + chance.normal(size=n)
    return Trial(x, treated, outcome)


def refused(trial: Trial) -> bool:
    """Return whether the floor of subjects per parameter stops the run."""
    smaller = min(int(trial.treated.sum()), int((~trial.treated).sum()))
    return smaller < LEAST_SUBJECTS * (trial.x.shape[1] + 1)


def primary(trial: Trial, fit: LogisticFit) -> tuple[Estimate, Estimate]:
    """Return the primary estimate as it is printed, and with the influence function's standard error."""
    found = doubly_robust(trial.x, trial.treated, trial.outcome, fit)
    return difference(small_sample_means(trial.treated, trial.outcome, fit, found)), found.influence_function


@dataclass(frozen=True)
class Small:
    """Coverage in one cell, of the printed interval and of that of the influence function, among those not refused."""

    design: Design
    n: int
    p: int
    samples: int
    refused: float
    coverage: float
    direct: float
    deviation: float
    mean_error: float

    @property
    def error(self) -> float:
        """The Monte-Carlo error of a coverage of 95 %."""
        return float(np.sqrt(0.05 * 0.95 / self.samples)) if self.samples else float("nan")


def _interval(design: Design, n: int, p: int, index: int) -> tuple[float, float, bool, bool] | None:
    trial = small(design, n, p, index)
    if refused(trial):
        return None
    try:
        fit = fit_logistic(trial.x, trial.treated)
        if fit.separated:
            return None
        printed, direct = primary(trial, fit)
    except EstimationError:
        return None
    held = [low <= 1 <= high for low, high in (one.interval(LEVEL) for one in (printed, direct))]
    return printed.value, printed.standard_error, held[0], held[1]


@cache
def coverages() -> tuple[Small, ...]:
    """Return the coverage of every cell; a cell in which most samples are refused has none."""
    made = []
    for design, n, p in CELLS:
        found = [one for one in simulated(partial(_interval, design, n, p), SIMULATIONS) if one is not None]
        share = 1 - len(found) / SIMULATIONS
        if share > 0.5:
            made.append(Small(design, n, p, 0, share, *[float("nan")] * 4))
            continue
        value, error, held, direct = np.array(found, dtype=np.float64).T
        made.append(
            Small(
                design,
                n,
                p,
                len(found),
                share,
                float(held.mean()),
                float(direct.mean()),
                float(value.std(ddof=1)),
                float(error.mean()),
            )
        )
    return tuple(made)
