"""The subjects of a halted run by the state of their outcome: counts, and nothing of the outcomes' values."""

from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, with_share
from presentation.writing.typst import block

_GROUPS = ("treated", "control", "overall")
_STATES = (
    ("Eligible subjects of the two arms", "eligible", "total"),
    ("Not yet due", "not_yet_due", "row"),
    ("Due", "due", "row"),
    ("Observed", "observed", "indented"),
    ("Missing", "missing", "indented"),
)


def states(report: Report) -> str:
    """Return Table 14.1.1.1: the outcomes of the eligible subjects at the data lock, by arm."""
    groups = report.results["cohort"]["outcomes"]["groups"]
    cited = report.cite(*(f"cohort.outcomes.groups.{group}" for group in _GROUPS))
    rows = [
        Row((words, *(_cell(groups[group][state]) for group in _GROUPS)), kind, cited)
        for words, state, kind in _STATES
    ]
    columns = (
        Column(("Outcome",), "left", "1fr"),
        *(Column((arm.capitalize(), report.arm(arm), "n (%)"), width="30mm") for arm in _GROUPS[:2]),
        Column(("Overall", "", "n (%)")),
    )
    words = (
        "Percentages of the eligible, or of those whose outcome was due. Values of outcomes are not shown."
    )
    return block(
        table("14.1.1.1", "Outcomes at the data lock", columns, rows, note=words, source="cohort.outcomes")
    )


def _cell(found: dict[str, float]) -> str:
    return with_share(found["n"], found["share"]) if "share" in found else count(found["n"])
