"""verify_archived: the archive alone is read, and what was read well is said so in the ledger."""

import pytest

from medicore.cases.proof.surveillance import survey
from medicore.cases.proof.verify_archived import verify_archived
from medicore.errors import ArchiveError
from medicore.records.identifiers import RunId
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND_RUN, WAITING_RUN
from tests.whole_house.tampering import force

RUN = RunId.parse(SOUND_RUN)
DAMAGED = [f"reports/{RUN}/report.pdf ({what})" for what in ("archive", "retention")]
"""What fails when the archived report has another byte: the label of its retention names its bytes, too."""


def flip(whole: WholeHouse, key: str) -> None:
    """Change the last byte of an archived object."""
    path = whole.home / "archive" / key
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def test_a_whole_archive_is_read_and_said_to_be(released: WholeHouse) -> None:
    """Foundations, manifest, every object and date pass; the ledger keeps which manifest was read by how many checks."""
    released.content.remote.clear()
    released.records.named.clear()
    ((run, checks),) = verify_archived(released.house, [RUN])
    assert (run, all(check.passed for check in checks)) == (RUN, True)
    event = released.events(SOUND_RUN)[-1]
    assert (event.action, event.details) == (
        "archive.verified", {"manifest": released.history(RUN).archived.manifest, "checks": len(checks)},
    )  # fmt: skip


def test_a_flipped_byte_is_named_and_nothing_said_to_be_well(released: WholeHouse) -> None:
    """The run's event says what failed; that it was read well is not said."""
    flip(released, f"reports/{RUN}/report.pdf")
    ((_, checks),) = verify_archived(released.house, [RUN])
    assert [check.subject for check in checks if not check.passed] == DAMAGED
    assert released.events(SOUND_RUN)[-1].action == "verification.failed"
    assert "archive.verified" not in released.actions(SOUND_RUN)


def test_without_a_ledger_that_holds_the_archive_is_not_judged(released: WholeHouse) -> None:
    """The archive is held against what the ledger says; a damaged ledger says nothing."""
    force(
        released.home / "ledger.db",
        "UPDATE events SET reason = 'all was well' WHERE sequence = 5",
    )
    ((_, checks),) = verify_archived(released.house, [RUN])
    assert [(check.subject, check.passed) for check in checks] == [("ledger", False)]


def test_what_is_not_archived_is_said_so(released: WholeHouse) -> None:
    """A run that was never released has nothing to verify in the archive."""
    with pytest.raises(ArchiveError, match=f"run {WAITING_RUN} is not archived"):
        list(verify_archived(released.house, [RunId.parse(WAITING_RUN)]))


def test_surveillance_reads_again_and_says_what_is_damaged(released: WholeHouse) -> None:
    """The walk reads what is due and the ledger keeps that it did; a flipped byte is named with its run."""
    released.clock.pass_days(100)
    found = survey(released.house, 365)
    assert (found.read, found.failed, found.archived) == ((RUN,), {}, 1)
    (event,) = released.house.ledger.events(action="archive.surveyed")
    assert event.actor == "medicore"
    assert event.details == {"archived": 1, "checks": found.checks, "failed": {}, "read": [SOUND_RUN]}
    assert found.checks > 40
    flip(released, f"reports/{RUN}/report.pdf")
    again = survey(released.house, None)
    assert {run: [check.subject for check in bad] for run, bad in again.failed.items()} == {
        SOUND_RUN: DAMAGED
    }
    *_, event = released.house.ledger.events(action="archive.surveyed")
    assert list(event.details["failed"]) == [SOUND_RUN]
    assert again.oldest == found.oldest, "what was damaged was not read well"
