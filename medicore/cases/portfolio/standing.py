"""portfolio_standing: which run represents a study's month, and who may do what with a run."""

from collections.abc import Iterable

from medicore.cases.people.signers import people
from medicore.cases.run.histories import histories_of, history_of
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.precedence import NO_ATTEMPT, precedence
from medicore.records.ledger.states import WHOLE, RunState
from medicore.records.people.lockout import is_locked
from medicore.records.people.people import PERMISSIONS, Permission, standing_of


def state(house: House, run: RunId) -> RunState:
    """Return the state of a run."""
    return history_of(house, run).state


def attempts(house: House, study: str, month: str) -> list[RunId]:
    """Return the runs of a study's month that are records or may become records, in order of request."""
    return [history.run for history in _attempted(histories_of(house, study, month))]


def standing_run(house: House, study: str, month: str) -> RunId | None:
    """Return the run that represents a study's month: the last released one, or otherwise the last attempt; or None."""
    standing = standing_of_month(histories_of(house, study, month))
    return None if standing is None else standing.run


def standing_of_month(histories: Iterable[RunHistory]) -> RunHistory | None:
    """Return the same for a month whose runs were read already."""
    return max(_attempted(histories), key=lambda one: precedence(one.state, one.run.number), default=None)


def earlier_whole(house: House, study: str, month: str) -> str | None:
    """Return the latest month before ``month`` that a run with a complete record represents; None when there is none."""
    earlier: dict[str, list[RunHistory]] = {}
    for history in histories_of(house, study):
        if history.run.month < month:
            earlier.setdefault(history.run.month, []).append(history)
    standing = {known: standing_of_month(held) for known, held in earlier.items()}
    return max((known for known, one in standing.items() if one and one.state in WHOLE), default=None)


def _attempted(histories: Iterable[RunHistory]) -> list[RunHistory]:
    return [history for history in histories if history.state not in NO_ATTEMPT]


def able(house: House, run: RunId, permission: Permission, at: str) -> list[str]:
    """Return the names of the people with a permission on a run at ``at``: in force, not locked, and not its requester."""
    requester = history_of(house, run).request.requester
    return [
        person.name
        for person in people(house).values()
        if permission in PERMISSIONS[person.role]
        and person.identifier != requester
        and standing_of(person, at) == "in force"
        and not is_locked(house.ledger.events(person=person.identifier), person.identifier)
    ]
