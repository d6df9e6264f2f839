"""A (sub)sample of the analysis set as the estimators take it, and rows of the tables that they fill."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol import Protocol
from medicore.stats.augmented import AugmentedResult
from medicore.stats.contrasts import ArmMeans
from medicore.stats.doubly_robust import doubly_robust
from medicore.stats.logistic import LogisticFit
from medicore.stats.measures import Effect, effect_of
from medicore.stats.outcome_model import Family
from medicore.stats.scores import Scores
from medicore.stats.weights import Target
from medicore.steps.effect import fit_scores
from medicore.steps.terms import model_terms


@dataclass(frozen=True, slots=True)
class Sample:
    """The arrays of a (sub)sample, and its fitted propensity model; designs are ``(n, p)`` without intercept."""

    family: Family
    target: Target
    x_propensity: NDArray[np.float64]
    x_outcome: NDArray[np.float64]
    treated: NDArray[np.bool_]
    outcome: NDArray[np.float64]
    fit: LogisticFit

    @classmethod
    def of(cls, protocol: Protocol, analysis: pd.DataFrame) -> "Sample":
        """Return the sample of these subjects; raise EstimationError when its model cannot be fitted."""
        x = model_terms(protocol, protocol.models.propensity, analysis).matrix
        treated = analysis["treated"].to_numpy(dtype=bool)
        for arm, size in (("treated", int(treated.sum())), ("control", int((~treated).sum()))):
            if size == 0:
                raise EstimationError(f"no {arm} subject is left")
        return cls(
            family=protocol.outcome.family,
            target=protocol.estimand.target,
            x_propensity=x,
            x_outcome=model_terms(protocol, protocol.models.outcome, analysis).matrix,
            treated=treated,
            outcome=analysis["outcome"].to_numpy(dtype=np.float64),
            fit=fit_scores(x, treated),
        )

    def primary(self, scores: Scores | None = None) -> AugmentedResult:
        """Return the result of the primary estimator, with the fitted scores or with others."""
        return doubly_robust(
            self.x_outcome,
            self.treated,
            self.outcome,
            scores or self.fit,
            family=self.family,
            target=self.target,
        )


def row(protocol: Protocol, name: str, work: Callable[[], ArmMeans | Effect]) -> dict[str, Any]:
    """Return one row of a table, on the protocol's measure; what cannot be estimated says so and why."""
    try:
        made = work()
        found = effect_of(made, protocol.estimand.measure) if isinstance(made, ArmMeans) else made
    except EstimationError as error:
        return nothing(name, str(error))
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
        "note": "",
    }


def nothing(name: str, reason: str) -> dict[str, Any]:
    """Return the row of what cannot be estimated."""
    empty = dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "p_value"))
    note = f"not estimable: {reason}"
    return {"name": name, "estimand": "", "estimator": "", "n": 0, "variance": "", "note": note, **empty}
