"""The estimand: its five attributes (ICH E9(R1)) and the target population of the contrast."""

from typing import Any

from presentation.writing.exhibits import facts
from presentation.writing.inputs import Report
from presentation.writing.typst import block

TARGETS = {
    "ATE": "the average treatment effect in the whole population (ATE)",
    "ATT": "the average treatment effect in the treated (ATT)",
    "ATO": "the average treatment effect in the overlap population (ATO)",
}


def attributes(report: Report) -> str:
    """Return Table 8.1: treatment, population, variable, intercurrent events, summary measure, target."""
    estimand = report.protocol["estimand"]
    events = [
        (
            f"Intercurrent event {index}",
            f"{entry['event']}. Strategy: {entry['strategy']}; {_computed(report, entry)}.",
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
