"""The estimators that a protocol may declare as the primary one: what each answers about a sample."""

from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.protocol.protocol import Protocol as Plan
from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.measures import MeansMeasure, Measure
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.missing.observation import Observation
from medicore.stats.models.leverage import Correction
from medicore.stats.models.outcome_model import Family, Form
from medicore.stats.models.scores import Scores
from medicore.stats.randomisation.adjusted_means import (
    AdjustedMeans,
    AdjustedResult,
    Estimator,
    adjusted_means,
)
from medicore.stats.randomisation.bootstrap_adjusted import bootstrap_adjusted
from medicore.stats.randomisation.randomisation_scheme import Randomisation
from medicore.stats.randomisation.verification_adjusted import verify_adjusted
from medicore.stats.verification import Verification, verify_effect
from medicore.steps.models.estimator import primary_result

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Analysable(Protocol):
    """What an estimator needs of a sample: family and target, designs, arms, outcomes and scores."""

    @property
    def family(self) -> Family:
        """The family of the outcome models."""

    @property
    def target(self) -> Target:
        """The target population."""

    @property
    def x_propensity(self) -> Vector:
        """The design of the propensity model, ``(n, p)``."""

    @property
    def x_outcome(self) -> Vector:
        """The design of the outcome models, ``(n, q)``."""

    @property
    def x_observation(self) -> Vector:
        """The design of the observation model, ``(n, r)``."""

    @property
    def treated(self) -> Flags:
        """Who is treated, ``(n,)``."""

    @property
    def outcome(self) -> Vector:
        """The outcome, ``(n,)``; NaN where it is neither observed nor imputed."""

    @property
    def observed(self) -> Flags:
        """Whose outcome is observed, ``(n,)``."""

    @property
    def known(self) -> Flags:
        """Whose outcome is observed or imputed, ``(n,)``."""

    @property
    def complete(self) -> bool:
        """Whether every outcome is known."""

    @property
    def fit(self) -> Scores:
        """The fitted propensity scores."""

    @property
    def observation(self) -> Observation:
        """The model of being observed; asked for where outcomes are missing."""


class PrimaryEstimator(Protocol):
    """One estimator: its result, its inference for small samples, its bootstrap and its second implementation."""

    def result(self, sample: Analysable, scores: Scores | None = None) -> AugmentedResult:
        """Return estimate, means and models, with the standard errors of large samples."""

    def inferred(
        self,
        sample: Analysable,
        scores: Scores | None,
        result: AugmentedResult | None,
        correction: Correction,
    ) -> ArmMeans:
        """Return the means with the variance for small samples; ``result`` is that of the scores, if it is known."""

    def bootstrap(self, sample: Analysable, *, replicates: int, seed: int) -> BootstrapResult:
        """Return the bootstrap of the difference of means, every model fitted again."""

    def second(self, sample: Analysable, measure: Measure) -> Verification:
        """Return the second implementation's estimate and standard error for small samples."""


@dataclass(frozen=True, slots=True)
class DoublyRobust:
    """AIPW or augmented overlap weighting, weighted for being observed where outcomes are missing.

    With ``clusters``, ``(n,)``, bootstrap and second implementation are of these.
    """

    clusters: NDArray[np.intp] | None = None

    def result(self, sample: Analysable, scores: Scores | None = None) -> AugmentedResult:
        """Return the result with the fitted scores or with others."""
        return primary_result(
            sample.x_outcome,
            sample.treated,
            sample.outcome,
            sample.known,
            scores or sample.fit,
            None if sample.complete else sample.observation,
            family=sample.family,
            target=sample.target,
        )

    def inferred(
        self,
        sample: Analysable,
        scores: Scores | None,
        result: AugmentedResult | None,
        correction: Correction,
    ) -> ArmMeans:
        """Return the means with the variance of ``small_sample_means``."""
        missing: dict[str, Any] = {}
        if not sample.complete:
            missing = {"observed": sample.observed, "observation": sample.observation}
        return small_sample_means(
            sample.treated,
            sample.outcome,
            scores or sample.fit,
            result or self.result(sample, scores),
            family=sample.family,
            target=sample.target,
            correction=correction,
            **missing,
        )

    def bootstrap(self, sample: Analysable, *, replicates: int, seed: int) -> BootstrapResult:
        """Return the bootstrap that refits propensity, observation and outcome models."""
        return bootstrap_effect(
            *_arrays(sample),
            replicates=replicates,
            seed=seed,
            family=sample.family,
            target=sample.target,
            clusters=self.clusters,
            **_observation(sample),
        )

    def second(self, sample: Analysable, measure: Measure) -> Verification:
        """Return the answer of ``verify_effect``."""
        with np.errstate(
            divide="ignore", invalid="ignore"
        ):  # what comes of a separated model is judged later
            return verify_effect(
                *_arrays(sample),
                family=sample.family,
                target=sample.target,
                measure=cast("MeansMeasure", measure),  # a ratio of rates is of counts, which have their own
                corrected=True,
                clusters=self.clusters,
                **_observation(sample),
            )


