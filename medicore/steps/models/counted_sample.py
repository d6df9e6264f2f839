"""A (sub)sample of the analysis set with a count as the estimators of rates take it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.weights import balancing_weights
from medicore.stats.counts.augmented_rates import (
    Kind,
    RateModels,
    RateResult,
    augmented_rates,
    fit_rate_models,
)
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.models.logistic import LogisticFit
from medicore.stats.models.outcome_model import Form
from medicore.stats.models.scores import Scores
from medicore.steps.data.counted import EXPOSURE
from medicore.steps.models.sample import fitted_scores
from medicore.steps.models.terms import Terms, model_terms

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CountedSample:
    """A (sub)sample: its table, the arrays of it, and its fitted propensity model.

    ``count``, ``(n,)``, is the number of events in ``exposure``, ``(n,)``; ``terms`` are those of the models of rate and
    exposure, and ``x_propensity`` is ``(n, p)`` without intercept.
    """

    analysis: pd.DataFrame
    x_propensity: Vector
    terms: Terms
    treated: Flags
    count: Vector
    exposure: Vector
    fit: LogisticFit

    @classmethod
    def of(cls, protocol: Protocol, analysis: pd.DataFrame) -> "CountedSample":
        """Return the sample of these subjects; raise EstimationError when its propensity model cannot be fitted."""
        treated = analysis["treated"].to_numpy(dtype=bool)
        for arm, size in (("treated", int(treated.sum())), ("control", int((~treated).sum()))):
            if size == 0:
                raise EstimationError(f"no {arm} subject is left")
        x = model_terms(protocol, protocol.models.propensity, analysis).matrix
        return cls(
            analysis=analysis,
            x_propensity=x,
            terms=model_terms(protocol, protocol.models.outcome, analysis),
            treated=treated,
            count=analysis["outcome"].to_numpy(dtype=np.float64),
            exposure=analysis[EXPOSURE].to_numpy(dtype=np.float64),
            fit=fitted_scores(x, treated),
        )

    @property
    def x_outcome(self) -> Vector:
        """The design of the models of rate and exposure, ``(n, q)``."""
        return self.terms.matrix

    @property
    def weights(self) -> Vector:
        """The inverse probability weights of the arms, ``(n,)``."""
        return balancing_weights(self.treated, self.fit.fitted, "ATE")

    def models(self, form: Form = "per arm") -> RateModels:
        """Return the models of rate and exposure."""
        return fit_rate_models(self.x_outcome, self.treated, self.count, self.exposure, form)

    def result(
        self, models: RateModels, kind: Kind = "augmented", scores: Scores | None = None
    ) -> RateResult:
        """Return the result of an estimator of rates, with the fitted scores or with others."""
        return augmented_rates(self.treated, self.count, self.exposure, scores or self.fit, models, kind)

    def inferred(
        self, kind: Kind = "augmented", form: Form = "per arm", scores: Scores | None = None
    ) -> ArmMeans:
        """Return the arms' rates of an estimator with the stacked sandwich's variance."""
        return self.result(self.models(form), kind, scores).stacked
