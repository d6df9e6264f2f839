"""What no byte of a file shows is found: lists, durable copies, names, modes, links, an emptied archive, a silent store."""

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import yaml

from medicore.cases.people.logged import SERVICE
from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_archived import verify_archived
from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.cases.run.attest import attest, key_of
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import read_provenance
from medicore.records.checking import Check
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.stores.archive.locked_bucket import LockedBucket
from medicore.stores.content.content_remote import BucketRemote
from medicore.stores.content.dvc_content import DvcContent
from medicore.stores.s3.client import S3Access
from tests.s3 import KEYS
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND_RUN, WAITING_RUN
from tests.whole_house.tampering import slip_in

RUN = RunId.parse(SOUND_RUN)
STORE, CACHE = "content store", "local cache"


def checks(whole: WholeHouse, run: str = SOUND_RUN) -> tuple[Check, ...]:
    """Return the checks of a run that did not pass without a word."""
    return tuple(check for check in verify(whole.house, RunId.parse(run)) if not check.passed or check.warned)


def failed(whole: WholeHouse, run: str = SOUND_RUN) -> dict[str, str]:
    """Return the checks of a run that fail."""
    return {check.subject: check.found for check in checks(whole, run) if not check.passed}


def list_of(whole: WholeHouse) -> str:
    """Return the address of the list of the frozen files."""
    pointer = whole.records.read(sealed_commit(whole.house, RUN), f"{RUN.folder}/lock.dvc")
    (out,) = yaml.load(pointer, yaml.CSafeLoader)["outs"]
    return str(out["md5"])


def heads(whole: WholeHouse) -> list[LedgerEvent]:
    """Return the events whose heads the archive keeps, in order."""
    return [*whole.house.ledger.events(action="checkpoint.signed")]


def archived(whole: WholeHouse, key: str) -> Path:
    """Return where an object of the archive lies."""
    return whole.home / "archive" / key


@pytest.mark.parametrize("lost", [(STORE,), (STORE, CACHE)])
def test_a_lost_list_of_frozen_files_is_named(released: WholeHouse, lost: tuple[str, ...]) -> None:
    """Without its list the lock cannot be pulled: that fails, whether the cache has the list or not (FAULTS 80)."""
    address = list_of(released)
    for place in lost:
        del {STORE: released.content.remote, CACHE: released.content.cache}[place][address]
    found = failed(released)
    assert list(found) == [f"lock, list of files ({STORE})"]
    assert "restore it from the archive" in found[f"lock, list of files ({STORE})"]


@pytest.mark.parametrize("place", [STORE, CACHE])
@pytest.mark.parametrize("change", [b"", b"[]", b"not JSON", None])
def test_an_altered_list_of_frozen_files_is_named(
    released: WholeHouse, place: str, change: bytes | None
) -> None:
    """Each copy of the list parses, has its address, and names the files of the provenance (FAULTS 80)."""
    held = {STORE: released.content.remote, CACHE: released.content.cache}[place]
    address = list_of(released)
    held[address] = held[address] + b" " if change is None else change
    assert list(failed(released)) == [f"lock, list of files ({place})"]


def test_a_list_is_no_longer_needed_in_the_cache(released: WholeHouse) -> None:
    """The cache may be emptied at any time: the content store alone is the durable copy."""
    released.content.cache.clear()
    assert checks(released) == ()


def test_every_object_is_required_in_the_content_store(released: WholeHouse) -> None:
    """A file that only the cache still has fails by its name, whichever it is (FAULTS 80)."""
    provenance = read_provenance(released.house, RUN, sealed_commit(released.house, RUN))
    (signed,) = released.house.ledger.events(subject=SOUND_RUN, action="decision.signed")
    stored = {entry["name"]: entry["md5"] for entry in provenance["files"] if entry["md5"] is not None}
    stored["report.signed.pdf"] = signed.details["signed_report"]["md5"]
    for name, md5 in stored.items():
        whole = released.content.remote.pop(md5)
        found = failed(released)
        assert f"{name} ({STORE})" in found
        assert "only in the local cache" in found[f"{name} ({STORE})"]
        released.content.remote[md5] = whole


