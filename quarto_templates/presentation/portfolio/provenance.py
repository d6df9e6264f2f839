"""Provenance: the records behind the summary, and how anyone can verify it."""

from collections.abc import Mapping
from typing import Any

from presentation.portfolio.inputs import Portfolio
from presentation.portfolio.words import clock
from presentation.writing.exhibits import facts
from presentation.writing.typst import Code, block, call, joined, literal, mono

_MOST_CHECKED = 3


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
    """Return the tables from 6.2 on: commit, tags and digest of the results for each run's record."""
    shown = [row for row in portfolio.runs if row["commit"]]
    return block(*(_record(number, row) for number, row in enumerate(shown, start=2)))


def _record(number: int, row: Mapping[str, Any]) -> Code:
    texts = (
        ("Sealed as", row["tag"]),
        ("Sealed commit", row["commit"]),
        ("Released as", row["record_tag"]),
        ("Released commit", row["record_commit"]),
        ("Code commit", row["code_commit"]),
        ("results.json", row["results_sha256"]),
    )
    return facts(
        f"6.{number}", f"Record of {row['run']}", [(name, mono(text)) for name, text in texts if text]
    )


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
