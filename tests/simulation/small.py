"""Small samples: the coverage of the primary interval down to 40 subjects, and how often the gates of the effect step fire."""

from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import numpy as np
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.disagreement import World, bootstrap_alarm_rate, sandwich_alarm_rate
from medicore.stats.bootstrap.growth import change_alarm_rate
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
ALARM_CELLS: tuple[tuple[Design, int, int], ...] = (
    ("randomised", 40, 5),
    ("randomised", 100, 10),
    ("observational", 100, 10),
)
SEEN = {"sandwich": 6000, "bootstrap": 400}
"""Studies in which each gate is watched; a bootstrap takes long."""
PRINTED = {"sandwich": 96, "bootstrap": 24, "change of estimate": 24}
"""Studies whose printed rates are computed."""
REPLICATES = 400
SANDWICH_LIMIT, BOOTSTRAP_LIMIT = 0.05, 0.15
CHANGES: tuple[tuple[Design, int, int, int, float], ...] = (
    ("randomised", 40, 50, 5, 0.5),
    ("randomised", 60, 80, 5, 1.0),
    ("observational", 60, 80, 5, 1.0),
    ("observational", 100, 110, 10, 0.5),
)
"""Last month's and this month's subjects, covariates, and the limit in standard errors."""


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


@dataclass(frozen=True)
class Fired:
    """How often a gate fired, and the mean of the rates that its findings print, each with its Monte-Carlo error."""

    gate: str
    design: Design
    subjects: str
    p: int
    limit: float
    fired: float
    fired_error: float
    printed: float
    printed_error: float

    @property
    def difference_in_errors(self) -> float:
        """Fired less printed, in Monte-Carlo standard errors."""
        return (self.fired - self.printed) / float(np.hypot(self.fired_error, self.printed_error))


def _gap(gate: str, design: Design, n: int, p: int, index: int) -> float | None:
    """Return by which share the sandwich, or the spread of a full bootstrap, is off in one study."""
    trial = small(design, n, p, index)
    arrays = trial.x, trial.treated, trial.outcome
    try:
        fit = fit_logistic(trial.x, trial.treated)
        if fit.separated:
            return None
        found = doubly_robust(*arrays, fit)
        if gate == "sandwich":
            return abs(found.sandwich.standard_error / found.influence_function.standard_error - 1)
        spread = bootstrap_effect(trial.x, *arrays, replicates=REPLICATES, seed=index).spread
    except EstimationError:
        return None
    expected = difference(small_sample_means(*arrays[1:], fit, found, correction="HC3")).standard_error
    return abs(spread / expected - 1)


def _world(design: Design, n: int, p: int, index: int) -> World:
    trial = small(design, n, p, index)
    return World.of(trial.x, trial.x, trial.treated, trial.outcome, randomised=design == "randomised")


def _rate(gate: str, design: Design, n: int, p: int, index: int) -> float:
    """Return the rate that the finding of one study prints."""
    world = _world(design, n, p, index)
    if gate == "sandwich":
        return sandwich_alarm_rate(world, SANDWICH_LIMIT, seed=index)
    return bootstrap_alarm_rate(world, BOOTSTRAP_LIMIT, replicates=REPLICATES, seed=index)


def _fired(
    gate: str, design: Design, subjects: str, p: int, limit: float, gaps: list[float], rates: list[float]
) -> Fired:
    """Return the row of a gate, by what was seen in studies and by the rates that others print."""
    seen, printed = np.array(gaps) >= limit, np.array(rates)
    return Fired(
        gate,
        design,
        subjects,
        p,
        limit,
        float(seen.mean()),
        float(seen.std() / np.sqrt(len(seen))),
        float(printed.mean()),
        float(printed.std(ddof=1) / np.sqrt(len(printed))),
    )


@cache
def variance_alarms() -> tuple[Fired, ...]:
    """Return the rates of the two gates of variances."""
    made = []
    for design, n, p in ALARM_CELLS:
        for gate, limit in (("sandwich", SANDWICH_LIMIT), ("bootstrap", BOOTSTRAP_LIMIT)):
            gaps = simulated(partial(_gap, gate, design, n, p), SEEN[gate])
            rates = simulated(partial(_rate, gate, design, n, p), PRINTED[gate])
            known = [gap for gap in gaps if gap is not None]
            made.append(_fired(gate, design, f"{n}", p, limit, known, rates))
    return tuple(made)


def _moved(design: Design, before: int, n: int, p: int, index: int) -> float | None:
    """Return by how many of this month's standard errors the estimate moved when the study grew."""
    trial = small(design, n, p, index)
    last = Trial(trial.x[:before], trial.treated[:before], trial.outcome[:before])
    try:
        earlier, now = (primary(one, fit_logistic(one.x, one.treated))[0] for one in (last, trial))
    except EstimationError:
        return None
    return (now.value - earlier.value) / now.standard_error


def _change_rate(design: Design, before: int, n: int, p: int, limit: float, index: int) -> float:
    """Return the rate that the finding of one study prints about its change."""
    return change_alarm_rate(_world(design, n, p, index), before, limit, seed=index)


@cache
def change_alarms() -> tuple[Fired, ...]:
    """Return the rates of the gate of change since last month."""
    made, gate = [], "change of estimate"
    for design, before, n, p, limit in CHANGES:
        moved = simulated(partial(_moved, design, before, n, p), SIMULATIONS)
        rates = simulated(partial(_change_rate, design, before, n, p, limit), PRINTED[gate])
        known = [abs(one) for one in moved if one is not None]
        made.append(_fired(gate, design, f"{before} to {n}", p, limit, known, rates))
    return tuple(made)
