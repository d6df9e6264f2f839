"""The service's key is lost and given again: what it signed stays valid, and what it signs afterwards is refused."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from medicore.cases.answers.lookup import lines
from medicore.cases.export.export import export
from medicore.cases.people.acting import Actor
from medicore.cases.people.changes import people_check
from medicore.cases.people.people import listed
from medicore.cases.people.service import opened_head, renew_service, service_keys, signed_head
from medicore.cases.people.signers import people, proved
from medicore.cases.proof.verify import require_ledger, verify
from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.cases.review.readiness import require_service_key
from medicore.cases.run.attest import attest, head_key, kept, key_of
from medicore.cases.run.requesting import Request, proved_request, sign_for_service
from medicore.cases.run.runs import begin
from medicore.errors import (
    ArchiveError,
    ConfigurationError,
    IntegrityError,
    ReviewError,
    WrongPassphraseError,
)
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.ledger.states import RunState
from medicore.records.people.act import ENVELOPE
from medicore.records.people.people import Role
from medicore.stores.keys.authority import Subject
from medicore.stores.ledger.index import SqliteIndex, key_from
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import CA_WORDS, DAY, actor, open_authority, words
from tests.whole_house.study import SOUND, SOUND_RUN

RUN = RunId.parse(SOUND_RUN)
FILES = ("medicore.p12", "medicore.passphrase")


def files(whole: WholeHouse) -> dict[Path, bytes]:
    """Return key and passphrase of the service, by their files."""
    return {path: path.read_bytes() for path in (whole.home / "people" / name for name in FILES)}


def restore(earlier: Mapping[Path, bytes]) -> None:
    """Put the files of a key back, as from a backup."""
    for path, data in earlier.items():
        path.write_bytes(data)


def lose(whole: WholeHouse) -> dict[Path, bytes]:
    """Lose key and passphrase of the service; return them."""
    earlier = files(whole)
    for path in earlier:
        path.unlink()
    return earlier


def renew(whole: WholeHouse) -> LedgerEvent:
    """Give the service a new key."""
    return renew_service(whole.house, actor(), lambda: CA_WORDS)


def later_event(whole: WholeHouse) -> LedgerEvent:
    """Return a new event at the end of the ledger, which nobody has signed as its head."""
    return whole.house.ledger.append(NewEvent("medicore", "service", "notice.sent", SOUND_RUN))


def put(whole: WholeHouse, sequence: int, digest: str, envelope: bytes) -> str:
    """Put a signed head into the archive, as who can write there; return its key."""
    key = head_key(sequence, digest)
    whole.house.archive.put(key, envelope, "2045-01-01")
    return key


def found_in(whole: WholeHouse, key: str) -> str:
    """Return what the check of the ledger says of the head under a key, which fails."""
    (check,) = [check for check in verify_ledger(whole.house).failed if check.subject == key]
    return check.found


def test_a_lost_key_is_given_anew(month: WholeHouse) -> None:
    """Key and passphrase are gone: an operator's signed act makes new ones, a release and its archive follow (FAULTS 86)."""
    lose(month)
    with pytest.raises(
        ConfigurationError, match="or have new ones made with 'medicore people renew medicore'"
    ):
        require_service_key(month.house)
    event = renew(month)
    assert (event.action, event.subject, event.actor) == ("person.renewed", "medicore", "otto")
    assert proved(month.house, event).details["fingerprint"] == people(month.house)["medicore"].fingerprint
    assert {path.stat().st_mode & 0o777 for path in files(month)} == {0o600}
    require_service_key(month.house)
    month.release(SOUND_RUN)
    assert [check.subject for check in verify(month.house, RUN) if not check.passed] == []
    assert verify_ledger(month.house).failed == ()
    assert people_check(month.house).passed
    assert "checkpoint.failed" not in month.actions(SOUND_RUN)
    (row,) = [row for row in listed(month.house) if row["identifier"] == "medicore"]
    assert (row["standing"], len(row["earlier"])) == ("in force", 1)


