"""terms: the splines with their knots, and in words the splines and interactions of the models."""

from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, fixed
from presentation.writing.typst import block, call


def knots(report: Report) -> str:
    """Return Table 14.1.2.3: the knots of each covariate that enters as a spline; nothing where none does."""
    found = report.results["cohort"].get("splines")
    if not found:
        return ""
    columns = (
        Column(("Covariate",), "left", "1fr"),
        Column(("Knots", "n")),
        Column(("Location",), "left", "2fr"),
    )
    rows = [
        Row(
            (
                f"{one['label']}, {one['unit']}" if one["unit"] else one["label"],
                count(len(one["knots"])),
                "; ".join(fixed(knot, 2) for knot in one["knots"]),
            ),
            "row",
            report.cite(f"cohort.splines.{index}"),
        )
        for index, one in enumerate(found)
    ]
    note = "The knots are percentiles of the observed values in the analysis set (Harrell 2015, table 2.3)."
    made = table(
        "14.1.2.3", "Knots of the restricted cubic splines", columns, rows, note=note, source="cohort.splines"
    )
    return block(made)


def method(report: Report) -> str:
    """Return how splines and interactions enter the models; nothing where the protocol plans neither."""
    words = []
    if any(covariate.get("knots") for covariate in report.protocol["covariates"]):
        words.append(
            "A covariate with a spline enters as a restricted cubic spline: truncated cubes that are straight beyond the outer "
            "knots, divided by the square of the distance of these (Harrell 2015, section 2.4.5). Its knots are computed once "
            "(Table 14.1.2.3); subgroups, trimmed samples, completed data sets and bootstrap replicates have the same."
        )
    pairs = report.protocol["models"].get("interactions")
    if pairs:
        told = "; ".join(" with ".join(report.term(column) for column in pair) for pair in pairs)
        words.append(
            f"Interactions of covariates: {told}. Every term of the one is multiplied by every term of the other, in each model "
            "that has both."
        )
    return block(*(call("para", part) for part in words)) if words else ""
