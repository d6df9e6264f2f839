"""own_commit: an open run continues by the code with which it began, also where the code here is a later one."""

from medicore.cases.review.review import standing_decisions, waiting_findings
from medicore.cases.run.histories import histories_of, history_of
from medicore.cases.run.runs import interrupted
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.states import RunState
from medicore.records.people.decision import Meaning


def own_commit(house: House, run: RunId) -> str | None:
    """Return the commit of the repository by which a run must continue; None when the code here is of that commit.

    None also when nothing of the run would be computed: it waits for an answer, is rejected, or has ended.
    """
    history = history_of(house, run)
    return _elsewhere(house, history) if _continues(house, history) else None


def own_commit_of_month(house: House, study: str, month: str) -> str | None:
    """Return the same for the interrupted run of a study's month; None when there is none."""
    found = interrupted(histories_of(house, study, month), exploratory=False)
    return None if found is None else _elsewhere(house, found)


def _continues(house: House, history: RunHistory) -> bool:
    if history.state is RunState.RUNNING:
        return True
    if history.state is not RunState.HALTED:
        return False
    standing = standing_decisions(house, history)
    rejected = any(statement.meaning is Meaning.REJECT for statement, _ in standing)
    return not rejected and not waiting_findings(history, standing)


def _elsewhere(house: House, history: RunHistory) -> str | None:
    began = history.request.code_commit
    return None if began == house.code.commit(history.run.study) else house.code.origin(began)
