"""Changes of people: each signed by who makes it, each refused or recorded, and none that leaves nobody in charge."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.people.acting import Actor
from medicore.cases.people.attributed import Signatory, record_act, require_signatory
from medicore.cases.people.changes import proved_changes
from medicore.cases.people.people import Newcomer, add, listed, renew, revoke, unlock
from medicore.cases.people.signers import people, proved, signer_of
from medicore.errors import BusyError, IntegrityError, ReviewError, WrongPassphraseError
from medicore.ports.house import House
from medicore.ports.ledger import Ledger
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.people.credential import Issuance, Registration
from medicore.records.people.people import Permission, Role
from tests.stores.company import certify, company
from tests.whole_house.people import SetClock, actor, add_person, found_house, issuance, words


@pytest.fixture
def founded(tmp_path: Path) -> tuple[House, SetClock]:
    """A house with otto alone, and its clock."""
    return found_house(tmp_path, ruled=False)


def test_a_change_is_signed_by_who_makes_it(founded: tuple[House, SetClock]) -> None:
    """The event of a change holds its actor's signature over action, subject, reason and details."""
    house, _ = founded
    event = add_person(house, "rita", "reviewer")
    act = proved(house, event)
    assert (act.signer, act.action, act.subject, act.reason) == (
        "otto",
        "person.added",
        "rita",
        "As the team asked",
    )
    assert act.details["fingerprint"] == people(house)["rita"].fingerprint
    assert proved_changes(house).count == 2


def test_an_expired_operator_changes_nothing_more(founded: tuple[House, SetClock]) -> None:
    """After expiry an operator is refused; what was signed before still proves."""
    house, clock = founded
    add_person(house, "olga", "operator", days=10)
    clock.pass_days(5)
    add_person(house, "rita", "reviewer", by="olga")
    clock.pass_days(6)
    with pytest.raises(ReviewError, match="the key of olga is valid from"):
        add_person(house, "rosa", "reviewer", by="olga")
    assert proved_changes(house).count == 3
    assert [row["standing"] for row in listed(house) if row["identifier"] == "olga"] == ["expired"]


def test_expiry_is_healed_by_renewal(founded: tuple[House, SetClock]) -> None:
    """Whoever expired receives a new certificate under the same identifier, and keeps the role."""
    house, clock = founded
    add_person(house, "olga", "operator", days=10)
    clock.pass_days(11)
    before = people(house)["olga"]
    renew(house, actor(), "olga", None, lambda: issuance("olga"))
    after = people(house)["olga"]
    assert (after.name, after.role) == (before.name, before.role)
    assert after.fingerprint != before.fingerprint
    add_person(house, "rita", "reviewer", by="olga")
    row = next(row for row in listed(house) if row["identifier"] == "olga")
    assert [held["fingerprint"] for held in row["earlier"]] == [before.fingerprint]
    assert row["certificate"]["serial"] != row["earlier"][0]["serial"]


def test_what_the_earlier_key_signed_stays_valid(founded: tuple[House, SetClock]) -> None:
    """A change that was signed with a key that was renewed, and then revoked, proves as before."""
    house, clock = founded
    add_person(house, "olga", "operator")
    event = add_person(house, "rita", "reviewer", by="olga")
    clock.pass_days(1)
    renew(house, actor(), "olga", None, lambda: issuance("olga"))
    clock.pass_days(1)
    revoke(house, actor(), "olga")
    assert proved(house, event).signer == "olga"
    with pytest.raises(ReviewError, match="olga was revoked on"):
        renew(house, actor(), "olga", None, lambda: issuance("olga"))


def test_the_last_in_charge_is_not_revoked(founded: tuple[House, SetClock]) -> None:
    """The only person in force who may administer stays; with a second one, either may go."""
    house, _ = founded
    with pytest.raises(ReviewError, match="otto is the last person who may administer people"):
        revoke(house, actor(), "otto")
    add_person(house, "quinn", "quality")
    revoke(house, actor("quinn"), "otto")
    assert people(house)["otto"].revoked_at is not None
    with pytest.raises(ReviewError, match="quinn is the last"):
        revoke(house, actor("quinn"), "quinn")


