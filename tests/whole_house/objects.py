"""Git objects in memory: named by their SHA-1 as git names them, read as trees, and packed so that git reads them."""

import hashlib
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from medicore.errors import IntegrityError

_FOLDER = "40000"
_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


class GitObject(NamedTuple):
    """What is stored under a name: commit, tree, blob or tag, and its bytes."""

    kind: str
    data: bytes


class File(NamedTuple):
    """A file of a tree: its mode and the name of its blob."""

    mode: str
    blob: str


def name_of(found: GitObject) -> str:
    """Return the SHA-1 by which git names an object."""
    head = f"{found.kind} {len(found.data)}\0".encode()
    return hashlib.sha1(head + found.data, usedforsecurity=False).hexdigest()


class Objects(dict[str, GitObject]):
    """Git objects by their names; the files of a commit are looked up once, until an object is put in the place of another."""

    def __init__(self, *given: Mapping[str, GitObject]) -> None:
        super().__init__(*given)
        self._listed: dict[str, dict[str, File]] = {}

    def __setitem__(self, name: str, found: GitObject) -> None:
        """Put an object under a name, whatever was there."""
        self._listed.clear()
        super().__setitem__(name, found)

    def __delitem__(self, name: str) -> None:
        """Take an object away."""
        self._listed.clear()
        super().__delitem__(name)

    def keep(self, kind: str, data: bytes) -> str:
        """Store an object and return its name."""
        made = GitObject(kind, data)
        name = name_of(made)
        self.setdefault(name, made)
        return name

    def of_kind(self, name: str, kind: str) -> bytes:
        """Return the bytes of an object; raise IntegrityError when it is not there or of another kind."""
        found = self.get(name)
        if found is None or found.kind != kind:
            raise IntegrityError(
                f"object {name[:12]} is {'missing' if found is None else found.kind}, not a {kind}"
            )
        return found.data

    def files(self, commit: str) -> dict[str, File]:
        """Return every file of a commit, by its whole name, in git's order."""
        tree = self.of_kind(commit, "commit").split(b"\n", 1)[0].decode().split()[1]
        if tree not in self._listed:
            self._listed[tree] = dict(self._below(tree, ""))
        return self._listed[tree]

    def _below(self, tree: str, folder: str) -> Iterator[tuple[str, File]]:
        for mode, name, identifier in entries(self.of_kind(tree, "tree")):
            if mode == _FOLDER:
                yield from self._below(identifier, f"{folder}{name}/")
            else:
                yield f"{folder}{name}", File(mode, identifier)

    def keep_tree(self, files: Mapping[str, File]) -> str:
        """Store the trees that hold these files and return the name of the uppermost."""
        own: dict[str, tuple[str, str]] = {}
        below: dict[str, dict[str, File]] = {}
        for name, file in files.items():
            folder, slash, rest = name.partition("/")
            if slash:
                below.setdefault(folder, {})[rest] = file
            else:
                own[name] = file.mode, file.blob
        own |= {folder: (_FOLDER, self.keep_tree(inner)) for folder, inner in below.items()}
        # git sorts a folder as if its name ended in a slash.
        ordered = sorted(own.items(), key=lambda one: f"{one[0]}/" if one[1][0] == _FOLDER else one[0])
        return self.keep(
            "tree",
            b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(sha) for name, (mode, sha) in ordered),
        )

    def reached(self, first: str) -> dict[str, GitObject]:
        """Return all objects that ``first`` reaches; raise IntegrityError when one is missing or differs from its name."""
        waiting, found = [first], dict[str, GitObject]()
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            held = self.get(name)
            if held is None or name_of(held) != name:
                raise IntegrityError(f"object {name[:12]} is missing or differs from its name")
            found[name] = held
            waiting += named_in(held)
        return found


def entries(tree: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield mode, name and identifier of each entry of a tree."""
    place = 0
    while place < len(tree):
        end = tree.index(b"\0", place)
        mode, name = tree[place:end].decode().split(" ", 1)
        yield mode, name, tree[end + 1 : end + 21].hex()
        place = end + 21


def named_in(found: GitObject) -> list[str]:
    """Return the names of the objects that an object names."""
    if found.kind == "tree":
        return [identifier for _, _, identifier in entries(found.data)]
    if found.kind == "blob":
        return []
    head = found.data.partition(b"\n\n")[0].decode().splitlines()
    return [line.split()[1] for line in head if line.startswith(("tree ", "parent ", "object "))]


def bundle_of(tag: str, name: str, reached: Mapping[str, GitObject]) -> bytes:
    """Return a git bundle (version 2) of a tag whose object is ``name``, with everything that it reaches."""
    pack = b"PACK" + struct.pack(">II", 2, len(reached)) + b"".join(map(_packed, reached.values()))
    pack += hashlib.sha1(pack, usedforsecurity=False).digest()
    return f"# v2 git bundle\n{name} refs/tags/{tag}\n\n".encode() + pack


def _packed(found: GitObject) -> bytes:
    size = len(found.data)
    head = [_KINDS[found.kind] << 4 | size & 15]
    size >>= 4
    while size:
        head[-1] |= 128
        head.append(size & 127)
        size >>= 7
    return bytes(head) + zlib.compress(found.data)
