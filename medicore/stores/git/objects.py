"""The record repository for reading: commits, files and tags, each read by a call of git."""

import tempfile
from pathlib import Path

from medicore.errors import IntegrityError
from medicore.records.export.packing import TreeFile
from medicore.stores.git.calling import git
from medicore.stores.git.foreign import require_plain
from medicore.stores.git.trees import tree_of, write_tree


class GitObjects:
    """What a bare git repository holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resolve(self, tag: str) -> str | None:
        """Return the commit of ``tag``, or None when there is no such tag; raise IntegrityError when it is damaged."""
        name = f"refs/tags/{tag}"
        output = git(
            "for-each-ref",
            "--format=%(refname) %(objectname) %(*objectname)",
            name,
            folder=self.folder,
            failure=IntegrityError,
        )
        found = [line.split() for line in output.decode().splitlines()]
        # git also lists the tags below a folder of that name.
        return next((names[-1] for names in found if names[0] == name), None)

    def tags(self, prefix: str) -> tuple[str, ...]:
        """Return the names of all tags below ``prefix``."""
        pattern = f"refs/tags/{prefix}".rstrip("/")
        output = git("for-each-ref", "--format=%(refname:strip=2)", pattern, folder=self.folder)
        return tuple(output.decode().split())

    def read(self, commit: str, name: str) -> bytes:
        """Return file ``name`` of ``commit``."""
        return git("cat-file", "blob", f"{commit}:{name}", folder=self.folder, failure=IntegrityError)

    def names(self, commit: str, folder: str) -> tuple[str, ...]:
        """Return the names of all files of ``commit`` below ``folder``, relative to it."""
        output = git(
            "ls-tree",
            "-r",
            "-z",
            "--name-only",
            commit,
            "--",
            f"{folder}/",
            folder=self.folder,
            failure=IntegrityError,
        )
        return tuple(name.removeprefix(f"{folder}/") for name in output.decode().split("\0") if name)

    def parent(self, commit: str) -> str:
        """Return the parent of ``commit``."""
        output = git("rev-parse", "--verify", f"{commit}^", folder=self.folder, failure=IntegrityError)
        return output.decode().strip()

    def export(self, commit: str, target: Path) -> None:
        """Write the tree of ``commit`` into the folder ``target``."""
        write_tree(self.folder, commit, target)

    def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """Return every file of ``commit`` with its mode, in git's order."""
        return tree_of(self.folder, commit)

    def commit_object(self, commit: str) -> bytes:
        """Return the bytes of ``commit``; their SHA-1, as git computes it, is the commit's name."""
        return git("cat-file", "commit", commit, folder=self.folder, failure=IntegrityError)

    def bundle(self, tag: str) -> bytes:
        """Return a git bundle that holds ``tag`` with its whole history."""
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "code.bundle"
            git("bundle", "create", "--quiet", str(path), f"refs/tags/{tag}", folder=self.folder)
            return path.read_bytes()

    def require_plain(self) -> None:
        """Raise IntegrityError when the repository contains anything that changes what git reads, or makes it run programs."""
        require_plain(self.folder)

    def check(self, tag: str | None = None) -> None:
        """Raise IntegrityError when an object of the repository is missing or differs from its name.

        Every stored object is read. Every object that the tag reaches must exist; without a tag, every object that
        any tag reaches.
        """
        heads = [] if tag is None else [f"refs/tags/{tag}"]
        # rev-list --verify-objects would read one record alone, but it overlooks a blob with other contents.
        git(
            "fsck",
            "--full",
            "--strict",
            "--no-dangling",
            *heads,
            folder=self.folder,
            failure=IntegrityError,
        )