def test_a_head_under_the_name_of_another_is_named(released: WholeHouse) -> None:
    """Two heads that change places, or one that is copied to a name of its own, are whole and signed, and named (FAULTS 80)."""
    first, last = (archived(released, key_of(event)) for event in (heads(released)[0], heads(released)[-1]))
    spare = first.with_name("spare.json")
    shutil.copy(first, spare)
    assert f"checkpoints/{spare.name}: is the signed head of event" in failed(released)["ledger"]
    first.unlink()
    shutil.copy(last, first)
    assert [check.subject for check in verify_ledger(released.house).failed][:2] == [
        f"checkpoints/{name}" for name in (first.name, spare.name)
    ]
    spare.unlink()
    assert f"expected it as checkpoints/{last.name}" in failed(released)["ledger"]


def test_what_is_no_head_among_the_heads_is_named(released: WholeHouse) -> None:
    """A file of another ending beside the heads is read as one, and fails by its name (FAULTS 80)."""
    archived(released, "checkpoints/000000000001-0123456789abcdef.bak").write_bytes(b"{}")
    assert "checkpoints/000000000001-0123456789abcdef.bak" in failed(released)["ledger"]


@pytest.mark.parametrize("damage", ["flipped", "removed"])
def test_the_label_of_a_head_is_watched(released: WholeHouse, damage: str) -> None:
    """The retention of each signed head of the run is proved, as that of an archived object is (FAULTS 80)."""
    for event in (event for event in heads(released) if event.subject == SOUND_RUN):
        label = archived(released, f"{key_of(event)}.retention.json")
        whole = label.read_bytes()
        label.unlink()
        if damage == "flipped":
            label.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])
        assert list(failed(released)) == [f"{key_of(event)} (retention)"]
        label.unlink(missing_ok=True)
        label.write_bytes(whole)


@contextmanager
def linked(path: Path) -> Iterator[None]:
    """Put a link to the same bytes in the place of a file or a folder, for a while."""
    aside = path.with_name(f"aside-{path.name}")
    path.rename(aside)
    path.symlink_to(aside)
    yield
    path.unlink()
    aside.rename(path)


@contextmanager
def opened_to(path: Path, mode: int) -> Iterator[None]:
    """Give a file or a folder another mode, for a while."""
    before = path.stat().st_mode
    path.chmod(mode)
    yield
    path.chmod(before)


LOOSE: dict[str, Callable[[Path], AbstractContextManager[None]]] = {
    "is a symbolic link": linked,
    "has mode 0766": partial(opened_to, mode=0o766),
    "has mode 0777": partial(opened_to, mode=0o777),
}


@pytest.mark.parametrize("words", LOOSE)
def test_a_loose_part_of_the_archive_is_named(released: WholeHouse, words: str) -> None:
    """A link or a mode that lets others write is named, though every byte is as archived (FAULTS 80)."""
    for name in ("archive", "archive/reports", f"archive/reports/{RUN}/report.pdf", "archive/checkpoints"):
        with LOOSE[words](released.home / name):
            assert failed(released)["archive"].startswith(f"{name} {words}")
            ((_, found),) = verify_archived(released.house, [RUN])
            assert "archive" in [check.subject for check in found if not check.passed]
            assert "archive" in [check.subject for check in verify_ledger(released.house).failed]
    assert checks(released) == ()


@pytest.mark.parametrize("words", LOOSE)
def test_a_loose_part_of_the_people_is_named(released: WholeHouse, words: str) -> None:
    """A key, the authority's certificate or their folder behind a link, or open to others, is named (FAULTS 80)."""
    for name in ("people", "people/authority.pem", "people/rita.p12", "people/medicore.passphrase"):
        with LOOSE[words](released.home / name):
            (found,) = failed(released).items()
            assert found[0] == "people"
            assert found[1].startswith(f"{name} {words}")
    assert checks(released) == ()


def test_what_is_foreign_in_the_repository_is_named(released: WholeHouse) -> None:
    """A program for git to run in the record repository fails the verification of a run by its own check (FAULTS 76)."""
    released.records.foreign = "hooks/update is a program for git to run"
    assert failed(released) == {"record repository (foreign parts)": released.records.foreign}


def test_an_emptied_archive_is_never_intact(released: WholeHouse) -> None:
    """When nothing is left of what the ledger says was archived, every proof says so (FAULTS 80)."""
    shutil.rmtree(released.home / "archive")
    released.clock.pass_days(1)
    count = len(heads(released)) + 1
    words = (
        f"{count} object(s) that the ledger names are not in the archive, first {key_of(heads(released)[0])}"
    )
    for run in (SOUND_RUN, WAITING_RUN):
        assert failed(released, run)["archive"].startswith(words)
    report = verify_ledger(released.house)
    assert [check.subject for check in report.failed] == ["archive"]
    assert report.intact is False
    ((_, found),) = verify_archived(released.house, [RUN])
    assert [check.subject for check in found if not check.passed][:1] == ["archive"]


