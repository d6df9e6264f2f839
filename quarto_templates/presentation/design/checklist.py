"""checklist: where the report answers each item of the reporting guidelines of its design, with the page."""

from presentation.design.guidelines import CONSORT, STROBE, TARGET
from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.typst import Code, block, call, joined

_ABSENT = "not in this report"
_UNDECLARED = "not declared in the protocol"
_TOPICS = {"Ethics": "ethics", "Registration": "registration", "Trial registration": "registration"}
_DISCUSSED = ("Interpretation", "Generalisability")
_NOTE = "Topics in short form; what a manuscript says beside an analysis, such as its background, is not in this report."

_Items = tuple[tuple[str, str, tuple[str, ...]], ...]


def items(report: Report) -> str:
    """Return Table 16.6, and 16.6.1 of an emulated target trial: each item of the guidelines with its place in this report."""
    if not report.observational:
        return block(_table(report, "16.6", "CONSORT 2025", CONSORT))
    return block(
        _table(report, "16.6", "TARGET 2025", TARGET),
        _table(report, "16.6.1", "STROBE, cohort studies", STROBE),
    )


def _table(report: Report, number: str, name: str, guideline: _Items) -> Code:
    rows = [Row((item, topic, _located(report, topic, places))) for item, topic, places in guideline]
    columns = (
        Column(("Item",), "left", "16mm"),
        Column(("Topic",), "left", "1fr"),
        Column(("Place",), "left", "70mm"),
    )
    return table(number, f"Items of {name} and where they are answered", columns, rows, note=_NOTE)


def _located(report: Report, topic: str, places: tuple[str, ...]) -> str | Code:
    """Return the place of an item: its sections with their pages, that it is not declared, or that it is absent."""
    if not places:
        return _ABSENT
    if _silent(report, topic):
        return _UNDECLARED
    parts: list[str | Code] = []
    for place in places:
        parts += [*(["; "] if parts else []), call("section-place", place)]
    return joined(*parts)


def _silent(report: Report, topic: str) -> bool:
    """Return whether an item is answered by a declaration that the protocol does not make."""
    key = (
        "discussion"
        if topic in _DISCUSSED
        else "limitations"
        if topic.startswith("Limitations")
        else _TOPICS.get(topic)
    )
    return key is not None and not report.protocol.get(key)
