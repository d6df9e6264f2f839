"""What every archive does, wherever it keeps its objects: written once, read back, kept until a date."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from medicore.errors import ArchiveError
from medicore.ports.archive import Archive
from medicore.records.canonical import sha256
from medicore.records.export.archived import Versions
from medicore.stores.archive.folder import FolderArchive
from tests.s3 import S3Server, locking_server, moto_server  # noqa: F401 - fixtures

KEY = "archives/REF-NHEFS/2025-01/1/report.pdf"
DATA = b"%PDF\x00\r\n\xff"
UNTIL = "2040-02-01"


@pytest.fixture(params=["folder", "moto", "real server"])
def archive(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Return an empty archive."""
    if request.param == "folder":
        return FolderArchive(tmp_path / "archive")
    server: S3Server = request.getfixturevalue("moto_server" if request.param == "moto" else "locking_server")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server.archive(server.bucket(), "medicore/production")


@pytest.mark.parametrize("data", [DATA, b"", bytes(2**20)])
def test_object_comes_back_with_its_version(archive: Archive, data: bytes) -> None:
    """What is put is what is got, the version is not empty, and the date is the given one."""
    assert archive.put(KEY, data, UNTIL)
    assert (archive.get(KEY), archive.retention(KEY)) == (data, UNTIL)


def test_same_bytes_again_change_nothing(archive: Archive) -> None:
    """An interrupted archiving may be repeated: the same version, and the date of the first."""
    first = archive.put(KEY, DATA, UNTIL)
    assert archive.put(KEY, DATA, "2026-01-01") == first
    assert archive.retention(KEY) == UNTIL


def test_other_bytes_are_refused(archive: Archive) -> None:
    """A key that holds something keeps it (FAULTS 14)."""
    archive.put(KEY, DATA, UNTIL)
    with pytest.raises(ArchiveError, match="archived already with other bytes; an archived object is never"):
        archive.put(KEY, DATA + b"more", UNTIL)
    assert (archive.get(KEY), archive.retention(KEY)) == (DATA, UNTIL)


def test_one_of_many_at_once_is_kept(archive: Archive) -> None:
    """When several write one key at the same time, one object is there whole and the others are refused."""

    def attempt(number: int) -> int | None:
        try:
            archive.put(KEY, bytes([number]) * 1000, UNTIL)
        except ArchiveError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        (winner,) = [found for found in pool.map(attempt, range(8)) if found is not None]
    assert archive.get(KEY) == bytes([winner]) * 1000


def test_what_is_not_there_is_an_archive_error(archive: Archive) -> None:
    """Neither an unknown key nor a folder of keys has bytes or a date."""
    archive.put(KEY, DATA, UNTIL)
    for key in ("archives/nothing", KEY.rsplit("/", 1)[0]):
        with pytest.raises(ArchiveError, match="is not in the archive; run 'medicore verify'"):
            archive.get(key)
        with pytest.raises(ArchiveError):
            archive.retention(key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../x",
        "a/..",
        "a//b",
        "a/",
        ".hidden",
        "a/.hidden",
        "a b",
        "a\n",
        "ü",
        "a\\b",
    ],
)
def test_malformed_key_is_refused_before_anything_is_touched(
    archive: Archive, tmp_path: Path, key: str
) -> None:
    """A key that could leave the archive, or not be named the same everywhere, reaches no store (FAULTS 31)."""
    with pytest.raises(ArchiveError, match="is malformed"):
        archive.put(key, DATA, UNTIL)
    with pytest.raises(ArchiveError, match="is malformed"):
        archive.get(key)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_keys_are_listed_without_labels(archive: Archive) -> None:
    """The keys below a prefix are the objects', sorted; an unknown prefix has none."""
    for key in ("archives/b/2", "archives/b/1.json", "archives/a/1", "archives/bb/1"):
        archive.put(key, key.encode(), UNTIL)
    assert archive.keys("archives/b") == archive.keys("archives/b/") == ("archives/b/1.json", "archives/b/2")
    assert archive.keys("archives") == ("archives/a/1", "archives/b/1.json", "archives/b/2", "archives/bb/1")
    assert archive.keys("nothing") == ()


