"""Verbs of the reviewer: review and sign."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from medicore.cli.app import Json, RunText, app, house, settings
from medicore.cli.reviewing.findings import answered_by, possible_answer
from medicore.cli.serving.followed import followed
from medicore.cli.show import emit, pairs, say, show_explored, show_head, table, warn

if TYPE_CHECKING:
    from medicore.ports.house import House
    from medicore.records.identifiers import RunId
    from medicore.records.ledger.history import RunHistory
    from medicore.settings import Settings


@app.command()
def review(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run; by default all that wait.")] = None,
    as_json: Json = False,
) -> None:
    """Show the runs that wait for a decision; for one run, show its findings and their answers."""
    from medicore.cases.answers.exploratory import explored
    from medicore.cases.run.histories import history_of
    from medicore.records.identifiers import RunId

    chosen = settings()
    opened = house(chosen)
    if run is None:
        _list_waiting(opened, as_json=as_json)
        return
    history = history_of(opened, RunId.parse(run))
    if history.state.name == "EXPLORED":
        tried = explored(opened, history)
        emit(tried) if as_json else show_explored(tried)
        return
    answer = _reviewed(chosen, opened, RunId.parse(run))
    warn(answer["warnings"].items())
    if as_json:
        emit(answer)
    else:
        _show_reviewed(answer)


def _list_waiting(opened: "House", *, as_json: bool) -> None:
    from medicore.cases.answers.lookup import lines

    waiting = [row for row in lines(opened) if "awaiting" in row["state"]]
    if as_json:
        emit(waiting)
        return
    cells = [(row["run"], row["state"], row["requested_by"], "; ".join(row["messages"])) for row in waiting]
    table("Waiting for a decision", ("run", "state", "requested by", "findings"), cells)


def _reviewed(chosen: "Settings", opened: "House", target: "RunId") -> dict[str, Any]:
    """Return the state of a run: its line, its findings with their answers, what a signature binds to, what comes next."""
    from flows.shown.afterwards import REPORT_MISSING, afterwards
    from medicore.cases.answers.shown import shown_findings
    from medicore.cases.answers.status import line_of
    from medicore.cases.review.namesakes import namesakes
    from medicore.cases.review.returning import returns_of
    from medicore.cases.review.review import answered_findings, next_step, require_open, standing_decisions
    from medicore.cases.run.decisions import decision_digests
    from medicore.cases.run.histories import history_of
    from medicore.layout import report_for_people

    history, report = history_of(opened, target), ""
    halted = require_open(history).name == "HALTED"
    standing = standing_decisions(opened, history)
    answered = answered_findings(standing)
    with afterwards(target, REPORT_MISSING):
        report = report_for_people(chosen, opened, target)
    held = history.findings if halted else ()
    shown = shown_findings(opened, target.study, (finding.stored for finding in held))
    findings = [
        {
            **told,
            "may_be": possible_answer(finding),
            "answered": answered_by(answered.get(finding.digest), told),
        }
        for told, finding in zip(shown, held, strict=True)
    ]
    return {
        **line_of(opened, history),
        "report": None if halted else report or None,
        "evidence_report": (report or None) if halted else None,
        "findings": findings,
        "decision_is_bound_to": decision_digests(opened, target, history.sealed_commit),
        "returned": returns_of(opened, history),
        "next": _command(history, *next_step(history, standing)),
        "warnings": dict(namesakes(opened, history)),
    }


def _command(history: "RunHistory", what: str, about: str | None) -> str:
    """Return the command for the step that a run needs next, according to ``next_step``."""
    from medicore.records.finding import PREVIOUS_LOCK

    if what == "follow":
        return f"medicore follow {history.run}"
    meaning = f"sign {history.run} --meaning {what}{f' --finding {about[:12]}' if about else ''}"
    who = "quality" if history.gate_of(about) == PREVIOUS_LOCK else "reviewer"
    return f"medicore {meaning} --as {who} --reason '…'"


def _next_answer(opened: "House", target: "RunId") -> str:
    """Return the command for the next signature that a run needs; empty when every one is there."""
    from medicore.cases.review.review import next_step, standing_decisions
    from medicore.cases.run.histories import history_of

    history = history_of(opened, target)
    if history.state.name not in {"HALTED", "SEALED"}:
        return ""
    what, about = next_step(history, standing_decisions(opened, history))
    return _command(history, what, about) if about or what == "approve" else ""


def _show_reviewed(answer: dict[str, Any]) -> None:
    named = {"report": answer["report"], "evidence": answer["evidence_report"]}
    show_head(answer, named)
    for finding in answer["findings"]:
        say()
        rate, answered = finding.get("false_alarm_rate"), finding["answered"]
        said = f"{answered['meaning']}, by {answered['name']} at {answered['at'][:19]}" if answered else ""
        pairs(
            {
                "finding": finding["digest"],
                "gate": f"{finding['step']}: {finding['gate']} of {finding['subject']}",
                "statistic": f"{finding['statistic']} (threshold {finding['threshold']})",
                "false alarms": "not applicable" if rate is None else f"{rate:.2%} expected under balance",
                "message": finding["message"],
                **(
                    {"answer": finding["may_be"]}
                    if answered is None
                    else {
                        "answered": f"{said}, ledger event {answered['sequence']}",
                        "reason": answered["reason"],
                    }
                ),
            }
        )
    if answer["findings"]:
        done = sum(finding["answered"] is not None for finding in answer["findings"])
        say(f"\n{done} of {len(answer['findings'])} finding(s) answered.")
    for told in answer["returned"]:
        say(
            f"returned by {told['by']} at {told['at'][:19]}, ledger event {told['sequence']}: {told['comments']}"
        )
    say("\nA signature binds to:")
    pairs(answer["decision_is_bound_to"])
    say(f"\nNext: {answer['next']}")


@app.command()
def sign(
    command: typer.Context,
    run: RunText,
    meaning: Annotated[str, typer.Option(help="proceed, approve or reject.")],
    reason: Annotated[str, typer.Option(help="Why; an inspector will read it.")],
    person: Annotated[str, typer.Option("--as", help="Who signs.")],
    finding: Annotated[
        str | None, typer.Option(help="The finding that is answered, by its digest or the beginning of it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Sign a decision on a run, and carry it out: continue, release and archive, or close the run.

    A halted run continues when each of its findings is answered; until then the command shows how to answer the next
    one.
    """
    from flows.serving.server import require_given_server
    from medicore.cases.answers.status import line
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
        before, _ = opened.ledger.head()
        event = sign_decision(opened, target, decision, passphrase_of(person))
    again = event.sequence <= before
    how = "Nothing was added, signed before" if again else "Signed"
    said = f"{how} by {person} at {event.at}: {meaning}. Ledger event {event.sequence}."
    following = _next_answer(opened, target)
    if following:
        if as_json:
            emit(
                {
                    **line(opened, target),
                    "decision": event.as_json(),
                    "signed_before": again,
                    "next": following,
                }
            )
        else:
            say(said)
            say(f"Next: {following}")
        return
    done = followed(command, chosen, opened, target)
    if as_json:
        emit(
            {
                **done.row,
                "decision": event.as_json(),
                "signed_before": again,
                "signed_report": done.address or None,
            }
        )
    else:
        say(said)
        done.show()
    done.leave()


@app.command()
def follow(command: typer.Context, run: RunText, as_json: Json = False) -> None:
    """Carry out the signed decisions on a run after an interruption: continue, release, archive or close it.

    It needs no signature: a decision is valid as of the time at which the ledger recorded it, even if its signer was
    revoked later.
    """
    from flows.serving.server import require_given_server
    from medicore.records.identifiers import RunId

    require_given_server()
    chosen = settings()
    opened = house(chosen)
    done = followed(command, chosen, opened, RunId.parse(run))
    if as_json:
        emit({**done.row, "signed_report": done.address or None})
    else:
        done.show()
    done.leave()