def test_a_release_whose_archiving_lost_the_key_is_archived_later(month: WholeHouse) -> None:
    """The release stands and the ledger says what failed; with a new key the same decision is followed to its end."""
    month.sign(SOUND_RUN, "approve")
    (month.home / "people" / "medicore.p12").unlink()
    with pytest.raises(ArchiveError, match="cannot be archived: there is no key of medicore"):
        month.follow(SOUND_RUN)
    assert month.state(SOUND_RUN) is RunState.RELEASED
    assert month.actions(SOUND_RUN)[-1] == "archive.failed"
    renew(month)
    assert month.follow(SOUND_RUN) is None
    assert month.state(SOUND_RUN) is RunState.ARCHIVED
    assert [check.subject for check in verify(month.house, RUN) if not check.passed] == []


def test_nothing_is_said_to_be_exported_without_a_key(released: WholeHouse) -> None:
    """An export that could not be signed leaves no event; with a new key the same export is signed by it."""
    lose(released)
    before = released.actions(SOUND_RUN)
    with pytest.raises(ConfigurationError, match="the key of the service cannot sign"):
        export(released.house, RUN, "rita", words)
    assert released.actions(SOUND_RUN) == before
    renew(released)
    found = export(released.house, RUN, "rita", words)
    head = opened_head(
        released.house, service_keys(released.house), found.files["ledger/checkpoint.dsse.json"]
    )
    assert head.sequence == found.sequence


def test_a_new_key_is_valid_as_long_as_the_first(month: WholeHouse) -> None:
    """Without days the certificate ends with the authority's; with them it ends earlier, and a third key may follow."""
    first = people(month.house)["medicore"].valid_until
    renew(month)
    assert people(month.house)["medicore"].valid_until == first
    renew_service(month.house, actor("quinn"), lambda: CA_WORDS, 30)
    assert people(month.house)["medicore"].valid_until < first
    assert len(service_keys(month.house)) == 3
    assert attest(month.house, RUN, 15).digest == month.house.ledger.head()[1]
    assert verify_ledger(month.house).failed == ()


def test_the_earlier_key_signs_no_later_head(month: WholeHouse) -> None:
    """A backup of the earlier key is refused before a signature is asked for, by the signing, and in the archive (FAULTS 86)."""
    earlier = files(month)
    renewal = renew(month)
    restore(earlier)
    with pytest.raises(ConfigurationError, match="the key of the service cannot sign"):
        require_service_key(month.house)
    event = attest(month.house, RUN, 15)
    *_, failed = month.house.ledger.events()
    assert failed.action == "checkpoint.failed"
    assert f"and was replaced by event {renewal.sequence}" in failed.reason
    key = put(month, event.sequence, event.digest, month.house.seals.attest(event.sequence, event.digest))
    assert f"and was replaced by event {renewal.sequence}" in found_in(month, key)
    with pytest.raises(IntegrityError, match="expected the key in force at that event"):
        require_ledger(month.house)


def test_the_renewal_itself_is_no_head_of_the_earlier_key(month: WholeHouse) -> None:
    """The last head of the earlier key is that of the event before the renewal; the renewal's own is of the new key."""
    earlier = files(month)
    before = later_event(month)
    late = month.house.seals.attest(before.sequence, before.digest)
    renewal = renew(month)
    put(month, before.sequence, before.digest, late)
    put(month, renewal.sequence, renewal.digest, signed_head(month.house, renewal.sequence, renewal.digest))
    assert verify_ledger(month.house).failed == ()
    restore(earlier)
    with pytest.raises(ReviewError, match="would be refused"):
        signed_head(month.house, renewal.sequence, renewal.digest)


def test_a_new_key_signs_no_earlier_head(month: WholeHouse) -> None:
    """The past was attested by the key of its time: a head of it that the new key signed is named."""
    before = later_event(month)
    renewal = renew(month)
    envelope = month.house.seals.attest(before.sequence, before.digest)
    key = put(month, before.sequence, before.digest, envelope)
    assert f"which was given by event {renewal.sequence}; expected the key in force" in found_in(month, key)


