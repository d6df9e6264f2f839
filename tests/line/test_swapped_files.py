"""Files that were replaced by other whole ones: each fails ``verify`` by its SHA-256, whatever MD5, DVC or a reader say."""

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from medicore.stores.content.content_remote import FolderRemote
from medicore.stores.content.dvc_content import DvcContent
from tests.line.conftest import CLEAN, MONTH, REFERENCE, Month
from tests.line.test_inspector import checked_out, dvc

FOLDER = f"records/{REFERENCE}/2025-03"
# Two texts with one MD5 (Stevens, 2024, made with HashClash); a CSV file that is all header may read so.
HEADERS = tuple(
    f"TEXTCOLLBYfGiJUETHQ4h{letter}cKSMd5zYpgqf1YRDhkmxHkhPWptrkoyz28wnI9V0aHeAuaKnak".encode()
    for letter in "AE"
)
# Two blocks with one MD5 (Wang & Yu, 2005, "How to break MD5 and other hash functions", table 2, as bytes).
COLLISION = tuple(
    bytes.fromhex(text)
    for text in (
        "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a"
        "085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
        "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70",
        "d131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f8955ad340609f4b30283e4888325f1415a"
        "085125e8f7cdc99fd91dbd7280373c5bd8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0"
        "e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70",
    )
)


def resaved(pdf: bytes) -> bytes:
    """Return a PDF as another program saves it anew: it looks the same."""
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
    released: Month, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    """A report saved anew, or with a revision appended, opens and looks the same, and is not the report (FAULTS 3, 4)."""
    home = tmp_path / "state"
    shutil.copytree(released.project.home, home, symlinks=True)
    run = released.run(REFERENCE)
    path = home / "archive" / "reports" / run / "report.pdf"
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(change(whole))
    assert path.read_bytes() != whole
    copied = replace(released.project, home=home)
    answer = copied.medicore("verify", run, expected=6)
    assert f"reports/{run}/report.pdf (archive)" in answer.err
    assert copied.events(run)[-1]["action"] == "verification.failed"


def test_pointer_and_object_swapped_together_are_found(
    kept_release: Month, released: Month, tmp_path: Path
) -> None:
    """Data and pointer replaced so that DVC agrees with both: SHA-256 in the provenance does not (FAULTS 11)."""
    run = released.run(REFERENCE)
    clone = checked_out(kept_release, tmp_path)
    dvc("pull", folder=clone)
    released.project.medicore("verify", run, "--checkout", str(clone))
    lock, data = clone / "dvc.lock", clone / FOLDER / "extract.parquet"
    other = data.read_bytes() + b"\0"
    before, after = (
        hashlib.md5(one, usedforsecurity=False).hexdigest() for one in (data.read_bytes(), other)
    )
    data.write_bytes(other)
    text = lock.read_text("utf-8")
    assert before in text
    lock.write_text(text.replace(before, after), "utf-8")
    answer = released.project.medicore("verify", run, "--checkout", str(clone), expected=6)
    assert "extract.parquet (checkout)" in answer.err
    assert released.project.events(run)[-1]["action"] == "verification.failed"


@pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")
def test_two_files_with_one_md5_are_told_apart(tmp_path: Path) -> None:
    """DVC's store takes one of a collision's files for the other; what is read back has another SHA-256 (FAULTS 12)."""
    one, other = COLLISION
    assert one != other
    assert (
        hashlib.md5(one, usedforsecurity=False).digest() == hashlib.md5(other, usedforsecurity=False).digest()
    )
    content = DvcContent(tmp_path / "cache", FolderRemote(tmp_path / "remote"), tmp_path / "site")
    address, _ = content.put("data.bin", one)
    places = [*tmp_path.rglob(address[2:])]
    assert len(places) == 2
    for place in places:
        place.chmod(0o644)
        place.write_bytes(other)
    digests = {hashlib.sha256(data).hexdigest() for _, data in content.objects(address)}
    assert digests == {hashlib.sha256(other).hexdigest()}
    assert hashlib.sha256(one).hexdigest() not in digests


def test_an_export_of_a_collision_is_told_from_its_twin(released: Month, tmp_path: Path) -> None:
    """A delivery whose frozen bytes have a twin of the same MD5 is sealed; the twin in its place is found (FAULTS 12)."""
    one, other = HEADERS
    assert (
        hashlib.md5(one, usedforsecurity=False).digest() == hashlib.md5(other, usedforsecurity=False).digest()
    )
    shutil.copytree(released.project.home, tmp_path / "state", symlinks=True)
    project = replace(released.project, home=tmp_path / "state")
    folder = project.home / "inbox" / CLEAN / "2025-04"
    shutil.copytree(project.home / "inbox" / CLEAN / MONTH, folder)
    manifest = json.loads((folder / "transfer.json").read_text("utf-8"))
    (name,) = [path.name for path in (folder / "raw").iterdir()]
    (folder / "raw" / name).write_bytes(one)
    manifest["files"][0] |= {"rows": 0, "sha256": hashlib.sha256(one).hexdigest(), "size": len(one)}
    manifest["exported_at"] = manifest["exported_at"].replace("2025-03-31", "2025-04-30")
    (folder / "transfer.json").write_text(json.dumps(manifest), "utf-8")
    answer = project.medicore("run", CLEAN, "2025-04", "--json", expected=10)
    run = answer.json()[0]["run"]
    project.medicore("verify", run)
    swapped = [
        path for path in (project.home / "dvc").rglob("*") if path.is_file() and path.read_bytes() == one
    ]
    assert swapped
    for path in swapped:
        path.chmod(0o644)
        path.write_bytes(other)
    answer = project.medicore("verify", run, expected=6)
    assert f"lock/raw/{name} (" in answer.err
    last = project.events(run)[-1]
    assert (last["action"], last["reason"].partition(" (")[0]) == ("verification.failed", f"lock/raw/{name}")
