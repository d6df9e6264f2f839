"""hypotheses: secondary endpoints, and families of hypotheses that share a level."""

from typing import Any

from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import (
    MISSING,
    count,
    decimals_for,
    fixed,
    interval,
    level,
    p_value,
    percent,
)
from presentation.writing.typst import block, call, joined

ENDPOINTS = "secondary"
FAMILIES = "families"
_METHODS = {
    "bonferroni": "Bonferroni",
    "holm": "Holm (1979)",
    "hochberg": "Hochberg (1988)",
    "hommel": "Hommel (1988)",
    "benjamini-hochberg": "Benjamini & Hochberg (1995), false discovery rate",
    "benjamini-yekutieli": "Benjamini & Yekutieli (2001), false discovery rate",
    "fixed sequence": "fixed sequence",
    "graph": "graphical procedure (Bretz et al. 2009)",
}


def endpoints(report: Report) -> str:
    """Return Table 14.2.8 with every secondary endpoint, or a sentence where none is declared."""
    found = report.results[ENDPOINTS]
    if not found:
        return block(call("para", "The protocol declares no secondary endpoint."))
    columns = (
        Column(("Endpoint", "measure · unit · missing · status"), "left", "1fr"),
        Column(("n",)),
        Column(("Mean", report.arm("treated"))),
        Column(("Mean", report.arm("control"))),
        Column(("Estimate",)),
        Column((f"{level(report.results['primary']['level'])} CI",)),
        Column(("p",)),
    )
    rows = [
        Row(
            (
                call("analysis-name", one["label"], _described(one)),
                count(one["n"]),
                fixed(one["mean_treated"], decimals_for(one["standard_error"])),
                fixed(one["mean_control"], decimals_for(one["standard_error"])),
                fixed(one["estimate"], decimals_for(one["standard_error"])),
                interval(one, decimals_for(one["standard_error"])),
                p_value(one["p_value"]),
            ),
            "loose",
            report.cite(f"{ENDPOINTS}.{index}"),
        )
        for index, one in enumerate(found)
    ]
    note = (
        "Estimator, population, arms, covariates and models of the primary analysis; intervals and p-values are pointwise. An "
        "endpoint is exploratory unless a family covers it. Each estimate is confirmed by a second implementation. "
        f"{MISSING}: not estimable, for the reason given. CI: confidence interval."
    )
    cited = joined(note, report.cite("primary"))
    return block(table("14.2.8", "Secondary endpoints", columns, rows, note=cited, source=ENDPOINTS))


def _described(one: dict[str, Any]) -> str:
    outcomes = one["outcomes"]
    missing = f"{percent(outcomes['missing_share']['overall'])} of {count(outcomes['due'])} due missing"
    status = "exploratory" if one["family"] is None else f"family {one['family']}"
    parts = (one["measure"], one["unit"], f"{missing} ({outcomes['method']})", status, one["note"])
    return " · ".join(part for part in parts if part)


def families(report: Report) -> str:
    """Return what each family came to, and Table 14.2.9; a sentence where none is declared."""
    found = report.results[FAMILIES]
    if not found:
        words = (
            "The protocol declares no family of hypotheses: p-values beside the primary's are not adjusted."
        )
        return block(call("para", words))
    paragraphs = [
        call("para", _words(one), report.cite(f"{FAMILIES}.{index}")) for index, one in enumerate(found)
    ]
    columns = (
        Column(("Hypothesis", "of no effect"), "left", "1fr"),
        Column(("p", "unadjusted")),
        Column(("p", "in the family")),
        Column(("p", "adjusted")),
        Column(("Decision",), "left"),
    )
    rows: list[Row | Group] = []
    for index, family in enumerate(found):
        rows.append(Group(f"{family['name']}: {_METHODS[family['method']]}"))
        rows += [
            Row(
                (
                    call("analysis-name", one["label"], one["reason"]),
                    p_value(one["unadjusted_p"]),
                    p_value(one["entering_p"]),
                    p_value(one["adjusted_p"]),
                    "rejected" if one["rejected"] else "not rejected",
                ),
                "indented",
                report.cite(f"{FAMILIES}.{index}.hypotheses.{place}"),
            )
            for place, one in enumerate(family["hypotheses"])
        ]
    note = (
        "A hypothesis is rejected where its adjusted p-value is at most the level of its family. The error rate holds within "
        f"each family. {MISSING}: not estimable."
    )
    made = table("14.2.9", "Families of hypotheses", columns, rows, note=note, source=FAMILIES)
    return block(*paragraphs, made)


def _words(family: dict[str, Any]) -> str:
    """Return method, level and month of a family, and how many of its hypotheses are rejected."""
    rejected = sum(one["rejected"] for one in family["hypotheses"])
    words = [
        f"Family {family['name']}, {_METHODS[family['method']]} at level {percent(family['alpha'], 1)}: "
        f"{rejected} of {len(family['hypotheses'])} hypotheses rejected."
    ]
    if family["month"] is not None:
        words.append(f"Hypotheses other than a monitored primary are tested in {family['month']} alone.")
    if family["looks_in_month"] > 1:
        words.append(
            f"That month had {family['looks_in_month']} looks with different data; the level holds for one of them."
        )
    return " ".join(words)


def method(report: Report) -> str:
    """Return how families are tested, with the sources; nothing where none is declared."""
    if not report.results[FAMILIES]:
        return ""
    return block(
        call(
            "para",
            "Families of hypotheses. The primary enters with its sequential p-value (Liu & Anderson 2008), which holds at every "
            "look, so that Bonferroni, Holm, fixed sequence and graph hold the family-wise error rate over all looks (Maurer & "
            "Bretz 2013). Other hypotheses enter with their pointwise p-values in one declared month, and count as p = 1 in any "
            "other. Hochberg and Hommel hold it for independent or positively dependent p-values. The methods of Benjamini hold "
            "the false discovery rate instead. A monitored primary that crosses its boundary crosses it at its own level; the "
            "decision of the family is in Table 14.2.9.",
        )
    )
