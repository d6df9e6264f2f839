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
        outs = (yaml.load(pointer, yaml.CSafeLoader) or {}).get("outs", ())
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


def require_list(listed: bytes, address: str, expected: Mapping[str, str | None]) -> None:
    """Raise IntegrityError unless a list has its address and names exactly the ``expected`` files.

    Each has the MD5 that is expected of it, where one is: a record that was sealed without its data names none.
    """
    found = files_in(listed)
    for name in sorted(found.keys() | expected.keys()):
        wanted = expected.get(name)
        if name in found and name in expected and wanted in (None, found[name]):
            continue
        words = wanted or ("the file" if name in expected else "no such file")
        raise IntegrityError(
            f"lists {name} as {found.get(name, 'absent')}; expected {words} of the record; restore the object {address}"
        )
    md5 = hashlib.md5(listed, usedforsecurity=False).hexdigest()
    if md5 != address.removesuffix(_LIST):
        raise IntegrityError(f"has the MD5 {md5}; expected {address}; restore the object from another copy")
