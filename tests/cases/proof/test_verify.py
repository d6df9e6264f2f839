"""verify: everything stored of a run is read again, and whatever is not as recorded is named and put into the ledger."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from medicore.cases.proof.verify import foundations, require_ledger, verify
from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import file_entry, read_provenance
from medicore.errors import IntegrityError, ProtocolError
from medicore.ports.files import RecordFiles
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.stores.archive.folder import FolderArchive
from medicore.stores.files import FolderFiles
from tests.whole_house.checkout import SmallCode
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import (
    BROKEN_RUN,
    FAILED_RUN,
    SOUND,
    SOUND_RUN,
    WAITING_RUN,
)
from tests.whole_house.tampering import force, without_heads, written_anew

RUN = RunId.parse(SOUND_RUN)


def failed(whole: WholeHouse, run: str = SOUND_RUN, checkout: RecordFiles | None = None) -> dict[str, str]:
    """Return the checks of a run that fail."""
    checks = verify(whole.house, RunId.parse(run), checkout)
    return {check.subject: check.found for check in checks if not check.passed}


def checked_out(whole: WholeHouse, folder: Path) -> FolderFiles:
    """Return a checkout of the released record with its data, as git and DVC would bring it."""
    files = FolderFiles(folder)
    commit = sealed_commit(whole.house, RUN)
    for entry in read_provenance(whole.house, RUN, commit)["files"]:
        copies = whole.content.objects(entry["md5"]) if entry["md5"] else ()
        files.write(
            entry["name"],
            copies[0][1] if copies else whole.records.read(commit, f"{RUN.folder}/{entry['name']}"),
        )
    (event,) = whole.house.ledger.events(subject=SOUND_RUN, action="decision.signed")
    files.write("report.signed.pdf", whole.content.remote[event.details["signed_report"]["md5"]])
    return files


def test_every_run_of_the_month_is_as_recorded(released: WholeHouse) -> None:
    """Released, waiting, broken or failed: each check passes, and a run that is as recorded leaves no event."""
    for run in (SOUND_RUN, WAITING_RUN, BROKEN_RUN, FAILED_RUN):
        before = released.events(run)
        assert failed(released, run) == {}
        assert released.events(run) == before


def test_code_that_does_not_follow_from_the_repository_fails(released: WholeHouse) -> None:
    """Of a repository that did not make the record's commit, the sealing's code is named, and nothing else."""

    class Other(SmallCode):
        def require_made(self, study: str, commit: str, held: object) -> None:
            assert held is released.house.history
            raise IntegrityError(f"{commit} is none of {study}")

    other = replace(released.house, code=Other(released.house.code.root))
    found = {check.subject: check.found for check in verify(other, RUN) if not check.passed}
    commit = read_provenance(released.house, RUN, sealed_commit(released.house, RUN))["run"]["code_commit"]
    assert found == {f"code of run/{RUN}": f"{commit} is none of {SOUND}"}


def test_what_is_checked_of_a_release(released: WholeHouse) -> None:
    """Ledger, authority, people, tags, objects, provenance, each file in each store, signatures, acts and the archive."""
    subjects = [check.subject for check in verify(released.house, RUN)]
    assert subjects[:4] == ["ledger", "authority", "people", "archive"]
    (event,) = released.house.ledger.events(subject=SOUND_RUN, action="decision.signed")
    (asked,) = released.house.ledger.events(subject=SOUND_RUN, action="run.requested")
    for subject in (
        f"tag run/{RUN}", f"objects of run/{RUN}", f"provenance of run/{RUN}", f"code of run/{RUN}", f"tag record/{RUN}",
        "results.json (record repository)", "report.pdf (content store)", "report.pdf (local cache)",
        "lock/raw/subjects.csv (content store)", "report.signed.pdf (content store)",
        "report.signed.pdf (local cache, signatures)", f"request {asked.sequence} by ana",
        f"signature {event.sequence} by rita", f"archives/{RUN}/manifest", f"reports/{RUN}/report.pdf (archive)",
        f"reports/{RUN}/report.pdf (retention)",
    ):  # fmt: skip
        assert subject in subjects
    assert len(subjects) == len(set(subjects))


def test_any_stored_object_that_changed_is_named(released: WholeHouse) -> None:
    """Whichever object of the content store has another byte, in either place, exactly its file fails."""
    commit = sealed_commit(released.house, RUN)
    for entry in read_provenance(released.house, RUN, commit)["files"]:
        for place, held in (
            ("content store", released.content.remote),
            ("local cache", released.content.cache),
        ):
            if entry["md5"] is None:
                continue
            whole = held[entry["md5"]]
            held[entry["md5"]] = whole[:-1] + bytes([whole[-1] ^ 1])
            assert set(failed(released)) == {f"{entry['name']} ({place})"}
            held[entry["md5"]] = whole


def test_a_file_of_which_no_copy_is_left_is_named(released: WholeHouse) -> None:
    """An object that is in neither place fails by its file; the archive still has it."""
    md5 = file_entry(read_provenance(released.house, RUN, sealed_commit(released.house, RUN)), "report.pdf")[
        "md5"
    ]
    del released.content.remote[md5], released.content.cache[md5]
    found = failed(released)
    assert found["report.pdf (content store)"] == "no copy is left; restore it from the archive"
    event = released.events(SOUND_RUN)[-1]
    assert (event.action, event.reason) == ("verification.failed", "report.pdf (content store)")
    assert f"report.pdf (content store): {found['report.pdf (content store)']}" in event.details["failed"]


def test_any_document_of_the_record_that_changed_is_named(released: WholeHouse) -> None:
    """Whichever file git holds has other bytes, its file fails, and so do the objects of the tags that reach it."""
    commit = sealed_commit(released.house, RUN)
    for name in released.records.names(commit, RUN.folder):
        whole = released.records.read(commit, f"{RUN.folder}/{name}")
        released.records.spoil(commit, f"{RUN.folder}/{name}", whole + b" ")
        found = set(failed(released))
        assert {f"objects of run/{RUN}", f"objects of record/{RUN}"} <= found, name
        if name == "provenance.json":
            assert f"provenance of run/{RUN}" in found
        elif name != ".gitignore":
            assert f"{name} (record repository)" in found
        released.records.spoil(commit, f"{RUN.folder}/{name}", whole)
    assert failed(released) == {}


def test_a_tag_that_was_moved_or_lost_is_named(released: WholeHouse) -> None:
    """A tag on another commit than the ledger names, and one that is gone, fail."""
    sealed, record = (f"{kind}/{RUN}" for kind in ("run", "record"))
    tags = dict(released.records.named)
    released.records.named[sealed] = tags[record]
    assert "instead of" in failed(released)[f"tag {sealed}"]
    released.records.named[sealed] = tags[sealed]
    del released.records.named[record]
    assert {f"tag {record}", f"objects of {record}"} <= set(failed(released))


def resaved(pdf: bytes) -> bytes:
    """Return a PDF as another program saves it again: it looks the same."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(target)
    return target.getvalue()


