"""signers: whom the ledger knew at an event, and what is proved by the key that they had then."""

from pathlib import Path

import pytest

from medicore.cases.people.changes import proved_changes
from medicore.cases.people.logged import SERVICE, log, role_of
from medicore.cases.people.people import renew, revoke
from medicore.cases.people.signers import (
    lock_out,
    people,
    require_not_locked,
    require_standing,
    signed_act,
    signer_of,
)
from medicore.errors import IntegrityError, ReviewError
from medicore.ports.house import House
from medicore.records.ledger.ledger import NewEvent
from medicore.records.people.people import Permission
from tests.whole_house.people import SetClock, actor, add_person, found_house, issuance


@pytest.fixture
def founded(tmp_path: Path) -> tuple[House, SetClock]:
    """A house with otto and olga, operators; and its clock."""
    house, clock = found_house(tmp_path)
    add_person(house, "olga", "operator")
    return house, clock


def test_people_are_known_as_they_were_at_an_event(founded: tuple[House, SetClock]) -> None:
    """Before an event its change is not known; a renewed and a revoked person are told as they stood then."""
    house, clock = founded
    first = people(house)["olga"]
    clock.pass_days(1)
    renewal = renew(house, actor(), "olga", None, lambda: issuance("olga"))
    clock.pass_days(1)
    end = revoke(house, actor(), "olga")
    assert people(house, renewal.sequence)["olga"] == first
    between = people(house, end.sequence)["olga"]
    assert (between.fingerprint != first.fingerprint, between.revoked_at) == (True, None)
    assert people(house)["olga"].revoked_at is not None
    assert "olga" not in people(house, 3)


def test_an_event_is_signed_by_the_key_of_its_time(founded: tuple[House, SetClock]) -> None:
    """Who signed before a renewal is proved by the certificate of then, and by nobody's later one."""
    house, _ = founded
    first = people(house)["olga"]
    event = add_person(house, "rita", "reviewer", by="olga")
    renew(house, actor(), "olga", None, lambda: issuance("olga"))
    assert signer_of(house, event) == first
    assert signed_act(house, event, Permission.ADMINISTER).signer == "olga"
    with pytest.raises(ReviewError, match="may not view"):
        signed_act(house, event, Permission.VIEW)


def test_an_event_without_a_signature_is_nobodys(founded: tuple[House, SetClock]) -> None:
    """A change that was written into the ledger past every check is found, and so is one that tells something else."""
    house, _ = founded
    assert proved_changes(house).count == 2
    details = people(house)["olga"].details()
    event = house.ledger.append(NewEvent("otto", "operator", "person.added", "eve", "Because", details))
    with pytest.raises(
        ReviewError, match=rf"ledger event {event.sequence} \(person.added\) has no signature"
    ):
        proved_changes(house)


def test_a_signature_moved_to_another_change_is_found(founded: tuple[House, SetClock]) -> None:
    """The envelope of one change under another is an integrity error."""
    house, _ = founded
    (added,) = house.ledger.events(subject="olga", action="person.added")
    house.ledger.append(NewEvent("otto", "operator", "person.added", "eve", added.reason, added.details))
    with pytest.raises(IntegrityError):
        proved_changes(house)


def test_only_the_founding_needs_no_signature(founded: tuple[House, SetClock]) -> None:
    """What the service wrote before anything else happened is the founding; the same words later are not."""
    house, _ = founded
    details = people(house)["otto"].details()
    house.ledger.append(NewEvent(SERVICE, "service", "person.added", "eve", "medicore init", details))
    with pytest.raises(ReviewError, match=r"\(person.added\) has no signature; expected that of medicore"):
        proved_changes(house)


def test_standing_is_known_active_and_allowed(founded: tuple[House, SetClock]) -> None:
    """One who is there, in force and of the right role stands; and no other."""
    house, clock = founded
    assert require_standing(house, "olga", Permission.ADMINISTER) == people(house)["olga"]
    for person, permission, told in (
        ("olga", Permission.APPROVE, "olga has the role operator, which may not approve"),
        ("eve", Permission.ADMINISTER, "person 'eve' is unknown"),
    ):
        with pytest.raises(ReviewError, match=told):
            require_standing(house, person, permission)
    clock.pass_days(366)
    with pytest.raises(ReviewError, match="the key of olga is valid from"):
        require_standing(house, "olga", Permission.ADMINISTER)


def test_a_lock_is_said_once_and_again_after_it_was_opened(founded: tuple[House, SetClock]) -> None:
    """Five wrong passphrases lock; saying so twice makes one event; who renewed is locked by the next five again."""
    house, _ = founded
    for turn in (1, 2):
        for _ in range(5):
            require_not_locked(house, "olga")
            log(house, "olga", "person.refused", "ana", "wrong", {"cause": "passphrase"})
            lock_out(house, "olga")
        lock_out(house, "olga")
        with pytest.raises(ReviewError, match="olga is locked after 5 wrong passphrases"):
            require_not_locked(house, "olga")
        assert len([*house.ledger.events(action="person.locked")]) == turn
        renew(house, actor(), "olga", None, lambda: issuance("olga"))


def test_an_event_is_logged_in_the_role_that_the_ledger_knows(founded: tuple[House, SetClock]) -> None:
    """The role is that of the ledger and not what a caller says; who is not known is said to be unknown."""
    house, _ = founded
    assert [role_of(house, who) for who in ("olga", "eve")] == ["operator", "unknown"]
    event = log(house, "olga", "run.refused", "requests", "Because", {"error": "x"})
    assert (event.actor, event.role, event.details) == ("olga", "operator", {"error": "x"})
    assert log(house, "eve", "run.refused", "requests", "Because", {}).role == "unknown"
