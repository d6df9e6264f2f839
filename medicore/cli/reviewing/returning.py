"""The verb by which a reviewer returns a run with comments."""

from typing import Annotated

import typer

from medicore.cli.app import Json, RunText, app, house, settings
from medicore.cli.show import emit, say


@app.command("return")
def return_run(
    run: RunText,
    reason: Annotated[str, typer.Option("--comments", help="What is to change; an inspector will read it.")],
    person: Annotated[str, typer.Option("--as", help="Who returns it: a reviewer, or quality.")],
    as_json: Json = False,
) -> None:
    """Return a waiting run with comments: it stays as it is, and its requester is told."""
    from flows.shown import notices
    from flows.shown.afterwards import afterwards
    from medicore.cases.people.acting import Actor
    from medicore.cases.review.returning import return_run as returned
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import RunId

    chosen, named = settings(), RunId.parse(run)
    opened = house(chosen)
    event = returned(opened, named, Actor(person, reason, passphrase_of(person)))
    with afterwards(named, "no message was sent to the address of 'notify'"):
        notices.returned(chosen, opened, named)
    if as_json:
        emit(event.as_json())
        return
    say(
        f"{run} is returned to {event.details['requester']} by {person} at {event.at}. Ledger event {event.sequence}."
    )