@dataclass(frozen=True, slots=True)
class Adjusted:
    """ANCOVA or g-computation of a randomised study under its scheme; every outcome is observed or imputed."""

    estimator: Estimator
    form: Form
    randomisation: Randomisation

    def means(self, sample: Analysable) -> AdjustedMeans:
        """Return the adjusted means of a sample."""
        return adjusted_means(
            sample.x_outcome,
            sample.treated,
            sample.outcome,
            self.randomisation,
            estimator=self.estimator,
            family=sample.family,
            form=self.form,
        )

    def result(self, sample: Analysable, scores: Scores | None = None) -> AugmentedResult:
        """Return the result; with other ``scores`` than the fitted ones that of AIPW, as there are none here."""
        return self.means(sample).result() if scores is None else DoublyRobust().result(sample, scores)

    def inferred(
        self,
        sample: Analysable,
        scores: Scores | None,
        result: AugmentedResult | None,
        correction: Correction,
    ) -> ArmMeans:
        """Return the means with the variance of the scheme for small samples; of AIPW with other ``scores``."""
        if scores is not None:
            return DoublyRobust().inferred(sample, scores, result, correction)
        fitted = result.adjusted if isinstance(result, AdjustedResult) else self.means(sample)
        return fitted.small_sample(correction)

    def bootstrap(self, sample: Analysable, *, replicates: int, seed: int) -> BootstrapResult:
        """Return the bootstrap that draws as the scheme balances, and refits the outcome models."""
        return bootstrap_adjusted(
            sample.x_outcome,
            sample.treated,
            sample.outcome,
            self.randomisation,
            replicates=replicates,
            seed=seed,
            estimator=self.estimator,
            family=sample.family,
            form=self.form,
        )

    def second(self, sample: Analysable, measure: Measure) -> Verification:
        """Return the answer of ``verify_adjusted``."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return verify_adjusted(
                sample.x_outcome,
                sample.treated,
                sample.outcome,
                scheme=self.randomisation.scheme,
                strata=self.randomisation.strata,
                estimator=self.estimator,
                family="gaussian" if sample.family == "gaussian" else "binomial",
                form=self.form,
                measure=cast("MeansMeasure", measure),  # a ratio of rates is of counts, which have their own
            )


def randomisation_of(protocol: Plan, analysis: pd.DataFrame) -> Randomisation:
    """Return the scheme of the protocol, simple if none is declared, with the stratum of each of these subjects."""
    plan = protocol.randomisation
    if plan is None or plan.scheme == "simple":
        return Randomisation("simple", np.zeros(len(analysis), dtype=np.intp))
    codes = [_codes(protocol, analysis, column) for column in plan.strata]
    _, strata = np.unique(np.column_stack(codes), axis=0, return_inverse=True)
    return Randomisation(plan.scheme, strata.reshape(-1).astype(np.intp))


def _codes(protocol: Plan, analysis: pd.DataFrame, column: str) -> NDArray[np.intp]:
    levels = list(protocol.contract.column(column).values or ())
    return np.array([levels.index(text) for text in analysis[column]], dtype=np.intp)


def _arrays(sample: Analysable) -> tuple[Vector, Vector, Flags, Vector]:
    return sample.x_propensity, sample.x_outcome, sample.treated, sample.outcome


def _observation(sample: Analysable) -> dict[str, Any]:
    """Return the arguments about missing outcomes: none where all are known, so that nothing is weighted for it."""
    if sample.complete:
        return {}
    return {"observed": sample.observed, "x_observation": sample.x_observation}
