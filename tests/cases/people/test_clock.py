"""A clock that ran far ahead once: a signed correction, after which the ledger accepts the present again."""

from datetime import timedelta

import pytest

from medicore.cases.people.acting import Actor
from medicore.cases.people.changes import people_check
from medicore.cases.people.clock import correct_clock, corrections, require_clock
from medicore.cases.people.people import revoke
from medicore.cases.people.signers import people
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.errors import ConfigurationError, ReviewError, WrongPassphraseError
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent, clock_steps
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, add_person
from tests.whole_house.study import SOUND_RUN

NOTE = NewEvent("medicore", "service", "notice.sent", SOUND_RUN)
AHEAD = timedelta(days=300)


@pytest.fixture
def ahead(month: WholeHouse) -> WholeHouse:
    """The month's house after its clock was most of a year ahead once; the clock is right again."""
    present = month.clock.time
    month.clock.time = present + AHEAD
    month.house.ledger.append(NOTE)
    month.clock.time = present + timedelta(minutes=1)
    return month


def test_a_signed_correction_ends_it(ahead: WholeHouse) -> None:
    """Nothing can be written, then a person signs that the last times are wrong, and the month goes on (FAULTS 82)."""
    house = ahead.house
    for work in (lambda: require_clock(house), lambda: house.ledger.append(NOTE)):
        with pytest.raises(ConfigurationError, match="sign with 'medicore ledger clock'"):
            work()
    last = house.ledger.head()[0]
    event = correct_clock(house, actor(reason="The battery of the board had failed"))
    assert (event.sequence, event.actor, event.details["last"]) == (last + 1, "otto", last)
    require_clock(house)
    ahead.release(SOUND_RUN)
    assert corrections(house) == (event,)
    assert clock_steps(house.ledger.events()) == (event.sequence,)
    assert verify_ledger(house).failed == ()
    assert [check.subject for check in verify(house, RunId.parse(SOUND_RUN)) if not check.passed] == []


def test_a_clock_in_order_is_not_corrected(month: WholeHouse) -> None:
    """Where the ledger accepts the present time, a correction is refused, and the refusal is recorded."""
    with pytest.raises(ReviewError, match="nothing is to be corrected"):
        correct_clock(month.house, actor())
    (refused,) = month.house.ledger.events(action="person.refused")
    assert refused.details == {"cause": "refused", "action": "clock.corrected", "claimed": "otto"}
    assert corrections(month.house) == ()


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (actor("rita"), "may not administer"),
        (actor("eve"), "is unknown"),
        (actor(reason=" "), "the reason is empty"),
        (Actor("otto", "As asked", "guessed it"), "does not open the key of otto"),
    ],
)
def test_who_may_not_correct_it_is_refused(ahead: WholeHouse, who: Actor, words: str) -> None:
    """The wrong role, nobody, no reason and a wrong passphrase leave the ledger as it is, with their own words."""
    before = ahead.house.ledger.head()
    with pytest.raises(ReviewError, match=words):
        correct_clock(ahead.house, who)
    assert ahead.house.ledger.head() == before


def test_a_wrong_passphrase_counts_where_it_can_be_recorded(month: WholeHouse) -> None:
    """While the clock is in order a guess is recorded as one."""
    with pytest.raises(WrongPassphraseError):
        correct_clock(month.house, Actor("otto", "As asked", "guessed it"))
    (refused,) = month.house.ledger.events(action="person.refused")
    assert (refused.actor, refused.details["cause"]) == ("otto", "passphrase")


def test_a_correction_that_nobody_signed_is_found(ahead: WholeHouse) -> None:
    """An event that corrects the clock without a signature fails the check of people and of the ledger."""
    ahead.house.ledger.append(NewEvent("otto", "operator", "clock.corrected", "ledger", "it ran ahead"))
    assert "(clock.corrected) has no signature" in people_check(ahead.house).found
    assert [check.subject for check in verify_ledger(ahead.house).failed] == ["people"]


def test_a_correction_is_not_used_twice(ahead: WholeHouse) -> None:
    """The signed correction of one place is none of a later one, even within the hour."""
    event = correct_clock(ahead.house, actor())
    copied = NewEvent("otto", "operator", "clock.corrected", "ledger", event.reason, dict(event.details))
    again = ahead.house.ledger.append(copied)
    assert f"ledger event {again.sequence} corrects the clock after event" in people_check(ahead.house).found


def test_who_was_revoked_meanwhile_stays_revoked(month: WholeHouse) -> None:
    """A revocation of the time when the clock ran ahead holds after the correction: the order of events counts."""
    add_person(month.house, "ruth", "reviewer", days=900)
    present = month.clock.time
    month.clock.time = present + AHEAD
    revoke(month.house, actor(), "ruth")
    month.clock.time = present + timedelta(minutes=1)
    correct_clock(month.house, actor())
    assert people(month.house)["ruth"].revoked_at is not None
    with pytest.raises(ReviewError, match="the key of ruth was revoked on"):
        month.sign(SOUND_RUN, "approve", by="ruth")
