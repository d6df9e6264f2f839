"""The estimand: its five attributes (ICH E9(R1)) and the target population of the contrast."""

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
        (f"Intercurrent event {index}", f"{entry['event']}. Strategy: {entry['strategy']}.")
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
    note = "Intercurrent-event strategies are those of ICH E9(R1), section A.3.2."
    return block(facts("8.1", "Attributes of the estimand (ICH E9(R1))", pairs, note=note))
