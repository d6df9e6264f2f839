"""The inspector's way: plain git and DVC, and bytes flipped on purpose."""

import hashlib
from pathlib import Path

import pytest

from tests.conftest import Project, copy_tree, git
from tests.flip import flip
from tests.line.conftest import REFERENCE, Month
from tests.line.inspection import checked_out, dvc, kept_clone  # noqa: F401 - a fixture

FOLDER = f"records/{REFERENCE}/2025-03"


@pytest.fixture
def clone(kept_clone: Path) -> Path:  # noqa: F811
    """A clone of the record repository at the released record, its data pulled with DVC: to be read."""
    return kept_clone


def test_record_is_the_code_plus_the_record(released: Month, clone: Path) -> None:
    """The released record descends from the sealed one, and that from the exact code commit, whose tree it keeps."""
    run = released.run(REFERENCE)
    code = git("rev-parse", "HEAD", folder=released.project.root)
    assert git("rev-parse", f"record/{run}^{{commit}}~1", folder=clone) == git(
        "rev-parse", f"run/{run}^{{commit}}", folder=clone
    )
    assert git("rev-parse", f"run/{run}^{{commit}}~1", folder=clone) == code
    changed = git("diff", "--name-only", code, f"record/{run}", folder=clone).splitlines()
    outside = {name for name in changed if not name.startswith(f"{FOLDER}/")}
    assert outside == {".dvc/config", "dvc.lock", "params.yaml"}
    assert git("status", "--porcelain", folder=clone) == ""


def test_dvc_names_a_flipped_file(clone: Path, tmp_path: Path) -> None:
    """In a clone whose git changes line ends, ``dvc status`` names the file with a flipped byte, and no other data."""
    copy = tmp_path / "copy"
    copy_tree(clone, copy)
    assert "core.autocrlf=true" in git("config", "--list", folder=copy)
    flip(copy / FOLDER / "extract.parquet", quietly=False)
    status = dvc("status", folder=copy)
    assert "extract.parquet" in status
    assert "analysis.parquet" not in status


def test_data_are_pulled_after_the_state_folder_moved(released: Month, clone: Path, tmp_path: Path) -> None:
    """A record names the place where its data were; told the new one as the guide says, DVC pulls them from there."""
    target = checked_out(released, tmp_path)
    before, now = (clone / ".dvc/config").read_text(), str(released.project.home / "dvc" / "remote")
    assert now not in before
    dvc("remote", "modify", "--local", "records", "url", now, folder=target)
    dvc("pull", folder=target)
    assert git("status", "--porcelain", folder=target) == ""
    released.project.medicore("verify", released.run(REFERENCE), "--checkout", str(target))


def test_pointer_and_object_swapped_together_are_found(released: Month, clone: Path, tmp_path: Path) -> None:
    """Data and pointer replaced so that DVC agrees with both: SHA-256 in the provenance does not (FAULTS 11)."""
    run, copy = released.run(REFERENCE), tmp_path / "copy"
    copy_tree(clone, copy)
    lock, data = copy / "dvc.lock", copy / FOLDER / "extract.parquet"
    other = data.read_bytes() + b"\0"
    before, after = (
        hashlib.md5(one, usedforsecurity=False).hexdigest() for one in (data.read_bytes(), other)
    )
    data.write_bytes(other)
    text = lock.read_text("utf-8")
    assert before in text
    lock.write_text(text.replace(before, after), "utf-8")
    answer = released.project.medicore("verify", run, "--checkout", str(copy), expected=6)
    assert "extract.parquet (checkout)" in answer.err
    assert released.project.events(run)[-1]["action"] == "verification.failed"


PLACES = {
    "dvc/remote/files": (("report.pdf", "content store"), ("extract.parquet", "content store")),
    "dvc/cache/files": (("report.pdf", "local cache"),),
    "archive/archives": (("record/report.pdf", "archive"), ("record/lock/raw/nhefs.csv", "archive")),
    "archive/reports": (("report.pdf", "archive"),),
}
"""Files by the place where they are damaged, each with the words for that place."""


def test_verify_names_the_flipped_files_in_every_store(copied: Project, released: Month) -> None:
    """A flipped byte in content store, cache and archive fails ``verify`` by each name, and is an event (FAULTS 1, 2)."""
    run = released.run(REFERENCE)
    damaged = {}
    for place, names in PLACES.items():
        prefix = f"{place.removeprefix('archive/')}/{run}/" if place.startswith("archive/") else ""
        for name, words in names:
            damaged[f"{prefix}{name} ({words})"] = _file_of(released.project.home, place, run, name)
    for path in damaged.values():
        flip(copied.home / path.relative_to(released.project.home))
    answer = copied.medicore("verify", run, "--json", expected=6)
    (found,) = answer.json()
    assert damaged.keys() <= found["failed"].keys()
    told = {name.partition(" (")[0].rpartition("/")[2] for name in found["failed"]}
    assert told <= {"report.pdf", "report.signed.pdf", "extract.parquet", "nhefs.csv"}, "all else is whole"
    last = copied.events(run)[-1]
    assert (last["action"], last["actor"]) == ("verification.failed", "medicore")
    assert len(last["details"]["failed"]) == len(found["failed"])
    assert any(answer.err.count(name) for name in damaged)


def _file_of(home: Path, place: str, run: str, name: str) -> Path:
    """Return the stored copy of a file of the run at a place."""
    if place.startswith("archive/"):
        return home / place / run / name
    data = (home / "archive" / "archives" / run / "record" / name).read_bytes()
    return next(path for path in (home / place).rglob("*") if path.is_file() and path.read_bytes() == data)
