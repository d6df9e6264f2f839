"""The record repository: records as commits, built with git plumbing in a bare repository.

Nothing here touches a work tree or a shared index: a scratch index builds the tree, and the annotated tag is
created only if it does not exist, which git does atomically. Studies that finish together cannot conflict.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from medicore.errors import ConfigurationError, IntegrityError
from medicore.ports.records import Records
from medicore.stores.command import run
from medicore.stores.git.code import GitCode
from medicore.stores.git.objects import GitObjects
from medicore.stores.git.reading import GitReading

_NOBODY = "0" * 40


class GitRecords(GitObjects):
    """A bare git repository that holds every record, to be written."""

    def create(self) -> None:
        """Create the repository, or what is missing of it where that was interrupted; git keeps what is there."""
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

    def bring(self, bundle: bytes, tag: str) -> None:
        """Bring ``tag`` with its history from a git bundle; raise IntegrityError when the bundle lacks a part of it."""
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

    @contextlib.contextmanager
    def reading(self) -> Iterator[Records]:
        """Yield the repository as it is now, for someone who reads much of it: one git process answers all."""
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
