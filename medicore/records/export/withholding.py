"""What an export withholds of a commit: the protocols and sources of other studies; git's names of them stay, to prove the tree."""

import hashlib
from collections.abc import Iterable, Sequence

from medicore.records.canonical import document
from medicore.records.export.packing import TreeFile
from medicore.records.protocol.hypotheses.portfolio_family import FAMILIES, in_a_family

WITHHELD = "code/withheld.json"
_STUDIES = "studies/"
_RULES = "studies/names.yaml"
_FAMILIES = f"studies/{FAMILIES}"


def own_and_others(
    files: Iterable[TreeFile], study: str
) -> tuple[tuple[TreeFile, ...], tuple[TreeFile, ...]]:
    """Return the files of a commit that an export of ``study`` may hold, and those of other studies.

    What lies below ``studies/`` is of another study unless it is the study's own protocol or sources, or the rule for
    names. The families across studies stay where the study belongs to one, since its plan is there.
    """
    own, others = list[TreeFile](), list[TreeFile]()
    for file in files:
        (own if _is_own(file, study) else others).append(file)
    return tuple(own), tuple(others)


def _is_own(file: TreeFile, study: str) -> bool:
    if not file.name.startswith(_STUDIES) or file.name in {f"studies/{study}.yaml", _RULES}:
        return True
    if file.name == _FAMILIES:
        return in_a_family(file.data.decode(errors="replace"), study)
    return file.name.startswith(f"studies/sources/{study}/")


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
