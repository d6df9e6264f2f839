"""Verbs for people: who may act, with which key."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medicore.cli.app import Json, app, house, settings
from medicore.cli.show import emit, pairs, say, table, warn

if TYPE_CHECKING:
    from medicore.cases.people.acting import Actor
    from medicore.ports.house import House
    from medicore.records.ledger.ledger import LedgerEvent
    from medicore.records.people.credential import Issuance, Registration

people = typer.Typer(no_args_is_help=True, help="Who may act, in which role, with which key.")
app.add_typer(people, name="people")

_DAYS = 730
Identifier = Annotated[str, typer.Argument(metavar="PERSON", help="Identifier of the person concerned.")]
Who = Annotated[str, typer.Option("--as", help="Who makes the change: an operator, or quality.")]
Reason = Annotated[str, typer.Option(help="Why; an inspector will read it.")]
CertificateFile = Annotated[
    Path | None,
    typer.Option(
        "--certificate",
        help="A certificate from another authority, in PEM; its issuers may follow in the file.",
    ),
]
ChainFile = Annotated[
    Path | None, typer.Option("--chain", help="The issuers of that certificate, up to their root, in PEM.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key", help="The PKCS#12 file of its key; it is stored here under its passphrase."),
]


@people.command("list")
def list_people(as_json: Json = False) -> None:
    """Show everyone who was ever added: role, standing, certificate."""
    from medicore.cases.people.authority import authority_fingerprint
    from medicore.cases.people.people import listed

    opened = house(settings())
    rows = listed(opened)
    found = authority_fingerprint(opened)
    warn((row["identifier"], words) for row in rows for words in row["warnings"])
    if as_json:
        emit([{**row, "authority": found} for row in rows])
        return
    cells = [
        (
            row["identifier"],
            row["name"],
            row["role"],
            row["standing"]
            + (", locked" if row["locked"] else "")
            + (f", KEY OF {row['key_of']}" if row["key_of"] else ""),
            row["certificate"]["valid_until"][:10],
            row["certificate"]["fingerprint"][:16],
            row["certificate"]["issuer"],
            str(len(row["earlier"])),
        )
        for row in rows
    ]
    heads = ("identifier", "name", "role", "standing", "until", "fingerprint", "issued by", "earlier keys")
    table("People", heads, cells)
    pairs({"authority": found})


@people.command()
def add(
    person: Identifier,
    role: Annotated[
        str,
        typer.Option(help="analyst, reviewer, quality, operator, board, executive or inspector."),
    ],
    reason: Reason,
    who: Who,
    name: Annotated[
        str | None, typer.Option(help="Printed name; a certificate from another authority has its own.")
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=3660, help="Validity in days of a key that is made here.")
    ] = _DAYS,
    study: Annotated[
        list[str] | None, typer.Option(help="For an inspector: a study to read; once for each.")
    ] = None,
    certificate: CertificateFile = None,
    chain: ChainFile = None,
    key: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Add a person under an identifier that nobody ever had, with a new key or a certificate from another authority."""
    from medicore.cases.people.people import Newcomer, add

    given = _credential(person, days, certificate, chain, key)
    opened = house(settings())
    event = add(opened, _actor(who, reason), Newcomer(person, name, role, tuple(study or ())), given)
    _tell(event, as_json=as_json)
    _warn_of_name(opened, person)


@people.command()
def renew(
    person: Identifier,
    reason: Reason,
    who: Who,
    name: Annotated[str | None, typer.Option(help="A new printed name; by default the present one.")] = None,
    days: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=3660,
            help="Validity in days; by default 730, for the service as long as the authority's.",
        ),
    ] = None,
    certificate: CertificateFile = None,
    chain: ChainFile = None,
    key: KeyFile = None,
    as_json: Json = False,
) -> None:
    """Give a person, or the service 'medicore', a new key and certificate; what the earlier one signed stays valid."""
    from medicore.cases.people.logged import SERVICE
    from medicore.cases.people.people import renew

    if person == SERVICE:
        if name or certificate or chain or key:
            raise typer.BadParameter(f"--name, --certificate, --chain and --key are not for {SERVICE}")
        _tell(_renew_service(_actor(who, reason), days), as_json=as_json)
        return
    given = _credential(person, days or _DAYS, certificate, chain, key)
    opened = house(settings())
    _tell(renew(opened, _actor(who, reason), person, name, given), as_json=as_json)
    _warn_of_name(opened, person)


def _renew_service(actor: "Actor", days: int | None) -> "LedgerEvent":
    from medicore.cases.people.service import renew_service
    from medicore.cli.passphrase import authority_passphrase

    return renew_service(house(settings()), actor, authority_passphrase, days)


@people.command()
def revoke(person: Identifier, reason: Reason, who: Who, as_json: Json = False) -> None:
    """Revoke a person's certificate permanently; what it signed stays valid."""
    from medicore.cases.people.people import revoke

    _tell(revoke(house(settings()), _actor(who, reason), person), as_json=as_json)


@people.command()
def unlock(person: Identifier, reason: Reason, who: Who, as_json: Json = False) -> None:
    """Unlock a person who was locked after five wrong passphrases.

    If nobody is left who may unlock, '--as authority' signs with the passphrase of the authority.
    """
    from medicore.cases.people.people import unlock

    _tell(unlock(house(settings()), _actor(who, reason), person), as_json=as_json)


def _warn_of_name(opened: "House", person: str) -> None:
    """Warn on stderr when the person's printed name looks like another person's."""
    from medicore.cases.people.signers import people as everyone
    from medicore.records.people.printed_names import name_warnings

    warn((person, words) for words in name_warnings(everyone(opened), person))


def _actor(who: str, reason: str) -> "Actor":
    from medicore.cases.people.acting import Actor
    from medicore.cli.passphrase import authority_passphrase, passphrase_of
    from medicore.records.identifiers import AUTHORITY

    if who == AUTHORITY:
        return Actor(who, reason, authority_passphrase())
    return Actor(who, reason, passphrase_of(who))


def _credential(
    person: str, days: int, certificate: Path | None, chain: Path | None, key: Path | None
) -> "Callable[[], Issuance | Registration]":
    """Return a function that returns the credential; it asks for passphrases when it is called."""
    from medicore.cli.passphrase import authority_passphrase, chosen_passphrase
    from medicore.records.people.credential import Issuance, Registration

    if certificate is None:
        if chain or key:
            raise typer.BadParameter("--chain and --key belong to --certificate")
        return lambda: Issuance(
            authority_passphrase=authority_passphrase(), passphrase=chosen_passphrase(person), days=days
        )
    issuers, kept = (_read(path) if path else None for path in (chain, key))
    registration = Registration(_read(certificate), issuers, kept)
    return lambda: registration


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path.name} cannot be read: {error.strerror}") from error


def _tell(event: "LedgerEvent", *, as_json: bool) -> None:
    """Print the ledger event of a change of people."""
    if as_json:
        emit(event.as_json())
        return
    say(f"{event.action} {event.subject}, by {event.actor} at {event.at}. Ledger event {event.sequence}.")
    facts = {
        key: event.details[key]
        for key in ("name", "role", "valid_until", "fingerprint")
        if key in event.details
    }
    pairs({"person": event.subject, "reason": event.reason, **facts})
