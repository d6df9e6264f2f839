"""Verbs of the ledger: show its events, verify that it is intact, and correct impossible events."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from medicore.cli.app import Json, RunText, Trusted, app, house, settings
from medicore.cli.foundation import foundation, show_foundation
from medicore.cli.show import emit, pairs, say, table, warn
from medicore.errors import IntegrityError

if TYPE_CHECKING:
    from medicore.ports.house import House

ledger = typer.Typer(no_args_is_help=True, help="The append-only record of everything that was done.")
app.add_typer(ledger, name="ledger")


@ledger.command()
def show(
    action: Annotated[
        str | None, typer.Option(help="Only this action, or a family: 'run.' means all actions of runs.")
    ] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this person or the service did.")] = None,
    role: Annotated[str | None, typer.Option(help="Only what was done in this role.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Only this run or person; a study or month if it ends in '/'.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only from this day (UTC) or moment (ISO 8601 with a time zone) on.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Only up to and including this day or moment.")] = None,
    last: Annotated[
        int | None, typer.Option(min=1, help="Only this number of events, the last ones.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show events in order: number, time (UTC), who in which role, what, of which run or person, why.

    While a study's comparative results are closed, what its steps found is left out of its events.
    """
    from collections import deque

    from medicore.cases.answers.shown import shown_events
    from medicore.records.ledger.selection import Selection, end_moment, first_moment

    wanted = Selection(
        action=action,
        actor=actor,
        role=role,
        since=None if since is None else first_moment(since),
        until=None if until is None else end_moment(until),
    )
    exact = None if action is None or action.endswith(".") else action
    opened = _house()
    held = opened.ledger.events(subject=subject, action=exact)
    events = [*shown_events(opened, deque((event for event in held if wanted.has(event)), maxlen=last))]
    if as_json:
        emit([event.as_json() for event in events])
        return
    cells = [(str(e.sequence), e.at, e.actor, e.role, e.action, e.subject, e.reason) for e in events]
    table(
        f"Ledger, {len(cells)} event(s)",
        ("no.", "time (UTC)", "who", "role", "what", "of", "why"),
        cells,
    )


@ledger.command()
def verify(authority: Trusted = None, as_json: Json = False) -> None:
    """Read the whole ledger: guards, chain, signed heads, authority and people; exit code 6 names what is wrong."""
    from medicore.cases.proof.verify_ledger import verify_ledger
    from medicore.records.checking import raise_failed

    try:
        opened = _house()
        report = verify_ledger(opened, authority)
    except IntegrityError as error:
        # The store refuses to open a ledger without its guards; this error is the answer to the question.
        _answer({"intact": False, "wrong": None, "failed": {"guards": str(error)}}, as_json=as_json)
        raise
    failed = report.failed
    facts: dict[str, Any] = {
        "intact": report.intact,
        "events": report.events,
        "head": report.head,
        "signed heads": report.checkpoints,
        "signed up to": report.attested,
        "without a copy": list(report.unkept),
        "wrong": None if report.wrong is None else list(report.wrong),
        "failed": {check.subject: check.found for check in failed},
        "warnings": {check.subject: check.found for check in report.warned},
        **foundation(opened),
    }
    warn(facts["warnings"].items())
    _answer(facts, as_json=as_json)
    if report.intact is None:
        raise_failed(failed)
    if failed:
        raise IntegrityError(
            f"the ledger differs from what was written: {failed[0].subject}: {failed[0].found}"
        )


@ledger.command()
def correct(
    run: RunText,
    who: Annotated[str, typer.Option("--as", help="Who corrects it: an operator, or quality.")],
    reason: Annotated[str, typer.Option(help="Why; an inspector will read it.")],
    as_json: Json = False,
) -> None:
    """Skip the events of a run that its state did not allow, such as a second seal by an earlier version.

    All stay readable.
    """
    from medicore.cases.keeping.correcting import correct
    from medicore.cases.people.acting import Actor
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import RunId

    named = RunId.parse(run)
    event = correct(house(settings()), Actor(who, reason, passphrase_of(who)), named)
    skipped = ", ".join(map(str, event.details["disregarded"]))
    if as_json:
        emit(event.as_json())
        return
    say(f"event {skipped} of {run} is skipped from now on, by event {event.sequence}")


@ledger.command()
def review(
    first: Annotated[int | None, typer.Option("--from", min=1, help="The first event of the part.")] = None,
    last: Annotated[int | None, typer.Option("--to", min=1, help="The last event of the part.")] = None,
    who: Annotated[str | None, typer.Option("--as", help="Who reviewed it: quality.")] = None,
    result: Annotated[
        str | None, typer.Option(help="What the review found; an inspector will read it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Sign that a part of the audit trail was reviewed, with the result; without options, say what nobody reviewed yet."""
    from medicore.cases.people.acting import Actor
    from medicore.cases.review.trail import in_words, review_trail, unreviewed
    from medicore.cli.passphrase import passphrase_of

    given = (first, last, who, result)
    if all(one is None for one in given):
        found = unreviewed(_house())
        emit(found) if as_json else say(in_words(found))
        return
    if first is None or last is None or who is None or result is None:
        raise typer.BadParameter("--from, --to, --as and --result belong together")
    event = review_trail(house(settings()), Actor(who, result, passphrase_of(who)), first, last)
    if as_json:
        emit(event.as_json())
        return
    say(f"Events {first} to {last} reviewed by {who} at {event.at}. Ledger event {event.sequence}.")


@ledger.command()
def clock(
    who: Annotated[str, typer.Option("--as", help="Who corrects it: an operator, or quality.")],
    reason: Annotated[str, typer.Option(help="Why the last times are wrong; an inspector will read it.")],
    as_json: Json = False,
) -> None:
    """Sign that the ledger's last times are wrong because they lie in the future.

    The ledger then accepts the present again.
    """
    from medicore.cases.people.acting import Actor
    from medicore.cases.people.clock import correct_clock
    from medicore.cli.passphrase import passphrase_of

    opened = house(settings())
    event = correct_clock(opened, Actor(who, reason, passphrase_of(who)))
    if as_json:
        emit(event.as_json())
        return
    last = event.details["last"]
    say(f"Clock corrected by {event.actor} at {event.at}. Ledger event {event.sequence}.")
    say(
        f"Event {last} has the time {event.details['last_at']}; the order of events is that of their numbers."
    )


def _house() -> "House":
    from medicore.wiring import open_house

    return open_house(settings(), read_only=True)


def _answer(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit({name.replace(" ", "_"): value for name, value in facts.items()})
        return
    words = {
        True: "intact",
        False: "DAMAGED",
        None: "whole in itself, not compared: the archive did not answer",
    }
    pairs({"ledger": words[facts["intact"]]})
    shown = {
        name: facts[name] for name in ("events", "head", "signed heads", "signed up to") if name in facts
    }
    if shown:
        pairs({name: str(value) for name, value in shown.items()})
    if facts.get("without a copy"):
        say("signed heads without a copy in the archive: " + ", ".join(map(str, facts["without a copy"])))
    for subject, found in facts["failed"].items():
        say(f"  {subject}: {found}")
    if "authority" in facts:
        show_foundation(facts)