def test_nothing_is_asked_of_who_may_not(founded: tuple[House, SetClock]) -> None:
    """Who may not, or does not open their own key, is refused before any other passphrase is asked for."""
    house, _ = founded
    add_person(house, "rita", "reviewer")

    def never() -> Registration:
        pytest.fail("a credential was asked for")

    newcomer = Newcomer("rosa", "Rosa", "reviewer")
    with pytest.raises(ReviewError, match="rita has the role reviewer, which may not administer"):
        add(house, actor("rita"), newcomer, never)
    with pytest.raises(WrongPassphraseError):
        add(house, Actor("otto", "As asked", "guessed it"), newcomer, never)
    refused = [event.details for event in house.ledger.events(action="person.refused")]
    assert refused == [
        {"cause": "refused", "action": "person.added", "claimed": "rita"},
        {"cause": "passphrase", "action": "person.added"},
    ]


def test_five_guesses_lock_and_a_renewal_opens(founded: tuple[House, SetClock]) -> None:
    """Five wrong passphrases lock, which the ledger says once; a new key opens again, and the count begins again."""
    house, _ = founded
    add_person(house, "olga", "operator")
    for _ in range(5):
        with pytest.raises(WrongPassphraseError):
            revoke(house, Actor("olga", "As asked", "guessed it"), "otto")
    with pytest.raises(ReviewError, match="olga is locked"):
        revoke(house, actor("olga"), "otto")
    assert len([*house.ledger.events(action="person.locked")]) == 1
    renew(house, actor(), "olga", None, lambda: issuance("olga"))
    add_person(house, "rita", "reviewer", by="olga")
    with pytest.raises(ReviewError, match="olga is not locked"):
        unlock(house, actor(), "olga")


def test_guessing_the_authority_counts_as_a_wrong_passphrase(founded: tuple[House, SetClock]) -> None:
    """Whoever guesses at the key of the authority is locked like one who guesses at their own."""
    house, _ = founded
    add_person(house, "olga", "operator")
    wrong = Issuance(passphrase=words("rita"), authority_passphrase="guessed it", days=10)
    for _ in range(5):
        with pytest.raises(WrongPassphraseError, match="key of the authority"):
            add(house, actor("olga"), Newcomer("rita", "Rita", "reviewer"), lambda: wrong)
    assert [event.subject for event in house.ledger.events(action="person.locked")] == ["olga"]


def test_a_changed_event_is_found(founded: tuple[House, SetClock]) -> None:
    """An event of a change without a signature of its own, or with that of another, is found."""
    house, _ = founded
    event = add_person(house, "rita", "reviewer")
    forged = NewEvent("otto", "operator", "person.unlocked", "rita", "for a friend", dict(event.details))
    other = house.ledger.append(forged)
    with pytest.raises(IntegrityError, match="differs from what otto signed"):
        proved(house, other)
    bare = house.ledger.append(NewEvent("medicore", "service", "person.unlocked", "rita", "medicore init"))
    with pytest.raises(ReviewError, match="has no signature"):
        proved(house, bare)
    with pytest.raises(IntegrityError):
        proved_changes(house)


def test_a_company_certificate_is_renewed_by_another(founded: tuple[House, SetClock]) -> None:
    """A certificate issued elsewhere carries its own name; the same one is no renewal, one of our own is."""
    house, clock = founded
    root, issuer = company(clock.now())
    first = certify("Dr Ben Quality", issuer, start=clock.now())
    given = Registration(first.pem, issuer.pem + root.pem, first.pkcs12(words("ben")))
    add(house, actor(), Newcomer("ben", None, "quality"), lambda: given)
    assert people(house)["ben"].name == "Dr Ben Quality"
    add_person(house, "rita", "reviewer", by="ben")
    with pytest.raises(ReviewError, match="has this very certificate already"):
        renew(house, actor(), "ben", None, lambda: given)
    renew(house, actor(), "ben", None, lambda: issuance("ben"))
    assert people(house)["ben"].chain == ""
    assert proved_changes(house).count == 4