def appended(pdf: bytes) -> bytes:
    """Return a PDF with a revision after its end that replaces its catalogue by itself."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        number, generation = document.Root.objgen
        body = document.Root.unparse(resolved=True)
    entry = b"%d %d obj\n%s\nendobj\n" % (number, generation, body)
    table = b"xref\n%d 1\n%010d %05d n \ntrailer\n<< /Size %d /Root %d %d R >>\nstartxref\n%d\n%%%%EOF\n" % (
        number, len(pdf), generation, number + 1, number, generation, len(pdf) + len(entry),
    )  # fmt: skip
    return pdf + entry + table


@pytest.mark.parametrize("change", [resaved, appended])
def test_another_rendition_of_the_report_is_found(
    released: WholeHouse, change: Callable[[bytes], bytes]
) -> None:
    """A report saved again, or with a revision appended, opens and looks the same, and is not the report (FAULTS 3, 4)."""
    path = released.home / "archive" / "reports" / SOUND_RUN / "report.pdf"
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(change(whole))
    assert path.read_bytes() != whole
    # The label of the object's retention names its bytes, too.
    assert set(failed(released)) == {
        f"reports/{RUN}/report.pdf ({what})" for what in ("archive", "retention")
    }
    (event,) = released.house.ledger.events(subject=SOUND_RUN, action="decision.signed")
    address = event.details["signed_report"]["md5"]
    released.content.remote[address] = change(released.content.remote[address])
    assert {"report.signed.pdf (content store)", "report.signed.pdf (content store, signatures)"} <= set(
        failed(released)
    )


def test_a_checkout_is_held_against_the_same_provenance(released: WholeHouse, tmp_path: Path) -> None:
    """A checkout as it was brought passes; data that were replaced fail by SHA-256, whatever DVC's MD5 say (FAULTS 11)."""
    files = checked_out(released, tmp_path)
    assert failed(released, checkout=files) == {}
    files.write("extract.parquet", files.read("extract.parquet") + b"\0")
    files.path("results.json").unlink()
    assert set(failed(released, checkout=files)) == {"extract.parquet (checkout)", "results.json (checkout)"}
    assert released.actions(SOUND_RUN)[-1] == "verification.failed"


