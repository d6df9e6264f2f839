"""Scores, trimming, weights and balance for one assignment of the arms: the input of the propensity gates."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.balance import TermBalance, standardised_mean_differences
from medicore.stats.balance.overlap import within
from medicore.stats.balance.weights import balancing_weights, effective_sample_size, largest_share
from medicore.stats.models.logistic import LogisticFit, fit_logistic

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """The analysed subjects with their scores and weights for the protocol's target population.

    ``first`` is the model on all subjects and ``fit`` the model on the ``retained`` subjects, ``(n,)`` bool; both are
    the same when nobody was discarded. ``score`` and ``weights`` are ``(n,)``; discarded subjects have weight 0.
    """

    treated: NDArray[np.bool_]
    first: LogisticFit
    fit: LogisticFit
    retained: NDArray[np.bool_]
    score: Vector
    weights: Vector
    balance: tuple[TermBalance, ...]

    @property
    def arm(self) -> NDArray[np.bool_]:
        """Return which of the retained subjects are treated."""
        return self.treated[self.retained]

    @property
    def kept_weights(self) -> Vector:
        """The weights of the retained subjects."""
        return self.weights[self.retained]

    @property
    def effective_sample_size(self) -> dict[str, float]:
        """The effective sample size of each arm."""
        return self._by_arm(effective_sample_size)

    @property
    def largest_weight_share(self) -> dict[str, float]:
        """The largest weight of one subject as a share of its arm's total weight, by arm."""
        return self._by_arm(largest_share)

    @property
    def sizes(self) -> dict[str, int]:
        """The retained subjects of each arm."""
        return {"treated": int(self.arm.sum()), "control": int((~self.arm).sum())}

    def _by_arm(self, statistic: Callable[[Vector], float]) -> dict[str, float]:
        weights = self.kept_weights
        return {"treated": statistic(weights[self.arm]), "control": statistic(weights[~self.arm])}


def effective_shares(made: Scored) -> dict[str, float]:
    """Return the effective sample size of each arm as a share of its retained subjects."""
    return {arm: size / made.sizes[arm] for arm, size in made.effective_sample_size.items()}


def scored(protocol: Protocol, x: Vector, treated: NDArray[np.bool_]) -> Scored:
    """Return the scores and weights of the design ``x``, ``(n, p)`` without intercept, as the protocol plans them.

    Raises EstimationError when trimming empties an arm, or when a subject has probability 0 for its own arm.
    """
    first = fit_logistic(x, treated)
    retained = np.ones(len(treated), dtype=bool)
    if protocol.trimming.method == "discard":
        retained = within(first.fitted, protocol.trimming.lower, protocol.trimming.upper)
        _require_both_arms(treated[retained])
    fit = first if retained.all() else fit_logistic(x[retained], treated[retained])
    score = first.fitted.copy()
    score[retained] = fit.fitted
    with np.errstate(
        divide="ignore"
    ):  # a separated model gives scores of 1, and so 1/(1 - e) to the other arm
        weights = np.where(retained, balancing_weights(treated, score, protocol.estimand.target), 0.0)
    _require_finite(weights)
    balance = standardised_mean_differences(
        x[retained], treated[retained], weights[retained], protocol.estimand.target
    )
    return Scored(treated, first, fit, retained, score, weights, balance)


def _require_both_arms(treated: NDArray[np.bool_]) -> None:
    """Raise EstimationError when trimming empties an arm."""
    for arm, size in (("treated", int(treated.sum())), ("control", int((~treated).sum()))):
        if size == 0:
            raise EstimationError(
                f"trimming leaves no {arm} subject, so there is nothing to compare; widen the trimming limits, "
                "or simplify the propensity model"
            )


def _require_finite(weights: Vector) -> None:
    """Raise EstimationError when a subject has probability 0 for its own arm."""
    infinite = int((~np.isfinite(weights)).sum())
    if infinite:
        raise EstimationError(
            f"{infinite} subject(s) have a propensity score of 0 for the arm they are in, so they have no weight; "
            "simplify the propensity model"
        )
