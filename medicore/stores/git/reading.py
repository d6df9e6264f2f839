"""The record repository for a caller that reads much of it: one git process, and each object proved once."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from medicore.errors import IntegrityError
from medicore.stores.git.calling import git, git_conversation
from medicore.stores.git.objects import GitObjects
from medicore.stores.git.trees import FOLDER, SUBMODULE, entries, object_name

_Object = tuple[str, str, bytes]
"""Identifier, kind and bytes of an object."""

_AT_ONCE = 256
"""So many objects are asked for together: their names take a sixth of what a pipe holds."""


class GitReading(GitObjects):
    """The repository during a reading: tags and damage are looked up once.

    If the shared process cannot answer, a separate process is asked, and the error repeats its message.
    """

    def __init__(self, folder: Path, processes: contextlib.ExitStack) -> None:
        super().__init__(folder)
        self._processes = processes
        self._start()
        self._tags: dict[str, tuple[str, str]] | None = None
        self._proved: dict[str, bool] = {}

    @classmethod
    @contextlib.contextmanager
    def of(cls, folder: Path) -> Iterator[Self]:
        """Yield the repository in ``folder`` with its git process."""
        with contextlib.ExitStack() as processes:
            yield cls(folder, processes)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Self]:
        """Yield this object, which is a reading already."""
        yield self

    def read(self, commit: str, name: str) -> bytes:
        """Return file ``name`` of ``commit``."""
        found = self._object(f"{commit}:{name}")
        return found[2] if found is not None and found[1] == "blob" else super().read(commit, name)

    def names(self, commit: str, folder: str) -> tuple[str, ...]:
        """Return the names of all files of ``commit`` below ``folder``, relative to it."""
        found = self._object(f"{commit}:{folder}")
        listed = self._below(found[2]) if found is not None and found[1] == "tree" else None
        return super().names(commit, folder) if listed is None else tuple(listed)

    def resolve(self, tag: str) -> str | None:
        """Return the commit of ``tag``, or None when there is no such tag; raise IntegrityError when it is damaged."""
        # After one damaged tag git lists none, and a tag may be newer than the list: such a tag is read by itself.
        found = self._tagged().get(tag)
        return found[1] if found else super().resolve(tag)

    def check(self, tag: str | None = None) -> None:
        """Raise IntegrityError when an object of the repository is missing or differs from its name.

        With a tag, every object that it reaches is compared with its name, which is its SHA-1; an object that several
        tags reach is read once. Without a tag, git reads every stored object.
        """
        if tag is None:
            super().check()
            return
        found = self._tagged().get(tag)
        if found is None:
            super().check(tag)  # newer than the list, or git cannot list the tags
            return
        bad = self._unsound(found[0])
        if bad:
            raise IntegrityError(f"object {bad} of tag {tag} is missing or differs from its name")

    def _tagged(self) -> dict[str, tuple[str, str]]:
        """Return the tag object and the commit of every tag; nothing when git cannot list the tags."""
        if self._tags is None:
            form = "--format=%(refname:strip=2) %(objectname) %(*objectname)"
            try:
                listed = git(
                    "for-each-ref", form, "refs/tags", folder=self.folder, failure=IntegrityError
                ).decode()
            except IntegrityError:
                listed = ""
            self._tags = {words[0]: (words[1], words[-1]) for words in map(str.split, listed.splitlines())}
        return self._tags

    def _object(self, name: str) -> _Object | None:
        """Return identifier, kind and bytes of an object; None when the process does not return it."""
        if "\n" in name:
            return None
        for _ in range(2):
            with contextlib.suppress(
                OSError, ValueError
            ):  # the pipe is broken, or closed after an earlier break
                found, answered = self._answer(name)
                if answered:
                    return found
            self._start()  # git ends at a damaged object; if something else ended it, another attempt helps
        return None

    def _answer(self, name: str) -> tuple[_Object | None, bool]:
        """Return the answer of the process about an object, and whether there is an answer."""
        self._ask(name)
        return self._next_answer()

    def _ask(self, *names: str) -> None:
        self._asked.write("".join(f"{name}\n" for name in names).encode())
        self._asked.flush()

    def _next_answer(self) -> tuple[_Object | None, bool]:
        """Return what the process says of the next object that it was asked for, and whether it says anything."""
        answer = self._answers.readline()
        if answer.endswith(b" missing\n"):
            return None, True
        words = answer.decode(errors="replace").split()
        if len(words) == 3 and words[2].isdigit():
            data = self._answers.read(int(words[2]))
            if self._answers.read(1) == b"\n":
                return (words[0], words[1], data), True
        return None, False

    def _start(self) -> None:
        """Start a new process that replaces the earlier one."""
        self._processes.close()
        pipes = git_conversation("cat-file", "--batch", folder=self.folder)
        self._asked, self._answers = self._processes.enter_context(pipes)

    def _below(self, tree: bytes) -> list[str] | None:
        """Return the names of all files below a tree; None when one of its folders cannot be read."""
        names = []
        try:
            listed = [(mode, name.decode(errors="replace"), below) for mode, name, below in entries(tree)]
        except ValueError:
            return None
        for mode, name, identifier in listed:
            if mode != FOLDER:
                names.append(name)
                continue
            found = self._object(identifier)
            inner = self._below(found[2]) if found is not None and found[1] == "tree" else None
            if inner is None:
                return None
            names += [f"{name}/{below}" for below in inner]
        return names

    def _unsound(self, first: str) -> str:
        """Return the name of a damaged object that ``first`` reaches; empty when all are intact."""
        waiting = [first]
        opened: list[str] = []
        while waiting:
            names, waiting = [*dict.fromkeys(waiting[-_AT_ONCE:])], waiting[:-_AT_ONCE]
            asked = [name for name in names if name not in self._proved]
            below = dict(zip(asked, self._all_reached(asked), strict=True))
            bad = [name for name in names if not self._proved.get(name, True) or below.get(name, ()) is None]
            if bad:
                for unfinished in opened:
                    del self._proved[unfinished]  # not everything that they reach has been seen
                self._proved[bad[0]] = False
                return bad[0]
            for name in asked:
                waiting += below[name] or []
                self._proved[name] = True
            opened += asked
        return ""

    def _all_reached(self, names: Sequence[str]) -> list[list[str] | None]:
        """Return, for each of these objects, the objects that it names; git is asked for all of them before it answers.

        The names are so few that they fit into the pipe while git waits for its answers to be read.
        """
        found: list[list[str] | None] = []
        with contextlib.suppress(OSError, ValueError):
            self._ask(*names)
            for name in names:
                answer, answered = self._next_answer()
                if not answered:
                    break
                found.append(_reached(name, answer))
            else:
                return found
        self._start()  # what it still has to say belongs to no question any more
        return [_reached(name, self._object(name)) for name in names]


def _reached(name: str, found: _Object | None) -> list[str] | None:
    """Return the objects that an object names; None when it is missing, cut short, or differs from its own name."""
    if found is None or found[0] != name:
        return None
    _, kind, data = found
    if object_name(kind, data) != name:
        return None
    if kind == "tree":
        try:
            return [identifier for mode, _, identifier in entries(data) if mode != SUBMODULE]
        except ValueError:
            return None  # git writes no such tree
    if kind in {"commit", "tag"}:
        head = data.partition(b"\n\n")[0].decode(errors="replace").splitlines()
        return [
            words[1] for words in map(str.split, head) if words and words[0] in {"tree", "parent", "object"}
        ]
    return []