def test_a_key_that_the_ledger_never_gave_is_named(month: WholeHouse) -> None:
    """A certificate of the same authority that no event gives the service signs no head."""
    authority = open_authority(month.home, month.clock)
    subject = Subject("medicore", "MediCore service", Role.SERVICE)
    _, key = authority.certify_service(subject, authority_passphrase=CA_WORDS, validity=DAY)
    authority.keep_service("medicore", key)
    last = later_event(month)
    envelope = month.house.seals.attest(last.sequence, last.digest)
    place = put(month, last.sequence, last.digest, envelope)
    assert "that this ledger never gave the service" in found_in(month, place)
    (head,) = [found for found in kept(month.house) if found.key == place]
    with pytest.raises(IntegrityError, match=f"^{place}: a head was signed by a key"):
        head.opened(month.house)


@pytest.mark.parametrize(
    ("who", "given", "error", "told"),
    [
        (actor("ana"), CA_WORDS, ReviewError, "may not administer"),
        (Actor("otto", "As asked", "guessed it"), CA_WORDS, WrongPassphraseError, "the key of otto"),
        (actor(reason=" "), CA_WORDS, ReviewError, "the reason is empty"),
        (actor(), "guessed it", WrongPassphraseError, "the key of the authority"),
    ],
)
def test_who_may_not_renews_nothing(
    month: WholeHouse, who: Actor, given: str, error: type[ReviewError], told: str
) -> None:
    """Without the permission, a reason or both passphrases the key stays what it was, and the ledger has the refusal."""
    before = files(month)
    with pytest.raises(error, match=told):
        renew_service(month.house, who, lambda: given)
    assert files(month) == before
    *_, refused = month.house.ledger.events(subject="medicore")
    assert (refused.action, refused.details["action"]) == ("person.refused", "person.renewed")


def test_a_renewal_that_nobody_signed_is_named(month: WholeHouse) -> None:
    """Who has another certificate of the authority and the ledger's file becomes no service by an event."""
    ana = people(month.house)["ana"]
    details = {**replace(ana, role=Role.SERVICE).details()}
    month.house.ledger.append(NewEvent("otto", "operator", "person.renewed", "medicore", "As asked", details))
    assert not people_check(month.house).passed
    failed = [check.subject for check in verify(month.house, RUN) if not check.passed]
    assert failed == ["people"]


def test_requests_of_both_keys_prove(month: WholeHouse) -> None:
    """What the service asked for before and after its renewal is proved by the key of its time."""
    events = []
    month.clock.pass_days(40)
    for ahead in ("2025-04", "2025-05"):
        asked = Request(SOUND, ahead, "medicore", "Monthly schedule")
        signature = sign_for_service(month.house, asked, [SOUND])
        events.append(str(begin(month.house, replace(asked, signature=signature)).id))
        renew(month)
    for run in events:
        (event,) = month.house.ledger.events(subject=run, action="run.requested")
        assert proved_request(month.house, event).signer == "medicore"
        assert base64.b64decode(event.details[ENVELOPE])


def test_the_index_is_built_anew(month: WholeHouse) -> None:
    """The index's key follows from the passphrase: after a renewal the old file answers nothing, and a new one is made."""

    def opened() -> SqliteIndex:
        return SqliteIndex(month.home / "keyed.db", key_from(month.home / "people" / "medicore.passphrase"))

    house = replace(month.house, index=opened())
    expected = [*lines(house)]
    assert opened().read(numbers=True) is not None
    renew(month)
    assert opened().read(numbers=True) is None
    assert [*lines(replace(month.house, index=opened()))] == expected
    assert opened().read(numbers=True) is not None


def test_a_renewal_that_was_stopped_is_repeated(month: WholeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event is there and the files are not: the next renewal gives a key that signs, and everything verifies."""

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("medicore.stores.keys.authority.Authority.keep_service", stopped)
        with pytest.raises(KeyboardInterrupt):
            renew(month)
    with pytest.raises(ConfigurationError, match="the key of the service cannot sign"):
        require_service_key(month.house)
    renew(month)
    event = attest(month.house, RUN, 15)
    assert key_of(event) in {found.key for found in kept(month.house)}
    assert verify_ledger(month.house).failed == ()
