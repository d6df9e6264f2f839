"""How anyone can verify an evidence report."""

from presentation.writing.inputs import Report
from presentation.writing.typst import Code, block, call, literal


def commands(report: Report) -> str:
    """Return the commands that verify the record, show what is to be decided, and make this report again."""
    run = report.run
    own = (
        f"medicore review {run['id']}",
        f"medicore verify {run['id']}",
        f"medicore reproduce {run['id']}",
    )
    others = (f"git checkout {run['record_tag']}", "dvc pull && python -m medicore step evidence")
    return block(
        call(
            "together",
            call("command", *map(_line, own)),
            call("para", "With git and DVC alone, from a clone of the record repository:"),
            call("command", *map(_line, others)),
        )
    )


def _line(text: str) -> Code:
    return literal(text, breakable=False)
