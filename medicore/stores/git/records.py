"""The record repository: records as commits, built with git plumbing in a bare repository.

Nothing here touches a work tree or a shared index: a temporary index builds the tree. Git creates the annotated tag
atomically, and only if it does not exist. Studies that finish at the same time cannot conflict.
"""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from medicore.errors import ConfigurationError, InfrastructureError, IntegrityError
from medicore.ports.records import Records
from medicore.stores.git.bundles import take_bundle, take_pack
from medicore.stores.git.calling import committed_by, git
from medicore.stores.git.code import GitCode
from medicore.stores.git.objects import GitObjects
from medicore.stores.git.reading import GitReading

_NOBODY = "0" * 40


class GitRecords(GitObjects):
    """A bare git repository with every record, for writing."""

    def create(self) -> None:
        """Create the repository, or complete it after an interruption; git keeps what exists."""
        self.folder.mkdir(parents=True, exist_ok=True)
        git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", ".", folder=self.folder)

    def adopt(self, code: GitCode, commit: str) -> None:
        """Copy the code commit and its history into the repository, as a pack; a transport could run programs.

        If several processes copy the same commit at once, git lets one of them name it, and all of them find it
        there.
        """
        if self._has(commit):
            return
        try:
            take_pack(self._missing(code, commit), self.folder)
        except (ConfigurationError, IntegrityError) as error:
            if os.strerror(errno.ENOSPC) in str(error):
                raise InfrastructureError(
                    f"the record repository cannot be written ({error}); make room, then run the same command again"
                ) from error
            raise ConfigurationError(
                f"code commit {commit[:12]} cannot be copied into the record repository ({error}); expected a clone of the "
                "code with its whole history, and records that 'medicore verify --all' finds whole; clone the code again"
            ) from error
        try:
            git("update-ref", f"refs/code/{commit}", commit, folder=self.folder)
        except ConfigurationError:
            if not git("for-each-ref", f"refs/code/{commit}", folder=self.folder):
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
        """Make a commit from the parent's tree, with ``files`` in place of the folder ``replaced``.

        Tag it ``tag``; return it. An empty ``replaced`` keeps every file of the parent. If the tag exists already, on
        a commit with the same tree and parent, that commit is returned. Raises IntegrityError when the tag is on any
        other commit.
        """
        stamp = f"{int(at.timestamp())} +0000"
        with tempfile.TemporaryDirectory() as scratch:
            environment = {**committed_by(actor, stamp), "GIT_INDEX_FILE": str(Path(scratch) / "index")}

            def call(*arguments: str, data: bytes | None = None) -> str:
                output = git(
                    *arguments, folder=self.folder, data=data, environment=environment, failure=IntegrityError
                )
                return output.decode().strip()

            call("read-tree", parent)
            if replaced:
                old = call("ls-files", "-z", "--", f"{replaced}/").split("\0")
                removal = "".join(f"0 {_NOBODY}\t{name}\0" for name in old if name)
                call("update-index", "-z", "--index-info", data=removal.encode())
            entries = [
                f"100644 {call('hash-object', '-w', '--stdin', data=data)}\t{name}\0"
                for name, data in files.items()
            ]
            call("update-index", "-z", "--index-info", data="".join(entries).encode())
            tree = call("write-tree")
            left = self.resolve(tag)
            if left is not None:
                self._require_same(left, tag, tree, parent)
                return left
            commit = call("commit-tree", tree, "-p", parent, "-m", message)
            self._tag(call, tag, commit, message, f"{actor} <{actor}@medicore.invalid> {stamp}")
        return commit

    def bring(self, bundle: bytes, tag: str) -> None:
        """Copy ``tag`` with its history from a git bundle; raise IntegrityError when the bundle lacks a part of it."""
        take_bundle(bundle, tag, self.folder)

    @contextlib.contextmanager
    def unbundled(self, bundle: bytes, tag: str) -> Iterator[Records]:
        """Yield a repository that contains only ``tag`` with its history, from a git bundle.

        Raises IntegrityError when the bundle is damaged or lacks a part of it.
        """
        with tempfile.TemporaryDirectory(prefix="medicore-bundle-") as scratch:
            made = GitRecords(Path(scratch) / "records.git")
            made.create()
            made.bring(bundle, tag)
            with made.reading() as found:
                yield found

    @contextlib.contextmanager
    def reading(self) -> Iterator[Records]:
        """Yield the repository as it is now, for a caller that reads much of it: one git process answers every question."""
        with GitReading.of(self.folder) as found:
            yield found

    def _require_same(self, commit: str, tag: str, tree: str, parent: str) -> None:
        """Raise IntegrityError unless a commit has this tree and this parent, and no other parent."""
        lines = self.commit_object(commit).partition(b"\n\n")[0].decode(errors="replace").splitlines()
        if [line for line in lines if line.startswith(("tree ", "parent "))] != [
            f"tree {tree}",
            f"parent {parent}",
        ]:
            raise IntegrityError(
                f"tag {tag} exists already, on another record; a sealed record is never replaced: find out who made "
                "the tag, keep a copy of the repository, remove the tag with 'git tag -d', and run the same command again"
            )

    def _has(self, commit: str) -> bool:
        try:
            git("cat-file", "-e", f"{commit}^{{commit}}", folder=self.folder, failure=IntegrityError)
        except IntegrityError:
            return False
        return True

    def _missing(self, code: GitCode, commit: str) -> bytes:
        """Return a pack of the objects of a code commit and its history that the repository lacks.

        A partial clone fetches its missing objects from its origin, by the user's own configuration.
        """
        known = git("for-each-ref", "--format=%(objectname)", "refs/code", folder=self.folder)
        answers = git("cat-file", "--batch-check", folder=code.root, data=known).decode().splitlines()
        there = [line.split()[0] for line in answers if line.split()[1:2] == ["commit"]]
        wanted = "\n".join([commit, "--not", *there, ""]).encode()
        command = ("pack-objects", "--revs", "--stdout", "-q")
        try:
            return git(*command, folder=code.root, data=wanted)
        except ConfigurationError:
            if not git("config", "--get-regexp", r"^remote\..*\.promisor$", folder=code.root):
                raise
            return git(*command, folder=code.root, data=wanted, fetching=True)

    def _tag(self, call: "_Git", tag: str, commit: str, message: str, tagger: str) -> None:
        body = f"object {commit}\ntype commit\ntag {tag}\ntagger {tagger}\n\n{message}\n"
        made = call("mktag", data=body.encode())
        if self.resolve(tag) is not None:
            raise IntegrityError(f"tag {tag} exists already; a sealed record is never replaced")
        call("update-ref", f"refs/tags/{tag}", made, _NOBODY)


class _Git(Protocol):
    """The call signature of the git command inside one sealing."""

    def __call__(self, *arguments: str, data: bytes | None = None) -> str: ...
