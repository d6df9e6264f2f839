"""sensitivity: the planned alternatives to the primary analysis, and supplementary analyses apart from them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.finding import Finding
from medicore.records.protocol import Protocol
from medicore.stats.ancova import ancova
from medicore.stats.augmented import AugmentedResult, augmented_inverse_probability
from medicore.stats.contrasts import difference
from medicore.stats.estimate import Estimate
from medicore.stats.inverse_probability import hajek
from medicore.stats.logistic import LogisticFit
from medicore.stats.matching import match_without_replacement, matching_distance
from medicore.stats.overlap import within
from medicore.stats.randomised import randomised_means
from medicore.stats.scores import clipped_scores
from medicore.stats.standardisation import standardised_means
from medicore.stats.subgroups import interaction_test
from medicore.stats.tmle import targeted
from medicore.stats.unadjusted import difference_of_means
from medicore.steps.effect import analysed, fit_scores
from medicore.steps.gate import read_section, write_section
from medicore.steps.ports import RecordFiles
from medicore.steps.robustness import confounding, missing_outcomes
from medicore.steps.terms import model_terms

_CALIPER = 0.2


@dataclass(frozen=True, slots=True)
class Sample:
    """The arrays of a (sub)sample, and its fitted propensity model; designs are ``(n, p)`` without intercept."""

    family: Literal["gaussian", "binomial"]
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
            x_propensity=x,
            x_outcome=model_terms(protocol, protocol.models.outcome, analysis).matrix,
            treated=treated,
            outcome=analysis["outcome"].to_numpy(dtype=np.float64),
            fit=fit_scores(x, treated),
        )

    def aipw(self) -> AugmentedResult:
        """Return the AIPW estimates and the means of the arms."""
        return augmented_inverse_probability(
            self.x_outcome, self.treated, self.outcome, self.fit, family=self.family
        )


def sensitivity(files: RecordFiles, protocol: Protocol) -> tuple[Finding, ...]:
    """Write the sensitivity rows (same estimand, other assumptions) and the supplementary ones (other estimands)."""
    everyone, retained = analysed(files)
    analysis = everyone[retained].reset_index(drop=True)
    primary = read_section(files, "effect")["primary"]
    section = {
        "sensitivity": _same_estimand(protocol, analysis),
        "supplementary": _other_estimands(protocol, everyone, analysis),
        "evalue": confounding(protocol, primary, analysis),
        "tipping": missing_outcomes(protocol, primary, files.read_table("disposition.parquet")),
    }
    return write_section(files, "sensitivity", section, ())


def _same_estimand(protocol: Protocol, analysis: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows that keep the estimand and vary what the primary analysis assumes (ICH E9(R1), A.5.2)."""
    whole, level = Sample.of(protocol, analysis), protocol.inference.level
    x, treated, outcome, fit, family = whole.x_outcome, whole.treated, whole.outcome, whole.fit, whole.family
    rows = [
        _row("IPW instead of AIPW", level, lambda: hajek(treated, outcome, fit)[0]),
        _row(
            "Outcome models alone", level, lambda: difference(standardised_means(x, treated, outcome, family))
        ),
        _row(
            "TMLE instead of AIPW",
            level,
            lambda: targeted(x, treated, outcome, fit, family=family).difference,
        ),
        *(_clipped(whole, level, limit) for limit in protocol.sensitivity.clipping),
    ]
    if protocol.design == "randomised" and family == "gaussian":
        rows.append(
            _row("ANCOVA with interactions", level, lambda: ancova(x, treated, outcome, interactions=True))
        )
    elif protocol.design == "randomised":
        robust = partial(randomised_means, x, treated, outcome, family)
        rows.append(_row("Standardisation, variance of randomisation", level, lambda: difference(robust())))
    if protocol.sensitivity.leave_one_out:
        rows += [_without(protocol, analysis, covariate.column) for covariate in protocol.covariates]
    return [*rows, _row("No adjustment", level, lambda: difference_of_means(treated, outcome))]


