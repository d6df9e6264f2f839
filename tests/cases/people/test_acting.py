"""acting: one change at a time, signed by who makes it, and the new key kept only once the change is recorded."""

from dataclasses import replace
from pathlib import Path

import pytest

from medicore.cases.people.acting import Actor, change
from medicore.cases.people.people import Newcomer, add, listed, renew, revoke, unlock
from medicore.cases.people.signers import proved
from medicore.errors import BusyError, ProtocolError, ReviewError
from medicore.ports.house import House
from tests.whole_house.people import CA_WORDS, actor, add_person, found_house, issuance, words


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house with otto, the operator, quinn, of quality, and ana, an analyst."""
    made, _ = found_house(tmp_path)
    add_person(made, "quinn", "quality")
    add_person(made, "ana", "analyst")
    return made


def test_a_change_is_recorded_before_its_key_is_kept(house: House, tmp_path: Path) -> None:
    """What the change brings is in its signed event, and its key lies in the folder afterwards, for its owner alone."""
    kept = tmp_path / "people" / "nina.p12"

    class Watched:
        """A ledger that looks, at each event, whether the key is there already."""

        def __getattr__(self, name: str) -> object:
            return getattr(house.ledger, name)

        def append(self, event: object) -> object:
            """Append the event, with no key yet."""
            assert not kept.exists()
            return house.ledger.append(event)  # type: ignore[arg-type]

    newcomer = Newcomer("nina", "Nina Person", "analyst")
    event = add(replace(house, ledger=Watched()), actor(), newcomer, lambda: issuance("nina"))  # type: ignore[arg-type]
    assert proved(house, event).details["name"] == "Nina Person"
    assert kept.stat().st_mode & 0o077 == 0
    for path in (kept, tmp_path / "ledger.db"):
        assert words("nina").encode() not in path.read_bytes()
        assert b"PRIVATE KEY" not in path.read_bytes()


def test_quality_may_administer_and_others_may_not(house: House) -> None:
    """Quality lets people in like an operator; an analyst and a reviewer are refused, which the ledger says."""
    event = add_person(house, "rita", "reviewer", by="quinn")
    assert (event.actor, event.role, event.reason) == ("quinn", "quality", "As the team asked")
    for who, role in (("ana", "analyst"), ("rita", "reviewer")):
        with pytest.raises(
            ReviewError,
            match=f"{who} has the role {role}, which may not administer; expected one of operator, quality",
        ):
            add_person(house, f"{who}-friend", "reviewer", by=who)
        (refused,) = house.ledger.events(subject=f"{who}-friend")
        assert (refused.action, refused.actor, refused.details) == (
            "person.refused", "medicore", {"cause": "refused", "action": "person.added", "claimed": who},
        )  # fmt: skip
    assert "rita-friend" not in {row["identifier"] for row in listed(house)}


@pytest.mark.parametrize(
    ("newcomer", "told"),
    [
        (Newcomer("ana", "Someone Else", "analyst"), "identifier ana is taken"),
        (Newcomer("zoe", "Zoe", "emperor"), "role 'emperor' is unknown"),
        (Newcomer("zoe", "Zoe", "service"), "the role service is not for people"),
        (Newcomer("zoe", None, "analyst"), "give --name"),
    ],
)
def test_nobody_is_added_by_nonsense(house: House, newcomer: Newcomer, told: str) -> None:
    """A taken identifier, an unknown role, the service's, or no name: nothing changes and the refusal is recorded."""
    before = listed(house)
    with pytest.raises(ReviewError, match=told) as refused:
        add(house, actor(), newcomer, lambda: issuance(newcomer.identifier))
    *_, event = house.ledger.events()
    assert (event.action, event.subject, event.reason) == (
        "person.refused", newcomer.identifier, str(refused.value),
    )  # fmt: skip
    assert listed(house) == before


def test_a_malformed_identifier_reaches_nothing(house: House) -> None:
    """An identifier that is none is refused before the ledger, by whomever it is given."""
    before = [*house.ledger.events()]
    with pytest.raises(ProtocolError, match="person 'Zoe!' is malformed"):
        add(house, actor(), Newcomer("Zoe!", "Zoe", "analyst"), lambda: issuance("zoe"))
    with pytest.raises(ProtocolError, match=r"person '\.\./otto' is malformed"):
        revoke(house, Actor("../otto", "Because", ""), "ana")
    assert [*house.ledger.events()] == before


def test_who_is_not_there_or_no_person_is_not_changed(house: House) -> None:
    """Nobody renews, revokes or unlocks someone unknown, or someone who is not locked."""
    for refused, told in (
        (
            lambda: renew(house, actor(), "nobody", None, lambda: issuance("nobody")),
            "person 'nobody' is unknown",
        ),
        (lambda: revoke(house, actor(), "nobody"), "person 'nobody' is unknown"),
        (lambda: unlock(house, actor(), "ana"), "ana is not locked"),
    ):
        with pytest.raises(ReviewError, match=told):
            refused()
    assert [event.action for event in house.ledger.events(subject="nobody")] == ["person.refused"] * 2


def test_a_change_needs_a_reason_and_the_authority(house: House, tmp_path: Path) -> None:
    """Without a readable reason, with a wrong passphrase of the authority or a short new one, nobody is added."""
    newcomer = Newcomer("yuri", "Yuri", "analyst")
    for who, given, told in (
        (actor(reason="  "), issuance("yuri"), "the reason is empty"),
        (actor(), replace(issuance("yuri"), authority_passphrase="guessed it"), "key of the authority"),
        (actor(), replace(issuance("yuri"), passphrase="short"), "passphrase is too short"),
    ):
        with pytest.raises(ReviewError, match=told):
            add(house, who, newcomer, lambda given=given: given)  # type: ignore[misc]
    assert CA_WORDS not in str([event.as_json() for event in house.ledger.events()])
    assert "yuri" not in {row["identifier"] for row in listed(house)}
    assert not (tmp_path / "people" / "yuri.p12").exists()


def test_an_empty_reason_is_found_before_anybody_is_asked(house: House) -> None:
    """What the change brings is not even looked for until actor and reason are good, and nobody else is at work."""

    def never(_: object) -> tuple[dict[str, str], None]:
        raise AssertionError("asked too early")

    with pytest.raises(ReviewError, match="the reason is empty"):
        change(house, actor(reason=""), "person.unlocked", "ana", never)
    with house.locks.hold("people", "all", "another"), pytest.raises(BusyError, match="at work in another"):
        change(house, actor(), "person.unlocked", "ana", never)
