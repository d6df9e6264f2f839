"""What a person must decide: each finding, how often it fires by chance, and what each decision means."""

from typing import Any

from presentation.writing.exhibits import facts
from presentation.writing.inputs import Report
from presentation.writing.numbers import percent, plural
from presentation.writing.typst import Code, block, call, joined, mono

_REJECT = (
    "The run ends as rejected, with the reason in the ledger. Its record and this report are kept; nothing of it is released. "
    "The month stays without a released result until another run of it is approved."
)
_CORRECT = (
    "Reject this run with the fault of the data as the reason, and have it corrected in the source system, whose audit trail "
    "holds the correction. Then request a new run: it freezes a new data lock and passes every gate again."
)
_AMEND = (
    "Reject this run with the amendment as the reason, and put a new version of the protocol in force before a new run is "
    "requested. Where a run of the study was approved before, a run under another protocol halts at the step check, so that the "
    "amendment is itself decided on. A limit that is changed after it was exceeded has to be justified there."
)


def findings(report: Report) -> str:
    """Return one table for each finding up to the halt; those that wait for a decision come first."""
    found = list(enumerate(report.results["findings"], start=1))
    waiting = [entry for entry in found if entry[1]["waits"]]
    step = report.results["halt"]["step"]
    lead = call(
        "lead",
        f"The run halted at the step {step} with {plural(len(waiting), 'finding')} to be decided. A decision is signed and "
        "bound to its very finding, to the data lock and to this report.",
    )
    ordered = [*waiting, *(entry for entry in found if not entry[1]["waits"])]
    return block(lead, *(_finding(report, *entry) for entry in ordered))


def _finding(report: Report, index: int, finding: dict[str, Any]) -> Code:
    cited = report.cite(f"findings.{index - 1}")
    rate = finding["false_alarm_rate"]
    chance: str | Code = "not applicable"
    if rate is not None:
        chance = joined(f"in {percent(rate)} of runs if nothing were wrong", cited)
    pairs: list[tuple[str, str | Code]] = [
        ("What was found", joined(finding["message"], cited)),
        ("Statistic", joined(finding["statistic"], cited)),
        ("Limit", joined(finding["threshold"], cited)),
        ("False alarms", chance),
        ("Decision", _decision(finding)),
        ("Digest", mono(finding["digest"])),
    ]
    title = f"Finding {index}: {finding['step']} – {finding['gate']} – {report.term(finding['subject'])}"
    return facts(f"1.{index}", title, pairs, source=f"findings.{index - 1}")


def _decision(finding: dict[str, Any]) -> str:
    decision = finding["decision"]
    if decision is not None:
        return (
            f"{decision['meaning']}: {decision['reason']}. {decision['name']} ({decision['signer']}), {decision['role']}, "
            f"{decision['signed_at']}"
        )
    if finding["answered_by"]:
        return f"none yet; to proceed needs the signature of a person in the role {' or '.join(finding['answered_by'])}"
    return "none yet; no signature overrides it"


def choices(report: Report) -> str:
    """Return Table 2.1: what each decision would mean for this run."""
    pairs = (
        ("Proceed", _proceed(report)),
        ("Reject", _REJECT),
        ("Correct the data", _CORRECT),
        ("Amend the protocol", _AMEND),
    )
    run = report.run["id"]
    note = f"'medicore review {run}' prints the command for each decision and the digests to which a signature is bound."
    return block(facts("2.1", "What each decision means", pairs, note=note))


def _proceed(report: Report) -> str:
    found = list(enumerate(report.results["findings"], start=1))
    fixed = [
        f"finding {index}" for index, finding in found if finding["waits"] and not finding["answered_by"]
    ]
    if fixed:
        return f"Not possible for this run: no signature overrides {', '.join(fixed)}."
    return (
        f"Each finding needs its own signed decision, with a reason. The run then goes on after the step "
        f"{report.results['halt']['step']}, on the same data lock, protocol and code; nothing is computed differently. Its report "
        "prints the finding, the reason and the signature. A later step can halt the run again."
    )
