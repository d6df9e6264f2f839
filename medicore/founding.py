"""Founding: the state folder with its ledger, record repository, authority and first people."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from medicore.records.ledger.ledger import NewEvent
from medicore.records.people.people import Role, people_of
from medicore.settings import Settings, stored_settings
from medicore.stores.clock import SystemClock
from medicore.stores.files import write_atomically
from medicore.stores.git.records import GitRecords
from medicore.stores.keys.authority import Authority, Subject
from medicore.wiring import SERVICE_KEY, open_archive, open_ledger, open_remote

AUTHORITY_VALIDITY = timedelta(days=20 * 365)
PERSON_VALIDITY = timedelta(days=2 * 365)


def found(settings: Settings, names: Mapping[str, str], passphrase: Callable[[str], str]) -> dict[str, Any]:
    """Make the state folder unless it is there; return where it is and who is in it.

    ``names`` gives the printed name of the first person of each role; ``passphrase`` is asked for one
    passphrase each, and one for the authority itself. ``medicore.toml`` is written last: it marks the
    folder as complete. An archive that could not keep what it is given is refused before anything is made.
    """
    home, clock = settings.home, SystemClock()
    marker = home / "medicore.toml"
    new = not marker.exists()
    if new:
        open_archive(settings).prove()
        open_remote(settings).prove()
        secrets = {owner: passphrase(owner) for owner in ("authority", *names)}
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in ("inbox", "archive", "dvc/remote"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        GitRecords(settings.records).create()
        ledger = open_ledger(settings, clock)
        authority = Authority.create(
            home / "people", secrets["authority"], clock, validity=AUTHORITY_VALIDITY
        )
        ledger.append(
            NewEvent(SERVICE_KEY, "service", "authority.created", "authority", "medicore init",
                     {"certificate": authority.certificate.decode()})
        )  # fmt: skip
        people = [
            authority.issue(
                Subject(role, name, Role(role)),
                passphrase=secrets[role],
                authority_passphrase=secrets["authority"],
                validity=PERSON_VALIDITY,
            )
            for role, name in names.items()
        ]
        people.append(
            authority.issue_service(
                Subject(SERVICE_KEY, "MediCore service", Role.SERVICE),
                authority_passphrase=secrets["authority"],
                validity=AUTHORITY_VALIDITY,
            )
        )
        for person in people:
            event = NewEvent(
                SERVICE_KEY, "service", "person.added", person.identifier, "medicore init", person.details()
            )
            ledger.append(event)
        write_atomically(marker, stored_settings(settings).encode())
    known = people_of(open_ledger(settings, clock).events()).values()
    return {
        "home": str(home),
        "new": new,
        "people": [{"identifier": p.identifier, "name": p.name, "role": p.role.value} for p in known],
    }
