"""Open findings: what the gates found in halted runs, who may decide on it, and how."""

from typing import Any

from presentation.portfolio.inputs import Portfolio
from presentation.portfolio.words import names
from presentation.writing.exhibits import facts
from presentation.writing.numbers import percent
from presentation.writing.typst import Code, block, call, mono

_MOST_NAMES = 6


def open_findings(portfolio: Portfolio) -> str:
    """Return one table per open finding, or a sentence when there is none."""
    found = [finding for study in portfolio.studies for finding in study["open"]]
    if not found:
        return block(call("para", "No run of the month waits at a finding."))
    lead = (
        "A halted run waits for a signed answer to each of its findings. Who may give it was looked up in the ledger: "
        "their role allows it, their key is in force, they are not locked out, and they did not ask for the run."
    )
    return block(call("lead", lead), *(_finding(index, one) for index, one in enumerate(found, start=1)))


def _finding(index: int, found: dict[str, Any]) -> Code:
    rate = found["false_alarm_rate"]
    pairs: list[tuple[str, str | Code]] = [
        ("What was found", found["message"]),
        ("Statistic and limit", f"{found['statistic']} against {found['threshold']}"),
        (
            "Expected false alarms",
            "not applicable" if rate is None else f"{percent(rate)} if nothing were wrong",
        ),
        ("Answer", found["answer"]),
        ("Who may give it", names(found["who"], _MOST_NAMES) or "nobody: a reviewer has to be added"),
        ("How", mono(found["command"])),
        ("Digest", mono(found["digest"])),
    ]
    return facts(f"5.{index}", f"{found['run']}: {found['step']} – {found['gate']}", pairs, source="ledger")