def _other_estimands(
    protocol: Protocol, everyone: pd.DataFrame, analysis: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return the rows about other populations, kept apart from the sensitivity analyses (ICH E9(R1), A.5.3)."""
    whole, level = Sample.of(protocol, analysis), protocol.inference.level
    treated, outcome, fit = whole.treated, whole.outcome, whole.fit
    return [
        *(_trimmed(protocol, everyone, threshold) for threshold in protocol.sensitivity.trimming),
        _row("Effect in the treated", level, lambda: hajek(treated, outcome, fit, "ATT")[0]),
        _row("Effect in the overlap", level, lambda: hajek(treated, outcome, fit, "ATO")[0]),
        _matched(whole, level),
        *(row for column in protocol.sensitivity.subgroups for row in _subgroups(protocol, analysis, column)),
    ]


def _clipped(whole: Sample, level: float, limit: float) -> dict[str, Any]:
    """Return AIPW with the scores outside [t, 1 − t] moved to its ends; nobody is dropped."""
    moved = int((~within(whole.fit.fitted, limit, 1 - limit)).sum())
    scores = clipped_scores(whole.fit, limit, 1 - limit)
    row = _row(
        f"Scores clipped to {limit:g} to {1 - limit:g}",
        level,
        lambda: (
            augmented_inverse_probability(
                whole.x_outcome, whole.treated, whole.outcome, scores
            ).influence_function
        ),
    )
    return {**row, "note": row["note"] or f"{moved} score(s) moved, models not fitted again"}


def _without(protocol: Protocol, analysis: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return AIPW with one covariate left out of both models."""
    models = {
        "propensity": tuple(name for name in protocol.models.propensity if name != column),
        "outcome": tuple(name for name in protocol.models.outcome if name != column),
    }
    name = f"Without {protocol.covariate(column).label}"
    if not all(models.values()):
        return _nothing(name, "the covariate is the only one of a model")
    fewer = protocol.model_copy(update={"models": protocol.models.model_copy(update=models)})
    return _row(name, protocol.inference.level, lambda: Sample.of(fewer, analysis).aipw().influence_function)


def _matched(whole: Sample, level: float) -> dict[str, Any]:
    """Return the effect in the treated by greedy 1:1 matching on the logit of the score, caliper 0.2 SD (Austin, 2011)."""
    unmatched: list[int] = []

    def estimate() -> Estimate:
        found = match_without_replacement(
            whole.treated, whole.outcome, matching_distance(whole.fit.fitted), caliper=_CALIPER
        )
        unmatched.append(found.unmatched)
        return found.estimate

    row = _row("1:1 matching on the score", level, estimate)
    return {**row, "note": row["note"] or f"{unmatched[0]} treated without a partner within {_CALIPER} SD"}


def _trimmed(protocol: Protocol, analysis: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """Return AIPW after discarding scores outside [t, 1 − t]; every model is fitted again on who is left."""

    def estimate() -> Estimate:
        scores = Sample.of(protocol, analysis).fit.fitted
        return (
            Sample.of(protocol, analysis[within(scores, threshold, 1 - threshold)]).aipw().influence_function
        )

    name = f"Scores outside {threshold:g} to {1 - threshold:g} discarded"
    row = _row(name, protocol.inference.level, estimate)
    return {**row, "estimand": "ATE (trimmed)", "note": row["note"] or "models fitted again on who is left"}


def _subgroups(protocol: Protocol, analysis: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    """Return AIPW within each level of a category, every model fitted again, and the test of interaction."""
    label = protocol.covariate(column).label
    rows, estimates = [], []
    for level in protocol.contract.column(column).values or ():
        chosen = analysis[(analysis[column] == level).to_numpy(dtype=bool)]

        def estimate(chosen: pd.DataFrame = chosen) -> Estimate:
            sample = Sample.of(protocol, chosen)
            if sample.fit.separated:
                raise EstimationError(
                    "the covariates predict treatment perfectly for some subjects (separation)"
                )
            found = sample.aipw().influence_function
            estimates.append(found)
            return found

        row = _row(f"{label}: {level}", protocol.inference.level, estimate)
        rows.append({**row, "estimand": f"ATE within {label}: {level}", "n": len(chosen)})
    if len(estimates) == len(rows) > 1:
        same = interaction_test(estimates)
        rows = [{**row, "note": f"test of interaction: p = {same.p_value:.3f}"} for row in rows]
    return rows


def _row(name: str, level: float, work: Callable[[], Estimate]) -> dict[str, Any]:
    """Return one row of a table; what cannot be estimated says so and why."""
    try:
        found = work()
    except EstimationError as error:
        return _nothing(name, str(error))
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


def _nothing(name: str, reason: str) -> dict[str, Any]:
    """Return the row of what cannot be estimated."""
    empty = dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "p_value"))
    note = f"not estimable: {reason}"
    return {"name": name, "estimand": "", "estimator": "", "n": 0, "variance": "", "note": note, **empty}
