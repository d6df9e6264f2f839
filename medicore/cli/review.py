"""Verbs of the reviewer: review and sign."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from medicore.cli.app import Json, RunText, app, house, prefect, settings
from medicore.cli.show import emit, figure, pairs, say, table

if TYPE_CHECKING:
    from medicore.records.finding import StoredFinding


@app.command()
def review(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run; all that wait by default.")] = None,
    as_json: Json = False,
) -> None:
    """Show what waits for a decision, or what one run waits for."""
    from flows.shown.afterwards import REPORT_MISSING, afterwards
    from medicore.cases.answers.lookup import lines
    from medicore.cases.answers.status import line_of
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
    }
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
    from flows.shown.afterwards import SIGNED_REPORT_MISSING, afterwards
    from medicore.cases.answers.status import line
    from medicore.cases.review.review import Decision, sign_decision
    from medicore.cli.passphrase import passphrase_of
    from medicore.layout import lay_out_signed_report
    from medicore.records.identifiers import RunId

    require_given_server()  # before anything is signed
    chosen = settings()
    opened = house(chosen)
    target = RunId.parse(run)
    decision = Decision(person, meaning, reason, finding)
    with opened.locks.hold(target.study, target.month, f"medicore sign {run}"):
        event = sign_decision(opened, target, decision, passphrase_of(person))
    with prefect(command, chosen.home):
        from flows.analysis import outcome_of
        from flows.ending import noting
        from flows.requests import ReviewRequest
        from flows.review import review as follow

        outcome = outcome_of(noting(lambda: follow(ReviewRequest(run=run), return_state=True)))
    row, address = line(opened, target), ""
    with afterwards(target, SIGNED_REPORT_MISSING):
        address = lay_out_signed_report(chosen, opened, target)
    if as_json:
        emit({**row, "decision": event.as_json(), "signed_report": address or None})
    else:
        say(f"Signed by {person} at {event.at}: {meaning}. Ledger event {event.sequence}.")
        pairs({"run": run, "state": row["state"], **({"signed report": address} if address else {})})
        for message in row["messages"] if outcome.exit_code else ():
            say(message)
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)
