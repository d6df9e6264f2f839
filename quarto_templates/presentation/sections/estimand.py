"""The estimand: its five attributes (ICH E9(R1)) and the target population of the contrast."""

from typing import Any

from presentation.writing.exhibits import facts
from presentation.writing.inputs import Report
from presentation.writing.numbers import count
from presentation.writing.typst import Code, block, joined

TARGETS = {
    "ATE": "the average treatment effect in the whole population (ATE)",
    "ATT": "the average treatment effect in the treated (ATT)",
    "ATO": "the average treatment effect in the overlap population (ATO)",
}

_SUBJECTS = {"treated": "treated", "control": "controls"}


def attributes(report: Report) -> str:
    """Return Table 8.1: treatment, population, variable, intercurrent events, summary measure, target."""
    estimand = report.protocol["estimand"]
    events = [
        (
            f"Intercurrent event {index}",
            _with_counts(
                report,
                index - 1,
                f"{entry['event']}. Strategy: {entry['strategy']}; {_computed(report, entry)}.",
            ),
        )
        for index, entry in enumerate(estimand["intercurrent_events"], start=1)
    ]
    target = TARGETS.get(estimand["target"], estimand["target"])
    pairs = (
        ("Treatment", estimand["treatment"]),
        ("Population", estimand["population"]),
        ("Variable", estimand["variable"]),
        *events,
        ("Summary measure", estimand["summary_measure"]),
        ("Target of the contrast", target[0].upper() + target[1:]),
    )
    note = (
        "Intercurrent-event strategies are those of ICH E9(R1), section A.3.2. Table 8.2 counts the events."
    )
    return block(facts("8.1", "Attributes of the estimand (ICH E9(R1))", pairs, note=note))


def _with_counts(report: Report, index: int, words: str) -> str | Code:
    """Return the words on an intercurrent event with what its strategy did in this month, where the event is counted."""
    found = report.results["cohort"]["intercurrent_events"]
    if index >= len(found) or not found[index]["counted"]:
        return words
    arms = {arm: found[index][arm] for arm in ("treated", "control")}
    told = " and ".join(f"{count(of['subjects'])} {_SUBJECTS[arm]}" for arm, of in arms.items())
    made = " and ".join(f"{count(of['outcomes_set'])} {_SUBJECTS[arm]}" for arm, of in arms.items())
    done = "no outcome was changed" if _unchanged(arms) else f"it set the outcomes of {made}"
    return joined(
        f"{words} So far {told} had it; {done}.", report.cite(f"cohort.intercurrent_events.{index}")
    )


def _unchanged(arms: dict[str, Any]) -> bool:
    return not any(of["outcomes_set"] for of in arms.values())


def _computed(report: Report, entry: dict[str, Any]) -> str:
    """Return what the strategy of an intercurrent event does with the outcome."""
    if not isinstance(entry.get("detect"), dict):
        reason = str(entry.get("reason", "not collected")).rstrip(".")
        return f"the outcome is used whatever happened; not counted: {reason}"
    column = entry["detect"]["column"]
    unit = report.protocol["outcome"]["unit"]
    done = {
        "treatment policy": "the outcome is used whatever happened",
        "hypothetical": "an outcome measured from the event on counts as missing",
        "composite variable": f"the outcome is set to {entry.get('composite')} {unit}",
        "while on treatment": f"the outcome is the value of {entry.get('column_before')}, the last before the event",
    }
    return f"{done[entry['strategy']]}; the event is read from {column}"
