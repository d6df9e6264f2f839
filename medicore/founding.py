"""Founding: the state folder with its ledger, record repository, authority and first people."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from medicore.errors import ConfigurationError
from medicore.ports.ledger import Clock, Ledger
from medicore.records.ledger.ledger import NewEvent
from medicore.records.people.people import Person, Role, people_of
from medicore.records.people.public_key import fingerprint
from medicore.settings import Settings, stored_settings
from medicore.stores.files import FolderLocks, private_folder, write_atomically
from medicore.stores.git.records import GitRecords
from medicore.stores.keys.authority import Authority, Subject
from medicore.wiring import SERVICE_KEY, clock_of, open_archive, open_ledger, open_remote

AUTHORITY_VALIDITY = timedelta(days=20 * 365)
PERSON_VALIDITY = timedelta(days=2 * 365)
_COMMAND = "medicore init"


def found(settings: Settings, names: Mapping[str, str], passphrase: Callable[[str], str]) -> dict[str, Any]:
    """Make the state folder unless it is there; return where it is, its authority's fingerprint, and who is in it.

    ``names`` gives the printed name of the first person of each role; ``passphrase`` is asked for one
    passphrase each, and one for the authority itself. ``medicore.toml`` is written last: it marks the
    folder as complete. An archive that could not keep what it is given is refused before anything is made.

    Where an earlier attempt was interrupted, this one continues from there. The ledger says how far that attempt
    came: what it names is kept, and a key that it does not name is made again.

    Raises
    ------
    ConfigurationError
        When ledger and keys are not of one founding, or a part cannot be made.
    ReviewError
        When a passphrase is too short, or is not the one that an earlier attempt gave the authority.
    BusyError
        When another process is founding the same folder.
    """
    clock = clock_of(settings)
    new = not (settings.home / "medicore.toml").exists()
    if new:
        open_archive(settings).prove()
        open_remote(settings).prove()
        _make(settings, names, passphrase, clock)
    known = people_of(open_ledger(settings, clock).events()).values()
    return {
        "home": str(settings.home),
        "new": new,
        "authority": fingerprint(Authority(settings.home / "people", clock).certificate.decode()),
        "people": [{"identifier": p.identifier, "name": p.name, "role": p.role.value} for p in known],
    }


def _make(
    settings: Settings, names: Mapping[str, str], passphrase: Callable[[str], str], clock: Clock
) -> None:
    """Make each missing part, in an order in which each depends only on earlier ones."""
    home = settings.home
    known_people = people_of(open_ledger(settings, clock).events()) if (home / "people").is_dir() else {}
    missing = [name for name in (*names, SERVICE_KEY) if name not in known_people]
    owners = ["authority", *(name for name in missing if name != SERVICE_KEY)] if missing else []
    secrets = {owner: passphrase(owner) for owner in owners}
    private_folder(home)
    with FolderLocks(home / "locks").hold("people", "all", _COMMAND):
        for folder in ("inbox", "archive", "dvc", "dvc/remote", "people", "locks"):
            private_folder(home / folder)
        GitRecords(settings.records).create()
        ledger = open_ledger(settings, clock)
        authority = _authority(home / "people", ledger, clock, secrets)
        known = people_of(ledger.events())
        for identifier in missing:
            if identifier not in known:
                person = _issued(authority, identifier, names, secrets)
                _log(ledger, "person.added", identifier, person.details())
        write_atomically(home / "medicore.toml", stored_settings(settings).encode())


def _authority(folder: Path, ledger: Ledger, clock: Clock, secrets: Mapping[str, str]) -> Authority:
    """Return the authority that the ledger knows; it is made, and the ledger told of it, where that is not done."""
    told = [event.details["certificate"] for event in ledger.events(action="authority.created")]
    exists = (folder / "authority.pem").exists()
    if told and not exists:
        raise ConfigurationError(
            f"the ledger knows an authority, and folder {folder.name} has none; expected both or neither; restore that "
            "folder, or name another ledger"
        )
    if not told and any(folder.glob("*.p12")):
        raise ConfigurationError(
            f"folder {folder.name} has keys of people, and the ledger knows no authority; expected the ledger that "
            "belongs to them; restore it"
        )
    authority = (
        Authority(folder, clock)
        if exists
        else Authority.create(folder, secrets["authority"], clock, validity=AUTHORITY_VALIDITY)
    )
    certificate = authority.certificate.decode()
    if not told:
        _log(ledger, "authority.created", "authority", {"certificate": certificate})
    elif told != [certificate]:
        raise ConfigurationError(
            f"the ledger knows another authority than that in folder {folder.name}; expected the same; restore the one "
            "that belongs to the other"
        )
    return authority


def _issued(
    authority: Authority, identifier: str, names: Mapping[str, str], secrets: Mapping[str, str]
) -> Person:
    """Return a first person, or the service, with a new key in place of what an interrupted attempt may have left."""
    authority.discard(identifier)
    if identifier == SERVICE_KEY:
        return authority.issue_service(
            Subject(SERVICE_KEY, "MediCore service", Role.SERVICE),
            authority_passphrase=secrets["authority"],
            validity=AUTHORITY_VALIDITY,
        )
    return authority.issue(
        Subject(identifier, names[identifier], Role(identifier)),
        passphrase=secrets[identifier],
        authority_passphrase=secrets["authority"],
        validity=PERSON_VALIDITY,
    )


def _log(ledger: Ledger, action: str, subject: str, details: Mapping[str, Any]) -> None:
    ledger.append(NewEvent(SERVICE_KEY, "service", action, subject, _COMMAND, details))
