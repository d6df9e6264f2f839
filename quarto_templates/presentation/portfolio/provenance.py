"""Provenance: the records behind the summary, and how anyone can verify it."""

from presentation.portfolio.inputs import Portfolio
from presentation.portfolio.words import clock
from presentation.writing.exhibits import Column, Group, Row, facts, table
from presentation.writing.typst import Code, block, call, joined, literal, mono

_MOST_CHECKED = 3
_PARTS = (
    ("commit", "sealed commit"),
    ("record_commit", "released commit"),
    ("code_commit", "code commit"),
    ("results_sha256", "results.json"),
    ("report_sha256", "report.pdf"),
    ("evidence_sha256", "evidence.pdf"),
)


def identity(portfolio: Portfolio) -> str:
    """Return Table 6.1: the inputs of the report, and the programs that made it."""
    contents = portfolio.contents
    head = contents["ledger"]
    pairs: tuple[tuple[str, str | Code], ...] = (
        ("Month", contents["month"]),
        ("Ledger head", joined(f"event {head['sequence']} of {head['at']}, ", mono(head["digest"]))),
        ("Lateness as of", f"{clock(contents['judged_at'])}; report of {contents['day']}"),
        ("Code commit", mono(contents["code_commit"])),
        ("Renderer", ", ".join(f"{name} {value}" for name, value in sorted(contents["renderer"].items()))),
    )
    note = "The same ledger head, records, code, renderer and day give the same bytes."
    return block(facts("6.1", "Identity of the summary", pairs, note=note))


def records(portfolio: Portfolio) -> str:
    """Return Table 6.2: for each run's record its tags with their commits, its code, and the SHA-256 of results and report."""
    rows: list[Row | Group] = []
    for row in portfolio.runs:
        if row["commit"]:
            rows.append(Group(", ".join(tag for tag in (row["tag"], row["record_tag"]) if tag)))
            rows += [Row((name, mono(row[key])), "indented") for key, name in _PARTS if row[key]]
    if not rows:
        return block(call("para", "No run of the month has a record yet."))
    columns = (Column(("Record",), "left", "38mm"), Column(("Commit, or SHA-256 of a file",), "left", "1fr"))
    note = "Each record is named by its tags. Code commit: that of the code which made the record."
    return block(table("6.2", "The records", columns, rows, note=note, source="provenance.json"))


def commands(portfolio: Portfolio) -> str:
    """Return the commands that make the summary again, and those that verify the records behind it."""
    contents = portfolio.contents
    studies = " ".join(study["study"] for study in portfolio.studies)
    sealed = [row["run"] for row in portfolio.runs if row["results_sha256"]]
    lines = [
        f"medicore report portfolio {contents['month']} {studies} --on {contents['day']}",
        *(f"medicore verify {run}" for run in sealed[:_MOST_CHECKED]),
        *(f"medicore explain {run} primary.estimate" for run in sealed[:1]),
    ]
    return block(call("command", *(literal(line, breakable=False) for line in lines)))
