"""What runs in a workspace is its wheel, to the byte, and each study has a commit without the others."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from medicore.errors import ConfigurationError, IntegrityError
from medicore.records.export.packing import TreeFile
from medicore.stores.git.records import GitRecords
from medicore.stores.git.workspace import WorkspaceCode, code_of, running_from
from medicore.workspace import make_workspace
from tests.conftest import ROOT, copy_tree, git
from tests.whole_house.wheel import NAME, product_wheel

FAMILIES = """\
families:
  - name: Both
    studies: [EXAMPLE-01, ACME-02]
    method: holm
    alpha: 0.05
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace as it was made: to be copied from."""
    folder = tmp_path_factory.mktemp("made")
    make_workspace(folder / "workspace", product_wheel(folder))
    return folder / "workspace"


@pytest.fixture
def code(made: Path, tmp_path: Path) -> Iterator[WorkspaceCode]:
    """The code of a copy of the workspace."""
    copy_tree(made, tmp_path / "workspace")
    for key in ("name", "email"):
        git("config", f"user.{key}", "tester@medicore.invalid", folder=tmp_path / "workspace")
    yield WorkspaceCode(tmp_path / "workspace")
    shutil.rmtree(tmp_path / "workspace")


def test_workspace_is_its_commit(code: WorkspaceCode) -> None:
    """Nothing differs: the folder is the commit, the lock names the wheel, and what runs is the wheel."""
    assert isinstance(code_of(code.root), WorkspaceCode)
    assert code.deviations() == ()
    assert code.require_clean() == code.commit() == git("rev-parse", "HEAD", folder=code.root)
    assert code.templates == ROOT / "quarto_templates"
    code.require_running()
    assert (running_from(code.root), running_from(code.root.parent)) == (ROOT, code.root.parent)


def test_every_difference_is_named(code: WorkspaceCode) -> None:
    """A changed protocol, a file that git does not hold and a lock that names another wheel are each one line."""
    (code.root / "studies" / "EXAMPLE-01.yaml").write_text("study: none")
    (code.root / "studies" / "MORE-01.yaml").write_text("study: none")
    (code.root / "requirements.lock").write_text("numpy==2.0\n")
    assert code.deviations() == (
        "modified or missing: requirements.lock",
        "modified or missing: studies/EXAMPLE-01.yaml",
        f"requirements.lock does not name product/{NAME} with its SHA-256",
        "untracked: studies/MORE-01.yaml",
    )


def test_another_product_is_not_the_wheel(code: WorkspaceCode, tmp_path: Path) -> None:
    """A wheel with one other file, committed and locked as it should be, is not what runs."""
    wheel = product_wheel(tmp_path, {"medicore/errors.py": b"changed = True\n"})
    shutil.copy(wheel, code.root / "product" / NAME)
    said = rf"is not {NAME} of workspace workspace: 1 difference\(s\), first 'imported, unlike {NAME}: medicore/errors\.py'"
    with pytest.raises(ConfigurationError, match=said):
        code.require_running()
    with pytest.raises(
        ConfigurationError,
        match=r"'pip install --no-deps --require-hashes -r requirements\.lock'; or, .* --update",
    ):
        WorkspaceCode(code.root).require_clean()


def test_a_module_from_elsewhere_is_named(
    code: WorkspaceCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code that is imported from another folder is held against the wheel too, also where it is more than the wheel has."""
    strange = ModuleType("medicore.strange")
    strange.__file__ = str(tmp_path / "elsewhere" / "medicore" / "strange.py")
    Path(strange.__file__).parent.mkdir(parents=True)
    Path(strange.__file__).write_text("")
    monkeypatch.setitem(sys.modules, "medicore.strange", strange)
    found = code.deviations()
    assert f"imported, unlike {NAME}: medicore/strange.py" in found


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "has no wheel in its folder product; .* restore it with git"),
        (lambda folder: (folder / NAME).write_bytes(b""), "is damaged, or no wheel"),
        (lambda folder: (folder / "b.whl").write_bytes(b""), "holds 2 wheels"),
    ],
)
def test_without_its_wheel_nothing_runs(code: WorkspaceCode, spoil: object, said: str) -> None:
    """A workspace whose wheel is missing, damaged or one of two is refused with what is to be done."""
    assert callable(spoil)
    spoil(code.root / "product")
    with pytest.raises(ConfigurationError, match=said):
        code.require_clean()


