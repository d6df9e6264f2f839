"""effect: the primary result in words that fit the design, its standard errors, and the second implementation."""

from typing import Any

from presentation.kinds import outcome, rates, visits, wins
from presentation.sections.monitoring import claimed
from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import (
    MISSING,
    count,
    decimals_for,
    fixed,
    in_errors,
    interval,
    level,
    p_value,
    plain,
    significant,
)
from presentation.writing.typst import block, call, joined

ERRORS = {
    "primary": "Influence function, corrected for small samples",
    "influence": "Influence function",
    "sandwich": "Stacked sandwich (M-estimation over all nuisance models)",
    "bootstrap": "Bootstrap (patients resampled, every nuisance model refitted)",
}
_JACKKNIFE = "Jackknife, every model fitted again without each subject"


def decimals(report: Report) -> int:
    """Return the number of decimals with which effects are printed."""
    return report.decimals


def ratio(report: Report) -> bool:
    """Return whether the effect is a ratio; its inference is then on the logarithm."""
    return bool(report.results["primary"]["scale"] == "logarithm")


def error_unit(report: Report) -> str:
    """Return the unit of standard errors: the outcome's unit, or 'of the logarithm' for a ratio."""
    return "of the logarithm" if ratio(report) else str(report.results["primary"]["unit"])


def with_unit(value: str, report: Report) -> str:
    """Return an effect with the unit of the outcome, and no line break between them."""
    return f"{value}\u00a0{report.results['primary']['unit']}".strip()


def headline(report: Report) -> str:
    """Return the primary result at a glance."""
    primary = report.results["primary"]
    places = decimals(report)
    return block(
        call(
            "headline",
            f"{report.protocol['outcome']['label']}: {report.arm('treated')} against {report.arm('control')} "
            f"({primary['estimand']}, {primary['estimator']}){_measure(report)}",
            with_unit(fixed(primary["estimate"], places), report),
            f"{claimed(report, places)}; n = {count(primary['n'])}",
            report.cite("primary", "monitoring"),
        )
    )


def _measure(report: Report) -> str:
    """Return the measure if it is a ratio; a ratio has no unit that would identify it."""
    return f", {report.results['primary']['measure']}" if ratio(report) else ""


def conclusion(report: Report) -> str:
    """Return the primary result as a paragraph."""
    return block(call("para", sentence(report), report.cite(*quoted(report))))


def quoted(report: Report) -> list[str]:
    """Return the paths of the numbers in ``sentence``."""
    paths = ["primary", "monitoring"]
    if ratio(report):
        paths.append("primary.absolute_difference")
    if not report.observational:
        paths += [path for path, _ in _unadjusted_rows(report)]
    return paths


def sentence(report: Report) -> str:
    """Return the primary result in words: a contrast under stated assumptions, or a randomised comparison."""
    primary = report.results["primary"]
    places = decimals(report)
    value = with_unit(fixed(primary["estimate"], places), report)
    if ratio(report):
        value = f"a {primary['measure']} of {value}"
    numbers = f"{value} ({claimed(report, places)})"
    contrast = f"{report.arm('treated')} against {report.arm('control')}"
    absolute = _absolute_sentence(report)
    if report.observational:
        return (
            f"In this observational study, the estimated effect of {contrast} ({primary['estimand']}) is {numbers}.{absolute} "
            "It is causal only if, given the covariates of the models, treatment is unrelated to the potential outcomes "
            "(no unmeasured confounding), every subject could have received either treatment (positivity), the treatment "
            f"is well defined without interference (consistency), {outcome.right_models(report)}"
        )
    return (
        f"In this randomised study, the covariate-adjusted estimate of the effect of {contrast} ({primary['estimand']}) "
        f"is {numbers}.{absolute} Randomisation supports its causal reading; adjustment for baseline covariates serves precision "
        f"and does not change the estimand.{_unadjusted_sentence(report, places)}{outcome.assumed(report)}"
    )


def _absolute_sentence(report: Report) -> str:
    """Return the absolute difference, which is printed with a ratio."""
    if not ratio(report):
        return ""
    found = report.results["primary"]["absolute_difference"]
    places = decimals_for(found["standard_error"])
    if wins.graded(report):
        return f" The net benefit is {fixed(found['estimate'], places)} ({interval(found, places)})."
    of, unit = ("rates", f" {report.protocol['outcome']['unit']}") if rates.counted(report) else ("risks", "")
    return f" The difference of the {of} is {fixed(found['estimate'], places)}{unit} ({interval(found, places)})."


def _unadjusted_sentence(report: Report, places: int) -> str:
    """Return the unadjusted comparison, which a randomised trial reports with the adjusted one."""
    for _, row in _unadjusted_rows(report):
        value = with_unit(fixed(row["estimate"], places), report)
        return f" The unadjusted estimate is {value} ({interval(row, places)})."
    return ""


def _unadjusted_rows(report: Report) -> list[tuple[str, Any]]:
    """Return path and row of the first unadjusted comparison with an estimate, if there is one."""
    rows = [
        (f"sensitivity.{kind}.{index}", row)
        for kind in ("sensitivity", "supplementary")
        for index, row in enumerate(report.results["sensitivity"][kind])
    ]
    return [
        (path, row) for path, row in rows if row["estimator"] == "unadjusted" and row["estimate"] is not None
    ][:1]


