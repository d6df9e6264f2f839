"""Cross-fitting: predictions of nuisance models for each subject by models that were fitted without it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Family

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST = 3
"""The smallest number of subjects of a kind, an arm or one value of a label, from which a model is fitted."""


class Learner(Protocol):
    """A method of prediction: it is fitted to rows of a design, and predicts for ``new`` rows, ``(k, p)``."""

    def chances(self, x: Vector, label: Flags, new: Vector) -> Vector:
        """Return the probability that the label is true, ``(k,)``; ``x`` is ``(m, p)``, ``label`` ``(m,)`` bool."""

    def means(self, x: Vector, outcome: Vector, new: Vector) -> Vector:
        """Return the mean of the outcome, ``(k,)``; ``x`` is ``(m, p)``, ``outcome`` ``(m,)``."""


@dataclass(frozen=True, slots=True)
class Nuisance:
    """What is predicted for each subject, ``(n,)`` each, by models that were fitted without it.

    ``score`` is the probability of treatment; ``treated`` and ``control`` are the mean outcomes under each arm,
    ``seen_treated`` and ``seen_control`` the probabilities of an observed outcome under each.
    """

    score: Vector
    treated: Vector
    control: Vector
    seen_treated: Vector
    seen_control: Vector

    def truncated(self, limit: float) -> tuple["Nuisance", int]:
        """Return the predictions with scores in [limit, 1 − limit] and chances of at least the limit, and how many moved.

        A score outside moves to the nearer limit, and so does a probability of being observed below it. Cole & Hernán
        (2008).
        """
        score = np.clip(self.score, limit, 1 - limit)
        one, zero = np.maximum(self.seen_treated, limit), np.maximum(self.seen_control, limit)
        moved = (score != self.score) | (one != self.seen_treated) | (zero != self.seen_control)
        return replace(self, score=score, seen_treated=one, seen_control=zero), int(moved.sum())


def stratified_folds(strata: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """Return a fold for each subject, ``(n,)``, from 0 on: a random division within each stratum, ``(n,)``.

    A stratum's subjects are dealt out in random order, and the next stratum begins where it ended: within a stratum,
    and over all, the sizes of two folds differ by one subject at most.
    """
    chance = np.random.Generator(np.random.PCG64(seed))
    fold = np.empty(len(strata), dtype=np.int64)
    dealt = 0
    for stratum in np.unique(strata):
        inside = chance.permutation(np.flatnonzero(strata == stratum))
        fold[inside] = (dealt + np.arange(len(inside))) % folds
        dealt += len(inside)
    return fold


@checked
def strata_of(treated: Flags, outcome: Vector, observed: Flags, family: Family) -> NDArray[np.int64]:
    """Return the stratum of each subject, ``(n,)``: arm, observed or not and, of an outcome of 0 and 1, its value."""
    event = observed & (outcome == 1) & (family == "binomial")
    strata: NDArray[np.int64] = 4 * treated + 2 * observed + event
    return strata


@checked
def cross_fit(
    x_propensity: Vector,
    x_outcome: Vector,
    x_observation: Vector,
    treated: Flags,
    outcome: Vector,
    observed: Flags,
    fold: NDArray[np.int64],
    learner: Learner,
    *,
    family: Family = "gaussian",
) -> Nuisance:
    """Return propensity, outcome and observation models' predictions for each fold by models fitted on the other folds.

    Chernozhukov et al. (2018), definition 3.1. Outcome models are fitted within each arm among the observed; the
    observation model is of the arm and its covariates, or of one arm where the other has no missing outcome: that arm
    has probability 1. Designs are ``(n, p)`` without intercept; ``outcome``, ``(n,)``, is not read where ``observed``,
    ``(n,)`` bool, is false; ``fold`` is ``(n,)``.

    Raises EstimationError, which names the fold from 1, when fewer than three subjects of an arm, or with one value of a
    label, are left to fit a model, or the learner finds none.
    """
    made = np.empty((5, len(treated)))
    for number, held in _held_out(fold):
        try:
            made[:, held] = _without(
                held, (x_propensity, x_outcome, x_observation), treated, outcome, observed, learner, family
            )
        except EstimationError as error:
            raise EstimationError(f"fold {number}: {error}") from error
    return Nuisance(*made)


def _held_out(fold: NDArray[np.int64]) -> Iterator[tuple[int, Flags]]:
    for place, one in enumerate(np.unique(fold)):
        yield place + 1, fold == one


def _without(
    held: Flags,
    designs: tuple[Vector, Vector, Vector],
    treated: Flags,
    outcome: Vector,
    observed: Flags,
    learner: Learner,
    family: Family,
) -> tuple[Vector, ...]:
    """Return the predictions for the subjects held out, in the order of the fields of ``Nuisance``."""
    x_propensity, x_outcome, x_observation = designs
    rest = ~held
    _require_both(treated[rest], "treated", "control")
    score = learner.chances(x_propensity[rest], treated[rest], x_propensity[held])
    means = []
    for name, arm in (("treated", treated), ("control", ~treated)):
        rows = rest & arm & observed
        if family == "gaussian":
            _require(int(rows.sum()), f"{name} with an outcome")
            means.append(learner.means(x_outcome[rows], outcome[rows], x_outcome[held]))
        else:
            event = outcome[rows] == 1
            _require_both(event, f"{name} with the event", f"{name} without the event")
            means.append(learner.chances(x_outcome[rows], event, x_outcome[held]))
    return score, *means, *_observation(x_observation, treated, observed, held, learner)


def _observation(
    x: Vector, treated: Flags, observed: Flags, held: Flags, learner: Learner
) -> tuple[Vector, Vector]:
    """Return the probabilities of an observed outcome under treatment and under control for those held out."""
    certain, size = [bool(observed[arm].all()) for arm in (treated, ~treated)], int(held.sum())
    if all(certain):
        return np.ones(size), np.ones(size)
    rows = ~held & ((~treated & certain[0]) | (treated & certain[1]) | (not any(certain)))
    _require_both(observed[rows], "with an outcome", "without an outcome")
    design = np.column_stack([treated, x])
    new = np.column_stack([np.ones(size), x[held]]), np.column_stack([np.zeros(size), x[held]])
    both = learner.chances(design[rows], observed[rows], np.concatenate(new))
    one, zero = both[:size], both[size:]
    return np.ones(size) if certain[0] else one, np.ones(size) if certain[1] else zero


def _require_both(label: Flags, yes: str, no: str) -> None:
    _require(int(label.sum()), yes)
    _require(int((~label).sum()), no)


def _require(count: int, kind: str) -> None:
    if count < FEWEST:
        raise EstimationError(f"{count} subject(s) {kind} left to fit a model; expected at least {FEWEST}")
