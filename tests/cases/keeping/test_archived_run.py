"""archived_run: what is archived of a run by its manifest, listed as the ledger tells it and checked object by object."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from medicore.cases.keeping.archived_run import (
    archive_checks,
    archived_manifest,
    listed,
    manifest_keys,
    objects_of,
)
from medicore.errors import ArchiveError
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING, WAITING_RUN

RUN = RunId.parse(SOUND_RUN)


def failed(whole: WholeHouse) -> dict[str, str]:
    """Return the checks of the archived run that fail."""
    checks = archive_checks(whole.house, whole.history(RUN), whole.history(RUN).archived.manifest)
    return {check.subject: check.found for check in checks if not check.passed}


@contextmanager
def spoilt(whole: WholeHouse, key: str, data: bytes | None) -> Iterator[None]:
    """Put other bytes, or none, in the place of an archived object for a while."""
    path: Path = whole.home / "archive" / key
    held = path.read_bytes()
    path.chmod(0o644)
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    yield
    path.write_bytes(held)


def test_the_manifest_is_the_one_that_the_ledger_names(released: WholeHouse) -> None:
    """One that lies beside it under a later number is not the run's, and its objects are not."""
    key, data = archived_manifest(released.house, released.history(RUN))
    assert sha256(data) == released.history(RUN).archived.manifest
    released.house.archive.put(f"archives/{RUN}/manifest-9999.json", b"{}", "2050-01-01")
    assert archived_manifest(released.house, released.history(RUN)) == (key, data)
    assert manifest_keys(released.house, RUN) == (key, f"archives/{RUN}/manifest-9999.json")
    assert objects_of(released.house, released.history(RUN))[-1] == key
    with (
        spoilt(released, key, data + b"\n"),
        pytest.raises(ArchiveError, match="none is the one that the ledger"),
    ):
        archived_manifest(released.house, released.history(RUN))


def test_archived_runs_are_listed_as_the_ledger_tells_them(released: WholeHouse) -> None:
    """A row for each archived run, with objects and dates; of one study when it is named."""
    released.proceed(WAITING_RUN)
    released.clock.pass_days(1)
    released.release(WAITING_RUN, by="quinn")
    first, second = listed(released.house)
    assert (first["run"], second["run"]) == (SOUND_RUN, WAITING_RUN)
    assert first["archived_at"] < second["archived_at"]
    assert (first["retain_until"], second["retain_until"]) == ("2040-04-02", "2040-04-03")
    assert (first["held_since"], first["manifest"]) == (None, released.history(RUN).archived.manifest)
    assert first["objects"] == len(objects_of(released.house, released.history(RUN))) - 1
    assert listed(released.house, WAITING) == [second]
    assert listed(released.house, SOUND) == [first]


def test_every_object_is_read_and_held_against_its_digest(released: WholeHouse) -> None:
    """What is archived passes; whichever object has another byte, or none, is named."""
    assert failed(released) == {}
    for key in objects_of(released.house, released.history(RUN)):
        whole = (released.home / "archive" / key).read_bytes()
        manifest = key.rpartition("/")[2].startswith("manifest-")
        subject = f"archives/{RUN}/manifest" if manifest else f"{key} (archive)"
        for data in (whole[:-1] + bytes([whole[-1] ^ 1]), None):
            with spoilt(released, key, data):
                assert subject in failed(released), (key, data is None)
    assert failed(released) == {}


def test_a_date_that_is_too_early_is_found(released: WholeHouse) -> None:
    """An object whose label says a shorter retention than the ledger fails by its date."""
    key = f"reports/{RUN}/report.pdf"
    labels = [path for path in (released.home / "archive" / key).parent.glob("report.pdf~*")] or [
        path
        for path in (released.home / "archive" / key).parent.glob("report.pdf*")
        if path.name != "report.pdf"
    ]
    (label,) = labels
    label.chmod(0o644)
    label.write_bytes(label.read_bytes().replace(b"2040-04-02", b"2030-04-02"))
    assert set(failed(released)) == {f"{key} (retention)"}


def test_what_was_never_archived_has_no_manifest(month: WholeHouse) -> None:
    """A run that waits for approval has nothing in the archive."""
    for ask in (archived_manifest, objects_of):
        with pytest.raises(ArchiveError, match=f"run {RUN} is not archived; expected one that is"):
            ask(month.house, month.history(RUN))
    assert listed(month.house) == []
