"""attributed: what a person did, told by the ledger exactly as they signed it, and every refusal beside it."""

from dataclasses import replace
from pathlib import Path

import pytest

from medicore.cases.people.attributed import Signatory, record_act, refusals, require_signatory
from medicore.cases.people.people import revoke
from medicore.cases.people.signers import people, proved
from medicore.errors import IntegrityError, ReviewError, WrongPassphraseError
from medicore.ports.house import House
from medicore.records.ledger.ledger import NewEvent
from medicore.records.people.people import Permission
from tests.whole_house.people import SetClock, actor, add_person, found_house, words


@pytest.fixture
def founded(tmp_path: Path) -> tuple[House, SetClock]:
    """A house with otto, the operator, and rita, a reviewer for ten days; and its clock."""
    house, clock = found_house(tmp_path)
    add_person(house, "rita", "reviewer", days=10)
    return house, clock


def never(person: str) -> str:
    """Fail: nobody is to be asked for a passphrase."""
    raise AssertionError(person)


def test_an_act_is_told_as_it_was_signed(founded: tuple[House, SetClock]) -> None:
    """The event has actor, role, subject, reason and details of the act, and its signature proves them, for ever."""
    house, clock = founded
    rita = require_signatory(house, "rita", Permission.VIEW, words)
    assert rita == Signatory(people(house)["rita"], words("rita"))
    event = record_act(house, rita, "subject.viewed", "S/2025-03/1", "  Looked  at it ", {"row": 5})
    clock.pass_days(4000)
    act = proved(house, event, Permission.VIEW)
    assert (act.signer, act.action, act.subject, act.details) == (
        "rita",
        "subject.viewed",
        "S/2025-03/1",
        {"row": 5},
    )
    assert (event.actor, event.role, event.reason) == ("rita", "reviewer", act.reason)
    with pytest.raises(ReviewError, match="may not administer"):
        proved(house, event)


@pytest.mark.parametrize("changed", ["reason", "details", "subject"])
def test_an_event_that_tells_something_else_is_found(founded: tuple[House, SetClock], changed: str) -> None:
    """Another reason, detail or subject than was signed is no act of the person."""
    house, _ = founded
    rita = require_signatory(house, "rita", Permission.VIEW, words)
    event = record_act(house, rita, "subject.viewed", "S/2025-03/1", "Looked at it", {"row": 5})
    honest = NewEvent("rita", "reviewer", event.action, event.subject, event.reason, event.details)
    other = {**event.details, "row": 6} if changed == "details" else "S/2025-03/2"
    forged = house.ledger.append(replace(honest, **{changed: other}))
    with pytest.raises(IntegrityError):
        proved(house, forged, Permission.VIEW)


def test_who_may_not_is_asked_for_nothing(founded: tuple[House, SetClock]) -> None:
    """Unknown, of another role, expired or revoked: refused before a passphrase is asked for."""
    house, clock = founded
    add_person(house, "ruth", "reviewer")
    revoke(house, actor(), "ruth")
    clock.pass_days(11)
    refused: tuple[tuple[str, Permission, str], ...] = (
        ("nobody", Permission.VIEW, "person 'nobody' is unknown"),
        ("otto", Permission.VIEW, "otto has the role operator, which may not view"),
        ("rita", Permission.VIEW, "the key of rita is valid from"),
        ("ruth", Permission.VIEW, "the key of ruth was revoked on"),
    )
    for person, permission, told in refused:
        with pytest.raises(ReviewError, match=told):
            require_signatory(house, person, permission, never)


def test_a_key_that_stays_shut_opens_nothing(founded: tuple[House, SetClock], tmp_path: Path) -> None:
    """The key is opened before anything is shown; a wrong passphrase, and a key that is gone, are refused."""
    house, _ = founded
    with pytest.raises(WrongPassphraseError, match="does not open the key of rita"):
        require_signatory(house, "rita", Permission.VIEW, lambda _: "guessed it")
    (tmp_path / "people" / "rita.p12").unlink()
    with pytest.raises(ReviewError, match="there is no key of rita here"):
        require_signatory(house, "rita", Permission.VIEW, words)


def test_every_refusal_is_in_the_ledger_with_its_cause(founded: tuple[House, SetClock]) -> None:
    """A refusal has its action, subject, cause and details; the fifth wrong passphrase locks, and other errors are not kept."""
    house, _ = founded
    for attempt in range(5):
        with (
            pytest.raises(WrongPassphraseError),
            refusals(house, "rita", "export.refused", "S/2025-03/1", day="x"),
        ):
            require_signatory(house, "rita", Permission.VIEW, lambda _, attempt=attempt: f"guess {attempt}")
    with pytest.raises(ReviewError), refusals(house, "rita", "export.refused", "S/2025-03/1"):
        require_signatory(house, "rita", Permission.VIEW, never)
    told = [*house.ledger.events(action="export.refused")]
    assert [event.details for event in told] == [{"cause": "passphrase", "day": "x"}] * 5 + [
        {"cause": "refused", "claimed": "rita"}
    ]
    assert [(event.actor, event.role) for event in told] == [("rita", "reviewer")] * 5 + [
        ("medicore", "unknown")
    ]
    assert {event.subject for event in told} == {"S/2025-03/1"}
    (locked,) = house.ledger.events(action="person.locked")
    assert (locked.actor, locked.subject) == ("medicore", "rita")
    with pytest.raises(IntegrityError), refusals(house, "rita", "export.refused", "S/2025-03/1"):
        raise IntegrityError("something stored is not what was recorded")
    assert len([*house.ledger.events(action="export.refused")]) == 6
