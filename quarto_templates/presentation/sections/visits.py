"""visits: the mixed model for repeated measures at every visit, and how it was fitted."""

from typing import Any

from presentation.sections.effect import decimals, error_unit
from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, fixed, interval, level, p_value
from presentation.writing.typst import block, call, joined

_FREEDOM = {
    "kenward-roger linear": (
        "Standard errors are corrected, and degrees of freedom given, by Kenward & Roger (1997), in the elements of the "
        "covariance, as SAS does"
    ),
    "kenward-roger": (
        "Standard errors are corrected, and degrees of freedom given, by Kenward & Roger (1997), in the parameters of the "
        "covariance's factor, as R's mmrm does by default; with few subjects this makes standard errors smaller than the "
        "model's own"
    ),
    "satterthwaite": (
        "Standard errors are the model's own, degrees of freedom Satterthwaite's (Fai & Cornelius 1996)"
    ),
}
_LIKELIHOOD = {"restricted": "restricted maximum likelihood", "full": "maximum likelihood"}


def by_visit(report: Report) -> str:
    """Return Table 14.2.14: the arms at every visit by the mixed model; nothing without declared visits."""
    found = report.results["sensitivity"].get("visits")
    if not found:
        return ""
    if not found["rows"]:
        return block(call("para", f"Repeated visits: {found['note']}.", report.cite("sensitivity.visits")))
    places, unit = decimals(report), report.results["primary"]["unit"]
    columns = (
        Column(("Visit",), "left", "1fr"),
        Column(("Observed", "treated, control")),
        Column(("Mean", "treated")),
        Column(("Mean", "control")),
        Column(("Difference", unit)),
        Column(("SE", error_unit(report))),
        Column(("df",)),
        Column((level(report.results["primary"]["level"]), "CI")),
        Column(("p",)),
    )
    rows = [
        Row(
            (
                one["visit"],
                f"{count(one['treated'])}, {count(one['control'])}",
                fixed(one["mean_treated"], places),
                fixed(one["mean_control"], places),
                fixed(one["estimate"], places),
                fixed(one["standard_error"], places),
                fixed(one["degrees_of_freedom"], 1),
                interval(one, places),
                p_value(one["p_value"]),
            ),
            "row",
            report.cite(f"sensitivity.visits.rows.{index}"),
        )
        for index, one in enumerate(found["rows"])
    ]
    note = joined(_note(report, found), report.cite("sensitivity.visits", "sensitivity.visits.verification"))
    title = "Repeated visits: mixed model for repeated measures"
    return block(
        table(
            "14.2.14",
            title,
            columns,
            rows,
            note=joined(note, report.cite("primary")),
            source="sensitivity.visits",
        )
    ) + _correlations(report, found)


def _note(report: Report, found: dict[str, Any]) -> str:
    second = found["verification"]
    arms = "" if found["arms"] == 2 else f" of {found['arms']} arms"
    return (
        f"{report.arm('treated')} (treated) against {report.arm('control')} (control); {count(found['subjects'])} subjects{arms} with a visit or more. Means at the mean of the covariates. Second "
        f"implementation at the last visit, standard error without correction: {fixed(second['estimate'], 5)} "
        f"({fixed(second['standard_error'], 5)}), different by {second['relative_difference']:.1e} standard errors."
    )


def _correlations(report: Report, found: dict[str, Any]) -> str:
    """Return Table 14.2.14.1: standard deviation of each visit, and the correlations with the others."""
    names = [one["visit"] for one in found["covariance"]]
    columns = (
        Column(("Visit",), "left", "1fr"),
        Column(("SD", report.results["primary"]["unit"])),
        *(Column(("Correlation", name)) for name in names),
    )
    rows = [
        Row(
            (
                one["visit"],
                fixed(one["sd"], decimals(report)),
                *(fixed(value, 3) for value in one["correlations"]),
            ),
            "row",
            report.cite(f"sensitivity.visits.covariance.{index}"),
        )
        for index, one in enumerate(found["covariance"])
    ]
    note = "Of a subject about the mean of its arm and covariates; unstructured, common to the arms."
    title = "Repeated visits: standard deviations and correlations"
    return block(table("14.2.14.1", title, columns, rows, note=note, source="sensitivity.visits.covariance"))


def method(report: Report) -> str:
    """Return the paragraph about the mixed model and the completed visits; nothing without declared visits."""
    plan = report.protocol["outcome"].get("visits")
    if not plan:
        return ""
    labels = {one["column"]: one["label"] for one in report.protocol["covariates"]}
    crossed = ", ".join(labels[name] for name in plan["by_visit"])
    acting = f"{crossed} acts by visit, the other covariates" if crossed else "the covariates"
    words = (
        f"Repeated visits (Mallinckrodt et al. 2008). The outcomes at {len(plan['columns'])} visits are normal with arm by visit "
        f"and the covariates of the outcome model; {acting} act alike at all. The covariance of a subject's visits is "
        f"unstructured and common to the arms, estimated by {_LIKELIHOOD[plan['likelihood']]}. {_FREEDOM[plan['degrees_of_freedom']]}. "
        "Outcomes are missing at random given those observed and the covariates. Where the last visit is missing, rows of Table "
        "14.2.3 complete it by its conditional mean under the model of the two compared arms: at random, or with the mean "
        "profile of the control arm after the last visit (jump to reference), throughout (copy reference), or from it with the "
        "gains of the control arm (copy increments; Carpenter, Roger & Kenward 2013). The completed visit is analysed by ANCOVA; "
        "the jackknife of the whole procedure gives the interval over repeated samples (Wolbers et al. 2022)."
    )
    return block(call("para", words))
