"""sensitivity: planned sensitivity analyses and, separately, supplementary analyses (ICH E9(R1), A.5)."""

from collections.abc import Mapping
from typing import Any

from presentation.sections.effect import decimals, error_unit
from presentation.writing.axis import spanning
from presentation.writing.exhibits import Column, Row, figure, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import (
    count,
    fixed,
    interval,
    level,
    p_sentence,
    p_value,
    percent,
    plain,
    typeset,
)
from presentation.writing.plots import Strip, stays_on_a_page, strip_plot
from presentation.writing.typst import block, call, joined

_KINDS = {
    "sensitivity": ("14.2.3", "14.2.1", "Sensitivity analyses: the same estimand under other assumptions"),
    "supplementary": ("14.2.4", "14.2.2", "Supplementary analyses: other estimands and subgroups"),
}
_FARTHEST = 6.0
_ALIKE = "estimator and variance of the primary analysis"


def rows_table(report: Report, kind: str) -> str:
    """Return the table of one kind of analysis; each row names estimand, estimator, n and variance."""
    number, _, title = _KINDS[kind]
    found = report.results["sensitivity"][kind]
    if not found:
        return block(call("para", f"The protocol plans no {kind} analyses."))
    places = decimals(report)
    unit = report.results["primary"]["unit"]
    columns = (
        Column(("Analysis", "estimand · estimator · variance"), "left", "1fr"),
        Column(("n",)),
        Column(("Estimate", unit)),
        Column(("SE", error_unit(report))),
        Column((f"{level(report.results['primary']['level'])} CI", unit)),
        Column(("p",)),
    )
    rows = [
        Row(
            (
                call("analysis-name", row["name"], _description(row, report.results["primary"])),
                count(row["n"]),
                fixed(row["estimate"], places),
                fixed(row["standard_error"], report.error_decimals),
                interval(row, places),
                p_value(row["p_value"]),
            ),
            "loose",
            report.cite(f"sensitivity.{kind}.{index}"),
        )
        for index, row in enumerate(found)
    ]
    words = "–: not estimable, for the reason given. SE: standard error. CI: confidence interval."
    note = joined(words, report.cite("primary"))
    return block(table(number, title, columns, rows, note=note, source=f"sensitivity.{kind}"))


def _description(row: Mapping[str, Any], primary: Mapping[str, Any]) -> str:
    """Return estimand, estimator, variance and note of a row, as far as it has them; what is the primary's is not said again."""
    estimand = (
        str(row["estimand"]).partition(" within ")[0] if row["name"] in row["estimand"] else row["estimand"]
    )
    alike = all(row[key] == primary[key] for key in ("estimator", "variance"))
    made = (_ALIKE,) if alike else (row["estimator"], plain(row["variance"]))
    parts = (estimand, *made, _interaction(row), row["note"])
    return " · ".join(part for part in parts if part)


def _interaction(row: Mapping[str, Any]) -> str:
    """Return the test that the effect is the same in every level of the subgroup's category; nothing without one."""
    found = row.get("interaction_p_value")
    return "" if found is None else f"test of interaction: {p_sentence(found)}"


def forest(report: Report, kind: str) -> str:
    """Return the forest plot of one kind of analysis without subgroups, with the primary result on top."""
    rows = _rows_with_paths(report, kind)
    if kind == "supplementary":
        rows = [(path, row) for path, row in rows if not _of_subgroup(row)]
    if not rows:
        return ""
    _, number, title = _KINDS[kind]
    short = title.partition(":")[0]
    return forest_of(report, rows, number, f"{short}: forest plot", source=f"sensitivity.{kind}")


def subgroups(report: Report) -> str:
    """Return Figure 14.2.3, the forest plot of the planned subgroups, or a sentence when there are none."""
    rows = [(path, row) for path, row in _rows_with_paths(report, "supplementary") if _of_subgroup(row)]
    if not rows:
        return block(call("para", "The protocol plans no subgroups."))
    words = (
        "Subgroups are defined by baseline covariates, and every model is fitted again within each. A difference between "
        "subgroups is judged by the test of interaction in Table 14.2.4, never by one interval that excludes no effect "
        "beside another that does not."
    )
    drawn = forest_of(report, rows, "14.2.3", "Subgroups: forest plot", source="sensitivity.supplementary")
    return block(call("lead", words)) + drawn