def test_versions_tell_bytes_apart(archive: Archive) -> None:
    """Two objects with different bytes have different versions."""
    assert archive.put("a", DATA, UNTIL) != archive.put("b", DATA + b"\n", UNTIL)
    assert sha256(archive.get("a")) != sha256(archive.get("b"))


def test_retention_is_lengthened_and_never_shortened(archive: Archive) -> None:
    """A later date counts from then on, the same one changes nothing, an earlier one is refused (FAULTS 15)."""
    version = archive.put(KEY, DATA, UNTIL)
    archive.extend(KEY, "2055-03-01")
    archive.extend(KEY, "2055-03-01")
    assert archive.retention(KEY) == "2055-03-01"
    for earlier in ("2055-02-28", UNTIL, "2020-01-01"):
        with pytest.raises(ArchiveError, match=f"{KEY} is kept until 2055-03-01; .* never shortened$"):
            archive.extend(KEY, earlier)
    assert (archive.retention(KEY), archive.get(KEY, version)) == ("2055-03-01", DATA)
    assert archive.keys("archives") == (KEY,)


def test_same_bytes_for_longer_are_kept_for_longer(archive: Archive) -> None:
    """An archiving that continues the day after it was interrupted keeps all of its objects until the later date."""
    first = archive.put(KEY, DATA, UNTIL)
    assert archive.put(KEY, DATA, "2040-02-02") == first
    assert archive.retention(KEY) == "2040-02-02"
    assert archive.versions(KEY).written == (first,)


def test_what_is_not_there_is_not_extended(archive: Archive) -> None:
    """There is nothing to keep longer under an unknown key."""
    with pytest.raises(ArchiveError, match="is not in the archive"):
        archive.extend(KEY, "2055-03-01")


def test_a_legal_hold_stands_until_it_is_lifted(archive: Archive) -> None:
    """Nothing is held at first; a hold may be put on twice, lifted twice, and put on again, and moves no date."""
    archive.put(KEY, DATA, UNTIL)
    archive.put(f"{KEY}.sig", b"signature", UNTIL)
    archive.lift(KEY)
    assert not archive.held(KEY)
    for _ in range(2):
        archive.hold(KEY)
        archive.hold(KEY)
        assert (archive.held(KEY), archive.held(f"{KEY}.sig")) == (True, False)
        archive.lift(KEY)
        archive.lift(KEY)
        assert not archive.held(KEY)
    assert (archive.retention(KEY), archive.get(KEY)) == (UNTIL, DATA)
    assert archive.keys("archives") == (KEY, f"{KEY}.sig")


def test_what_is_held_stays_held_when_archived_again_or_extended(archive: Archive) -> None:
    """Neither the same bytes again, nor a later date, nor a refused shortening takes a hold off; nor it the date."""
    version = archive.put(KEY, DATA, UNTIL)
    archive.hold(KEY)
    assert archive.put(KEY, DATA, "2041-01-01") == version
    archive.extend(KEY, "2055-03-01")
    with pytest.raises(ArchiveError, match="never shortened"):
        archive.extend(KEY, UNTIL)
    assert (archive.held(KEY), archive.retention(KEY)) == (True, "2055-03-01")
    assert archive.versions(KEY) == Versions((version,))


def test_what_is_not_there_is_not_held(archive: Archive) -> None:
    """There is nothing to hold, to lift or to ask about under an unknown key."""
    for act in (archive.hold, archive.lift, archive.held):
        with pytest.raises(ArchiveError, match="is not in the archive"):
            act(KEY)


def test_one_version_is_stored_and_nothing_hides_it(archive: Archive) -> None:
    """An object has the version that putting it returned, and no other."""
    version = archive.put(KEY, DATA, UNTIL)
    archive.put(f"{KEY}.sig", b"signature", UNTIL)
    assert archive.versions(KEY) == Versions((version,))


def test_archive_says_what_it_is(archive: Archive) -> None:
    """Its words tell an operator how far it can be relied on."""
    assert archive.prove().startswith(("write-once folder", "s3://medicore-"))
