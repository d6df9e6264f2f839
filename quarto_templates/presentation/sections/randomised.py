"""randomised: the hypothesis with the bound that is held against its margin, and the randomisation as it went."""

from typing import Any

from presentation.sections.effect import decimals, with_unit
from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, fixed, level, p_sentence, percent
from presentation.writing.typst import block, call, joined

_CLAIMS = {
    "superiority": "superior to",
    "non-inferiority": "not inferior to",
    "equivalence": "equivalent to",
}
_SCHEMES = {
    "simple": "Subjects were randomised without restriction.",
    "stratified": "Subjects were randomised in permuted blocks within strata.",
    "biased coin": "Subjects were randomised by a biased coin within strata.",
    "minimisation": "Subjects were randomised by minimisation.",
}


VERDICT = ("hypothesis", "primary")
"""The paths of the numbers in ``verdict``."""


def hypothesis(report: Report) -> str:
    """Return the conclusion about the declared hypothesis as a paragraph; nothing without one."""
    words = verdict(report)
    return block(call("para", f"Hypothesis: {words}", report.cite(*VERDICT))) if words else ""


def verdict(report: Report) -> str:
    """Return the conclusion about the declared hypothesis, and the bound on which it rests; nothing without one."""
    found = report.results.get("hypothesis")
    if not found:
        return ""
    places = decimals(report)
    claim = f"{report.arm('treated')} is {_CLAIMS[found['kind']]} {report.arm('control')}"
    verdict = {True: f"{claim} by the protocol's criterion", False: f"It is not shown that {claim}"}.get(
        found["concluded"], f"A look outside the plan concludes nothing about whether {claim}"
    )
    margin = (
        ""
        if found["margin"] is None
        else f", margin {with_unit(fixed(found['margin'], max(places, 2)), report)}"
    )
    better = "" if found["benefit"] is None else f", {found['benefit']} values are the benefit"
    sides = "one side" if found["sides"] == 1 else "two sides"
    return (
        f"{found['kind']}{margin}{better}. {verdict}: {_bounds(report, found, places)}. The interval is "
        f"{found['interval']}, of level {level(found['level'])} on {sides}; the one-sided {p_sentence(found['p_value'])} is "
        f"pointwise and belongs to the level {found['alpha']:g}."
    )


def _bounds(report: Report, found: dict[str, Any], places: int) -> str:
    """Return each end of the interval beside the limit that it is held against."""
    told = []
    for end, side, over in (("low", "lower", "above"), ("high", "upper", "below")):
        limit, bound = found[f"limit_{end}"], found[f"bound_{end}"]
        if limit is None:
            continue
        if bound in ("inf", "-inf"):
            told.append(f"the {side} end of the interval has no bound")
            continue
        inside = float(bound) > limit if end == "low" else float(bound) < limit
        relation = over if inside else f"not {over}"
        told.append(
            f"the {side} end of the interval, {with_unit(fixed(float(bound), places), report)}, is {relation} "
            f"{with_unit(fixed(limit, max(places, 2)), report)}"
        )
    return ", and ".join(told)


def allocation(report: Report) -> str:
    """Return Table 14.1.2.2: the arms' shares beside the planned allocation, with the scheme; nothing without one."""
    found = report.results.get("randomisation")
    if not found:
        return ""
    columns = (
        Column(("Arm",), "left", "1fr"),
        Column(("Analysed", "n")),
        Column(("Share",)),
        Column(("Planned",)),
    )
    rows = [
        Row(
            (report.arm(arm), count(one["n"]), percent(one["share"]), percent(one["planned"])),
            "row",
            report.cite("randomisation"),
        )
        for arm, one in found["arms"].items()
    ]
    note = _SCHEMES[found["scheme"]]
    if found["number_of_strata"] is not None:
        note += (
            f" Factors: {', '.join(found['strata'])}; {count(found['number_of_strata'])} strata, the smallest with "
            f"{count(found['smallest_stratum'])} analysed subjects, {count(found['without_an_arm'])} without a subject of an arm."
        )
    note += f" Exact test of the planned share: {p_sentence(found['p_value'])}."
    cited = joined(note, report.cite("randomisation"))
    made = table("14.1.2.2", "Randomisation", columns, rows, note=cited, source="randomisation")
    return block(made)


def method(report: Report) -> str:
    """Return how the scheme enters the variance; nothing where no scheme is declared, or it is simple."""
    plan = report.protocol.get("randomisation")
    if not plan or plan["scheme"] == "simple":
        return ""
    if plan["scheme"] == "minimisation":
        words = (
            "Minimisation balances the arms in a way that is unknown within strata. Predictions are therefore calibrated: the "
            "mean residual of each stratum and arm is added to them, so that the estimate does not depend on the imbalance "
            "(Bannick, Shao, Liu, Du, Yi & Ye 2025)."
        )
    else:
        words = (
            "The scheme balances the arms within strata, which takes Σ p R(diag π − ππ′)R off n times the variance of the "
            "arms' means: p is the share of a stratum, R holds each arm's mean residual in it over the arm's share π (Ye, "
            "Shao, Yi & Zhao 2023; Bannick, Shao, Liu, Du, Yi & Ye 2025). The squares are free of the variance of the mean "
            "residuals, so that small strata do not make the standard error too small."
        )
    return block(call("para", words))