def _rows_with_paths(report: Report, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Return path and row of every analysis of one kind."""
    rows = report.results["sensitivity"][kind]
    return [(f"sensitivity.{kind}.{index}", row) for index, row in enumerate(rows)]


def _of_subgroup(row: dict[str, Any]) -> bool:
    """Return whether a row is of a subgroup; its estimand then contains its name."""
    return str(row["estimand"]).endswith(f" within {row['name']}")


def forest_of(
    report: Report, rows: list[tuple[str, dict[str, Any]]], number: str, title: str, *, source: str
) -> str:
    """Return the forest plot of these rows below the primary result."""
    found = [row for _, row in rows]
    primary, places = report.results["primary"], decimals(report)
    ends = [
        row[end] for row in (primary, *found) for end in ("ci_low", "ci_high") if row["estimate"] is not None
    ]
    reach = _FARTHEST * (primary["ci_high"] - primary["ci_low"])
    middle = primary["estimate"]
    axis = spanning([min(max(value, middle - reach), middle + reach) for value in ends], most_ticks=6)
    strips = [_strip(primary, "Primary analysis", places, "diamond")]
    strips += [
        _strip(row, row["name"], places, "square", apart=index == 0) for index, row in enumerate(found)
    ]
    body = strip_plot(
        strips,
        axis,
        ", ".join(part for part in (f"Effect: {primary['measure']}", primary["unit"]) if part),
        guides=((primary["null"], "zero"), (middle, "estimate")),
        heads=("n", f"Estimate ({level(primary['level'])} CI)"),
        text_widths=("11mm", "37mm"),
        label_width="46mm",
    )
    told = [_told("The primary analysis", primary, places)]
    told += [_told(f"The analysis “{row['name']}”", row, places) for row in found]
    alternative = f"Forest plot of estimates with their confidence intervals. {' '.join(told)}"
    words = "Solid line: no effect. Dotted line: primary estimate. Diamond: primary analysis."
    return block(
        figure(
            number,
            title,
            alternative,
            body,
            whole=stays_on_a_page(strips),
            note=joined(words, report.cite("primary", *(path for path, _ in rows))),
            source=source,
        )
    )


def _told(name: str, row: Mapping[str, Any], places: int) -> str:
    """Return a row of a forest plot as a sentence, for those who hear it."""
    if row["estimate"] is None:
        return f"{name} is not estimable."
    limits = f"; its interval goes from {interval(row, places)}" if row["ci_low"] is not None else ""
    return f"{name} gives {fixed(row['estimate'], places)}{limits}."


def _strip(row: dict[str, Any], label: str, places: int, shape: str, *, apart: bool = False) -> Strip:
    emphasis = shape == "diamond"
    if row["estimate"] is None:
        return Strip(label, marks=(), texts=(count(row["n"]), "not estimable"), apart=apart)
    words = f"{fixed(row['estimate'], places)} ({interval(row, places)})"
    return Strip(
        label,
        marks=((row["estimate"], shape),),
        span=(row["ci_low"], row["ci_high"]),
        texts=(count(row["n"]), words),
        emphasis=emphasis,
        apart=apart,
    )


def evalue(report: Report) -> str:
    """Return a paragraph about the E-value; nothing without one, and nothing where the randomisation leaves no confounding."""
    found = report.results.get("evalue")
    if not found or not report.observational:
        return ""
    if not {"point", "limit"} <= set(found):
        return block(call("para", f"E-value: {found['note']}."))
    words = (
        f"E-value (VanderWeele & Ding 2017): {fixed(found['point'], 2)} for the estimate and "
        f"{fixed(found['limit'], 2)} for the confidence limit closer to no effect. An unmeasured confounder would need "
        "associations at least as strong as this, on the risk-ratio scale, with treatment and with outcome, beyond the "
        "covariates of the models, to explain the estimate or the limit away."
    )
    return block(call("para", words, report.cite("evalue")))


def tipping(report: Report) -> str:
    """Return a paragraph about the tipping point of the missing outcomes, if the results have one."""
    found = report.results.get("tipping")
    if not found:
        return ""
    cited = report.cite("tipping")
    if found["missing"] == 0:
        words = "No treated subject's outcome is missing, so there is no tipping point."
        return block(call("para", words, cited))
    words = (
        f"Tipping point: {count(found['missing'])} of {count(found['treated'])} treated subjects "
        f"({percent(found['missing_share'])}) lack an outcome that was due. "
    )
    if found["delta"] is None:
        words += "No shift of their outcomes changes whether the interval excludes no effect."
    else:
        shift = fixed(found["delta"], _shift_places(report, found["unit"]))
        words += (
            "Whether the interval excludes no effect changes when their mean outcome differs by "
            f"{shift}\u00a0{found['unit']} from what is expected of them given the covariates."
        )
    if found.get("surface"):
        words += (
            f" A shift moves the effect by {percent(found['shifted_share'])} of it: the share that lacks an outcome under "
            "treatment in the target population, by the primary estimator."
        )
    if report.results["primary"]["scale"] == "logarithm":
        words += " This is about the difference of the risks."
    return block(call("para", words, cited))


def surface(report: Report) -> str:
    """Return Table 14.2.3.1: the effect where the missing outcomes of both arms are shifted; nothing without a surface."""
    found = (report.results.get("tipping") or {}).get("surface")
    if not found:
        return ""
    places, shifts = decimals(report), found["shifts"]
    of_shifts = _shift_places(report, found["shift_unit"])
    cells = {(cell["treated"], cell["control"]): cell for cell in found["cells"]}
    columns = (
        Column(("Controls shifted by", found["shift_unit"]), "left", "1fr"),
        *(Column(("Treated", fixed(shift, of_shifts), "estimate (p)")) for shift in shifts),
    )
    cited = report.cite("tipping.surface")
    rows = [
        Row((fixed(zero, of_shifts), *(_cell(cells[one, zero], places) for one in shifts)), "row", cited)
        for zero in shifts
    ]
    note = joined(
        "Difference of means, or of risks, when the missing outcomes of an arm are on average that much higher than under the "
        "method of the primary analysis.",
        cited,
    )
    title = "Missing outcomes shifted in both arms"
    made = table("14.2.3.1", title, columns, rows, note=note, source="tipping.surface.cells")
    return block(made, call("para", typeset(found["words"]), cited))


def _shift_places(report: Report, unit: str) -> int:
    """Return the decimals of a shift: the outcome's own for one in its unit, and two for one of a risk."""
    return decimals(report) if unit and report.results["primary"]["scale"] != "logarithm" else 2


def _cell(cell: dict[str, Any], places: int) -> str:
    return f"{fixed(cell['estimate'], places)} ({p_value(cell['p_value'])})"
