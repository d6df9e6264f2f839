"""The tables of a run's results: what each row describes, and which numbers it holds.

This is the part of the mapping to the CDISC Analysis Results Standard that knows the structure of ``results.json``.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from medicore.records.results.analysis_hypotheses import HYPOTHESIS_TABLES
from medicore.records.results.analysis_monitoring import control_rows, harm_rows, look_rows, second_look_rows
from medicore.records.results.analysis_rows import (
    ANALYSIS,
    ARM,
    CRITERION,
    DESCRIPTION,
    ESTIMAND,
    EVENT,
    LEVEL,
    PRIMARY,
    SAFETY,
    SENSITIVITY,
    SUPPLEMENTARY,
    TERM,
    Row,
    Table,
    numbers,
)
from medicore.records.results.safety.safety_tables import SAFETY_TABLES


def _flow(results: Mapping[str, Any]) -> tuple[Row, ...]:
    cohort = results["cohort"]
    arms = [Row({"n": arm["n"]}, {ARM: name}) for name, arm in cohort["arms"].items()]
    steps = cohort.get("disposition") or cohort["criteria"]
    flow = [Row(numbers(item), {CRITERION: item.get("reason") or item["name"]}) for item in steps]
    return (Row(numbers(cohort)), *flow, *arms)


def _days(part: str, results: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return the rows of a part of the outcomes that describes days by arm."""
    section = (results["cohort"].get("outcomes") or {}).get(part) or {"arms": {}}
    return tuple(
        Row(numbers(found), {} if arm == "overall" else {ARM: arm}) for arm, found in section["arms"].items()
    )


def _baseline(results: Mapping[str, Any]) -> tuple[Row, ...]:
    rows = []
    for item in results["baseline"]:
        for arm in ("treated", "control", "overall"):
            groups = {TERM: item["label"]} | ({} if item["level"] is None else {LEVEL: item["level"]})
            rows.append(Row(numbers(item[arm]), groups | ({} if arm == "overall" else {ARM: arm})))
        difference = numbers({"smd": item.get("smd")})
        rows += [Row(difference, groups)] if item.get("smd") is not None and difference else []
    return tuple(rows)


