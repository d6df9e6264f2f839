"""The archived bundle is cloned before it is archived and when the archive is verified: it gives the record back by itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from medicore.cases.keeping import archive as archiving
from medicore.cases.keeping.archive import archive
from medicore.cases.proof.verify_archived import verify_archived
from medicore.cases.run.runs import sealed_commit
from medicore.errors import ArchiveError
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from tests.whole_house.house import WholeHouse
from tests.whole_house.objects import bundle_of
from tests.whole_house.study import SOUND_RUN

RUN = RunId.parse(SOUND_RUN)
TAG = f"record/{RUN}"
CLONE = f"archives/{RUN}/record.bundle (clone)"


class Grafted:
    """A record repository of which bundles come without a part of the history, as git makes them under a graft."""

    def __init__(self, records: Any, lost: str) -> None:
        self._records = records
        self._lost = lost

    def __getattr__(self, name: str) -> Any:
        """Do all else as the repository does."""
        return getattr(self._records, name)

    def bundle(self, tag: str) -> bytes:
        """Return a bundle that lacks a commit."""
        first = self._records.named[tag]
        reached = {
            name: held for name, held in self._records.objects.reached(first).items() if name != self._lost
        }
        return bundle_of(tag, first, reached)


class Misnamed(Grafted):
    """A record repository whose bundles hold another record under the tag."""

    def bundle(self, tag: str) -> bytes:
        """Return a bundle of the sealed record, named as the released one."""
        other = self._records.named[f"run/{RUN}"]
        return bundle_of(tag, other, self._records.objects.reached(other))


def released_unarchived(whole: WholeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Release the run with an archive that cannot be written yet."""
    whole.sign(SOUND_RUN, "approve")
    with monkeypatch.context() as blocked:

        def full(*_: Any) -> bytes:
            raise ArchiveError("no room")

        blocked.setattr(archiving, "_copy", full)
        with pytest.raises(ArchiveError, match="no room"):
            whole.follow(SOUND_RUN)
    assert whole.state(SOUND_RUN) is RunState.RELEASED


@pytest.mark.parametrize("kind", [Grafted, Misnamed])
def test_a_bundle_that_is_not_the_whole_record_is_not_archived(
    month: WholeHouse, monkeypatch: pytest.MonkeyPatch, kind: Callable[[Any, str], Grafted]
) -> None:
    """Without a commit of the history, or with another record, nothing is archived, and the ledger says why (FAULTS 76)."""
    released_unarchived(month, monkeypatch)
    before = month.house.archive.keys("archives")
    lost = sealed_commit(month.house, RUN)
    house = replace(month.house, records=kind(month.records, lost))  # type: ignore[arg-type] # all but one verb is delegated
    with pytest.raises(
        ArchiveError, match=f"the record of {RUN} cannot be archived, since its bundle is not the whole"
    ):
        archive(house, RUN, 15)
    assert month.house.archive.keys("archives") == before
    assert month.actions(SOUND_RUN)[-1] == "archive.failed"
    archive(month.house, RUN, 15)
    assert month.state(SOUND_RUN) is RunState.ARCHIVED


def test_a_bundle_that_was_archived_so_is_found(month: WholeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive from before bundles were cloned is as it was written, and still its bundle fails by name (FAULTS 76)."""
    released_unarchived(month, monkeypatch)
    house = replace(month.house, records=Grafted(month.records, sealed_commit(month.house, RUN)))  # type: ignore[arg-type]
    with monkeypatch.context() as earlier:
        earlier.setattr(archiving, "require_bundle", lambda *_: None)
        archive(house, RUN, 15)
    ((_, checks),) = verify_archived(month.house, [RUN])
    failed = {check.subject: check.found for check in checks if not check.passed}
    assert list(failed) == [CLONE]
    assert f"the bundle is damaged or has no tag {TAG}" in failed[CLONE]
    assert month.actions(SOUND_RUN)[-1] == "verification.failed"


def test_a_whole_bundle_is_cloned_without_the_repository(released: WholeHouse) -> None:
    """The clone is made from the archive alone: no object of the record repository helps."""
    released.records.objects.clear()
    ((_, checks),) = verify_archived(released.house, [RUN])
    assert {check.subject: check.passed for check in checks}[CLONE]