def primary_table(report: Report) -> str:
    """Return Table 14.2.1: the primary estimate with its standard error and the three that judge it."""
    primary = report.results["primary"]
    places = decimals(report)
    rows: list[Row | Group] = [
        Row(
            (
                _name(key, report),
                fixed(primary["estimate"], places),
                fixed(_error(key, primary), report.error_decimals),
                _interval_of(key, primary, places),
                p_value(primary["p_value"]) if key == "primary" else MISSING,
            ),
            "total" if key == "primary" else "row",
            report.cite(*_row_paths(key, report)),
        )
        for key in ERRORS
    ]
    if "mean_treated" in primary:
        rows.append(Group(outcome.means_title(report)))
        rows += [
            Row(
                (f"{arm.capitalize()}: {report.arm(arm)}", fixed(primary[f"mean_{arm}"], places), "", "", ""),
                "indented",
                report.cite(f"primary.mean_{arm}"),
            )
            for arm in ("treated", "control")
        ]
    columns = (
        Column(("Standard error by",), "left", "1fr"),
        Column(("Estimate", primary["unit"])),
        Column(("SE", error_unit(report))),
        Column((f"Pointwise {level(primary['level'])} CI", primary["unit"])),
        Column(("p", "pointwise")),
    )
    note = (
        f"Estimand {primary['estimand']}, measure: {primary['measure']}, estimator {primary['estimator']}, n = {count(primary['n'])}. The first row is the "
        f"primary analysis; its variance: {plain(primary['variance'])}, {fixed(primary['degrees_of_freedom'], 1)} degrees of freedom. The others judge "
        "its standard error. –: not computed."
    )
    return block(
        table(
            "14.2.1",
            "Primary analysis",
            columns,
            rows,
            note=joined(note, report.cite("primary")),
            source="primary",
        )
    )


def _row_paths(key: str, report: Report) -> list[str]:
    """Return the paths of the numbers in a row of Table 14.2.1."""
    if key == "primary":
        return ["primary"]
    named = f"primary.standard_errors.{key}"
    paths = ["primary.estimate", *([named] if named in report.results["references"] else [])]
    return [*paths, "primary.bootstrap"] if key == "bootstrap" else paths


def _name(key: str, report: Report) -> str:
    if visits.mixed(report):
        return f"{visits.ERRORS[key]}{' – primary' if key == 'primary' else ''}"
    if key != "primary":
        return ERRORS[key]
    if outcome.own(report):
        return f"{_JACKKNIFE} – primary"
    ancova = report.protocol["inference"].get("estimator") == "ancova"
    return f"{'HC2 of the coefficients, and the sampling of covariates' if ancova else ERRORS[key]} – primary"


def _error(key: str, primary: dict[str, Any]) -> float:
    """Return the standard error of a row of Table 14.2.1."""
    return float(primary["standard_error"] if key == "primary" else primary["standard_errors"][key])


def _interval_of(key: str, primary: dict[str, Any], places: int) -> str:
    if key == "primary":
        return interval(primary, places)
    return interval(primary["bootstrap"], places) if key == "bootstrap" else MISSING


def bootstrap(report: Report) -> str:
    """Return a paragraph about the bootstrap."""
    found = report.results["primary"]["bootstrap"]
    failed = {reason: number for reason, number in found["failed"].items() if number}
    listed = "; ".join(f"{reason}: {count(number)}" for reason, number in failed.items())
    fitted = "the mixed model" if visits.mixed(report) else "every nuisance model"
    words = (
        f"The bootstrap drew {count(found['replicates'])} samples of patients (seed {found['seed']}) and refitted "
        f"{fitted} in each; {count(sum(failed.values()))} replicates could not be estimated"
        f"{f' ({listed})' if listed else ''}. Its interval is the {found['interval']} interval."
    )
    return block(call("para", words, report.cite("primary.bootstrap")))


def verification(report: Report) -> str:
    """Return Table 14.2.2: the primary estimate by an independent second implementation."""
    primary = report.results["primary"]
    second = primary["verification"]
    places = min(decimals_for(primary["standard_error"]) + 6, 12)
    name, error = outcome.confirmed(report)
    rows = [
        Row(
            (name, fixed(primary["estimate"], places), fixed(error, places)),
            cited=report.cite("primary"),
        ),
        Row(
            (
                f"Second implementation: {second['library']}, {second['route']}",
                fixed(second["estimate"], places),
                fixed(second["standard_error"], places),
            ),
            cited=report.cite("primary.verification"),
        ),
    ]
    columns = (
        Column(("Double programming",), "left", "1fr"),
        Column(("Estimate", primary["unit"])),
        Column(("Standard error", error_unit(report))),
    )
    note = (
        f"Largest relative difference {significant(second['relative_difference'])}; "
        f"accepted up to {significant(second['tolerance'])}."
    )
    title = "Primary estimate, computed a second time by another route"
    cited = joined(note, report.cite("primary.verification"))
    return block(table("14.2.2", title, columns, rows, note=cited, source="primary.verification"))


def change(report: Report) -> str:
    """Return a paragraph about the change since the latest earlier run, or about the absence of an earlier estimate."""
    found = report.results["change"]
    if found is None:
        return block(call("para", "No earlier month of this study has an estimate to compare with."))
    places = decimals(report)
    earlier = with_unit(fixed(found["previous_estimate"], places), report)
    words = f"In {found['month']} (run {found['run']}, n = {count(found['previous_n'])}) the estimate was {earlier}. "
    if found["in_standard_errors"] is None:
        words += "It was of another estimand, measure or unit, so that the two cannot be compared."
    else:
        words += (
            f"It has moved by {in_errors(found['in_standard_errors'])} of this month's standard errors; the limit "
            f"of the gate is {significant(report.protocol['gates']['estimate_change'])}."
        )
    return block(call("para", words, report.cite("change")))
