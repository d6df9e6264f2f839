"""A (sub)sample of the analysis set as the estimators take it, and rows of the tables that they fill."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.weights import Target
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.measures import Effect, effect_of
from medicore.stats.imputation.pooling import pooled_effect
from medicore.stats.missing.observation import Observation
from medicore.stats.models.leverage import Correction
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.models.outcome_model import Family
from medicore.stats.models.scores import Scores
from medicore.steps.models.choosing import estimator_of
from medicore.steps.models.clusters import by_clusters
from medicore.steps.models.observing import fitted_observation
from medicore.steps.models.rare_events import outcome_family
from medicore.steps.models.terms import model_terms
from medicore.steps.primaries.primary_estimator import DoublyRobust, PrimaryEstimator

_Set = TypeVar("_Set")
"""A completed data set: its sample, or its place among them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A (sub)sample: its table, the arrays of it, its fitted propensity model, and the primary estimator.

    Designs are ``(n, p)`` without intercept. Where ``observed``, ``(n,)`` bool, is false, ``outcome`` is imputed, or NaN.
    ``observing`` fits the observation model when it is first called, and returns the same one from then on. What analyses
    the same subjects takes the same sample, so that nothing is built or fitted twice.
    """

    analysis: pd.DataFrame
    family: Family
    target: Target
    x_propensity: NDArray[np.float64]
    x_outcome: NDArray[np.float64]
    x_observation: NDArray[np.float64]
    treated: NDArray[np.bool_]
    outcome: NDArray[np.float64]
    observed: NDArray[np.bool_]
    fit: LogisticFit
    observing: Callable[[], Observation]
    estimator: PrimaryEstimator = field(default_factory=DoublyRobust)

    @classmethod
    def of(cls, protocol: Protocol, analysis: pd.DataFrame) -> "Sample":
        """Return the sample of these subjects; raise EstimationError when its model cannot be fitted."""
        x = model_terms(protocol, protocol.models.propensity, analysis).matrix
        treated = analysis["treated"].to_numpy(dtype=bool)
        for arm, size in (("treated", int(treated.sum())), ("control", int((~treated).sum()))):
            if size == 0:
                raise EstimationError(f"no {arm} subject is left")
        outcome = analysis["outcome"].to_numpy(dtype=np.float64)
        x_observation = model_terms(protocol, observation_covariates(protocol), analysis).matrix
        return cls(
            analysis=analysis,
            family=outcome_family(protocol),
            target=protocol.estimand.target,
            x_propensity=x,
            x_outcome=model_terms(protocol, protocol.models.outcome, analysis).matrix,
            x_observation=x_observation,
            treated=treated,
            outcome=outcome,
            observed=analysis["observed"].to_numpy(dtype=bool),
            fit=fitted_scores(x, treated),
            observing=_observing(x_observation, treated, outcome),
            estimator=estimator_of(protocol, analysis),
        )

    def of_outcome(
        self, family: Family, outcome: NDArray[np.float64], observed: NDArray[np.bool_]
    ) -> "Sample":
        """Return the same subjects and scores with another outcome, ``(n,)``, and a model of observing that one."""
        observing = _observing(self.x_observation, self.treated, outcome)
        return replace(self, family=family, outcome=outcome, observed=observed, observing=observing)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whose outcome is observed or imputed, ``(n,)``."""
        found: NDArray[np.bool_] = ~np.isnan(self.outcome)
        return found

    @property
    def complete(self) -> bool:
        """Whether every outcome is observed or imputed, so that no weights for being observed are needed."""
        return bool(self.known.all())

    @property
    def observation(self) -> Observation:
        """The observation model, fitted once; raise EstimationError when it cannot be fitted."""
        return self.observing()

    def primary(self, scores: Scores | None = None) -> AugmentedResult:
        """Return the result of the primary estimator, with the fitted scores or with others."""
        return self.estimator.result(self, scores)

    def inferred(
        self,
        scores: Scores | None = None,
        result: AugmentedResult | None = None,
        correction: Correction = "HC2",
    ) -> ArmMeans:
        """Return the means of the primary estimator with the variance for small samples, which its interval rests on.

        ``result`` is that of the scores, if it is known already.
        """
        return self.estimator.inferred(self, scores, result, correction)


def _observing(
    x: NDArray[np.float64], treated: NDArray[np.bool_], outcome: NDArray[np.float64]
) -> Callable[[], Observation]:
    """Return what fits the observation model when it is first called, and returns the same one from then on."""
    return cache(partial(fitted_observation, x, treated, ~np.isnan(outcome)))


def fitted_scores(x: NDArray[np.float64], treated: NDArray[np.bool_]) -> LogisticFit:
    """Return the propensity model of ``treated``, ``(n,)`` bool, on the design ``x``, ``(n, p)``.

    Raises EstimationError when a score is 0 or 1, so that no weight exists for the arm that was impossible.
    """
    fit = fit_logistic(x, treated)
    certain = int(((fit.fitted == 0) | (fit.fitted == 1)).sum())
    if certain:
        raise EstimationError(
            f"{certain} subject(s) have a propensity score of exactly 0 or 1, so the arms cannot be compared; "
            "simplify the propensity model"
        )
    return fit


def observation_covariates(protocol: Protocol) -> tuple[str, ...]:
    """Return the covariates of the model of being observed: the declared ones, else those of the outcome model."""
    missing = protocol.outcome.missing
    return missing.covariates if missing is not None and missing.covariates else protocol.models.outcome


def row(
    protocol: Protocol, name: str, sets: Sequence[_Set], work: Callable[[_Set], ArmMeans | Effect]
) -> dict[str, Any]:
    """Return one row of a table, on the protocol's measure; what cannot be estimated says so and why.

    ``work`` analyses one completed data set; several are pooled by Rubin's rules.
    """
    try:
        made = [
            by_clusters(protocol, one.analysis if isinstance(one, Sample) else None, work(one))
            for one in sets
        ]
        found = pooled_means(protocol, made)
    except EstimationError as error:
        return nothing(name, str(error))
    sizes = [(one if isinstance(one, ArmMeans) else one.inference).n for one in made]
    low, high = found.interval(protocol.inference.level)
    return {
        "name": name,
        "estimand": found.estimand,
        "estimator": found.inference.estimator,
        "n": found.inference.n,
        "estimate": found.value,
        "standard_error": found.inference.standard_error,
        "ci_low": low,
        "ci_high": high,
        "p_value": found.inference.p_value,
        "variance": found.inference.variance,
        "note": "" if min(sizes) == max(sizes) else f"n is {varied(sizes)}",
    }


def varied(counts: Sequence[int]) -> str:
    """Return a count, or from which to which it goes over the completed data sets."""
    low, high = min(counts), max(counts)
    return f"{low}" if low == high else f"{low} to {high}"


def pooled_means(protocol: Protocol, made: Sequence[ArmMeans | Effect]) -> Effect:
    """Return the effect on the protocol's measure, pooled over the completed data sets, with their smallest n."""
    effects = [
        effect_of(one, protocol.estimand.contrast) if isinstance(one, ArmMeans) else one for one in made
    ]
    smallest = min(effect.inference.n for effect in effects)
    return pooled_effect(
        [replace(effect, inference=replace(effect.inference, n=smallest)) for effect in effects]
    )


def nothing(name: str, reason: str) -> dict[str, Any]:
    """Return the row of what cannot be estimated."""
    empty = dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "p_value"))
    note = f"not estimable: {reason}"
    return {
        "name": name,
        "estimand": "",
        "estimator": "",
        "n": 0,
        "variance": "",
        "note": note,
        **empty,
    }
