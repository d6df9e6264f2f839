"""monitoring: what the estimate may claim beside all looks at the study, and every look."""

from collections.abc import Callable
from typing import Any

from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import (
    MISSING,
    count,
    decimals_for,
    fixed,
    interval,
    level,
    p_confirmed,
    p_sentence,
    p_value,
    percent,
    plural,
    probability,
    significant,
    spent,
)
from presentation.writing.typst import Code, block, call, joined

PATH = "monitoring"
_PARTS = ("stage_wise", "harm", "futility")
SETTLED = {
    "board": "the monitoring board decides",
    "none": "the protocol declares that nothing is stopped by it",
}
"""What follows a crossing or a signal, by the action that the protocol declares."""
_FUNCTIONS = {
    "obrien-fleming": "the O'Brien–Fleming-type function",
    "pocock": "the Pocock-type function",
    "hwang-shih-decani": "the function of Hwang, Shih and DeCani",
    "power": "the power function",
}
_SOURCES = {
    "alpha spending": (
        "Looks by alpha spending (Lan & DeMets 1983; Kim & DeMets 1987; Hwang, Shih & DeCani 1990): at each look the "
        "spending function of the information fraction, 1/SE² over the planned maximum, says how much of the level may be "
        "spent, and the boundary c solves P(no boundary crossed before, |z| ≥ c) = that level by recursive integration "
        "(Armitage, McPherson & Rowe 1969). The valid interval is the repeated one, estimate ∓ c·SE (Jennison & Turnbull "
        "1989). A level that was spent never comes back: boundaries of earlier looks stand, and a look whose information did "
        "not rise keeps the boundary of the look before. At the end the stage-wise ordered estimate is median-unbiased "
        "(Tsiatis, Rosner & Mehta 1984)."
    ),
    "confidence sequence": (
        "Looks by an asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024): the estimate ∓ "
        "SE·√(2(v + 1)/v · log(√(v + 1)/α)) with v = nρ² holds at every n together; ρ is fixed in the protocol by the number "
        "of subjects at which the interval is to be tightest. It says nothing before the declared first number of subjects."
    ),
    "single": (
        "One month of analysis is planned: its first look has the whole level, and a look in any other month is without "
        "control and has no valid interval."
    ),
}
SIMULATED = {
    "alpha spending, obrien-fleming": "3.1 %",
    "alpha spending, pocock": "4.5 %",
    "confidence sequence": "1.4 %",
    "pointwise": "29.6 %",
}
"""The largest share of studies without an effect that ever claim one, by plan, over all ways in which outcomes come."""
_SIMULATION = (
    "Independent increments hold only roughly where locks are corrected, nuisance models are fitted again and outcomes "
    "arrive late, so the error was simulated (docs/simulation.md, Monthly looks): 2,000 studies without an effect, looked at "
    "24 times, with a corrected lock and with outcomes at once, late by chance, or late depending on arm and covariates. "
)


def claimed(report: Report, places: int) -> str:
    """Return the valid interval and its p-value, and beside them the pointwise ones, by these names."""
    found, primary = report.results[PATH], report.results["primary"]
    pointwise = f"pointwise {interval(primary, places)}, {p_sentence(primary['p_value'])}"
    if not found["controlled"]:
        return f"a look without control, outside the planned month: no interval of it is valid beside the others; {pointwise}"
    if (found["ci_low"] == "-inf" and found["ci_high"] == "inf") or found["boundary"] == "inf":
        return f"look {found['number']}, at which the plan claims nothing yet: no bounded interval is valid; {pointwise}"
    words = f"{level(found['level'])} interval valid at every look {interval(found, places)}"
    return f"{words}, sequential {p_sentence(found['sequential_p'])}; {pointwise}"


def looks(report: Report) -> str:
    """Return what the looks came to, and Table 14.2.5 with every one of them."""
    found = report.results[PATH]
    parts = [f"{PATH}.{name}" for name in _PARTS if found[name] is not None]
    return block(call("para", _words(report), report.cite(PATH, *parts)), _table(report))


def _words(report: Report) -> str:
    found, looked = report.results[PATH], report.results[PATH]["looks"]
    again = sum(look["rerun_of"] is not None for look in looked)
    words = [
        f"This is look {found['number']} at the study. The ledger tells of {plural(len(looked), 'look')}"
        f"{f', {count(again)} of them reruns that spend nothing' if again else ''}; the plan: {found['method']}"
        f"{_design(found)}."
    ]
    words.append(_standing(found))
    for name in ("harm", "futility"):
        if found[name] is not None:
            crossed = "crossed" if found[name]["crossed"] else "not crossed"
            words.append(f"The bound for {name}, {fixed(found[name]['boundary'], 3)}, is {crossed}.")
    if found["stage_wise"] is not None:
        last = found["stage_wise"]
        places = report.decimals
        words.append(
            f"By the stage-wise order the median-unbiased estimate is {fixed(last['estimate'], places)} "
            f"({level(last['level'])} interval {interval(last, places)}; {p_sentence(last['p_value'])})."
        )
    others = ", ".join(str(look["number"]) for look in looked if look["other_design"])
    if others:
        words.append(f"Made by another design or by none: {others}; what these looks spent stays spent.")
    return " ".join(words)


def _design(found: dict[str, Any]) -> str:
    design = found["design"]
    if found["method"] == "alpha spending":
        side = "one-sided" if design["sides"] == 1 else "two-sided"
        return f", {side}, by {_FUNCTIONS[design['function']]}, {percent(found['fraction'])} of the planned information"
    if found["method"] == "confidence sequence":
        return f", tightest at {count(design['tuned_at'])} subjects, from {count(design['first'])} on"
    return f", {design['month']}"


