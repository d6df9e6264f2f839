"""What an export withholds of a commit: the protocols and sources of other studies; git's names of them stay, to prove the tree."""

import hashlib
from collections.abc import Iterable, Sequence

from medicore.records.canonical import document
from medicore.records.export.packing import TreeFile

WITHHELD = "code/withheld.json"
_STUDIES = "studies/"
_RULES = "studies/names.yaml"
_FAMILIES = "studies/families.yaml"


def own_and_others(
    files: Iterable[TreeFile], study: str, *, in_family: bool
) -> tuple[tuple[TreeFile, ...], tuple[TreeFile, ...]]:
    """Return the files of a commit that an export of ``study`` may hold, and those of other studies.

    What lies below ``studies/`` is of another study unless it is the study's own protocol or sources, or the rule for
    names. The families across studies stay where the study belongs to one (``in_family``), since its plan is there.
    """
    own, others = list[TreeFile](), list[TreeFile]()
    for file in files:
        (own if _is_own(file.name, study, in_family=in_family) else others).append(file)
    return tuple(own), tuple(others)


def _is_own(name: str, study: str, *, in_family: bool) -> bool:
    if not name.startswith(_STUDIES) or name in {f"studies/{study}.yaml", _RULES}:
        return True
    return name.startswith(f"studies/sources/{study}/") or (in_family and name == _FAMILIES)


def listed(others: Sequence[TreeFile]) -> bytes:
    """Return the list of withheld files: name, mode, and the SHA-1 by which git names the contents."""
    entries = [
        {
            "name": file.name,
            "mode": file.mode,
            "blob": hashlib.sha1(
                b"blob %d\0" % len(file.data) + file.data, usedforsecurity=False
            ).hexdigest(),
        }
        for file in others
    ]
    return document({"schema": "medicore-withheld-1", "files": entries})