def test_a_request_that_the_ledger_tells_otherwise_is_named(founded: WholeHouse) -> None:
    """A run whose request has another reason than was signed, in a ledger rewritten from there, fails by that request."""
    founded.run(SOUND)
    (event,) = founded.house.ledger.events(subject=SOUND_RUN, action="run.requested")
    force(
        founded.home / "ledger.db",
        written_anew([*founded.house.ledger.events()], event.sequence, reason="Because"),
    )
    without_heads(founded.home / "archive")
    found = failed(founded)
    assert list(found) == [f"ledger head in run/{SOUND_RUN}", f"request {event.sequence} by ana"]
    assert (
        "differs from what ana signed (the request is not what was signed: the reason differs"
        in found[f"request {event.sequence} by ana"]
    )


def test_a_damaged_ledger_is_not_relied_on_and_not_written_to(released: WholeHouse) -> None:
    """When the chain does not hold nothing else is judged, and nothing is added to the evidence."""
    length = len([*released.house.ledger.events()])
    force(released.home / "ledger.db", f"DELETE FROM events WHERE sequence > {length - 1}")  # noqa: S608 - a number
    (check,) = verify(released.house, RUN)
    assert (check.subject, check.passed) == ("ledger", False)
    assert f"{length}" in check.found
    assert len([*released.house.ledger.events()]) == length - 1
    with pytest.raises(IntegrityError):
        require_ledger(released.house)


class ListedArchive(FolderArchive):
    """An archive that notes what of it is listed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.listed: list[str] = []

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Return the keys below ``prefix``, which is noted."""
        self.listed.append(prefix)
        return super().keys(prefix)


def test_the_archive_is_listed_once(released: WholeHouse) -> None:
    """Signed heads, manifests and retentions are held against one listing: of a whole archive that takes long."""
    archive = ListedArchive(released.home / "archive")
    house = replace(released.house, archive=archive)
    for checks in (lambda: verify(house, RUN), lambda: verify_ledger(house).checks):
        assert all(check.passed for check in checks())
        assert [prefix for prefix in archive.listed if "/" not in prefix] == ["checkpoints", "archives"]
        archive.listed.clear()


def test_another_authority_is_found(released: WholeHouse) -> None:
    """A certificate put in the place of the authority's is not the one that the ledger's first event names."""
    path = released.home / "people" / "authority.pem"
    assert [check.passed for check in foundations(released.house)] == [True] * 4
    path.write_bytes(b"# ours\n" + path.read_bytes())
    found = {check.subject: check.found for check in foundations(released.house) if not check.passed}
    assert found["authority"] == "authority.pem is not the authority of this ledger; restore it"


def test_an_act_that_nobody_signed_is_named(released: WholeHouse) -> None:
    """An event of a look at a patient without a signature fails by who is said to have done it."""
    event = released.house.ledger.append(
        NewEvent(
            "rita", "reviewer", "subject.viewed", SOUND_RUN, "Looked", {"commit": "", "file": None, "row": 1}
        )
    )
    assert failed(released) == {
        f"act {event.sequence} by rita": f"ledger event {event.sequence} (subject.viewed) has no signature; expected "
        "that of rita; take the ledger from the archive"
    }


def test_a_run_that_nobody_asked_for_is_unknown(month: WholeHouse) -> None:
    """A run that the ledger does not know is no sound run: it is said to be unknown, and leaves no event."""
    unknown, before = RunId.parse(f"{SOUND}/2025-03/99"), month.house.ledger.head()
    with pytest.raises(ProtocolError, match=f"run {unknown} is unknown; expected one of the ledger"):
        verify(month.house, unknown)
    assert month.house.ledger.head() == before
