"""Proof of the code: that what runs is a commit, to the byte."""

import hashlib
import io
import sys
import tarfile
from pathlib import Path

from medicore.errors import ConfigurationError
from medicore.stores.command import run

# What `dvc repro` on main writes: it holds no code, and DVC does not look into what git ignores.
_WRITTEN_BY_DVC = ("dvc.lock", "records/")


class GitCode:
    """The checkout that this program runs from."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def commit(self) -> str:
        """Return the commit that the checkout is at."""
        if not (self.root / ".git").exists():
            raise ConfigurationError(
                f"{self.root.name} is not a git checkout, so its code cannot be named; "
                "install MediCore from a clone of its repository"
            )
        return run(["git", "rev-parse", "--verify", "HEAD^{commit}"], folder=self.root).decode().strip()

    def deviations(self) -> tuple[str, ...]:
        """Return how the checkout and the imported modules differ from the commit, one line each."""
        listed = run(["git", "ls-tree", "-r", "-z", "HEAD"], folder=self.root).decode().split("\0")
        recorded = {entry.split("\t", 1)[1]: entry.split()[2] for entry in listed if entry}
        found = [
            f"modified or missing: {name}" for name, blob in recorded.items() if self._blob(name) != blob
        ]
        untracked = run(["git", "ls-files", "-o", "--exclude-standard", "-z"], folder=self.root).decode()
        found += [
            f"untracked: {name}"
            for name in untracked.split("\0")
            if name and not name.startswith(_WRITTEN_BY_DVC)
        ]
        found += [f"imported from outside: {name}" for name in self._foreign_modules()]
        return tuple(sorted(found))

    def _blob(self, name: str) -> str | None:
        path = self.root / name
        if not path.is_file():
            return None
        data = path.read_bytes()
        return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

    def _foreign_modules(self) -> list[str]:
        ours = [
            (name, getattr(module, "__file__", None))
            for name, module in list(sys.modules.items())
            if name.split(".")[0] in {"medicore", "flows"}
        ]
        return [
            name
            for name, file in ours
            if file and not Path(file).resolve().is_relative_to(self.root.resolve())
        ]

    def require_clean(self) -> str:
        """Return the commit, proved to be what runs; raise ConfigurationError when anything differs."""
        commit = self.commit()
        found = self.deviations()
        if found:
            raise ConfigurationError(
                f"the code is not commit {commit[:12]}: {len(found)} difference(s), first {found[0]!r}; "
                "commit or remove them, or run with --exploratory"
            )
        return commit

    def export(self, commit: str, target: Path) -> None:
        """Write the tree of ``commit`` into the folder ``target``."""
        export_tree(self.root, commit, target)


def export_tree(repository: Path, commit: str, target: Path) -> None:
    """Write the tree of a commit of ``repository`` into the folder ``target``."""
    archive = run(["git", "archive", "--format=tar", commit], folder=repository)
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(target, filter="data")
