"""harms: events that are counted in everybody, and whether they come more often than expected."""

from typing import Any

from presentation.sections.monitoring import SETTLED
from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import MISSING, count, fixed, percent, plural, significant
from presentation.writing.typst import Code, block, call

PATH = "harms"


def counted(report: Report) -> str:
    """Return what the counted harms came to, and Table 14.2.7 with every look at each of them."""
    harms = report.results[PATH]
    if not harms:
        return block(call("para", "The protocol declares no harm to be counted."))
    paragraphs = [
        call("para", _words(report, harm), report.cite(f"{PATH}.{index}")) for index, harm in enumerate(harms)
    ]
    return block(*paragraphs, _table(report))


def _words(report: Report, harm: dict[str, Any]) -> str:
    design = harm["design"]
    words = [
        f"{harm['label']}: {_arm(report, harm, 'treated')}, {_arm(report, harm, 'control')}. {_design(harm)}"
    ]
    if harm["untested"] is not None:
        words.append(f"This look could not be tested: {harm['untested']}.")
    else:
        words.append(
            f"The log likelihood ratio is {fixed(harm['log_likelihood_ratio'], 3)}, the critical value "
            f"{fixed(harm['critical_value'], 3)}; a signal needs {plural(design['minimum_events'], 'event')} of the treated."
        )
        words.append(_level(harm))
        words.append(_second(harm.get("verification")))
    words.append(_standing(harm))
    words += _absent(harm)
    return " ".join(one for one in words if one)


def _second(second: dict[str, Any] | None) -> str:
    """Return what the second implementation finds; nothing of a record that is older than it."""
    if second is None:
        return ""
    return (
        f"The second implementation ({second['library']}, {second['route']}) finds the critical value "
        f"{fixed(second['critical_value'], 3)}; ratio and critical value differ by {significant(second['difference'])}, "
        f"accepted up to {significant(second['tolerance'])}, and levels by {significant(second['level_difference'])}, "
        f"accepted up to {significant(second['level_tolerance'])}."
    )


def _arm(report: Report, harm: dict[str, Any], arm: str) -> str:
    found = harm["arms"][arm]
    time = f", exposure {significant(found['exposure'], 6)}" if _timed(harm) else ""
    return (
        f"{plural(found['events'], 'event')} in {count(found['subjects'])} subjects{time} ({report.arm(arm)})"
    )


def _timed(harm: dict[str, Any]) -> bool:
    """Return whether the arms are compared by time: that of a column, or the time at risk of a harm with terms."""
    design = harm["design"]
    return bool(design["exposure"] or design.get("terms"))


def _design(harm: dict[str, Any]) -> str:
    """Return what the events of the treated are compared with."""
    design = harm["design"]
    were = (
        ""
        if harm["expected"] is None
        else f", {fixed(harm['expected'], 2)} events of the treated were expected"
    )
    if harm["kind"] == "poisson":
        return (
            f"At a background rate of {significant(design['rate'])} for each unit of exposure{were}; the surveillance ends when "
            f"{significant(design['upper_limit'], 6)} are expected."
        )
    unit = "exposure" if _timed(harm) else "subjects"
    return f"By the ratio of the arms' {unit}{were}; the surveillance ends at {count(design['upper_limit'])} events of both arms."


def _level(harm: dict[str, Any]) -> str:
    spent = (
        "the level spent so far is not known exactly, as design or ratio of exposure changed between looks"
        if harm["level_spent"] is None
        else f"by this look {percent(harm['level_spent'], 2)} are spent"
    )
    return f"Without harm, a signal comes with probability {percent(harm['type_one_error'], 2)} until the end; {spent}."


def _standing(harm: dict[str, Any]) -> str:
    if harm["first_signal"] is not None:
        when = (
            "This look"
            if harm["first_signal"] == harm["looks"][-1]["number"]
            else f"Look {harm['first_signal']}"
        )
        return f"{when} was the first to signal the harm; a signal stands, and {SETTLED[harm['action']]}."
    if harm["ended"]:
        return (
            "The surveillance is past its end without a signal: the level no longer holds, and nothing is a signal any "
            "more."
        )
    return "No look has signalled the harm."


def _absent(harm: dict[str, Any]) -> list[str]:
    """Return the terms that no event has; a record of before they were told has none."""
    terms = ", ".join(harm.get("absent_terms", ()))
    if not terms:
        return []
    listed = (
        "the protocol's list of preferred terms has it so"
        if harm["terms_listed"]
        else "the protocol lists no preferred terms that would show a wrong spelling"
    )
    return [f"No delivered adverse event has the preferred term {terms}; {listed}."]


def _table(report: Report) -> Code:
    columns = (
        Column(("Look", "run"), "left", "1fr"),
        Column(("Events", report.arm("treated"))),
        Column(("Events", report.arm("control"))),
        Column(("Expected", report.arm("treated"))),
        Column(("Log likelihood", "ratio")),
        Column(("Critical", "value")),
        Column(("Signal",), "left"),
    )
    rows: list[Row | Group] = []
    for index, harm in enumerate(report.results[PATH]):
        rows.append(Group(harm["label"]))
        rows += [
            Row(_cells(look), "indented", report.cite(f"{PATH}.{index}.looks.{place}"))
            for place, look in enumerate(harm["looks"])
        ]
    note = (
        "Cumulative counts of everybody whose arm is compared (safety set): eligible or not, with an outcome or without; of "
        "harms with terms, the adverse events in the time at risk. "
        f"Earlier looks are shown as the ledger tells them. {MISSING}: not tested, or no signal was possible."
    )
    return table("14.2.7", "Counted harms", columns, rows, note=note, source=PATH)


def _cells(look: dict[str, Any]) -> tuple[str, ...]:
    kind = f"{look['kind']}, other design" if look["other_design"] else look["kind"]
    return (
        f"{look['number']}: {look['run']} ({kind})",
        count(look["treated"]),
        count(look["control"]),
        fixed(look["expected"], 2),
        fixed(look["log_likelihood_ratio"], 3),
        fixed(look["critical_value"], 3),
        "yes" if look["signal"] else "no",
    )


def method(report: Report) -> str:
    """Return the method by which harms are tested, with its source; nothing where none is declared."""
    if not report.results[PATH]:
        return ""
    return block(
        call(
            "para",
            "Counted harms by the maximised sequential probability ratio test (MaxSPRT; Kulldorff et al. 2011). The log "
            "likelihood ratio of the cumulative events of the treated is held against a critical value that is the same at "
            "every look and allows a look after every event, by exact computation; monthly looks signal at most as often. A "
            "Poisson harm has the expected number of a background rate, a binomial one that of the arms' exposure. The "
            "critical value of a binomial harm is computed with the ratio of exposure at this look and is exact where that "
            "ratio does not change.",
        )
    )
