"""findings: what the gates found, how often they fire by chance, and the decisions."""

from typing import Any

from presentation.writing.exhibits import facts
from presentation.writing.inputs import Report
from presentation.writing.numbers import percent, plural
from presentation.writing.typst import Code, block, call, joined, mono


def findings_and_decisions(report: Report) -> str:
    """Return one table per finding with its decision, or a sentence when there is none."""
    found = report.results["findings"]
    if not found:
        words = "No gate of the protocol fired: nothing needed a decision before the analysis went on."
        return block(call("para", words))
    lead = call(
        "lead",
        f"{plural(len(found), 'finding')} needed a decision. A decision is signed and bound to its very finding.",
    )
    return block(lead, *(_finding(report, index, finding) for index, finding in enumerate(found, start=1)))


def _finding(report: Report, index: int, finding: dict[str, Any]) -> Code:
    cited = report.cite(f"findings.{index - 1}")
    rate = finding["false_alarm_rate"]
    chance = "not applicable" if rate is None else f"{percent(rate)} if nothing were wrong"
    pairs: list[tuple[str, str | Code]] = [
        ("What was found", joined(finding["message"], cited)),
        ("Statistic and limit", joined(f"{finding['statistic']} against {finding['threshold']}", cited)),
        ("Expected false alarms", chance if rate is None else joined(chance, cited)),
        ("May be overridden", "yes" if finding["overridable"] else "no"),
        ("Digest", mono(finding["digest"])),
    ]
    decision = finding["decision"]
    if decision is None:
        pairs.append(("Decision", "none yet"))
    else:
        pairs.append(("Decision", f"{decision['meaning']}: {decision['reason']}"))
        pairs.append(
            (
                "Signed by",
                f"{decision['name']} ({decision['signer']}), {decision['role']}, {decision['signed_at']}",
            )
        )
    earlier = finding.get("answered")
    if earlier is not None:
        words = f"ledger event {earlier['sequence']}, on run {earlier['run']}, whose look this run repeats"
        pairs.append(("Where it was decided", words))
    title = f"Finding {index}: {finding['step']} – {finding['gate']} – {report.term(finding['subject'])}"
    return facts(f"11.7.{index}", title, pairs, source=f"findings.{index - 1}")
