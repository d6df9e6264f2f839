"""verify_copies: every stored copy of a run's files is read again.

The permanent copy is required, even if the cache has one.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from medicore.errors import MediCoreError
from medicore.ports.house import House
from medicore.ports.records import CACHE, STORE
from medicore.records.checking import Check, CheckKind, attempt, refuted, same_bytes
from medicore.records.file_list import lists_of, require_list
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import DataLock

POINTER = "lock.dvc"
"""The file of a record that refers to the list of the frozen files."""

_KIND = CheckKind.STORED_COPY


def file_copies(house: House, run: RunId, commit: str, entry: Mapping[str, Any]) -> Iterator[Check]:
    """Yield the check of each copy of a file; ``entry`` is the file's entry in the provenance."""
    name = entry["name"]
    if entry["md5"] is None:
        kind, subject = CheckKind.REPOSITORY_COPY, f"{name} (record repository)"
        try:
            data = house.records.read(commit, f"{run.folder}/{name}")
        except MediCoreError as error:
            yield refuted(kind, subject, error, name)
        else:
            yield same_bytes(kind, subject, data, entry, name)
        return
    yield from stored_copies(name, house.content.objects(entry["md5"]), entry)


def stored_copies(
    name: str, copies: Sequence[tuple[str, bytes]], entry: Mapping[str, Any]
) -> Iterator[Check]:
    """Yield the check of each copy of a file in the content store and its cache; a store without a copy fails."""
    yield from _durable(name, copies)
    for place, data in copies:
        yield same_bytes(_KIND, f"{name} ({place})", data, entry, name)


def list_copies(
    house: House, run: RunId, commit: str, files: Mapping[str, Mapping[str, Any]]
) -> Iterator[Check]:
    """Yield the check of each copy of the list by which DVC finds the frozen files; ``files`` are the provenance's.

    The list is a separate object. Without it the data lock cannot be restored from the content store.
    """
    try:
        pointer = house.records.read(commit, f"{run.folder}/{POINTER}")
        lists = lists_of(pointer)
        frozen = _frozen(house, run, pointer)
    except MediCoreError as error:
        yield refuted(_KIND, f"{POINTER} (list of files)", error, POINTER)
        return
    for folder, address in lists.items():
        below = f"{folder}/"
        expected = {
            name.removeprefix(below): files[name]["md5"] if name in files else None
            for name in sorted(frozen | files.keys())
            if name.startswith(below)
        }
        copies = house.content.objects(address)
        yield from _durable(f"{folder}, list of files", copies)
        for place, listed in copies:
            work = partial(require_list, listed, address, expected)
            yield attempt(_KIND, f"{folder}, list of files ({place})", work)


def _frozen(house: House, run: RunId, pointer: bytes) -> set[str]:
    """Return the names of the files that were frozen under a pointer, from the ledger.

    The provenance of a run that failed because its data were lost does not name them.
    """
    events = house.ledger.events(subject=str(run), action="lock.frozen")
    locks = [DataLock(event) for event in events]
    return {name for lock in locks if lock.pointer.encode() == pointer for name in lock.files}


def _durable(name: str, copies: Sequence[tuple[str, bytes]]) -> Iterator[Check]:
    """Yield a failed check unless one of the copies is in the content store itself."""
    places = {place for place, _ in copies}
    if STORE not in places:
        words = (
            f"no copy is left there, only in the {CACHE}; expected one in both"
            if places
            else "no copy is left"
        )
        yield Check(_KIND, f"{name} ({STORE})", False, f"{words}; restore it from the archive", file=name)
