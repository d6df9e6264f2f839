"""The record repository: records as commits, built with git plumbing in a bare repository.

Nothing here touches a work tree or a shared index: a scratch index builds the tree, and the annotated tag is
created only if it does not exist, which git does atomically. Studies that finish together cannot conflict.
"""

import contextlib
import io
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from medicore.errors import ConfigurationError, IntegrityError
from medicore.records.packing import TreeFile
from medicore.stores.code import GitCode, export_tree
from medicore.stores.command import run

_NOBODY = "0" * 40


class GitRecords:
    """A bare git repository that holds every record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> None:
        """Create the repository unless it is there."""
        if not (self.folder / "HEAD").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            run(["git", "init", "--quiet", "--bare", "--initial-branch=main", "."], folder=self.folder)

    def adopt(self, code: GitCode, commit: str) -> None:
        """Bring the code commit and its history into the repository.

        Of several who bring the same commit at once git lets one name it, and the others have what they wanted.
        """
        if self._has(commit):
            return
        reference = f"{commit}:refs/code/{commit}"
        try:
            run(["git", "push", "--quiet", str(self.folder.resolve()), reference], folder=code.root)
        except ConfigurationError:
            if not self._has(commit):
                raise

    def seal(
        self,
        *,
        parent: str,
        replaced: str,
        files: Mapping[str, bytes],
        tag: str,
        message: str,
        actor: str,
        at: datetime,
    ) -> str:
        """Return the commit whose tree is the parent's, with folder ``replaced`` and ``files`` put in, tagged ``tag``.

        An empty ``replaced`` keeps every file of the parent. Raises IntegrityError when the tag exists.
        """
        stamp = f"{int(at.timestamp())} +0000"
        who = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", actor), ("EMAIL", f"{actor}@medicore.invalid"), ("DATE", stamp))
        }
        with tempfile.TemporaryDirectory() as scratch:
            environment = {**who, "GIT_INDEX_FILE": str(Path(scratch) / "index")}

            def git(*arguments: str, data: bytes | None = None) -> str:
                output = run(
                    ["git", *arguments],
                    folder=self.folder,
                    data=data,
                    environment=environment,
                    failure=IntegrityError,
                )
                return output.decode().strip()

            git("read-tree", parent)
            if replaced:
                old = git("ls-files", "-z", "--", f"{replaced}/").split("\0")
                removal = "".join(f"0 {_NOBODY}\t{name}\0" for name in old if name)
                git("update-index", "-z", "--index-info", data=removal.encode())
            entries = [
                f"100644 {git('hash-object', '-w', '--stdin', data=data)}\t{name}\0"
                for name, data in files.items()
            ]
            git("update-index", "-z", "--index-info", data="".join(entries).encode())
            commit = git("commit-tree", git("write-tree"), "-p", parent, "-m", message)
            self._tag(git, tag, commit, message, f"{actor} <{actor}@medicore.invalid> {stamp}")
        return commit

    def resolve(self, tag: str) -> str | None:
        """Return the commit of ``tag``, or None when there is no such tag; raise IntegrityError when it is damaged."""
        name = f"refs/tags/{tag}"
        output = run(
            ["git", "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", name],
            folder=self.folder,
            failure=IntegrityError,
        )
        found = [line.split() for line in output.decode().splitlines()]
        # git also lists what lies below a folder of that name.
        return next((names[-1] for names in found if names[0] == name), None)

    def tags(self, prefix: str) -> tuple[str, ...]:
        """Return the names of all tags below ``prefix``."""
        pattern = f"refs/tags/{prefix}".rstrip("/")
        output = run(["git", "for-each-ref", "--format=%(refname:strip=2)", pattern], folder=self.folder)
        return tuple(output.decode().split())

    def read(self, commit: str, name: str) -> bytes:
        """Return file ``name`` of ``commit``."""
        return run(
            ["git", "cat-file", "blob", f"{commit}:{name}"], folder=self.folder, failure=IntegrityError
        )

    def names(self, commit: str, folder: str) -> tuple[str, ...]:
        """Return the names of all files of ``commit`` below ``folder``, relative to it."""
        output = run(
            ["git", "ls-tree", "-r", "-z", "--name-only", commit, "--", f"{folder}/"],
            folder=self.folder,
            failure=IntegrityError,
        )
        return tuple(name.removeprefix(f"{folder}/") for name in output.decode().split("\0") if name)

    def parent(self, commit: str) -> str:
        """Return the parent of ``commit``."""
        output = run(
            ["git", "rev-parse", "--verify", f"{commit}^"], folder=self.folder, failure=IntegrityError
        )
        return output.decode().strip()

    def export(self, commit: str, target: Path) -> None:
        """Write the tree of ``commit`` into the folder ``target``."""
        export_tree(self.folder, commit, target)

    def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """Return every file of ``commit`` with its mode, in git's order."""
        listed = run(
            ["git", "ls-tree", "-r", "-z", "--full-tree", commit],
            folder=self.folder,
            failure=IntegrityError,
        )
        entries = [entry.split(b"\t", 1) for entry in listed.split(b"\0") if entry]
        heads = [head.decode().split() for head, _ in entries]
        wanted = "".join(f"{identifier}\n" for _, _, identifier in heads).encode()
        stream = io.BytesIO(
            run(["git", "cat-file", "--batch"], folder=self.folder, data=wanted, failure=IntegrityError)
        )
        files = []
        for (mode, _, identifier), (_, name) in zip(heads, entries, strict=True):
            found, kind, size = (*stream.readline().decode().split(), "", "")[:3]
            if (found, kind) != (identifier, "blob"):
                raise IntegrityError(
                    f"{name.decode()[:80]!r} of commit {commit[:12]} is {kind[:20]}, not a file"
                )
            files.append(TreeFile(mode, name.decode(), stream.read(int(size))))
            stream.read(1)
        return tuple(files)

    def commit_object(self, commit: str) -> bytes:
        """Return the bytes of ``commit``, whose SHA-1, as git computes it, is its name."""
        return run(["git", "cat-file", "commit", commit], folder=self.folder, failure=IntegrityError)

    def bundle(self, tag: str) -> bytes:
        """Return a git bundle that holds ``tag`` with its whole history."""
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "code.bundle"
            run(["git", "bundle", "create", "--quiet", str(path), f"refs/tags/{tag}"], folder=self.folder)
            return path.read_bytes()

    def bring(self, bundle: bytes, tag: str) -> None:
        """Bring ``tag`` with its history from a git bundle; raise IntegrityError when the bundle has it not whole."""
        with tempfile.NamedTemporaryFile(suffix=".bundle") as file:
            file.write(bundle)
            file.flush()
            wanted = f"refs/tags/{tag}:refs/tags/{tag}"
            try:
                run(
                    ["git", "fetch", "--quiet", file.name, wanted], folder=self.folder, failure=IntegrityError
                )
            except IntegrityError as error:
                raise IntegrityError(
                    f"the bundle is damaged or has no tag {tag}; expected code and record of that run; restore it again"
                ) from error

    def check(self, tag: str | None = None) -> None:
        """Raise IntegrityError when an object of the repository is missing or is not what its name says.

        Every stored object is read, and all that the tag reaches, or any tag without one, must be there.
        """
        heads = [] if tag is None else [f"refs/tags/{tag}"]
        # rev-list --verify-objects would read one record alone, but ends well where a blob's content is another.
        run(
            ["git", "fsck", "--full", "--strict", "--no-dangling", *heads],
            folder=self.folder,
            failure=IntegrityError,
        )

    @contextlib.contextmanager
    def reading(self) -> Iterator["GitRecords"]:
        """Yield the repository as it is now, for someone who reads much of it: one git process answers all."""
        from medicore.stores.git_reading import GitReading

        with GitReading.of(self.folder) as found:
            yield found

    def _has(self, commit: str) -> bool:
        try:
            run(["git", "cat-file", "-e", f"{commit}^{{commit}}"], folder=self.folder, failure=IntegrityError)
        except IntegrityError:
            return False
        return True

    def _tag(self, git: "_Git", tag: str, commit: str, message: str, tagger: str) -> None:
        body = f"object {commit}\ntype commit\ntag {tag}\ntagger {tagger}\n\n{message}\n"
        made = git("mktag", data=body.encode())
        if self.resolve(tag) is not None:
            raise IntegrityError(f"tag {tag} exists already; a sealed record is never replaced")
        git("update-ref", f"refs/tags/{tag}", made, _NOBODY)


class _Git(Protocol):
    """The call signature of the git command inside one sealing."""

    def __call__(self, *arguments: str, data: bytes | None = None) -> str: ...