def test_a_manifest_that_is_gone_is_missed_by_its_key(released: WholeHouse) -> None:
    """The ledger says up to which event the archive held it, and so under which key its manifest is (FAULTS 80)."""
    (manifest,) = archived(released, f"archives/{RUN}").glob("manifest-*[0-9].json")
    manifest.unlink()
    found = failed(released, WAITING_RUN)
    assert found["archive"].startswith("1 object(s)")
    assert f"archives/{RUN}/{manifest.name}" in found["archive"]


def test_a_manifest_of_an_older_version_is_missed_by_its_run(released: WholeHouse) -> None:
    """Where the ledger does not say the number, any manifest of the run will do, and none will not (FAULTS 80)."""
    for run, expected in ((SOUND_RUN, False), (WAITING_RUN, True)):
        archiving = NewEvent(SERVICE, "service", "archive.completed", run, "", {"manifest": "0" * 64})
        slip_in(released.home / "ledger.db", released.clock, archiving)
        assert (f"archives/{run}/manifest-*.json" in failed(released).get("archive", "")) is expected


def test_a_head_that_is_gone_is_lost_unless_a_later_one_covers_it(released: WholeHouse) -> None:
    """The last head may be on its way for a moment; then it is lost, and with a later one a warning remains (FAULTS 80)."""
    last = heads(released)[-1]
    archived(released, key_of(last)).unlink()
    assert checks(released) == ()
    released.clock.pass_days(1)
    assert key_of(last) in failed(released)["archive"]
    attest(released.house, RUN, 15)
    (warning,) = checks(released)
    assert (warning.subject, warning.passed, warning.warned) == ("archive", True, True)
    assert f"first {key_of(last)}; a later head covers them" in warning.found


def test_a_late_excuse_explains_no_lost_head(released: WholeHouse) -> None:
    """That the archive did not take a head is believed of its own worker, not of who says it a day later (FAULTS 80)."""
    last = heads(released)[-1]
    archived(released, key_of(last)).unlink()
    excuse = NewEvent(SERVICE, "service", "checkpoint.failed", SOUND_RUN, "Full", {"sequence": last.sequence})
    before = released.copy(released.folder / "before")
    slip_in(before.home / "ledger.db", before.clock, excuse)
    before.clock.pass_days(1)
    assert checks(before) == ()
    released.clock.pass_days(1)
    slip_in(released.home / "ledger.db", released.clock, excuse)
    assert key_of(last) in failed(released)["archive"]


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> S3Access:
    """The way to a server that does not answer: nothing listens at its port."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return S3Access(f"http://127.0.0.1:{port}", pause=lambda _: None, patience=0)


def test_an_archive_that_does_not_answer_is_told_as_not_asked(
    released: WholeHouse, nowhere: S3Access
) -> None:
    """Nothing is said against what could not be read: neither of a run, nor of the ledger, nor of the archive (FAULTS 80)."""
    house = replace(released.house, archive=LockedBucket("any-bucket", "", nowhere))
    (check,) = verify(house, RUN)
    assert (check.subject, check.passed, check.unasked) == ("ledger", False, True)
    assert check.found.startswith(
        "could not be asked: checkpoints/: the archive did not answer after 5 attempts"
    )
    report = verify_ledger(house)
    assert report.intact is None
    assert all(check.unasked for check in report.failed)
    ((_, found),) = verify_archived(house, [RUN])
    assert [check.unasked for check in found if not check.passed] == [True]


def test_a_content_store_that_does_not_answer_is_told_as_not_asked(
    released: WholeHouse, nowhere: S3Access, tmp_path: Path
) -> None:
    """The files are not said to be lost or changed; everything else is judged as always (FAULTS 80)."""
    remote = BucketRemote("any-bucket", "", nowhere)
    content = DvcContent(tmp_path / "cache", remote, tmp_path / "site")
    found = [check for check in verify(replace(released.house, content=content), RUN) if not check.passed]
    assert found
    assert all(check.unasked for check in found)
    assert {
        "could not be asked: the content store's bucket any-bucket did not answer" in c.found for c in found
    } == {True}
