"""seeing: who may see the comparative results of a study, and the signed event of each time that somebody does.

Every verb, page, artifact and notice that shows what a run found asks here. What is closed is shown to whom the rule in
``records.blinding.closure`` allows, after a signature; to all others only what ``records.blinding.pooled`` leaves of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.cases.people.attributed import Signatory, record_act, refusals, require_signatory
from medicore.cases.people.signers import proved, require_standing
from medicore.errors import MediCoreError, ProtocolError, ReviewError
from medicore.ports.house import House
from medicore.records.blinding.closure import (
    KEY,
    Closure,
    may_see,
    named_unblinded,
    protocol_told,
    standing_closure,
)
from medicore.records.identifiers import RunId, person_id
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.people import Permission, Person

VIEWED, REFUSED, UNBLINDED = "closed.viewed", "closed.refused", "study.unblinded"
REASON = "Looked at closed comparative results"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks to see results: an identifier, empty where nobody is named, and what gives their passphrase."""

    identifier: str
    passphrase: Callable[[str], str]


def closed(house: House, study: str, recorded: Iterable[Mapping[str, Any]] | None = None) -> Closure | None:
    """Return the closure of a study's comparative results now; None while they are open.

    ``recorded`` are the protocols of its runs, for a caller that has them already. The file in ``studies/`` can close
    a study too, and opens nothing.
    """
    told = [protocol_told(event) for event in _requests(house, study)] if recorded is None else [*recorded]
    found = standing_closure([*told, *planned(house, study)], house.clock.now())
    return None if found is None or unblinding(house, study) is not None else found


def unblinding(house: House, study: str) -> LedgerEvent | None:
    """Return the event that unblinded a study; None before, and where no event holds a valid signature for it."""
    for event in house.ledger.events(subject=study, action=UNBLINDED):
        try:
            proved(house, event, Permission.UNBLIND)
        except MediCoreError:
            continue  # 'ledger verify' names it
        return event
    return None


def permitted(house: House, study: str, person: Person) -> bool:
    """Say whether a person may see the closed results of a study."""
    return may_see(person, named_unblinded(_requests(house, study)))


def require_seen(house: House, runs: Iterable[RunId], viewer: Viewer, what: str) -> None:
    """Let the results of ``runs`` be shown; where they are closed, only to somebody who may see them and signs that.

    ``what`` says by which verb or page, and is in the event.

    Raises
    ------
    ReviewError
        When results are closed and the viewer is not named, unknown, locked, no longer active, may not see them, or gives a
        wrong passphrase. The refusal is in the ledger, and nothing is shown.
    ProtocolError
        When the identifier is malformed.
    """
    wanted = [(run, found) for run in runs if (found := closed(house, run.study)) is not None]
    if not wanted:
        return
    signatory = _signatory(house, wanted, viewer, what)
    for run, found in wanted:
        record_act(house, signatory, VIEWED, str(run), REASON, {"what": what, "closed_until": found.until})


def _signatory(house: House, wanted: list[tuple[RunId, Closure]], viewer: Viewer, what: str) -> Signatory:
    study, until = wanted[0][0].study, wanted[0][1].until
    if viewer.identifier:
        person_id(viewer.identifier)
    with refusals(house, viewer.identifier, REFUSED, study, what=what):
        if not viewer.identifier:
            raise ReviewError(
                f"the comparative results of {study} are closed until {_words(until)}; expected somebody who may see them; name "
                "yourself with --as"
            )
        for run, found in wanted:
            require_permitted(house, run.study, require_standing(house, viewer.identifier, None), found)
        return require_signatory(house, viewer.identifier, None, viewer.passphrase)


def require_seer(house: House, study: str, identifier: str) -> None:
    """Raise ReviewError unless a study's comparative results are open, or the person of that identifier may see them.

    It is for acts that ask for a passphrase and leave a signed event of their own.
    """
    found = closed(house, study)
    if found is not None:
        require_permitted(house, study, require_standing(house, identifier, None), found)


def require_permitted(house: House, study: str, person: Person, found: Closure) -> None:
    """Raise ReviewError unless a person may see the closed results of a study."""
    if not permitted(house, study, person):
        raise ReviewError(
            f"the comparative results of {study} are closed until {_words(found.until)}, and {person.identifier} ({person.role}) "
            "may not see them; expected the monitoring board, or who is unblinded in the protocol; ask one of them"
        )


def _words(until: str) -> str:
    return "the study is unblinded" if until == "unblinded" else until


def _requests(house: House, study: str) -> list[LedgerEvent]:
    return [*house.ledger.events(subject=f"{study}/", action="run.requested")]


def planned(house: House, study: str) -> list[dict[str, Any]]:
    """Return of the protocol in the file of a study what closes it; nothing where there is none, or it is broken."""
    try:
        protocol = house.protocols.load(study)
    except ProtocolError:
        return []
    told = protocol.comparative_results
    if told == "open":
        return []
    return [{KEY: told.model_dump(mode="json"), "calendar": {"timezone": protocol.calendar.timezone}}]
