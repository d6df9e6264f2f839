"""namesakes: people who decide and whose printed name a reader may confuse with the requester's."""

from collections.abc import Iterator

from medicore.cases.people.signers import people
from medicore.ports.house import House
from medicore.records.checking import Check, CheckKind
from medicore.records.ledger.event_details import SignedDecision
from medicore.records.ledger.history import RunHistory
from medicore.records.people.people import PERMISSIONS, Permission, Person
from medicore.records.people.printed_names import alike


def namesake_checks(house: House, history: RunHistory, decision: SignedDecision) -> Iterator[Check]:
    """Yield a warning when a decision on a run is by a person whose printed name is the requester's, or looks like it.

    Raise IntegrityError when the decision's event lacks what MediCore writes there.
    """
    requester = people(house).get(history.request.requester)
    name = decision.told.text_or_none("printed_name") or ""
    if requester is None or decision.event.actor == requester.identifier or not alike(name, requester.name):
        return
    subject = f"name of {decision.event.actor} in event {decision.event.sequence}"
    yield Check(CheckKind.DECISION, subject, True, _words(name, requester), warned=True)


def namesakes(house: House, history: RunHistory) -> tuple[tuple[str, str], ...]:
    """Return each person who may decide on a run and whose name is the requester's, or looks like it, with a warning."""
    known = people(house)
    requester = known.get(history.request.requester)
    if requester is None:
        return ()
    return tuple(
        (person.identifier, _words(person.name, requester))
        for person in known.values()
        if person.identifier != requester.identifier
        and person.revoked_at is None
        and Permission.APPROVE in PERMISSIONS[person.role]
        and alike(person.name, requester.name)
    )


def _words(name: str, requester: Person) -> str:
    how = "is" if name == requester.name else "looks like"
    return (
        f"the printed name {name!r} {how} that of {requester.identifier}, who asked for the run; expected two people; "
        "ask quality who they are"
    )
