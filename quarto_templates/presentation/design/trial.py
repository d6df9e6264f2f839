"""trial: the target trial that an observational study emulates, specified and emulated side by side (TARGET 2025)."""

from typing import Any

from presentation.sections.estimand import TARGETS
from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.typst import block, call

_ASSIGNED = (
    "At random, and known to the subject and the investigator.",
    "By the data: each subject has the treatment that it is recorded to have started. Given the covariates ({covariates}) it is "
    "taken to be as if at random.",
)


def emulated(report: Report) -> str:
    """Return Table 9.3: each component of the target trial, as specified and as emulated; a randomised study emulates none."""
    if not report.observational:
        return block(call("para", "Treatment was assigned at random, so that no target trial is emulated."))
    rows = [Row(cells, "loose") for cells in _components(report)]
    columns = (
        Column(("Component",), "left", "26mm"),
        Column(("Target trial, specified",), "left", "1fr"),
        Column(("Emulation with these data",), "left", "1fr"),
    )
    note = "Components of TARGET 2025 (Cashin et al. 2025; Hernán & Robins 2016), from the protocol."
    title = "The target trial, specified and emulated (TARGET 2025)"
    return block(table("9.3", title, columns, rows, note=note))


def _components(report: Report) -> list[tuple[str, str, str]]:
    protocol, estimand = report.protocol, report.protocol["estimand"]
    covariates = ", ".join(str(covariate["label"]) for covariate in protocol["covariates"])
    target = TARGETS.get(estimand["target"], estimand["target"])
    return [
        ("Eligibility", estimand["population"], _eligibility(protocol)),
        (
            "Treatment strategies",
            estimand["treatment"],
            f"{report.arm('treated')}, against {report.arm('control')}.",
        ),
        ("Assignment", _ASSIGNED[0], _ASSIGNED[1].format(covariates=covariates)),
        ("Time zero", "When a subject is eligible and assigned.", _time_zero(protocol)),
        ("Follow-up", "From time zero to the assessment of the outcome.", _follow_up(protocol)),
        ("Outcome", estimand["variable"], _outcome(report)),
        ("Causal contrast", f"{estimand['summary_measure']}", f"{target[0].upper()}{target[1:]}."),
        ("Analysis", "By assigned strategy, with adjustment for baseline.", _analysis(report)),
    ]


def _eligibility(protocol: Any) -> str:  # noqa: ANN401 - the protocol's JSON
    named = "; ".join(str(one["name"]) for one in protocol["eligibility"])
    return f"Excluded, in this order: {named}." if named else "Everybody in the data lock."


def _time_zero(protocol: Any) -> str:  # noqa: ANN401 - the protocol's JSON
    anchor = _assessed(protocol).get("anchor")
    if anchor is None:
        return "The baseline visit; the data have no date of it, so that eligibility and assignment are taken to coincide."
    return "The date from which the assessment of the outcome is counted; covariates and treatment are those of the baseline."


def _assessed(protocol: Any) -> Any:  # noqa: ANN401 - the protocol's JSON
    """Return when the outcome is assessed; nothing where the protocol declares no dates."""
    declared = protocol["outcome"].get("assessed")
    return declared if isinstance(declared, dict) else {}


def _follow_up(protocol: Any) -> str:  # noqa: ANN401 - the protocol's JSON
    assessed = _assessed(protocol)
    if assessed.get("day") is None:
        return "To the visit of the outcome, without dates in the data."
    low, high = assessed["window"]
    return f"To day {assessed['day']} from time zero, window {low} to {high} days; an outcome is not yet due while it is open."


def _outcome(report: Report) -> str:
    method = report.results["cohort"]["outcomes"]["method"]
    return f"{report.protocol['outcome']['label']}, as delivered; missing outcomes: {method}."


def _analysis(report: Report) -> str:
    estimator = report.results["primary"]["estimator"]
    return (
        f"{estimator}, propensity and outcome models of the covariates; sensitivity analyses in section 11.5."
    )
