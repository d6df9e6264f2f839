"""checklist: where the report answers each item of the reporting guideline of its design."""

from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.typst import block

_ABSENT = "not in this report"
STROBE = (
    ("1", "Title and abstract", "2"), ("2", "Background and rationale", ""), ("3", "Objectives", "8"),
    ("4", "Study design", "9.3"), ("5", "Setting", "9.1"), ("6", "Participants, eligibility", "10.1"),
    ("7", "Variables", "8"), ("8", "Data sources and measurement", "9.1"), ("9", "Bias", "9.3"), ("10", "Study size", "11.4"),
    ("11", "Quantitative variables", "11.1"), ("12", "Statistical methods", "16.1.9"), ("13", "Participants, flow", "10.1"),
    ("14", "Descriptive data", "11.1"), ("15", "Outcome data", "10.1"), ("16", "Main results", "11.4"),
    ("17", "Other analyses", "11.5"), ("18", "Key results", "2"), ("19", "Limitations", "13"), ("20", "Interpretation", "11.4"),
    ("21", "Generalisability", "13"), ("22", "Funding", "2"),
)  # fmt: skip
"""The items of STROBE (2007), each with the section that answers it; empty where none does."""

CONSORT = (
    ("1", "Title and structured abstract", "2"), ("2", "Trial registration", "5"), ("3", "Protocol and analysis plan", "16.3"),
    ("4", "Data sharing", "16.4"), ("5", "Funding and conflicts of interest", "2"), ("6", "Background and rationale", ""),
    ("7", "Objectives", "8"), ("8", "Patient and public involvement", ""), ("9", "Trial design", "9.2"),
    ("10", "Changes to the protocol", "10.3"), ("11", "Trial setting", "9.1"), ("12", "Eligibility criteria", "10.1"),
    ("13", "Intervention and comparator", "8"), ("14", "Outcomes", "8"), ("15", "Harms, definition", "12.2"),
    ("16", "Sample size and interim analyses", "11.4"), ("17", "Sequence generation", "11.1"),
    ("18", "Allocation concealment", ""), ("19", "Implementation of the randomisation", ""), ("20", "Blinding", ""),
    ("21", "Statistical methods", "16.1.9"), ("22", "Participant flow", "10.1"), ("23", "Recruitment", "9.1"),
    ("24", "Intervention as delivered", "10.1"), ("25", "Baseline data", "11.1"),
    ("26", "Numbers analysed, outcomes and estimation", "11.4"), ("27", "Harms, results", "12.2"),
    ("28", "Ancillary analyses", "11.6"), ("29", "Interpretation", "11.4"), ("30", "Limitations", "13"),
)  # fmt: skip
"""The items of CONSORT 2025, each with the section that answers it; empty where none does."""


def items(report: Report) -> str:
    """Return Table 16.6: each item of STROBE or CONSORT 2025 with the section of this report; what is absent is said."""
    name = "STROBE" if report.observational else "CONSORT 2025"
    rows = [
        Row((number, topic, f"Section {section}" if section else _ABSENT))
        for number, topic, section in (STROBE if report.observational else CONSORT)
    ]
    columns = (
        Column(("Item",), "left", "16mm"),
        Column(("Topic",), "left", "1fr"),
        Column(("Location",), "left", "44mm"),
    )
    note = "Topics in short form; what a manuscript says beside an analysis, such as its background, is not in this report."
    return block(table("16.6", f"Items of {name} and where they are answered", columns, rows, note=note))
