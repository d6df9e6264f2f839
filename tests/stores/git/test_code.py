"""What runs is a commit, to the byte, or it is said what differs."""

import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.git.code import GitCode
from tests.conftest import git

TEXTS = {
    ".gitignore": "*.log\n.medicore/\n__pycache__/\n",
    "medicore/a.py": "a = 1\n",
    "medicore/b.py": "b = 1\n",
    "studies/é ü.yaml": "study: none\n",
    "studies/\udce9.yaml": "study: Latin-1\n",
}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitCode:
    """Return a clean checkout, and no modules of ours imported from elsewhere."""
    for name, text in TEXTS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git("init", "--quiet", folder=tmp_path)
    git("config", "user.name", "Tester", folder=tmp_path)
    git("config", "user.email", "tester@medicore.invalid", folder=tmp_path)
    git("add", "--all", folder=tmp_path)
    git("commit", "--quiet", "--message", "Code", folder=tmp_path)
    for name in list(sys.modules):
        if name.split(".")[0] in {"medicore", "flows"}:
            monkeypatch.delitem(sys.modules, name)
    return GitCode(tmp_path)


def test_clean_checkout_is_its_commit(checkout: GitCode) -> None:
    """Nothing differs, and the commit is HEAD's."""
    assert checkout.deviations() == ()
    assert checkout.require_clean() == checkout.commit() == git("rev-parse", "HEAD", folder=checkout.root)


def test_every_difference_is_named(checkout: GitCode) -> None:
    """A changed, a missing and an unknown file are each one line, whatever letters they have (FAULTS 27)."""
    (checkout.root / "studies" / "é ü.yaml").write_text("study: none")
    (checkout.root / "medicore" / "b.py").unlink()
    (checkout.root / "medicore" / "new.py").write_text("")
    (checkout.root / "n\udce4chste.py").write_text("")
    assert checkout.deviations() == (
        "modified or missing: medicore/b.py",
        "modified or missing: studies/é ü.yaml",
        "untracked: medicore/new.py",
        "untracked: n\udce4chste.py",
    )
    expected = (
        rf"the code is not commit {checkout.commit()[:12]}: 4 difference\(s\), "
        r"first 'modified or missing: medicore/b\.py'; commit or remove them, or run with --exploratory"
    )
    with pytest.raises(ConfigurationError, match=expected):
        checkout.require_clean()


def test_difference_cannot_hide_from_git(checkout: GitCode) -> None:
    """A file that git was told not to look at, or that is staged, is still held against the commit."""
    git("update-index", "--assume-unchanged", "medicore/a.py", folder=checkout.root)
    (checkout.root / "medicore" / "a.py").write_text("a = 2\n")
    (checkout.root / "medicore" / "b.py").write_text("b = 2\n")
    git("add", "medicore/b.py", folder=checkout.root)
    assert checkout.deviations() == (
        "modified or missing: medicore/a.py",
        "modified or missing: medicore/b.py",
    )


def test_what_git_ignores_and_dvc_writes_is_no_difference(checkout: GitCode) -> None:
    """State, logs and what ``dvc repro`` leaves on main hold no code."""
    for name in (".medicore/ledger.db", "x.log", "dvc.lock", "records/REF-NHEFS/2025-01/results.json"):
        (checkout.root / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout.root / name).write_text("")
    assert checkout.deviations() == ()


def test_module_from_elsewhere_is_named(
    checkout: GitCode, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code imported from outside the checkout, by a stray path or an installed copy, is a difference."""
    places = {
        "medicore.a": checkout.root / "medicore" / "a.py",
        "medicore.stray": tmp_path_factory.mktemp("elsewhere") / "stray.py",
        "medicorelike": Path("/elsewhere/medicorelike.py"),
    }
    for name, path in places.items():
        module = ModuleType(name)
        module.__file__ = str(path)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "flows", ModuleType("flows"))
    assert checkout.deviations() == ("imported from outside: medicore.stray",)


def installed(checkout: GitCode, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the checkout's code to another place, and let a module be imported from there."""
    shutil.copytree(checkout.root / "medicore", place / "medicore")
    module = ModuleType("medicore.a")
    module.__file__ = str(place / "medicore" / "a.py")
    monkeypatch.setitem(sys.modules, "medicore.a", module)
    return place / "medicore"


def test_the_same_code_elsewhere_is_the_commit(
    checkout: GitCode, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code that is imported from elsewhere and is the commit's to the byte is no difference; what Python writes is no code."""
    code = installed(checkout, tmp_path_factory.mktemp("elsewhere"), monkeypatch)
    (code / "__pycache__").mkdir()
    (code / "__pycache__" / "a.pyc").write_bytes(b"")
    assert checkout.deviations() == ()


def test_other_code_elsewhere_is_named(
    checkout: GitCode, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where code is imported from elsewhere, each file there is held against the commit, one not imported yet too."""
    code = installed(checkout, tmp_path_factory.mktemp("elsewhere"), monkeypatch)
    (code / "a.py").write_text("a = 2\n")
    (code / "b.py").unlink()
    (code / "new.json").write_text("{}")
    assert checkout.deviations() == tuple(
        f"imported from outside, unlike the commit: medicore/{name}" for name in ("a.py", "b.py", "new.json")
    )


def test_code_without_git_has_no_name(tmp_path: Path) -> None:
    """An unpacked archive is not a checkout, and what to do is said."""
    with pytest.raises(ConfigurationError, match="is not a git checkout, so its code cannot be named"):
        GitCode(tmp_path).commit()


def test_export_is_the_commit_and_not_the_work_tree(checkout: GitCode, tmp_path: Path) -> None:
    """Exporting writes the committed bytes alone, whatever lies beside them."""
    commit = checkout.commit()
    (checkout.root / "medicore" / "a.py").write_text("a = 2\n")
    (checkout.root / "x.log").write_text("")
    target = tmp_path / ".medicore" / "out"
    checkout.export(commit, target)
    found = {path.relative_to(target).as_posix(): path for path in target.rglob("*") if path.is_file()}
    assert {name: path.read_text() for name, path in found.items()} == TEXTS
