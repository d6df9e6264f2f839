"""The list of a folder's files, as DVC keeps it: an object of its own, which a pointer names by its MD5."""

import hashlib
import json
from collections.abc import Mapping

import yaml

from medicore.errors import IntegrityError

_LIST = ".dir"


def lists_of(pointer: bytes) -> dict[str, str]:
    """Return the address of each folder's list in a pointer, the ``.dvc`` file, by the folder's name.

    Raises
    ------
    IntegrityError
        When the pointer is not one that DVC writes.
    """
    try:
        outs = (yaml.safe_load(pointer) or {}).get("outs", ())
        return {str(out["path"]): str(out["md5"]) for out in outs if str(out["md5"]).endswith(_LIST)}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise IntegrityError(
            "the data lock's pointer is damaged; expected a .dvc file; restore it from the archive"
        ) from error


def files_in(listed: bytes) -> dict[str, str]:
    """Return the MD5 of each file in a list, by its name in the folder; raise IntegrityError when it is no list."""
    try:
        return {str(item["relpath"]): str(item["md5"]) for item in json.loads(listed)}
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            "is no list of files; expected names with their MD5; restore it from another copy"
        ) from error


def require_list(listed: bytes, address: str, expected: Mapping[str, str]) -> None:
    """Raise IntegrityError unless a list has its address, and names exactly the ``expected`` files with their MD5."""
    found = files_in(listed)
    differing = sorted(
        name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)
    )
    if differing:
        raise IntegrityError(
            f"lists {differing[0]} as {found.get(differing[0], 'absent')}; expected "
            f"{expected.get(differing[0], 'no such file')} of the provenance; restore the object {address}"
        )
    md5 = hashlib.md5(listed, usedforsecurity=False).hexdigest()
    if md5 != address.removesuffix(_LIST):
        raise IntegrityError(f"has the MD5 {md5}; expected {address}; restore the object from another copy")
