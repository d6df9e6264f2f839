"""A workspace is made from the wheel of the running product alone, whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from benchmarks.project import copy_project
from examples.workspace_example import SOURCE, subjects
from medicore.cases.studies.deploying import undeployed
from medicore.errors import ConfigurationError, IntegrityError
from medicore.records.workspace.wheel import read_wheel
from medicore.settings import read_settings
from medicore.stores.protocols import StudyFolder
from medicore.workspace import make_workspace, update_workspace
from tests.conftest import ROOT, git
from tests.whole_house.wheel import NAME, packed, product, product_wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the running product."""
    return product_wheel(tmp_path_factory.mktemp("wheel"))


def test_new_workspace_is_whole(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a clean repository of one commit, whose example is valid and deployed; settings find it from below."""
    (tmp_path / "empty").mkdir()
    made = make_workspace(tmp_path / "empty", wheel)
    root = tmp_path / "empty"
    assert (made["folder"], made["product"]) == (str(root), NAME)
    assert git("log", "--format=%H %s", folder=root) == f"{made['commit']} Workspace of MediCore 0.1.0"
    assert git("status", "--porcelain", folder=root) == ""
    protocols = StudyFolder(root / "studies").protocols()
    assert [one.study for one in protocols] == ["EXAMPLE-01"]
    assert undeployed((root / "prefect.yaml").read_text(), protocols) == ()
    named = yaml.safe_load((root / "params.yaml").read_text())
    assert all((root / named[key]).exists() for key in ("lock", "protocol"))
    monkeypatch.chdir(root / "studies" / "sources")
    assert (read_settings({}).root, read_settings({}).home) == (root, root / ".medicore")
    monkeypatch.chdir(tmp_path)
    assert read_settings({}).root == ROOT
    assert read_settings({"MEDICORE_CHECKOUT": str(root)}).root == root
    assert read_settings({"MEDICORE_CHECKOUT": str(tmp_path)}).root == ROOT


def test_another_build_replaces_the_wheel_and_what_follows_from_it(wheel: Path, tmp_path: Path) -> None:
    """An update brings wheel, lock, pipeline and deployments, is refused before it changes a byte, and leaves the rest."""
    root = tmp_path / "workspace"
    make_workspace(root, wheel)
    built = tmp_path / NAME.replace("0.1.0", "0.2.0")
    built.write_bytes(packed({**product(), "other/notes.txt": b"another build"}))
    with pytest.raises(ConfigurationError, match=r"studies is no workspace: it has no file workspace\.toml"):
        update_workspace(root / "studies", built)
    with pytest.raises(ConfigurationError, match="the running product is not"):
        update_workspace(root, product_wheel(tmp_path, {"medicore/errors.py": b""}))
    assert git("status", "--porcelain", folder=root) == ""
    (root / "studies" / "EXAMPLE-01.yaml").unlink()
    update_workspace(root, built)
    git("add", "--all", folder=root)
    changed = git("diff", "--cached", "--no-renames", "--name-only", folder=root).splitlines()
    assert changed == [
        "dvc.yaml", "prefect.yaml", f"product/{NAME}", f"product/{built.name}", "requirements.lock", "studies/EXAMPLE-01.yaml",
    ]  # fmt: skip
    assert "EXAMPLE-01" not in (root / "prefect.yaml").read_text()
    assert f"./product/{built.name}" in (root / "requirements.lock").read_text()


def test_a_folder_that_was_removed_is_in_no_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the current folder is gone, the product's own checkout is meant."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert read_settings({}).root == ROOT


def test_nothing_is_left_of_what_is_refused(wheel: Path, tmp_path: Path) -> None:
    """A folder with contents, no wheel, another product and a wheel of another build are refused, and no folder is made."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    other = tmp_path / "other"
    other.mkdir()
    changed = product_wheel(other, {"medicore/errors.py": b""})
    bare = tmp_path / NAME
    bare.write_bytes(packed({"medicore/a.py": b""}))
    for folder, given, error, said in (
        ("full", wheel, ConfigurationError, "full has contents already; expected a new or an empty folder"),
        ("full/file", wheel, ConfigurationError, "file has contents already"),
        ("new", tmp_path / "none.whl", ConfigurationError, "none.whl is not a file"),
        ("new", ROOT / "README.md", IntegrityError, "is not the name of a wheel of the product"),
        ("new", bare, ConfigurationError, "has no file dvc.yaml for workspaces"),
        ("new", changed, ConfigurationError, r"the running product is not .* first .*medicore/errors\.py"),
    ):
        with pytest.raises(error, match=said):
            make_workspace(tmp_path / folder, given)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["full", NAME, "other"])


def test_example_is_what_its_script_draws() -> None:
    """The invented subjects of the example are those of the script beside it, to the byte."""
    assert (ROOT / SOURCE / "raw" / "subjects.csv").read_bytes() == subjects()


@pytest.mark.deep
def test_build_gives_the_wheel_of_these_tests(tmp_path: Path) -> None:
    """What setuptools builds from a copy of the project is, file by file, the wheel with which the other tests work."""
    (tmp_path / "project").mkdir()
    root = copy_project(tmp_path / "project", without=("tests", "benchmarks"))
    wanted = (
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        "dist",
    )
    subprocess.run([sys.executable, "-m", "pip", "wheel", *wanted, "."], cwd=root, check=True)
    (built,) = (root / "dist").glob("*.whl")
    assert read_wheel(built.name, built.read_bytes()).files == product()
    editable = subprocess.run(
        [sys.executable, "-c", "from setuptools import build_meta; build_meta.build_editable('editable')"],
        cwd=root, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "error" not in editable.stderr
