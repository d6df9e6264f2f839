"""How anyone can verify an evidence report."""

from presentation.sections.provenance import to_verify
from presentation.writing.inputs import Report


def commands(report: Report) -> str:
    """Return the commands that verify the record, show what is to be decided, and make this report again."""
    run = report.run["id"]
    own = (f"medicore review {run}", f"medicore verify {run}", f"medicore reproduce {run}")
    return to_verify(own, "dvc pull && python -m medicore step evidence", report)
