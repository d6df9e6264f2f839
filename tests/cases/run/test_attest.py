"""attest: the head of the ledger, signed and kept where the ledger cannot reach; a full archive stops nobody."""

import json
from dataclasses import replace

import pytest

from medicore.cases.run.attest import attest, kept, key_of
from medicore.errors import IntegrityError
from medicore.records.identifiers import RunId
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import found_house
from tests.whole_house.study import SOUND_RUN

RUN = RunId.parse(SOUND_RUN)


def test_the_head_that_is_signed_is_the_event_that_says_so(founded: WholeHouse) -> None:
    """The archive holds, for so many years, the service's signature on number and digest of the ledger's last event."""
    event = attest(founded.house, RUN, 15)
    assert (event.action, founded.house.ledger.head()) == (
        "checkpoint.signed",
        (event.sequence, event.digest),
    )
    assert founded.house.archive.retention(key_of(event)) > "2040-03-31"
    (found,) = kept(founded.house)
    head = found.opened(founded.house)
    assert (found.key, head.sequence, head.digest) == (key_of(event), event.sequence, event.digest)


def test_every_sealing_release_and_archive_leaves_a_head(released: WholeHouse) -> None:
    """Four runs sealed, one of them archived: a head each, and one that lies with the archived record."""
    heads = [found.opened(released.house) for found in kept(released.house)]
    told = {event.sequence: event.digest for event in released.house.ledger.events()}
    assert len(heads) == 6
    assert all(told[head.sequence] == head.digest for head in heads)
    assert max(head.sequence for head in heads) == released.house.ledger.head()[0]


def test_an_archive_that_fails_stops_no_work(founded: WholeHouse) -> None:
    """A head that the archive did not take is said to have failed; the next one is kept and covers it."""
    folder = founded.home / "archive" / "checkpoints"
    folder.parent.mkdir(exist_ok=True)
    folder.write_bytes(b"no folder")
    event = attest(founded.house, RUN, 15)
    *_, failed = founded.house.ledger.events()
    assert (failed.action, failed.details) == ("checkpoint.failed", {"sequence": event.sequence})
    folder.unlink()
    assert kept(founded.house) == ()
    later = attest(founded.house, RUN, 15)
    assert [found.opened(founded.house).sequence for found in kept(founded.house)] == [later.sequence]


def test_a_service_without_its_key_stops_no_work(founded: WholeHouse) -> None:
    """When the service's key is gone the ledger says so, and the run goes on."""
    (founded.home / "people" / "medicore.p12").unlink()
    attest(founded.house, RUN, 15)
    *_, failed = founded.house.ledger.events()
    assert (failed.action, "there is no key of medicore" in failed.reason) == ("checkpoint.failed", True)


def test_a_head_that_was_altered_is_named_by_its_key(founded: WholeHouse) -> None:
    """What the service did not sign does not open."""
    event = attest(founded.house, RUN, 15)
    path = founded.home / "archive" / key_of(event)
    envelope = json.loads(path.read_text())
    path.chmod(0o644)
    path.write_text(path.read_text().replace(envelope["payload"][:8], "eyJhdCI7"))
    (found,) = kept(founded.house)
    with pytest.raises(IntegrityError, match=f"^{key_of(event)}: "):
        found.opened(founded.house)


def test_a_ledger_that_does_not_know_the_service_cannot_open_its_heads(founded: WholeHouse) -> None:
    """Heads in the archive of a ledger that was founded again are said to be of another ledger."""
    attest(founded.house, RUN, 15)
    other, _ = found_house(founded.folder / "other")
    elsewhere = replace(founded.house, ledger=other.ledger)
    with pytest.raises(
        IntegrityError, match="holds 1 signed heads of a ledger, and this ledger does not know who signed"
    ):
        kept(elsewhere)
