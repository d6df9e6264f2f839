"""A (sub)sample of the analysis set with an ordinal outcome as the estimators of the win probability take it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.models.logistic import LogisticFit
from medicore.stats.models.outcome_model import Form
from medicore.stats.models.scores import Scores
from medicore.stats.ordinal.augmented_wins import (
    Models,
    WinResult,
    augmented_wins,
    modelled_wins,
    unadjusted_wins,
    weighted_wins,
)
from medicore.steps.models.sample import fitted_scores
from medicore.steps.models.terms import Terms, model_terms

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OrdinalSample:
    """A (sub)sample: its table, the arrays of it, and its fitted propensity model.

    ``place``, ``(n,)``, is where each subject's level stands among the ``levels``, 0 for the worst; ``terms`` are those of the
    models of the thresholds, and ``x_propensity`` is ``(n, p)`` without intercept.
    """

    analysis: pd.DataFrame
    x_propensity: Vector
    terms: Terms
    treated: Flags
    place: Vector
    levels: int
    fit: LogisticFit

    @classmethod
    def of(cls, protocol: Protocol, analysis: pd.DataFrame) -> "OrdinalSample":
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
            place=places(protocol, analysis),
            levels=len(protocol.outcome.levels or ()),
            fit=fitted_scores(x, treated),
        )

    @property
    def x_outcome(self) -> Vector:
        """The design of the models of the thresholds, ``(n, q)``."""
        return self.terms.matrix

    def result(
        self, models: Models = "gaussian", form: Form = "per arm", scores: Scores | None = None
    ) -> WinResult:
        """Return the result of AIPW, with the fitted scores or with others."""
        return augmented_wins(
            self.x_outcome,
            self.treated,
            self.place,
            self.levels,
            scores or self.fit,
            models=models,
            form=form,
        )

    def inferred(
        self, *, models: Models = "gaussian", form: Form = "per arm", scores: Scores | None = None
    ) -> ArmMeans:
        """Return the chances by AIPW with the stacked sandwich's variance."""
        return self.result(models, form, scores).stacked

    def modelled(self, form: Form = "per arm") -> ArmMeans:
        """Return the chances by the models of the thresholds alone."""
        return modelled_wins(self.x_outcome, self.treated, self.place, self.levels, form)

    def weighted(self) -> ArmMeans:
        """Return the chances by inverse probability weights alone."""
        return weighted_wins(self.treated, self.place, self.levels, self.fit)

    def unadjusted(self) -> ArmMeans:
        """Return the chances in the arms as they are."""
        return unadjusted_wins(self.treated, self.place, self.levels)


def places(protocol: Protocol, analysis: pd.DataFrame) -> Vector:
    """Return where each subject's level stands in the declared order, ``(n,)``, 0 for the worst."""
    order = {float(level.value): place for place, level in enumerate(protocol.outcome.levels or ())}
    return np.array([order[code] for code in analysis["outcome"]], dtype=np.float64)
