"""A pinned commit is laid out with its own code, and with its own packages where they differ."""

import shutil
import sys
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.content.pinned_code import PinnedCode, pinned_code
from medicore.stores.content.recorded_environment import RecordedEnvironments
from medicore.stores.git.workspace import WorkspaceCode
from medicore.workspace import make_workspace
from tests.conftest import git
from tests.whole_house.checkout import commit, make_checkout
from tests.whole_house.wheel import NAME, product_wheel

HERE = Path(sys.executable)


def pinned(root: Path, wanted: str, scratch: Path) -> PinnedCode:
    """Lay out a commit of a repository in a new folder."""
    scratch.mkdir()
    return pinned_code(str(root), wanted, scratch, RecordedEnvironments(scratch / "environments"))


def test_an_earlier_commit_is_laid_out(tmp_path: Path) -> None:
    """The folder is the commit that is asked for, and its packages are those that are installed."""
    root = tmp_path / "checkout"
    make_checkout(root)
    first = git("rev-parse", "HEAD", folder=root)
    (root / "more.txt").write_text("later\n")
    commit(root, "A later version")
    code = pinned(root, first, tmp_path / "scratch")
    assert (code.root, code.python) == (code.code, HERE)
    assert git("rev-parse", "HEAD", folder=code.root) == first
    assert not (code.root / "more.txt").exists()
    with pytest.raises(
        ConfigurationError, match="expected one of the repository that MEDICORE_REPOSITORY names"
    ):
        pinned(root, "a" * 40, tmp_path / "other")


def test_a_workspace_brings_its_own_product(tmp_path: Path) -> None:
    """The wheel of the commit is unpacked beside the clone, which stays clean; a later wheel of the workspace is not in it."""
    root = tmp_path / "workspace"
    make_workspace(root, product_wheel(tmp_path))
    head = WorkspaceCode(root).commit()
    shutil.copy(product_wheel(tmp_path, {"medicore/errors.py": b"later = True\n"}), root / "product" / NAME)
    commit(root, "An upgrade")
    code = pinned(root, head, tmp_path / "scratch")
    assert (code.code / "flows" / "serving" / "engine.py").is_file()
    assert b"later" not in (code.code / "medicore" / "errors.py").read_bytes()
    assert git("status", "--porcelain", "--ignored", folder=code.root) == ""
    assert code.root not in code.code.parents
