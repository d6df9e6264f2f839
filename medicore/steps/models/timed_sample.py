"""A (sub)sample of the analysis set with a time to event as the estimators of survival take it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.weights import balancing_weights
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.models.logistic import LogisticFit
from medicore.stats.models.scores import Scores
from medicore.stats.survival.augmented_survival import (
    Form,
    Kind,
    SurvivalModels,
    SurvivalResult,
    augmented_survival,
    fit_survival_models,
)
from medicore.stats.survival.curve_influence import Summary
from medicore.steps.data.follow_up import CENSORED, COMPETING, EVENT, HAPPENED
from medicore.steps.models.sample import fitted_scores
from medicore.steps.models.terms import model_terms

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TimedSample:
    """A (sub)sample: its table, the arrays of it, and its fitted propensity model.

    Designs are ``(n, p)`` without intercept. ``event``, ``(n,)`` bool, is the first event of either kind, and
    ``competing`` says whose was a competing one: survival is that without either.
    """

    analysis: pd.DataFrame
    x_propensity: Vector
    x_outcome: Vector
    x_censoring: Vector
    treated: Flags
    time: Vector
    event: Flags
    competing: Flags
    fit: LogisticFit
    horizon: float
    summary: Summary

    @classmethod
    def of(cls, protocol: Protocol, analysis: pd.DataFrame) -> "TimedSample":
        """Return the sample of these subjects; raise EstimationError when its propensity model cannot be fitted."""
        treated = analysis["treated"].to_numpy(dtype=bool)
        for arm, size in (("treated", int(treated.sum())), ("control", int((~treated).sum()))):
            if size == 0:
                raise EstimationError(f"no {arm} subject is left")
        x = model_terms(protocol, protocol.models.propensity, analysis).matrix
        covariates = censoring_covariates(protocol)
        leaving = model_terms(protocol, covariates, analysis).matrix if covariates else x[:, :0]
        ended: NDArray[np.int64] = analysis[EVENT].to_numpy(dtype=np.int64)
        return cls(
            analysis=analysis,
            x_propensity=x,
            x_outcome=model_terms(protocol, protocol.models.outcome, analysis).matrix,
            x_censoring=leaving,
            treated=treated,
            time=analysis["outcome"].to_numpy(dtype=np.float64),
            event=ended != CENSORED,
            competing=ended == COMPETING,
            fit=fitted_scores(x, treated),
            horizon=float(protocol.outcome.horizon or 0),
            summary="survival" if protocol.estimand.measure == "survival difference" else "restricted mean",
        )

    @property
    def happened(self) -> Flags:
        """Whose follow-up ended with the event itself, ``(n,)``."""
        found: Flags = (self.analysis[EVENT] == HAPPENED).to_numpy(dtype=bool)
        return found

    @property
    def weights(self) -> Vector:
        """The inverse probability weights of the arms, ``(n,)``."""
        return balancing_weights(self.treated, self.fit.fitted, "ATE")

    def models(self, form: Form = "per arm") -> SurvivalModels:
        """Return the hazard models of event and censoring."""
        return fit_survival_models(
            self.x_outcome, self.x_censoring, self.treated, self.time, self.event, form
        )

    def result(
        self, models: SurvivalModels, kind: Kind = "augmented", scores: Scores | None = None
    ) -> SurvivalResult:
        """Return the result of an estimator of survival, with the fitted scores or with others."""
        return augmented_survival(
            self.treated,
            self.time,
            self.event,
            scores or self.fit,
            models,
            horizon=self.horizon,
            summary=self.summary,
            kind=kind,
        )

    def inferred(
        self, kind: Kind = "augmented", form: Form = "per arm", scores: Scores | None = None
    ) -> ArmMeans:
        """Return the arms' means of an estimator with the stacked sandwich's variance."""
        return self.result(self.models(form), kind, scores).stacked


def censoring_covariates(protocol: Protocol) -> tuple[str, ...]:
    """Return the covariates of the hazard of censoring: the declared ones, else those of the outcome model."""
    censoring = protocol.outcome.censoring
    return protocol.models.outcome if censoring is None else censoring.covariates
