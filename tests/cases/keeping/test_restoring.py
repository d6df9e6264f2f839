"""restoring: everything that the archive holds of a run comes back proved, or nothing does; and who has it signs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from medicore.cases.keeping.archived_run import archived_manifest
from medicore.cases.keeping.restoring import restore
from medicore.cases.people.signers import proved
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import read_provenance
from medicore.errors import ArchiveError, IntegrityError, MediCoreError, ReviewError
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.people.people import Permission
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import add_person, found_house, tried_by, words
from tests.whole_house.study import BROKEN_RUN, SOUND_RUN

RUN = RunId.parse(SOUND_RUN)


def removed(path: Path) -> None:
    """Take a file away."""
    path.unlink()


def flipped(path: Path) -> None:
    """Change the last byte of a file."""
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def test_everything_comes_back_and_who_has_it_signs(released: WholeHouse) -> None:
    """The files are those of the record by their names, with reports, bundle and ledger; the act is proved as the person's."""
    found = restore(released.house, RUN, "rita", words)
    commit = sealed_commit(released.house, RUN)
    for entry in read_provenance(released.house, RUN, commit)["files"]:
        assert sha256(found.files[f"record/{entry['name']}"]) == entry["sha256"]
    assert {"manifest.json", "record.bundle", "report.pdf", "report.signed.pdf", "authority.pem"} <= set(
        found.files
    )
    assert found.files["manifest.json"] == archived_manifest(released.house, released.history(RUN))[1]
    assert (found.manifest, found.named) == (released.history(RUN).archived.manifest, True)
    event = released.events(SOUND_RUN)[-1]
    assert (event.action, event.actor, event.details["objects"]) == (
        "archive.restored",
        "rita",
        len(found.files) - 1,
    )
    assert proved(released.house, event, Permission.EXPORT).details["manifest"] == found.manifest


@pytest.mark.parametrize(("damage", "family"), [(flipped, IntegrityError), (removed, ArchiveError)])
def test_what_is_damaged_is_not_restored(
    released: WholeHouse, damage: Callable[[Path], None], family: type[MediCoreError]
) -> None:
    """An object with other bytes, or none, is named, and nothing is given out or recorded."""
    damage(released.home / "archive" / "archives" / SOUND_RUN / "record.bundle")
    before = released.events(SOUND_RUN)
    with pytest.raises(family, match=rf"archives/{RUN}/record\.bundle"):
        restore(released.house, RUN, "rita", words)
    assert released.events(SOUND_RUN) == before


def test_who_may_not_see_records_restores_nothing(released: WholeHouse) -> None:
    """Records hold patients' data: an analyst, an operator and a wrong passphrase are refused, each an event."""
    for person, passphrase in (("ana", words("ana")), ("otto", words("otto")), ("rita", "wrong words")):
        with pytest.raises(ReviewError):
            restore(released.house, RUN, person, lambda _, given=passphrase: given)
        last = released.events(SOUND_RUN)[-1]
        assert (last.action, tried_by(last)) == ("export.refused", person)


def test_what_is_not_archived_is_not_restored(released: WholeHouse) -> None:
    """A run that was never released, and one that nobody asked for, are not in the archive."""
    with pytest.raises(ArchiveError, match=f"run {BROKEN_RUN} is not archived"):
        restore(released.house, RunId.parse(BROKEN_RUN), "rita", words)
    with pytest.raises(ArchiveError, match=f"run {replace(RUN, number=9)} is not in the archive"):
        restore(released.house, replace(RUN, number=9), "rita", words)


def test_a_ledger_that_was_founded_anew_restores_by_the_manifest_alone(released: WholeHouse) -> None:
    """With ledger and authority lost, the archive still gives everything back, and says that no ledger names it."""
    other, clock = found_house(released.folder / "second")
    clock.time = released.clock.time
    add_person(other, "rita", "reviewer")
    second = replace(other, archive=released.house.archive, progress=released.house.progress)
    found = restore(second, RUN, "rita", words)
    assert (found.named, found.files) == (False, restore(released.house, RUN, "rita", words).files)
    assert [*other.ledger.events(subject=SOUND_RUN)] == []