def test_a_study_has_a_commit_of_its_own(code: WorkspaceCode) -> None:
    """It holds the study's protocol and what all share, names the workspace's commit, and is the same each time."""
    (code.root / "studies" / "ACME-02.yaml").write_text("study: ACME-02\n")
    (code.root / "secret.txt").write_text("of another sponsor\n")
    git("add", "--all", folder=code.root)
    git("commit", "--quiet", "--message", "Another study", folder=code.root)
    head, alone = code.commit(), code.require_clean("ACME-02")
    assert code.commit("ACME-02") == alone != code.commit("EXAMPLE-01")
    assert code.of_study("ACME-02", head) == alone
    first = git("rev-parse", "HEAD~1", folder=code.root)
    assert code.origin(code.of_study("EXAMPLE-01", first)) == first
    with pytest.raises(ConfigurationError, match=rf"commit {first[:12]} of .* has no studies/ACME-02\.yaml"):
        code.of_study("ACME-02", first)
    with pytest.raises(
        ConfigurationError, match=r"has no commit 111111111111; expected one of its own; fetch it"
    ):
        code.of_study("ACME-02", "1" * 40)
    listed = git("ls-tree", "-r", "--name-only", alone, folder=code.root).splitlines()
    assert listed == [
        ".dvc/.gitignore", ".dvc/config", ".dvcignore", ".gitattributes", ".gitignore", "dvc.yaml", "params.yaml",
        f"product/{NAME}", "requirements.lock", "studies/ACME-02.yaml", "workspace.toml",
    ]  # fmt: skip
    shown = git("cat-file", "commit", alone, folder=code.root)
    assert "parent" not in shown
    assert shown.endswith(f"\n\nStudy ACME-02 of workspace commit {head}")


class Forged(GitRecords):
    """A record repository in which a commit has other words, or a file more."""

    def __init__(self, folder: Path, words: str = "", more: tuple[TreeFile, ...] = ()) -> None:
        super().__init__(folder)
        self._words, self._more = words, more

    def commit_object(self, commit: str) -> bytes:
        """Return the commit with other words."""
        head, _, words = super().commit_object(commit).partition(b"\n\n")
        return head + b"\n\n" + (self._words.encode() or words)

    def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """Return the files and those that are more."""
        return (*super().tree(commit), *self._more)


def test_a_commit_of_a_study_follows_from_the_workspace(code: WorkspaceCode) -> None:
    """Its words, its files and their bytes are proved against the commit that it names, whatever was committed since."""
    made, repository = code.commit("EXAMPLE-01"), code.root / ".git"
    protocol = (code.root / "studies" / "EXAMPLE-01.yaml").read_bytes()
    (code.root / "studies" / "EXAMPLE-01.yaml").write_text("study: none\n")
    git("commit", "--quiet", "--all", "--message", "Changed", folder=code.root)
    code.require_made("EXAMPLE-01", made, Forged(repository))
    foreign = TreeFile("100644", "studies/ACME-02.yaml", b"study: ACME-02")
    changed = TreeFile("100644", "params.yaml", protocol)
    for forged, said in (
        (Forged(repository, "A commit"), "is none that a workspace makes for EXAMPLE-01"),
        (Forged(repository, f"Study EXAMPLE-01 of workspace commit {'0' * 40}\n"), "0" * 12),
        (
            Forged(repository, more=(foreign,)),
            r"has 2 file\(s\) that .* not give it, first 'studies/ACME-02\.yaml'",
        ),
        (Forged(repository, more=(changed,)), r"has 1 file\(s\) that .* not give it, first 'params\.yaml'"),
    ):
        with pytest.raises(IntegrityError, match=said):
            code.require_made("EXAMPLE-01", made, forged)
    with pytest.raises(IntegrityError, match="is none that a workspace makes for ACME-02"):
        code.require_made("ACME-02", made, Forged(repository))
    head = git("rev-parse", "HEAD", folder=code.root)
    with pytest.raises(IntegrityError, match="expected one without parent"):
        code.require_made(
            "EXAMPLE-01", head, Forged(repository, f"Study EXAMPLE-01 of workspace commit {head}\n")
        )


def test_families_are_of_their_studies(code: WorkspaceCode) -> None:
    """The file of the families is in the commit of a study that belongs to one, and in no other."""
    path = code.root / "studies" / "families.yaml"
    held = {}
    for text in (FAMILIES, "- nothing\n"):
        path.write_text(text)
        git("add", "--all", folder=code.root)
        git("commit", "--quiet", "--message", "Families", folder=code.root)
        for study in ("ACME-02", "ACME-03"):
            names = git("ls-tree", "-r", "--name-only", code.commit(study), folder=code.root).splitlines()
            held[text, study] = "studies/families.yaml" in names
    assert [*held.values()] == [True, False, False, False]


def test_a_study_s_commit_leads_to_the_workspace_s(code: WorkspaceCode) -> None:
    """From a study's own commit the workspace's is found, by which its run continues; a commit that is gone is told."""
    head = code.commit()
    assert code.origin(code.commit("EXAMPLE-01")) == head
    assert code.origin(head) == head
    with pytest.raises(ConfigurationError, match="no longer has commit 0000000000"):
        code.origin("0" * 40)
