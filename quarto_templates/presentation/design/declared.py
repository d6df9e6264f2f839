"""declared: what the protocol declares of registration, ethics and limitations, and how far the data are fit for the question."""

from typing import Any

from presentation.writing.exhibits import facts
from presentation.writing.inputs import Report
from presentation.writing.numbers import count
from presentation.writing.typst import Code, block, call, joined

_UNDECLARED = "The protocol declares none."
_RULES = ("minimum", "maximum", "values")


def governance(report: Report) -> str:
    """Return Table 5.1: registration and ethics as the protocol declares them; what it does not declare is said."""
    protocol = report.protocol
    pairs = (
        ("Registration", protocol.get("registration") or _UNDECLARED),
        ("Ethics", protocol.get("ethics") or _UNDECLARED),
    )
    return block(facts("5.1", "Registration and ethics", pairs))


def discussion(report: Report) -> str:
    """Return section 13: one paragraph for each text of the discussion that the protocol declares; that it has none is said."""
    declared = report.protocol.get("discussion") or ()
    if not declared:
        return block(call("para", "The protocol declares no discussion: the results stand for themselves."))
    return block(*(call("para", words) for words in declared))


def limitations(report: Report) -> str:
    """Return the limitations in section 13: one paragraph for each that the protocol names."""
    named = report.protocol.get("limitations") or ()
    if not named:
        return block(call("para", "The protocol names no limitations."))
    return block(*(call("para", words) for words in named))


def fitness(report: Report) -> str:
    """Return Table 9.2: whether the data fit the question, by source, relevance and reliability (ICH M14)."""
    pairs = (
        ("Source", _source(report)),
        ("Relevance", _relevance(report)),
        ("Reliability", _reliability(report)),
    )
    return block(facts("9.2", "Fitness of the data (ICH M14)", pairs))


def _source(report: Report) -> Code:
    data = report.results["data"]
    words = (
        f"{data['system']}, {data['version']}, exported {data['exported_at']}; {count(data['rows'])} subjects and "
        f"{count(data['columns'])} columns, kept as delivered with their digests (section 16.3)."
    )
    return joined(words, report.cite("data.rows", "data.columns"))


def _relevance(report: Report) -> str:
    """Return what the data hold of the question: treatment, outcome, covariates."""
    protocol = report.protocol
    columns = {held["name"]: held for held in protocol["contract"]["columns"]}
    covariates = ", ".join(str(covariate["label"]) for covariate in protocol["covariates"])
    follow_up = [name for name, held in columns.items() if held["timing"] == "follow-up"]
    dated = any(columns[name]["type"] == "date" for name in follow_up)
    dates = "Dates of follow-up are delivered" if dated else "No dates of follow-up are delivered"
    return (
        f"The outcome ({protocol['outcome']['label']}) is a column of the follow-up, the treatment one of the baseline. {dates}. "
        f"Covariates measured at baseline: {covariates}."
    )


def _reliability(report: Report) -> Code:
    """Return which rules the data were held to, and what broke them."""
    columns: list[dict[str, Any]] = report.protocol["contract"]["columns"]
    required = sum(bool(held.get("required", True)) for held in columns)
    limited = sum(any(held.get(rule) is not None for rule in _RULES) for held in columns)
    words = (
        f"Each column has a type; a value is required in {required} of them, and {limited} have a range or a list of values. "
        f"{_broken(report)} Every later lock is compared with the one before, so that a value that changes after it was "
        "locked is found (section 10.2)."
    )
    violations = report.results["check"]["violations"]
    paths = [f"check.violations.{index}" for index in range(len(violations))]
    return joined(words, report.cite(*paths)) if paths else joined(words)


def _broken(report: Report) -> str:
    violations = report.results["check"]["violations"]
    if not violations:
        return "This lock breaks no rule."
    return "This lock breaks " + ", ".join(f"{one['rule']} of {one['column']}" for one in violations) + "."
