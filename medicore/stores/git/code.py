"""Proof of the code: every byte that runs is that of a commit."""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from medicore.errors import ConfigurationError
from medicore.ports.history import History
from medicore.stores.git.calling import git
from medicore.stores.git.trees import object_name, write_tree

# What `dvc repro` on main writes: it contains no code, and DVC does not look into folders that git ignores.
_WRITTEN_BY_DVC = ("dvc.lock", "records/")
_PACKAGES = ("medicore", "flows")
_CACHE = ".mypy_cache"  # lies in the templates of a checkout; nothing can be imported from a name with a dot


def our_modules() -> list[tuple[str, Path]]:
    """Return our imported modules, each with the file that it was read from."""
    named = [(name, getattr(module, "__file__", None)) for name, module in list(sys.modules.items())]
    return [(name, Path(file).resolve()) for name, file in named if file and name.split(".")[0] in _PACKAGES]


def _origin(module: str, file: Path) -> Path | None:
    """Return the folder of a module's package; None when the path of its file differs from its name."""
    path = "/" + module.replace(".", "/") + ("/__init__.py" if file.name == "__init__.py" else ".py")
    return file.parents[path.count("/") - 1] if str(file).endswith(path) else None


def unlike(
    modules: Iterable[tuple[str, Path]],
    expected: Mapping[str, str],
    packages: Iterable[str],
    *,
    where: str,
    than: str,
) -> list[str]:
    """Return how the code at the places of ``modules`` differs from the ``expected`` blobs by path, one line each.

    All of our code at such a place must be the expected one, including code that is imported later. Each line says
    ``where`` the code was found, and ``than`` what it differs.
    """
    origins = {name: _origin(name, file) for name, file in modules}
    found = [f"{where}: {name}" for name, place in origins.items() if place is None]
    for place in {place for place in origins.values() if place is not None}:
        there = _code_in(place, packages)
        different = [path for path in there.keys() | expected if there.get(path) != expected.get(path)]
        found += [f"{where}, unlike {than}: {path}" for path in different]
    return found


def _code_in(place: Path, packages: Iterable[str]) -> dict[str, str]:
    """Return the blob of each file of our packages in a folder, by its path there."""
    files = [path for package in packages for path in (place / package).rglob("*") if path.is_file()]
    read = [path for path in files if path.parent.name != "__pycache__" and _CACHE not in path.parts]
    return {path.relative_to(place).as_posix(): _blob(path) for path in read}


def _blob(file: Path) -> str:
    """Return the identifier that git gives to a file's bytes."""
    return object_name("blob", file.read_bytes())


class GitCode:
    """The checkout from which this program runs."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def templates(self) -> Path:
        """The folder of the report's templates."""
        return self.root / "quarto_templates"

    def commit(self, study: str | None = None) -> str:  # noqa: ARG002 - a checkout has one commit for all studies
        """Return the commit of the checkout."""
        return self._head()

    def _head(self) -> str:
        if not (self.root / ".git").exists():
            raise ConfigurationError(
                f"{self.root.name} is not a git checkout, so its code cannot be named; "
                "install MediCore from a clone of its repository"
            )
        return git("rev-parse", "--verify", "HEAD^{commit}", folder=self.root).decode().strip()

    def deviations(self) -> tuple[str, ...]:
        """Return how the checkout and the imported modules differ from the commit, one line each."""
        listed = os.fsdecode(git("ls-tree", "-r", "-z", "HEAD", folder=self.root)).split("\0")
        recorded = {entry.split("\t", 1)[1]: entry.split()[2] for entry in listed if entry}
        found = [
            f"modified or missing: {name}" for name, blob in recorded.items() if self._blob(name) != blob
        ]
        # Files that only this clone or this user ignores count here: Python would import them.
        ignored = "--exclude-per-directory=.gitignore"
        untracked = os.fsdecode(git("ls-files", "-o", ignored, "-z", folder=self.root))
        found += [
            f"untracked: {name}"
            for name in untracked.split("\0")
            if name and not name.startswith(_WRITTEN_BY_DVC)
        ]
        found += self._foreign(recorded)
        return tuple(sorted(found))

    def _blob(self, name: str) -> str | None:
        path = self.root / name
        return _blob(path) if path.is_file() else None

    def _foreign(self, recorded: Mapping[str, str]) -> list[str]:
        """Return what is imported from outside the checkout and differs from the commit, one line each."""
        root = self.root.resolve()
        outside = [(name, file) for name, file in our_modules() if not file.is_relative_to(root)]
        expected = {path: blob for path, blob in recorded.items() if path.split("/")[0] in _PACKAGES}
        return unlike(outside, expected, _PACKAGES, where="imported from outside", than="the commit")

    def require_clean(self, study: str | None = None) -> str:
        """Return the commit after proving that it is what runs; raise ConfigurationError when anything differs."""
        commit = self._head()
        found = self.deviations()
        if found:
            raise ConfigurationError(
                f"the code is not commit {commit[:12]}: {len(found)} difference(s), first {found[0]!r}; "
                "commit or remove them, or run with --exploratory"
            )
        return self.commit(study)

    def of_study(self, study: str, commit: str) -> str:  # noqa: ARG002 - a checkout has one commit for all studies
        """Return the commit itself."""
        return commit

    def origin(self, commit: str) -> str:
        """Return the commit itself: in a checkout a run's commit is one of the repository."""
        return commit

    def require_made(self, study: str, commit: str, held: History) -> None:
        """Do nothing: in a checkout a run's commit is one of the repository, and follows from no other."""

    def export(self, commit: str, target: Path) -> None:
        """Write the tree of ``commit`` into the folder ``target``."""
        write_tree(self.root, commit, target)
