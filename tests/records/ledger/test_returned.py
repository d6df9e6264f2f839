"""What a run's history tells of approvals that are needed, and of returns with comments."""

from typing import Any

import pytest

from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain
from medicore.records.protocol.parsing import parse_protocol
from tests.whole_house.prepared_study import PROTOCOL

RUN, NOON = "MED-2024-0147/2025-03/1", "2025-04-01T12:00:00.000000Z"


def history(*told: tuple[str, dict[str, Any]]) -> RunHistory:
    """Return the history of a run to which these things happened."""
    events: list[LedgerEvent] = []
    for action, details in told:
        made = NewEvent("ana", "analyst", action, RUN, "Because", details)
        events.append(chain(made, NOON, events[-1] if events else None))
    return RunHistory.of(RunId.parse(RUN), events)


@pytest.mark.parametrize(
    ("key", "needed"), [("", 1), ("review: {approvals: 1}\n", 1), ("review: {approvals: 3}\n", 3)]
)
def test_the_protocol_says_how_many_approve(key: str, needed: int) -> None:
    """One where it says nothing; the plain protocol keeps the digest that it had before the key."""
    protocol = parse_protocol(f"study: TEST-TWICE\n{PROTOCOL}{key}", "a file")
    assert history(("run.requested", {"protocol": protocol.as_json()})).request.approvals == needed
    assert ("review" in protocol.as_json()) is (needed > 1)


def test_returns_are_those_of_the_last_sealing() -> None:
    """Comments on a halt are not those on what the run was sealed as afterwards."""
    asked, halted = ("run.requested", {}), ("run.halted", {"findings": []})
    first = history(asked, halted, ("run.returned", {}), ("run.returned", {}))
    assert [event.sequence for event in first.returns] == [3, 4]
    assert (
        history(asked, halted, ("run.returned", {}), ("run.continued", {}), ("run.sealed", {})).returns == ()
    )
    assert history(asked).returns == ()
