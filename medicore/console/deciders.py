"""Deciders: which meanings a person may sign on a run that waits, as the board and the run's page tell it.

They only say what to offer; the use case that signs decides by its own rules.
"""

from collections.abc import Mapping
from types import MappingProxyType

from medicore.records.ledger.states import RunState
from medicore.records.people.decision import Meaning
from medicore.records.people.people import PERMISSIONS, Person

FITTING: Mapping[RunState, tuple[Meaning, ...]] = MappingProxyType(
    {
        RunState.HALTED: (Meaning.PROCEED, Meaning.REJECT),
        RunState.SEALED: (Meaning.APPROVE, Meaning.REJECT),
    }
)
"""The meanings that fit a state in which a run waits; the first lets it go on."""


def meanings_for(person: Person, state: RunState, requester: str) -> tuple[Meaning, ...]:
    """Return the meanings that fit the state of a run and the role of a person; none for who requested it."""
    if person.identifier == requester:
        return ()
    allowed = {permission.value for permission in PERMISSIONS[person.role]}
    return tuple(meaning for meaning in FITTING.get(state, ()) if meaning.value in allowed)
