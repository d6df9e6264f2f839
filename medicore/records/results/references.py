"""References: short names such as R12. With them the report links its numbers to paths in ``results.json``."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from medicore.errors import ProtocolError

# In the order of the report. A pattern fits a number, or a row or section whose numbers are printed together.
_CITED = (
    "data.rows",
    "data.columns",
    "cohort.assessed",
    "cohort.criteria.*",
    "cohort.disposition.*",
    "cohort.excluded",
    "cohort.not_in_contrast",
    "cohort.eligible",
    "cohort.outcomes.groups.*",
    "cohort.outcomes.arms.*",
    "cohort.outcomes.missing_share",
    "cohort.outcomes.imputation",
    "cohort.outcomes.follow_up.arms.*",
    "cohort.outcomes.exposure.arms.*",
    "cohort.outcomes.follow_up_days.arms.*",
    "cohort.outcomes.treatment_days.arms.*",
    "cohort.intercurrent_events.*",
    "cohort.analysed",
    "cohort.arms.*",
    "check.rows",
    "check.columns",
    "check.violations.*",
    "check.comparison",
    "baseline.*",
    "cohort.splines.*",
    "imputation",
    "imputation.covariates.*",
    "balance.terms.*",
    "balance.worst",
    "balance.threshold",
    "balance.expected_false_alarm_rate",
    "propensity.iterations",
    "propensity.c_statistic",
    "propensity.equipoise",
    "propensity.score_range",
    "propensity.trimming",
    "propensity.effective_sample_size",
    "propensity.effective_share",
    "propensity.largest_weight_share",
    "propensity.histogram",
    "propensity.coefficients.*",
    "negative_controls",
    "negative_controls.controls.*",
    "negative_controls.null",
    "negative_controls.systematic_error",
    "negative_controls.detectable",
    "primary",
    "primary.estimate",
    "primary.standard_errors.*",
    "primary.means.*",
    "primary.mean_treated",
    "primary.mean_control",
    "primary.absolute_difference",
    "primary.bootstrap",
    "primary.imputation",
    "primary.observation",
    "primary.censoring",
    "primary.clusters",
    "primary.events",
    "primary.exposure",
    "primary.verification",
    "calibration",
    "change",
    "monitoring",
    "monitoring.looks.*",
    "monitoring.stage_wise",
    "monitoring.harm",
    "monitoring.futility",
    "hypothesis",
    "randomisation",
    "monitoring.verification",
    "monitoring.verification.looks.*",
    "harms.*",
    "harms.*.looks.*",
    "secondary.*",
    "families.*",
    "families.*.hypotheses.*",
    "rates.arms.*",
    "wins.levels.*",
    "survival.curves",
    "survival.curves.arms.*",
    "survival.at_risk",
    "survival.hazard_ratio",
    "survival.log_rank",
    "survival.competing.kinds.*",
    "sensitivity.sensitivity.*",
    "sensitivity.flexible.*",
    "sensitivity.visits",
    "sensitivity.visits.rows.*",
    "sensitivity.visits.covariance.*",
    "sensitivity.visits.verification",
    "evalue",
    "tipping",
    "tipping.surface",
    "sensitivity.supplementary.*",
    "findings.*",
    "safety.arms.*",
    "safety.events",
    "safety.summary.*",
    "safety.classes.*",
    "safety.classes.*.terms.*",
)
_REFERENCE = re.compile(r"R([1-9][0-9]{0,5})")


def references_of(results: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths that a report of these results can cite; the first is R1, the second R2, and so on.

    The order depends on the results alone, so each record has exactly one numbering. The list is sealed with the
    results as ``references``: a printed reference keeps its meaning when this table grows.
    """
    return tuple(path for pattern in _CITED for path in paths_matching(results, pattern))


def paths_matching(results: Mapping[str, Any], pattern: str) -> tuple[str, ...]:
    """Return the paths of the results that a pattern fits, in order; ``*`` fits every key or list index."""
    return tuple(_expand(results, pattern.split("."), ()))


def is_reference(text: str) -> bool:
    """Return whether ``text`` is a reference such as R12; no path of the results has this form."""
    return _REFERENCE.fullmatch(text.strip("[] ")) is not None


def path_of(results: Mapping[str, Any], reference: str) -> str:
    """Return the path in ``results.json`` of a reference such as ``R12`` or ``[R12]``.

    Raises
    ------
    ProtocolError
        When the text is not a reference, the record is from before reports had references, or its list is shorter.
    """
    found = _REFERENCE.fullmatch(reference.strip("[] "))
    if found is None:
        raise ProtocolError(
            f"{reference[:40]!r} is not a reference; expected one from the report, such as R12"
        )
    sealed: Sequence[str] | None = results.get("references")
    if sealed is None:
        raise ProtocolError(
            "the record was sealed before reports had references; give a path, or the number with --value"
        )
    place = int(found[1])
    if place > len(sealed):
        raise ProtocolError(
            f"the run has no reference R{place}; expected R1 to R{len(sealed)}; see section 16.5 of its report"
        )
    return sealed[place - 1]


def _expand(found: Any, parts: Sequence[str], before: tuple[str, ...]) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the paths below ``found`` that a pattern fits; null and missing values are left out."""
    if found is None:
        return
    if not parts:
        yield ".".join(before)
        return
    if isinstance(found, list):
        inner = {str(index): value for index, value in enumerate(found)}
    elif isinstance(found, Mapping):
        inner = {str(key): found[key] for key in sorted(found)}
    else:
        return
    for key in inner if parts[0] == "*" else (parts[0],):
        if key in inner:
            yield from _expand(inner[key], parts[1:], (*before, key))
