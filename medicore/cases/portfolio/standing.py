"""portfolio_standing: which run speaks for a study's month, and who may do what to a run."""

from medicore.cases.people.signers import people
from medicore.cases.review.review import requester_of
from medicore.cases.run.runs import runs_of
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RELEASED, RunState, state_of
from medicore.records.people.people import PERMISSIONS, Permission, is_locked, standing_of

_NO_ATTEMPT = frozenset({RunState.EXPLORED, RunState.REFUSED})


def state(house: House, run: RunId) -> RunState:
    """Return where a run stands."""
    return state_of(house.ledger.events(subject=str(run)))


def attempts(house: House, study: str, month: str) -> list[RunId]:
    """Return the runs of a study's month that are or may become records, in order of request."""
    return [run for run in runs_of(house, study, month) if state(house, run) not in _NO_ATTEMPT]


def standing_run(house: House, study: str, month: str) -> RunId | None:
    """Return the run that stands for a study's month: the last released one, or else the last attempt; or None."""
    ranked = [(state(house, run) in RELEASED, run.number, run) for run in attempts(house, study, month)]
    return max(ranked)[2] if ranked else None


def able(house: House, run: RunId, permission: Permission, at: str) -> list[str]:
    """Return the names of those who may do a thing to a run at ``at``: in force, not locked, not who asked for it."""
    requester = requester_of(house, run)
    return [
        person.name
        for person in people(house).values()
        if permission in PERMISSIONS[person.role]
        and person.identifier != requester
        and standing_of(person, at) == "in force"
        and not is_locked(house.ledger.events(person=person.identifier), person.identifier)
    ]
