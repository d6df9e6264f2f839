"""A workspace: a company's own repository of protocols, whose code is the product's wheel in it."""

import re
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from medicore.errors import ConfigurationError, IntegrityError
from medicore.ports.history import History
from medicore.records.protocol.hypotheses.portfolio_family import FAMILIES, in_a_family
from medicore.records.workspace.files import SOURCES, WORKSPACE, locked_line
from medicore.records.workspace.wheel import FOLDER, PACKAGES, Wheel, read_wheel, wheel_in
from medicore.stores.content.environment import LOCK_FILE
from medicore.stores.git.calling import committed_by, git
from medicore.stores.git.code import GitCode, our_modules, unlike
from medicore.stores.git.trees import object_name, tree_of
from medicore.stores.installed import PRODUCT

_SHARED = (WORKSPACE, LOCK_FILE, "dvc.yaml", "params.yaml", ".dvcignore", ".gitattributes", ".gitignore")
_SHARED_FOLDERS = (".dvc/", f"{FOLDER}/")
_OF_ALL_STUDIES = ("studies/names.yaml",)
_BUILT = tuple(f"{SOURCES}{name}" for name in ("dvc.yaml", "prefect.yaml", LOCK_FILE))
"""What the build puts into the wheel from elsewhere in the checkout, and nothing reads in an installation."""


_MADE_FROM = re.compile(r"of workspace commit ([0-9a-f]{40})\s*\Z")


def is_workspace(root: Path) -> bool:
    """Return whether a folder is a workspace."""
    return (root / WORKSPACE).is_file()


def code_of(root: Path) -> GitCode:
    """Return the code of a house: of a workspace, or of a checkout of the product."""
    return WorkspaceCode(root) if is_workspace(root) else GitCode(root)


def running_from(root: Path) -> Path:
    """Return the folder of the code that a house's processes run: the checkout itself, or that of the installed product."""
    return PRODUCT if is_workspace(root) else root


