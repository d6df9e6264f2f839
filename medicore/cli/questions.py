"""Verbs for an inspector's questions about people and patients: attempts, approvals, subject."""

from typing import Annotated, Any

import typer

from medicore.cli.app import Json, RunText, app, house, settings
from medicore.cli.show import emit, pairs, say, table
from medicore.errors import IntegrityError


@app.command()
def attempts(
    study: Annotated[str | None, typer.Argument(help="A study; all by default.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that failed, halted or were refused.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show how every attempt at an analysis ended: step, message, time and requester."""
    from medicore.cases.answers.attempts import attempts
    from medicore.records.identifiers import study_id

    rows = attempts(house(settings()), study_id(study) if study else None, failed=failed)
    if as_json:
        emit(rows)
        return
    cells = [
        (
            row["run"] or "no run",
            row["how"],
            row["step"] or "–",
            row["at"][:19],
            row["requested_by"],
            row["state"],
            "; ".join(row["messages"]) or "–",
        )
        for row in rows
    ]
    heads = ("run", "ended", "step", "when (UTC)", "asked by", "state now", "message")
    table("Attempts", heads, cells)


@app.command()
def approvals(run: RunText, as_json: Json = False) -> None:
    """Show every decision and signature on a run: who, why, with which certificate, on what, and whether it is valid."""
    from medicore.cases.review.approvals import approvals
    from medicore.records.identifiers import RunId

    answer = approvals(house(settings()), RunId.parse(run))
    if as_json:
        emit(answer)
    else:
        _show_approvals(answer)
    void = [row for row in answer["decisions"] if row["fault"]]
    if void:
        raise IntegrityError(f"decision {void[0]['sequence']} of {run} does not hold: {void[0]['fault']}")


def _show_approvals(answer: dict[str, Any]) -> None:
    needed = answer["approvals_needed"]
    wanted = f"; a release needs {needed} people's approvals" if needed > 1 else ""
    say(
        f"{answer['run']}, requested by {answer['requested_by']}: {len(answer['decisions'])} decision(s){wanted}"
    )
    for row in answer["decisions"]:
        certificate = row["certificate"]
        say()
        facts = {
            "decision": f"{row['meaning']}, ledger event {row['sequence']}",
            "signed by": f"{row['name']} ({row['signer']}), {row['role']}",
            "when (UTC)": row["at"],
            "reason": row["reason"],
            "finding": row["finding"] or "the report as a whole",
            "certificate": f"serial {certificate['serial']}, issued by: {certificate['issuer']}",
            "fingerprint": certificate["fingerprint"],
            "valid": f"{certificate['valid_from']} to {certificate['valid_until']}; now {certificate['now']}",
            "when signed": "the signature was valid"
            if row["valid_when_signed"]
            else f"NOT VALID: {row['fault']}",
            "now": "the signature is valid for exactly these bytes"
            if row["valid_now"]
            else f"NOT VALID: {row['fault']}",
        }
        pairs(facts)
        say("signed on")
        for name, digest in row["digests"].items():
            say(f"  {digest}  {name}")
    if answer["refused"]:
        say()
        cells = [
            (row["at"][:19], row["who"], row["meaning"] or "–", row["message"]) for row in answer["refused"]
        ]
        table("Refused attempts to sign", ("when (UTC)", "who", "meaning", "why"), cells)


@app.command()
def subject(
    study: Annotated[str, typer.Argument(help="Study, as MED-2024-0147.")],
    patient: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="The patient's identifier in the export.")
    ],
    month: Annotated[
        str | None, typer.Option(help="Analysis month; by default the last with a record.")
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--as", help="Who looks, a reviewer or quality; by default the setting 'person'."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one patient: the row as delivered, each criterion with its value, the CONSORT box.

    The ledger records who looked.
    """
    from medicore.cases.answers.subject import subject
    from medicore.cli.passphrase import passphrase_of

    chosen = settings()
    answer = subject(house(chosen), study, patient, person or chosen.person or "", passphrase_of, month)
    if as_json:
        emit(answer)
        return
    source, box = answer["source"], answer["box"]
    rows = [_row(place) for place in (source, *source["joined"])]
    where = f"analysed, arm {box['arm']} ({box['group']})" if box["arm"] else f"{box['box']}: {box['reason']}"
    where += f"; outcome {box['outcome']}" if box["outcome"] else ""
    facts = {
        "subject": f"{answer['subject']} of {answer['run']}",
        "box": where,
        "source row": rows[0],
        **{f"joined row {number}": row for number, row in enumerate(rows[1:], start=1)},
    }
    pairs(facts)
    cells = [
        (
            row["name"],
            _rule(row),
            "missing" if row["value"] is None else row["value"],
            "yes" if row["satisfied"] else "NO",
        )
        for row in answer["criteria"]
    ]
    table("\nEligibility, in order", ("criterion", "rule", "value", "satisfied"), cells)
    say("\nas delivered")
    pairs(source["values"])


def _row(place: dict[str, Any]) -> str:
    line = "" if place["line"] is None else f" (line {place['line']})"
    return f"{place['row']}{line} of {place['file']}, SHA-256 {place['sha256']}"


def _rule(row: dict[str, Any]) -> str:
    expected = row["expected"]
    shown = (
        ", ".join(expected)
        if isinstance(expected, tuple | list)
        else ""
        if expected is None
        else str(expected)
    )
    return f"{row['column']} {row['operator']} {shown}".rstrip()
