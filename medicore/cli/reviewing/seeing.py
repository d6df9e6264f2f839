"""Verbs about who may see: access, unblind."""

from typing import Annotated, Any

import typer

from medicore.cli.app import Json, app, house, settings
from medicore.cli.show import emit, say, table


@app.command()
def access(
    study: Annotated[str, typer.Argument(help="Study, as MED-2024-0147.")],
    at: Annotated[
        str | None,
        typer.Option(
            help="A day, YYYY-MM-DD, by default today; the answer is for the end of the day in UTC."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show who could do what on a day, who could see comparative results since when, and who saw them while they were closed."""
    from medicore.cases.people.access import access

    answer = access(house(settings()), study, at)
    if as_json:
        emit(answer)
        return
    if not answer["ledger_event"]:
        began = f"began at {answer['ledger_began']}" if answer["ledger_began"] else "has not begun"
        say(f"Nobody had access to {study} on {answer['day']}: the ledger {began}. Name a day from then on.")
        return
    cells = [
        (
            row["identifier"],
            row["name"],
            row["role"],
            row["standing"] + (", locked" if row["locked"] else ""),
            ", ".join(row["may"]) or "nothing",
            row["valid_until"][:10],
            row["fingerprint"][:16],
        )
        for row in answer["people"]
    ]
    heads = ("identifier", "name", "role", "certificate", "could", "until", "fingerprint")
    table(f"Access to {study} as of {answer['as_of']}, ledger event {answer['ledger_event']}", heads, cells)
    for change in answer["changes_that_day"]:
        say(
            f"{change['at'][:19]}  {change['action']} {change['person']}, by {change['by']}: {change['reason']}"
        )
    _show_seeing(answer["comparative_results"])


def _show_seeing(found: dict[str, Any]) -> None:
    """Print until when comparative results are closed, who could see them, and who did."""
    say()
    if found["closed_until"] is None:
        opened = found["unblinded"]
        by = (
            f", since {opened['by']} unblinded the study at {opened['at'][:19]}: {opened['reason']}"
            if opened
            else ""
        )
        say(f"Comparative results are open to everybody{by}.")
    else:
        cells = [
            (row["identifier"], row["role"], row["since"][:19], row["why"]) for row in found["could_see"]
        ]
        title = f"Comparative results are closed until {found['closed_until']}; who could see them"
        table(title, ("identifier", "role", "since (UTC)", "why"), cells)
    for name, title in (("saw", "Who saw closed results"), ("refused", "Refused attempts to see them")):
        if found[name]:
            say()
            cells = [(row["at"][:19], row["who"], row["of"], row["what"]) for row in found[name]]
            table(title, ("when (UTC)", "who", "of", "what"), cells)


@app.command()
def unblind(
    study: Annotated[str, typer.Argument(help="Study, as MED-2024-0147.")],
    reason: Annotated[str, typer.Option(help="Why; an inspector will read it.")],
    who: Annotated[str, typer.Option("--as", help="Who unblinds it: quality.")],
    as_json: Json = False,
) -> None:
    """Open a study's closed comparative results to everybody, from now on; signed by quality."""
    from medicore.cases.people.acting import Actor
    from medicore.cases.people.unblinding import unblind
    from medicore.cli.passphrase import passphrase_of

    event = unblind(house(settings()), Actor(who, reason, passphrase_of(who)), study)
    if as_json:
        emit(event.as_json())
        return
    say(
        f"The comparative results of {study} are open, by {who} at {event.at}. Ledger event {event.sequence}."
    )