class WorkspaceCode(GitCode):
    """A workspace, with the wheel of the product that runs.

    Each study has a commit of its own, without parent, which is made from the workspace's commit: its tree has the
    study's protocol, the product and what all studies share, and its message names the workspace's commit. The same
    workspace's commit always gives the same. So no record of a study, and no copy of one, has a byte of another study.
    """

    @property
    def templates(self) -> Path:
        """The folder of the report's templates: that of the running product."""
        return PRODUCT / "quarto_templates"

    @cached_property
    def wheel(self) -> Wheel:
        """The wheel in the workspace's folder; ``deviations`` holds it against the commit."""
        folder = self.root / FOLDER
        try:
            name = wheel_in(path.name for path in folder.iterdir()) if folder.is_dir() else None
            if name is not None:
                return read_wheel(name, (folder / name).read_bytes())
        except IntegrityError as error:
            raise ConfigurationError(str(error)) from error
        raise ConfigurationError(
            f"workspace {self.root.name} has no wheel in its folder {FOLDER}; expected that of the product; restore it with git"
        )

    def commit(self, study: str | None = None) -> str:
        """Return the commit of the workspace; with ``study`` the commit of this study alone, made where it is not there."""
        head = self._head()
        return head if study is None else self._alone(head, study)

    def of_study(self, study: str, commit: str) -> str:
        """Return the commit of a study alone that follows from a commit of the workspace.

        Raises ConfigurationError when the workspace has no such commit, or the commit no protocol of the study.
        """
        name = f"studies/{study}.yaml"
        try:
            held = git("ls-tree", commit, "--", name, folder=self.root)
        except ConfigurationError as error:
            raise ConfigurationError(
                f"workspace {self.root.name} has no commit {commit[:12]}; expected one of its own; fetch it, or name another"
            ) from error
        if not held:
            raise ConfigurationError(
                f"commit {commit[:12]} of workspace {self.root.name} has no {name}; expected a commit with the study's protocol; "
                "name another"
            )
        return self._alone(commit, study)

    def require_clean(self, study: str | None = None) -> str:
        """Return the commit as ``commit`` does, after proving that the workspace is its commit and what runs is its wheel."""
        self.require_running()  # says what to install, where the base class would speak of changes to commit
        return super().require_clean(study)

    def require_running(self) -> None:
        """Raise ConfigurationError unless the code that runs is that of the wheel."""
        found = self._unlike()
        if found:
            raise ConfigurationError(
                f"the running product is not {self.wheel.name} of workspace {self.root.name}: {len(found)} difference(s), "
                f"first {found[0]!r}; in the workspace's folder run 'pip install --no-deps --require-hashes -r {LOCK_FILE}'; "
                "or, to take the running product, 'medicore new FOLDER --update', and commit"
            )

    def _foreign(self, recorded: Mapping[str, str]) -> list[str]:  # noqa: ARG002 - the wheel is among what git holds
        """Return how the running code differs from the wheel, and whether the lock file names another one."""
        lock = self.root / LOCK_FILE
        locked = lock.is_file() and locked_line(self.wheel) in lock.read_text(encoding="utf-8")
        return [
            *([] if locked else [f"{LOCK_FILE} does not name {self.wheel.path} with its SHA-256"]),
            *self._unlike(),
        ]

    def _unlike(self) -> list[str]:
        """Return how the running code differs from the wheel, one line each."""
        expected = {path: object_name("blob", data) for path, data in self.wheel.files.items()}
        for name in _BUILT:
            if not (PRODUCT / name).is_file():
                expected.pop(name, None)
        return unlike(our_modules(), expected, PACKAGES, where="imported", than=self.wheel.name)

    def origin(self, commit: str) -> str:
        """Return the workspace's commit from which the commit of a study was made.

        Raises ConfigurationError when the repository no longer has the study's commit.
        """
        try:
            words = git("show", "-s", "--format=%s", commit, folder=self.root).decode(errors="replace")
        except ConfigurationError as error:
            raise ConfigurationError(
                f"workspace {self.root.name} no longer has commit {commit[:12]} of the study; expected it: fetch it from "
                "records.git of the state folder with 'git fetch'"
            ) from error
        found = _MADE_FROM.search(words)
        return found[1] if found else commit

    def require_made(self, study: str, commit: str, held: History) -> None:
        """Prove that a study's commit is made from a commit of this workspace; ``held`` is where the commit is kept.

        It has no parent, names the workspace's commit, has none but that commit's files, byte for byte, and of the protocols
        the study's own alone.

        Raises
        ------
        IntegrityError
            When one of this does not hold, or the workspace lacks the commit that is named.
        """
        head, _, words = held.commit_object(commit).decode(errors="replace").partition("\n\n")
        found = _MADE_FROM.search(words)
        if found is None or words != f"Study {study} of workspace commit {found[1]}\n" or "\nparent " in head:
            raise IntegrityError(
                f"commit {commit[:12]} is none that a workspace makes for {study}; expected one without parent that names the "
                "workspace's commit; restore the record from the archive"
            )
        whole = {file.name: file for file in tree_of(self.root, found[1])}
        files = held.tree(commit)
        strange = [file.name for file in files if whole.get(file.name) != file]
        own = {f"studies/{name}" for name in (f"{study}.yaml", FAMILIES)} | {*_OF_ALL_STUDIES}
        strange += [file.name for file in files if file.name.startswith("studies/") and file.name not in own]
        if strange:
            raise IntegrityError(
                f"commit {commit[:12]} of {study} has {len(strange)} file(s) that commit {found[1][:12]} of the workspace does "
                f"not give it, first {strange[0]!r}; restore the record from the archive"
            )

    def _alone(self, head: str, study: str) -> str:
        """Return the commit of a study: without parent, with what all studies share, and no other study."""
        own = (f"studies/{study}.yaml", *_OF_ALL_STUDIES, *_SHARED, *self._families(head, study))
        listed = git("ls-tree", "-r", "-z", head, folder=self.root).split(b"\0")
        kept = [
            entry
            for entry in listed
            if (name := entry.partition(b"\t")[2].decode(errors="replace")) in own
            or name.startswith(_SHARED_FOLDERS)
        ]
        when = git("show", "-s", "--format=%ct", head, folder=self.root).decode().strip()
        who = committed_by("medicore", f"{when} +0000")
        with tempfile.TemporaryDirectory() as scratch:
            environment = {**who, "GIT_INDEX_FILE": str(Path(scratch) / "index")}

            def call(*arguments: str, data: bytes | None = None) -> str:
                return git(*arguments, folder=self.root, data=data, environment=environment).decode().strip()

            call("update-index", "-z", "--index-info", data=b"".join(entry + b"\0" for entry in kept))
            message = f"Study {study} of workspace commit {head}"  # as _MADE_FROM reads it
            return call("commit-tree", call("write-tree"), "-m", message)

    def _families(self, head: str, study: str) -> tuple[str, ...]:
        """Return the file of the families across studies where the study belongs to one, otherwise nothing."""
        name = f"studies/{FAMILIES}"
        if not git("ls-tree", head, "--", name, folder=self.root):
            return ()
        text = git("cat-file", "blob", f"{head}:{name}", folder=self.root).decode(errors="replace")
        return (name,) if in_a_family(text, study) else ()
