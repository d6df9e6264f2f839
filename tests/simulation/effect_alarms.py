"""How often the gates of the effect step fire where every model is right, and how often their findings say that they do."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.disagreement import bootstrap_alarm_rate, sandwich_alarm_rate
from medicore.stats.bootstrap.growth import change_alarm_rate
from medicore.stats.bootstrap.world import World
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.logistic import fit_logistic
from tests.simulation.small import SIMULATIONS, Design, primary, small
from tests.simulation.workers import simulated
from tests.simulation.worlds import Trial

ALARM_CELLS: tuple[tuple[Design, int, int], ...] = (
    ("randomised", 40, 5),
    ("randomised", 100, 10),
    ("observational", 100, 10),
)
SEEN = {"sandwich": 6000, "bootstrap": 400}
"""Studies in which each gate is watched; a bootstrap takes long."""
PRINTED = {"sandwich": 96, "bootstrap": 24, "change of estimate": 64}
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