def test_changes_are_made_one_by_one(founded: tuple[House, SetClock]) -> None:
    """While someone changes people, another is told who does, so that no identifier is given twice."""
    house, _ = founded
    with house.locks.hold("people", "all", "a test"), pytest.raises(BusyError, match="a test"):
        add_person(house, "rita", "reviewer")


def test_a_company_that_nobody_registered_vouches_for_nobody(founded: tuple[House, SetClock]) -> None:
    """A person written into the ledger past every check, with a chain of the forger's own, is not believed."""
    house, clock = founded
    root, issuer = company(clock.now())
    given = Registration(certify("Eve Forger", issuer, start=clock.now()).pem, issuer.pem + root.pem)
    eve = house.certifier.register("eve", Role.QUALITY, given)
    house.ledger.append(NewEvent("otto", "operator", "person.added", "eve", "a friend", eve.details()))
    decision = house.ledger.append(NewEvent("eve", "quality", "decision.signed", "MED-2024-0181/2025-03/1"))
    with pytest.raises(ReviewError, match="has no signature; expected that of otto"):
        signer_of(house, decision)


class CountingLedger:
    """A ledger that counts the events which it returns."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.read = 0

    def events(self, **chosen: Any) -> Iterator[LedgerEvent]:
        """Yield the ledger's events, and count them."""
        for event in self._ledger.events(**chosen):
            self.read += 1
            yield event


@pytest.mark.parametrize("answer", [listed, proved_changes])
def test_what_is_read_grows_with_the_people_and_no_faster(
    founded: tuple[House, SetClock], answer: Callable[[House], object]
) -> None:
    """Two more people cost the list, and the proof of all changes, as many events more as the two before them."""
    house, _ = founded
    otto = require_signatory(house, "otto", Permission.ADMINISTER, words)
    read = []
    for number in range(6):
        record_act(house, otto, "person.added", f"p{number}", "As asked", otto.person.details())
        if number % 2:
            counting = CountingLedger(house.ledger)
            answer(replace(house, ledger=counting))  # type: ignore[arg-type]
            read.append(counting.read)
    assert read[2] - read[1] == read[1] - read[0] > 0


def test_a_forged_founder_from_elsewhere_is_found(founded: tuple[House, SetClock]) -> None:
    """Someone written among the founders with a chain of their own changes nothing, even once they were unlocked."""
    house, clock = founded
    root, issuer = company(clock.now())
    certified = certify("Eve Forger", issuer, start=clock.now())
    given = Registration(certified.pem, issuer.pem + root.pem)
    eve = house.certifier.register("eve", Role.QUALITY, given)
    house.certifier.keep("eve", certified.pkcs12(words("eve")))
    house.ledger.append(
        NewEvent("medicore", "service", "person.added", "eve", "medicore init", eve.details())
    )
    otto = require_signatory(house, "otto", Permission.ADMINISTER, words)
    record_act(house, otto, "person.unlocked", "eve", "As asked", {})
    assert proved_changes(house).count == 3
    record_act(house, Signatory(eve, words("eve")), "person.unlocked", "otto", "As asked", {})
    with pytest.raises(ReviewError, match=r"\(person.added\) has no signature; expected that of medicore"):
        proved_changes(house)
    renew(house, actor(), "eve", None, lambda: issuance("eve"))
    with pytest.raises(ReviewError, match="has no signature"):
        proved_changes(house)


def test_a_founder_from_elsewhere_acts_once_renewed(founded: tuple[House, SetClock]) -> None:
    """A signed renewal vouches for a founder in whose favour no signature spoke before."""
    house, clock = founded
    root, issuer = company(clock.now())
    first, second = (certify(f"Dr Ben {name}", issuer, start=clock.now()) for name in ("First", "Second"))
    ben = house.certifier.register("ben", Role.QUALITY, Registration(first.pem, issuer.pem + root.pem))
    house.ledger.append(
        NewEvent("medicore", "service", "person.added", "ben", "medicore init", ben.details())
    )
    given = Registration(second.pem, issuer.pem + root.pem, second.pkcs12(words("ben")))
    renew(house, actor(), "ben", None, lambda: given)
    add_person(house, "rita", "reviewer", by="ben")
    assert proved_changes(house).count == 4
