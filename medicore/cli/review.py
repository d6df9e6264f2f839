"""Verbs of the reviewer: review and sign."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medicore.cli.app import Json, RunText, app, house, prefect, settings
from medicore.cli.show import emit, figure, pairs, say, table, warn

if TYPE_CHECKING:
    from medicore.ports.house import House
    from medicore.records.finding import StoredFinding
    from medicore.records.identifiers import RunId
    from medicore.settings import Settings


@app.command()
def review(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run; all that wait by default.")] = None,
    as_json: Json = False,
) -> None:
    """Show what waits for a decision, or what one run waits for."""
    from flows.shown.afterwards import REPORT_MISSING, afterwards
    from medicore.cases.answers.lookup import lines
    from medicore.cases.answers.status import line_of
    from medicore.cases.review.namesakes import namesakes
    from medicore.cases.review.review import require_open
    from medicore.cases.run.decisions import decision_digests
    from medicore.cases.run.histories import history_of
    from medicore.layout import report_for_people
    from medicore.records.identifiers import RunId

    chosen = settings()
    opened = house(chosen)
    if run is None:
        waiting = [row for row in lines(opened) if "awaiting" in row["state"]]
        if as_json:
            emit(waiting)
        else:
            cells = [
                (row["run"], row["state"], row["requested_by"], "; ".join(row["messages"])) for row in waiting
            ]
            table("Waiting for a decision", ("run", "state", "requested by", "findings"), cells)
        return
    target, report = RunId.parse(run), ""
    history = history_of(opened, target)
    found = require_open(history)
    findings = history.findings if found.name == "HALTED" else ()
    with afterwards(target, REPORT_MISSING):
        report = report_for_people(chosen, opened, target)
    answer: dict[str, Any] = {
        **line_of(opened, history),
        "report": report or None,
        "findings": [dict(finding.stored) for finding in findings],
        "decision_is_bound_to": decision_digests(opened, target, history.sealed_commit),
        "warnings": dict(namesakes(opened, history)),
    }
    warn(answer["warnings"].items())
    if as_json:
        emit(answer)
        return
    shown = {"report": report} if report else {}
    pairs({"run": run, "state": found.value, "requested by": answer["requested_by"], **shown})
    if answer["estimate"] is not None:
        interval = f"{figure(answer['ci_low'])} to {figure(answer['ci_high'])}"
        say(f"estimate  {figure(answer['estimate'])}  95% interval {interval}  n {answer['n']}")
    for missing in answer.get("not_estimable", ()):
        say(missing)
    for finding in findings:
        say()
        rate = finding.false_alarm_rate
        pairs(
            {
                "finding": finding.digest,
                "gate": f"{finding.step}: {finding.gate} of {finding.subject}",
                "statistic": f"{finding.statistic} (threshold {finding.threshold})",
                "false alarms": "not applicable" if rate is None else f"{rate:.2%} expected under balance",
                "message": finding.message,
                "answer": _answer(finding),
            }
        )
    say()
    say("A signature binds to:")
    pairs(answer["decision_is_bound_to"])
    last = "--meaning approve"
    if findings:
        last = f"--meaning proceed --finding {findings[0].digest[:12]}"
    if any(not finding.overridable for finding in findings):
        last = "--meaning reject"
    say(f"\nNext: medicore sign {run} {last} --as reviewer --reason '…'")


def _answer(finding: "StoredFinding") -> str:
    """Return what a finding may be answered with."""
    if finding.overridable:
        return "proceed or reject"
    return (
        "reject; the data need correction" if finding.step == "check" else "reject; no signature overrides it"
    )


@app.command()
def sign(
    command: typer.Context,
    run: RunText,
    meaning: Annotated[str, typer.Option(help="proceed, approve or reject.")],
    reason: Annotated[str, typer.Option(help="Why; an inspector will read it.")],
    person: Annotated[str, typer.Option("--as", help="Who signs.")],
    finding: Annotated[
        str | None, typer.Option(help="The finding that is answered, or the beginning of its digest.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Sign a decision on a run, and let the run follow it: continue, be released and archived, or close."""
    from flows.serving.server import require_given_server
    from medicore.cases.review.readiness import require_ready
    from medicore.cases.review.review import Decision, sign_decision
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import RunId

    require_given_server()  # before anything is signed
    chosen = settings()
    opened = house(chosen)
    target = RunId.parse(run)
    decision = Decision(person, meaning, reason, finding)
    require_ready(opened, target, meaning)
    with opened.locks.hold(target.study, target.month, f"medicore sign {run}"):
        event = sign_decision(opened, target, decision, passphrase_of(person))
    followed = _followed(command, chosen, opened, target)
    if as_json:
        emit({**followed.row, "decision": event.as_json(), "signed_report": followed.address or None})
    else:
        say(f"Signed by {person} at {event.at}: {meaning}. Ledger event {event.sequence}.")
        followed.show()
    followed.leave()


@app.command()
def follow(command: typer.Context, run: RunText, as_json: Json = False) -> None:
    """Do what the signed decisions on a run say, where that was interrupted: continue, release, archive or close it.

    It needs no signature: a decision is valid as of the time at which the ledger recorded it, even where its signer was
    revoked since.
    """
    from flows.serving.server import require_given_server
    from medicore.records.identifiers import RunId

    require_given_server()
    chosen = settings()
    opened = house(chosen)
    followed = _followed(command, chosen, opened, RunId.parse(run))
    if as_json:
        emit({**followed.row, "signed_report": followed.address or None})
    else:
        followed.show()
    followed.leave()


@dataclass(frozen=True, slots=True)
class _Followed:
    """Where a run stands after its decisions were followed, where its signed report lies, and the exit code."""

    row: dict[str, Any]
    address: str
    code: int

    def show(self) -> None:
        """Print where the run stands, and what went wrong."""
        signed = {"signed report": self.address} if self.address else {}
        pairs({"run": self.row["run"], "state": self.row["state"], **signed})
        for message in self.row["messages"] if self.code else ():
            say(message)

    def leave(self) -> None:
        """End the command with the exit code of what happened."""
        if self.code:
            raise typer.Exit(self.code)


def _followed(command: typer.Context, chosen: "Settings", opened: "House", target: "RunId") -> _Followed:
    """Follow the decisions on a run by the flow, and return where it then stands."""
    from flows.shown.afterwards import SIGNED_REPORT_MISSING, afterwards
    from medicore.cases.answers.status import line
    from medicore.layout import lay_out_signed_report

    with prefect(command, chosen.home):
        from flows.analysis import outcome_of
        from flows.ending import noting
        from flows.requests import ReviewRequest
        from flows.review import review as flow

        outcome = outcome_of(noting(lambda: flow(ReviewRequest(run=str(target)), return_state=True)))
    row, address = line(opened, target), ""
    with afterwards(target, SIGNED_REPORT_MISSING):
        address = lay_out_signed_report(chosen, opened, target)
    return _Followed(row, address, outcome.exit_code)
