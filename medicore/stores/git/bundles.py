"""Git bundles: unpacked into a repository without a transport, after proving every object and every link between objects."""

from pathlib import Path

from medicore.errors import IntegrityError
from medicore.stores.git.calling import git

_SIGNATURE = b"# v2 git bundle\n"
_FEW = 100
"""The number of objects from which git keeps a pack as one file; it stores fewer objects one by one."""


def take_pack(pack: bytes, folder: Path) -> None:
    """Put the objects of a pack into a repository; raise IntegrityError when one is damaged or names a missing one."""
    count = int.from_bytes(pack[8:12], "big")
    command = ("unpack-objects", "-q") if count < _FEW else ("index-pack", "--stdin")
    git(*command, "--strict", folder=folder, data=pack, failure=IntegrityError)


def take_bundle(bundle: bytes, tag: str, folder: Path) -> None:
    """Copy ``tag`` with its history from a git bundle into a repository.

    Raises
    ------
    IntegrityError
        When the bundle is damaged, refers to commits that it does not contain, or has no such tag.
    """
    found, pack = _opened(bundle)
    name = f"refs/tags/{tag}"
    try:
        take_pack(pack, folder)
        git("update-ref", name, found.get(name, "none"), folder=folder, failure=IntegrityError)
    except IntegrityError as error:
        raise IntegrityError(
            f"the bundle is damaged or has no tag {tag} ({error}); expected code and record of that run with their whole "
            "history; restore it again"
        ) from error


def _opened(bundle: bytes) -> tuple[dict[str, str], bytes]:
    """Return the refs of a bundle, with the objects that they name, and its pack."""
    head, blank, pack = bundle.partition(b"\n\n")
    lines = head.removeprefix(_SIGNATURE).decode(errors="replace").splitlines()
    if not bundle.startswith(_SIGNATURE) or not blank or not pack.startswith(b"PACK"):
        raise IntegrityError("the bundle is damaged; expected a git bundle of version 2; restore it again")
    missing = [line for line in lines if line.startswith("-")]
    if missing:
        raise IntegrityError(
            f"the bundle refers to {len(missing)} commit(s) that it does not contain, first {missing[0][1:13]}; "
            "expected the "
            "whole history; restore it again"
        )
    return {name: identifier for identifier, _, name in (line.partition(" ") for line in lines)}, pack