def _standing(found: dict[str, Any]) -> str:
    if not found["controlled"]:
        return "It is a look without control."
    if found["crossed"]:
        return f"Its boundary is crossed, {found['direction']} no effect; {SETTLED[found['action']]}."
    before = found["first_crossing"]
    return "Its boundary is not crossed." + ("" if before is None else f" That of look {before} was.")


def _table(report: Report) -> Code:
    found = report.results[PATH]
    places = report.decimals
    columns = (
        Column(("Look", "run"), "left", "1fr"),
        Column(("n",)),
        Column(("Information", "fraction")),
        Column(("z", "boundary")),
        Column(("Level", "spent")),
        Column((f"Valid {level(found['level'])}", "interval")),
        Column(("p", "sequential")),
    )
    rows = [
        Row(_cells(look, places), "row", report.cite(f"{PATH}.looks.{index}"))
        for index, look in enumerate(found["looks"])
    ]
    note = (
        "Every run of the study whose comparative result somebody could see, in the order of the ledger. A rerun of the same "
        "delivery with the same numbers spends nothing; a kept boundary is that of the look before, whose information was as "
        f"large. {MISSING}: not known, or not part of the method."
    )
    return table(
        "14.2.5", "Looks at the study", columns, rows, note=joined(note, report.cite(PATH)), source=PATH
    )


def _cells(look: dict[str, Any], places: int) -> tuple[str, ...]:
    kind = look["kind"] if look["rerun_of"] is None else f"{look['kind']}, rerun of look {look['rerun_of']}"
    kept = ", kept" if look["kept"] else ""
    return (
        f"{look['number']}: {look['run']} ({kind})",
        count(look["n"]),
        fixed(look["fraction"], 3),
        f"{fixed(look['z'], 2)} ({fixed(look['boundary'], 2)}{kept})",
        spent(look["spent"]),
        interval(look, places),
        p_value(look["sequential_p"]),
    )


def verification(report: Report) -> str:
    """Return Table 14.2.6: what this look claims, by both implementations."""
    found = report.results[PATH]
    second = found["verification"]
    places = min(decimals_for(report.results["primary"]["standard_error"]) + 6, 12)
    claims = [
        ("Boundary of z", PATH, found["boundary"], second["boundary"]),
        ("Valid interval, lower limit", PATH, found["ci_low"], second["ci_low"]),
        ("Valid interval, upper limit", PATH, found["ci_high"], second["ci_high"]),
        (
            "Level spent",
            f"{PATH}.looks.{len(found['looks']) - 1}",
            found["looks"][-1]["spent"],
            second["spent"],
        ),
        ("Sequential p", PATH, found["sequential_p"], second["sequential_p"]),
    ]
    for name, key, words in (
        ("harm", "boundary", "Bound for harm"),
        ("harm", "spent", "Level spent on harm"),
        ("futility", "boundary", "Bound for futility"),
        ("stage_wise", "estimate", "Estimate after the stop"),
        ("stage_wise", "ci_low", "Interval after the stop, lower limit"),
        ("stage_wise", "ci_high", "Interval after the stop, upper limit"),
        ("stage_wise", "p_value", "p after the stop"),
    ):
        first, other = found[name] or {}, second.get(name) or {}
        claims.append((words, f"{PATH}.{name}", first.get(key), other.get(key)))
    path = f"{PATH}.verification"
    rows = [
        Row((name, shown(one, places), shown(other, places)), cited=report.cite(of, path))
        for name, of, one, other in claims
        for shown in [_shown(name)]
        if one is not None
    ]
    columns = (Column(("Claim of this look",), "left", "1fr"), Column(("Primary",)), Column(("Second",)))
    note = (
        f"Second implementation: {second['library']}, {second['route']}. Largest difference of bounds and limits, in standard "
        f"errors, {significant(second['difference'])}, accepted up to {significant(second['tolerance'])}; of levels and "
        f"p-values {significant(second['level_difference'])}, accepted up to {significant(second['level_tolerance'])}."
    )
    cited = joined(note, report.cite(path))
    title = "Claims of this look, computed a second time by another route"
    return block(table("14.2.6", title, columns, rows, note=cited, source=path))


def _shown(claim: str) -> Callable[[Any, int], str]:
    """Return how a claim is printed: p-values and levels keep digits where their decimals would be zeros."""
    if claim in ("Sequential p", "p after the stop"):
        return p_confirmed
    return probability if claim.startswith("Level") else fixed


def method(report: Report) -> str:
    """Return the method of monitoring with its sources, and what was simulated of its error."""
    found = report.results[PATH]
    parts = [call("para", joined(_SOURCES[found["method"]]))]
    if found["method"] != "single":
        parts.append(call("para", _SIMULATION + _simulated(found)))
    return block(*parts)


def _simulated(found: dict[str, Any]) -> str:
    """Return in how many of the simulated studies a look of such a plan excluded the truth."""
    function = found["design"].get("function")
    plan = found["method"] if function is None else f"{found['method']}, {function}"
    share = SIMULATED.get(plan)
    if share is None:
        return f"The plan of this study, {_FUNCTIONS[function]}, was not among those simulated."
    return (
        f"A look under such a plan excluded no effect in {share} of the studies at most; a pointwise interval did so in "
        f"{SIMULATED['pointwise']}."
    )
