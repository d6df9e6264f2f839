"""What following a decision needs is tried before its passphrase is asked for; what was decided is followed later."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from medicore.cases.people.people import revoke
from medicore.cases.proof.verify import verify
from medicore.cases.review.readiness import require_ready, require_service_key
from medicore.errors import ArchiveError, ConfigurationError
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.records.ledger.states import RunState
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import CA_WORDS, DAY, actor, found_house, open_authority
from tests.whole_house.study import SOUND_RUN, WAITING_RUN

RUN = RunId.parse(SOUND_RUN)


def _damage_key(whole: WholeHouse) -> None:
    path = whole.home / "people" / "medicore.p12"
    path.write_bytes(path.read_bytes()[:-40])


def _lose_passphrase(whole: WholeHouse) -> None:
    (whole.home / "people" / "medicore.passphrase").unlink()


def _open_passphrase(whole: WholeHouse) -> None:
    (whole.home / "people" / "medicore.passphrase").chmod(0o644)


def _other_key(whole: WholeHouse) -> None:
    """Put another service key of the same authority in place."""
    from medicore.records.people.people import Role
    from medicore.stores.keys.authority import Subject

    authority = open_authority(whole.home, whole.clock)
    subject = Subject("medicore", "MediCore service", Role.SERVICE)
    passphrase = authority.service_passphrase("medicore")
    _, key = authority.certify(subject, passphrase=passphrase, authority_passphrase=CA_WORDS, validity=DAY)
    authority.keep("medicore", key)


def _replace_archive(whole: WholeHouse) -> None:
    folder = whole.home / "archive"
    folder.rename(whole.home / "archive.moved")
    folder.write_bytes(b"")


def _run_ahead(whole: WholeHouse) -> None:
    present = whole.clock.time
    whole.clock.time = present + timedelta(days=300)
    whole.house.ledger.append(NewEvent("medicore", "service", "notice.sent", SOUND_RUN))
    whole.clock.time = present


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_damage_key, "the key of the service cannot sign: the passphrase does not open the key"),
        (_lose_passphrase, "the key of the service cannot sign: the passphrase of medicore is not here"),
        (_open_passphrase, "the key of the service cannot sign: medicore.passphrase is open to others"),
        (_other_key, "the key of the service cannot sign: a checkpoint of the ledger does not verify"),
        (_replace_archive, "the archive cannot be written: "),
        (_run_ahead, "set the clock, or sign with 'medicore ledger clock'"),
    ],
)
def test_what_would_stop_a_release_is_found_before(
    month: WholeHouse, damage: Callable[[WholeHouse], None], words: str
) -> None:
    """A damaged, lost, open or foreign service key, the archive, the clock: one line, and nothing is signed (FAULTS 84)."""
    require_ready(month.house, RUN, "approve")
    damage(month)
    before = month.house.ledger.head()
    with pytest.raises(ConfigurationError, match=words) as refused:
        require_ready(month.house, RUN, "approve")
    assert "\n" not in str(refused.value)
    assert month.house.ledger.head() == before


def test_trying_leaves_nothing(month: WholeHouse) -> None:
    """Neither ledger nor archive nor people hold anything more once everything was found in order."""

    def held() -> list[Path]:
        return sorted(month.home.rglob("*"))

    before, head = held(), month.house.ledger.head()
    require_ready(month.house, RUN, "approve")
    assert (held(), month.house.ledger.head()) == (before, head)


def test_a_rejection_needs_no_archive(month: WholeHouse) -> None:
    """Bad data can be rejected while the archive is away; the service's key is needed all the same."""
    _replace_archive(month)
    for run in (SOUND_RUN, WAITING_RUN):
        require_ready(month.house, RunId.parse(run), "reject")
    _damage_key(month)
    with pytest.raises(ConfigurationError, match="the key of the service"):
        require_ready(month.house, RUN, "reject")


def test_what_does_not_wait_is_passed_over(released: WholeHouse) -> None:
    """A run that is released, or that nobody asked for, is not tried: its refusal is told and recorded elsewhere."""
    _damage_key(released)
    require_ready(released.house, RUN, "approve")
    require_ready(released.house, RunId.parse("TEST-SOUND/2025-03/9"), "approve")


def test_a_house_without_a_service_is_not_ready(tmp_path: Path) -> None:
    """Where the ledger knows no service nobody can sign its heads."""
    house, _ = found_house(tmp_path)
    with pytest.raises(ConfigurationError, match="the ledger knows no service"):
        require_service_key(house)


def test_a_release_is_archived_although_its_approver_was_revoked(month: WholeHouse) -> None:
    """An approval holds as of its time in the ledger: archiving that failed is done after a revocation, and all verifies."""
    archive = month.home / "archive"
    month.sign(SOUND_RUN, "approve")
    _replace_archive(month)
    with pytest.raises(ArchiveError):
        month.follow(SOUND_RUN)
    assert month.state(SOUND_RUN) is RunState.RELEASED
    month.clock.pass_days(1)
    revoke(month.house, actor(), "rita")
    archive.unlink()
    (month.home / "archive.moved").rename(archive)
    assert month.follow(SOUND_RUN) is None
    assert month.state(SOUND_RUN) is RunState.ARCHIVED
    assert [check.subject for check in verify(month.house, RUN) if not check.passed] == []


def test_an_approval_is_followed_although_its_approver_was_revoked(month: WholeHouse) -> None:
    """A command that was stopped between signature and release is followed later, whoever was revoked meanwhile."""
    month.sign(SOUND_RUN, "approve")
    month.clock.pass_days(1)
    revoke(month.house, actor(), "rita")
    assert month.follow(SOUND_RUN) is None
    assert month.state(SOUND_RUN) is RunState.ARCHIVED
