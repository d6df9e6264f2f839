"""The inspector's way: plain git and DVC, and bytes flipped on purpose."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import git
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


def test_dvc_says_up_to_date_until_a_byte_flips(clone: Path, tmp_path: Path) -> None:
    """``dvc repro`` finds nothing to do, also where git is set to change line ends; after one flipped byte it does."""
    copy = tmp_path / "copy"
    shutil.copytree(clone, copy)
    assert "core.autocrlf=true" in git("config", "--list", folder=copy)
    assert "Data and pipelines are up to date" in dvc("repro", folder=copy)
    data = copy / FOLDER / "extract.parquet"
    flip(data, quietly=False)
    assert "extract.parquet" in dvc("status", folder=copy)


def test_data_are_pulled_after_the_state_folder_moved(released: Month, clone: Path, tmp_path: Path) -> None:
    """A record names the place where its data were; told the new one as the guide says, DVC pulls them from there."""
    target = checked_out(released, tmp_path)
    before, now = (clone / ".dvc/config").read_text(), str(released.project.home / "dvc" / "remote")
    assert now not in before
    dvc("remote", "modify", "--local", "records", "url", now, folder=target)
    dvc("pull", folder=target)
    assert "Data and pipelines are up to date" in dvc("repro", folder=target)
    assert git("status", "--porcelain", folder=target) == ""
    released.project.medicore("verify", released.run(REFERENCE), "--checkout", str(target))


def test_verify_names_the_flipped_file_of_a_checkout(released: Month, clone: Path, tmp_path: Path) -> None:
    """``verify --checkout`` names the file in which one byte was flipped."""
    copy = tmp_path / "copy"
    shutil.copytree(clone, copy)
    run = released.run(REFERENCE)
    released.project.medicore("verify", run, "--checkout", str(copy))
    flip(copy / FOLDER / "extract.parquet")
    answer = released.project.medicore("verify", run, "--checkout", str(copy), expected=6)
    assert "extract.parquet (checkout)" in answer.err


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("dvc/remote/files", "report.pdf"),
        ("dvc/cache/files", "report.pdf"),
        ("archive/archives", "record/report.pdf"),
        ("archive/reports", "report.pdf"),
        ("dvc/remote/files", "extract.parquet"),
        ("archive/archives", "record/lock/raw/nhefs.csv"),
    ],
)
def test_verify_names_a_flipped_file_in_every_store(
    released: Month, place: str, name: str, tmp_path: Path
) -> None:
    """One flipped byte in content store, cache or archive fails ``verify`` by name, and is an event (FAULTS 1, 2)."""
    home = tmp_path / "state"
    shutil.copytree(released.project.home, home, symlinks=True)
    run = released.run(REFERENCE)
    flip(_file_of(home, place, run, name))
    copied = replace(released.project, home=home)
    answer = copied.medicore("verify", run, expected=6)
    assert name in answer.err
    last = copied.events(run)[-1]
    assert (last["action"], last["actor"]) == ("verification.failed", "medicore")
    assert name in last["details"]["failed"][0]


def _file_of(home: Path, place: str, run: str, name: str) -> Path:
    """Return the stored copy of a file of the run at a place."""
    archived = home / "archive"
    record = archived / "archives" / run / "record" / name.removeprefix("record/")
    known = record if record.exists() else archived / "reports" / run / name
    if place.startswith("archive/"):
        return known if place == "archive/reports" else archived / "archives" / run / name
    data = known.read_bytes()
    return next(path for path in (home / place).rglob("*") if path.is_file() and path.read_bytes() == data)
