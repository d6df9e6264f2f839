"""sensitivity: the planned alternatives to the primary analysis, and supplementary analyses apart from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.finding import Finding
from medicore.records.protocol import Protocol
from medicore.stats.augmented import augmented_inverse_probability
from medicore.stats.estimate import Estimate
from medicore.stats.inverse_probability import hajek
from medicore.stats.logistic import LogisticFit
from medicore.stats.overlap import within
from medicore.stats.standardisation import standardised_difference
from medicore.stats.unadjusted import difference_of_means
from medicore.steps.effect import analysed, fit_scores
from medicore.steps.gate import write_section
from medicore.steps.ports import RecordFiles
from medicore.steps.terms import model_terms


@dataclass(frozen=True, slots=True)
class Sample:
    """The arrays of a (sub)sample, and its fitted propensity model; designs are ``(n, p)`` without intercept."""

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
            x_propensity=x,
            x_outcome=model_terms(protocol, protocol.models.outcome, analysis).matrix,
            treated=treated,
            outcome=analysis["outcome"].to_numpy(dtype=np.float64),
            fit=fit_scores(x, treated),
        )

    def aipw(self) -> Estimate:
        """Return the AIPW estimate with its influence-function standard error."""
        return augmented_inverse_probability(
            self.x_outcome, self.treated, self.outcome, self.fit
        ).influence_function


def sensitivity(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Write the sensitivity rows (same estimand, other assumptions) and the supplementary ones (other estimands)."""
    everyone, retained = analysed(files)
    analysis = everyone[retained].reset_index(drop=True)
    whole = Sample.of(protocol, analysis)
    level = protocol.inference.level
    rows = [
        _row("IPW instead of AIPW", level, lambda: hajek(whole.treated, whole.outcome, whole.fit)[0]),
        _row(
            "Outcome models alone",
            level,
            lambda: standardised_difference(whole.x_outcome, whole.treated, whole.outcome),
        ),
        _row("No adjustment", level, lambda: difference_of_means(whole.treated, whole.outcome)),
    ]
    supplementary = [
        *(_trimmed(protocol, everyone, threshold) for threshold in protocol.sensitivity.trimming),
        _row(
            "Effect in the treated", level, lambda: hajek(whole.treated, whole.outcome, whole.fit, "ATT")[0]
        ),
        _row(
            "Effect in the overlap", level, lambda: hajek(whole.treated, whole.outcome, whole.fit, "ATO")[0]
        ),
        *(row for column in protocol.sensitivity.subgroups for row in _subgroups(protocol, analysis, column)),
    ]
    return write_section(files, "sensitivity", {"sensitivity": rows, "supplementary": supplementary}, ())


def _trimmed(protocol: Protocol, analysis: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """Return AIPW after discarding scores outside [t, 1 − t]; every model is fitted again on who is left."""

    def estimate() -> Estimate:
        scores = Sample.of(protocol, analysis).fit.fitted
        return Sample.of(protocol, analysis[within(scores, threshold, 1 - threshold)]).aipw()

    name = f"Scores outside {threshold:g} to {1 - threshold:g} discarded"
    row = _row(name, protocol.inference.level, estimate)
    return {**row, "estimand": "ATE (trimmed)", "note": row["note"] or "models fitted again on who is left"}


def _subgroups(protocol: Protocol, analysis: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    """Return AIPW within each level of a category, or below and from the median of a number."""
    values = analysis[column]
    rule = next(rule for rule in protocol.contract.columns if rule.name == column)
    label = protocol.covariate(column).label
    if rule.type == "category":
        groups = {f"{label}: {level}": (values == level) for level in rule.values or ()}
    else:
        middle = float(values.median())
        groups = {
            f"{label} below {middle:g}": values < middle,
            f"{label} {middle:g} or more": values >= middle,
        }
    rows = []
    for name, mask in groups.items():
        chosen = analysis[mask.to_numpy(dtype=bool)]
        row = _row(name, protocol.inference.level, lambda chosen=chosen: Sample.of(protocol, chosen).aipw())  # type: ignore[misc]
        rows.append({**row, "estimand": f"ATE within {name}", "n": len(chosen)})
    return rows


def _row(name: str, level: float, work: Callable[[], Estimate]) -> dict[str, Any]:
    """Return one row of a table; what cannot be estimated says so and why."""
    try:
        found = work()
    except EstimationError as error:
        nothing = dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "p_value"))
        note = f"not estimable: {error}"
        return {
            "name": name,
            "estimand": "",
            "estimator": "",
            "n": 0,
            "variance": "",
            "note": note,
            **nothing,
        }
    low, high = found.interval(level)
    return {
        "name": name,
        "estimand": found.estimand,
        "estimator": found.estimator,
        "n": found.n,
        "estimate": found.value,
        "standard_error": found.standard_error,
        "ci_low": low,
        "ci_high": high,
        "p_value": found.p_value,
        "variance": found.variance,
        "note": "",
    }