def _outcomes(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results["cohort"].get("outcomes")
    if section is None:
        return ()
    shares = section["missing_share"]
    arms = [
        Row(numbers(counts) | {"missing share": shares[arm]}, {ARM: arm})
        for arm, counts in section["arms"].items()
    ]
    return (Row({"due": section["due"], "missing share": shares["overall"]}), *arms)


def _events(results: Mapping[str, Any]) -> tuple[Row, ...]:
    return tuple(
        Row(numbers(item[arm]) | numbers(item[arm]["days"] or {}), {EVENT: item["event"], ARM: arm})
        for item in results["cohort"].get("intercurrent_events", ())
        if item["counted"]
        for arm in ("treated", "control")
    )


def _observation(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results["primary"].get("observation")
    if section is None:
        return ()
    arms = [Row(numbers(found), {ARM: arm}) for arm, found in section["arms"].items()]
    worst = [
        Row({"largest SMD": item["smd"]}, {TERM: item["term"], ARM: arm})
        for arm, item in section["worst"].items()
    ]
    return (Row(numbers(section)), *arms, *worst)


def _imputation(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results.get("imputation")
    if section is None:
        return ()
    covariates = [Row(numbers(item), {TERM: item["label"]}) for item in section["covariates"]]
    missing = [
        Row({"missing": number}, {TERM: item["label"], ARM: arm})
        for item in section["covariates"]
        for arm, number in item["missing"].items()
    ]
    return (Row(numbers(section)), *covariates, *missing)


def _drawn(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = (results["cohort"].get("outcomes") or {}).get("imputation")
    if section is None:
        return ()
    return (
        Row(numbers(section)),
        *(Row(numbers(found), {ARM: arm}) for arm, found in section["arms"].items()),
    )


def _shifts(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = (results.get("tipping") or {}).get("surface")
    if section is None:
        return ()
    return tuple(
        Row(
            numbers(cell),
            {ANALYSIS: f"treated shifted by {cell['treated']:.6g}, control by {cell['control']:.6g}"},
        )
        for cell in section["cells"]
    )


def _pooling(results: Mapping[str, Any]) -> tuple[Row, ...]:
    found = numbers(results["primary"].get("imputation") or {})
    return (Row(found),) if found else ()


def _balance(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results["balance"]
    worst = [
        Row({f"largest SMD, {sample}": item["smd"]}, {TERM: item["term"]})
        for sample, item in section["worst"].items()
    ]
    terms = [Row(numbers(item), {TERM: item["term"]}) for item in section["terms"]]
    return (Row(numbers(section)), *terms, *worst)


def _scores(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results["propensity"]
    by_arm = [
        Row({name: section[name][arm]}, {ARM: arm})
        for name in ("effective_sample_size", "effective_share", "largest_weight_share")
        if name in section
        for arm in ("treated", "control")
    ]
    ranges = [
        Row({"lowest score": low, "highest score": high}, {ARM: arm})
        for arm, (low, high) in section["score_range"].items()
    ]
    terms = [
        Row({"coefficient": item["estimate"], "coefficient's standard error": item["standard_error"]},
            {TERM: item["term"]})
        for item in section["coefficients"]
    ]  # fmt: skip
    return (Row(numbers(section) | numbers(section["trimming"])), *by_arm, *ranges, *terms)


def _primary(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results["primary"]
    errors = {f"standard error, {name}": value for name, value in section["standard_errors"].items()}
    means = [
        Row({"mean": section[f"mean_{arm}"], **_interval_of_mean(section, arm)}, {ARM: arm})
        for arm in ("treated", "control")
        if f"mean_{arm}" in section
    ]
    absolute = {f"difference of means, {key}": value for key, value in section["absolute_difference"].items()}
    values = numbers(section, ("mean_treated", "mean_control")) | errors | absolute
    adjusted = str(section.get("estimator", "")).startswith(("ANCOVA", "g-computation", "MMRM"))
    method = section["estimator"] if adjusted else ""
    return (
        Row(values, {ESTIMAND: section["estimand"]}, method),
        *(replace(row, method=method) for row in means),
    )


def _interval_of_mean(section: Mapping[str, Any], arm: str) -> dict[str, Any]:
    """Return standard error and limits of an arm's mean; nothing in results of before they were given."""
    found = numbers(section.get("means", {}).get(arm, {}), ("estimate",))
    return {f"{name} of the mean": value for name, value in found.items()}


def _bootstrap(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results["primary"]["bootstrap"]
    failed = {f"failed, {name}": value for name, value in section["failed"].items()}
    return (Row(numbers(section) | failed),)


def _verification(results: Mapping[str, Any]) -> tuple[Row, ...]:
    return (Row(numbers(results["primary"]["verification"])),)


def _alternatives(part: str) -> Callable[[Mapping[str, Any]], tuple[Row, ...]]:
    def rows(results: Mapping[str, Any]) -> tuple[Row, ...]:
        return tuple(
            Row(
                numbers(item),
                {ANALYSIS: item["name"], ESTIMAND: item["estimand"]},
                f"{item['estimator']}; {item['variance']}" if item["variance"] else item["estimator"],
            )
            for item in results["sensitivity"][part]
        )

    return rows


def _splits(results: Mapping[str, Any]) -> tuple[Row, ...]:
    found = results["sensitivity"].get("flexible", ())
    named = [f"{one['learner']}, data set {one['data_set']}, split {one['split']}" for one in found]
    return tuple(Row(numbers(one), {ANALYSIS: name}) for one, name in zip(found, named, strict=True))


def _section(name: str) -> Callable[[Mapping[str, Any]], tuple[Row, ...]]:
    def rows(results: Mapping[str, Any]) -> tuple[Row, ...]:
        found = numbers(results.get(name) or {})
        return (Row(found),) if found else ()

    return rows


TABLES = (
    Table("Disposition", "cohort", "Counts by eligibility criterion and arm", DESCRIPTION, _flow,
          "AS.ASSESSED", "disposition.parquet"),
    Table("Outcomes due, observed and missing", "cohort.outcomes", "Counts by state of the outcome and arm", DESCRIPTION,
          _outcomes, "AS.ASSESSED", "disposition.parquet"),
    Table("Time of follow-up", "cohort.outcomes.follow_up_days", "Days from time zero to the visit: median, quartiles and range",
          DESCRIPTION, partial(_days, "follow_up_days"), "AS.ASSESSED", "extract.parquet"),
    Table("Duration of treatment", "cohort.outcomes.treatment_days", "Days from time zero to the end of treatment, or to the visit: median, quartiles and range",
          DESCRIPTION, partial(_days, "treatment_days"), "AS.ASSESSED", "extract.parquet"),
    Table("Missing outcomes, imputation", "cohort.outcomes.imputation", "Multiple imputation of the outcome", DESCRIPTION,
          _drawn, outcome=True),
    Table("Intercurrent events", "cohort.intercurrent_events", "Counts by intercurrent event and arm", DESCRIPTION,
          _events, "AS.ASSESSED", "extract.parquet"),
    Table("Baseline characteristics", "baseline", "Counts, mean, standard deviation, median, quartiles and range, or count and percent; standardised mean difference",
          DESCRIPTION, _baseline),
    Table("Missing baseline covariates", "imputation", "Imputation of baseline covariates", DESCRIPTION, _imputation),
    Table("Propensity score", "propensity", "Logistic regression by maximum likelihood", DESCRIPTION, _scores,
          dataset="scores.parquet"),
    Table("Covariate balance", "balance", "Standardised mean differences and variance ratios",
          DESCRIPTION, _balance, dataset="scores.parquet"),
    Table("Negative controls", "negative_controls", "Normal error distribution by maximum likelihood", DESCRIPTION, control_rows),
    Table("Primary effect", "primary", "Augmented inverse probability weighting (AIPW)", PRIMARY, _primary,
          outcome=True),
    Table("Primary effect, bootstrap", "primary.bootstrap", "Nonparametric bootstrap of the primary estimate",
          PRIMARY, _bootstrap, outcome=True),
    Table("Primary effect, imputation", "primary.imputation", "Rubin's rules", PRIMARY, _pooling, outcome=True),
    Table("Primary effect, observation", "primary.observation", "Logistic regression of being observed", PRIMARY,
          _observation, outcome=True),
    Table("Primary effect, second implementation", "primary.verification", "Double programming", PRIMARY,
          _verification, outcome=True),
    Table("Hypothesis", "hypothesis", "One-sided tests against margins", PRIMARY, _section("hypothesis"), outcome=True),
    Table("Randomisation", "randomisation", "Exact binomial test of the allocation", DESCRIPTION, _section("randomisation")),
    Table("Primary effect, calibrated", "calibration", "Calibration by negative controls", PRIMARY,
          _section("calibration"), outcome=True),
    Table("Looks at the study", "monitoring", "Valid interval at every look", PRIMARY, look_rows, outcome=True),
    Table("Looks at the study, second implementation", "monitoring.verification", "Double programming", PRIMARY, second_look_rows),
    Table("Counted harms", "harms", "Maximised sequential probability ratio test (MaxSPRT)", SAFETY, harm_rows,
          "AS.SAFETY", "extract.parquet"),
    *SAFETY_TABLES,
    *HYPOTHESIS_TABLES,
    Table("Sensitivity analyses", "sensitivity.sensitivity", "Sensitivity analysis", SENSITIVITY,
          _alternatives("sensitivity"), outcome=True),
    Table("Flexible models, splits", "sensitivity.flexible", "Cross-fitted AIPW", SENSITIVITY, _splits, outcome=True),
    Table("Change since last month", "change", "Change in standard errors", DESCRIPTION, _section("change"),
          outcome=True),
    Table("Unmeasured confounding", "evalue", "E-value", SENSITIVITY, _section("evalue"), outcome=True),
    Table("Missing outcomes", "tipping", "Tipping point", SENSITIVITY, _section("tipping"), outcome=True),
    Table("Missing outcomes, shifts of both arms", "tipping.surface", "Delta-adjusted pattern-mixture model", SENSITIVITY,
          _shifts, outcome=True),
    Table("Supplementary analyses", "sensitivity.supplementary", "Supplementary analysis", SUPPLEMENTARY,
          _alternatives("supplementary"), outcome=True),
)  # fmt: skip
"""The analyses in the order of the report."""
