"""Files of sealed records: read from the record repository and the content store, and proved by SHA-256."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from medicore.cases.run.histories import history_of
from medicore.errors import IntegrityError
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId

SIGNED_REPORT = "report.signed.pdf"

GIVEN = ("protocol.json", "lock.dvc")
"""The input files of a record's steps; the steps make all other files."""


def read_provenance(house: House, run: RunId, commit: str) -> dict[str, Any]:
    """Return the provenance of the record at ``commit``; raise IntegrityError unless it is the one in the ledger.

    A released record has the provenance of the sealed one.
    """
    stored, digest = _provenance(house, run, commit)
    told = {sealing.commit: sealing.provenance for sealing in history_of(house, run).sealings}
    if told.get(commit) != digest and (commit in told or digest not in told.values()):
        raise IntegrityError(
            f"provenance.json of {run} at {commit[:12]} is not the one that the ledger names; restore it from the archive"
        )
    return dict(json.loads(stored))


def left_provenance(house: House, run: RunId, commit: str) -> dict[str, Any]:
    """Return the provenance of a record that the ledger does not know yet; nothing proves its contents."""
    return dict(json.loads(_provenance(house, run, commit)[0]))


def _provenance(house: House, run: RunId, commit: str) -> tuple[bytes, str]:
    stored = house.records.read(commit, f"{run.folder}/provenance.json")
    return stored, sha256(stored)


def read_document(house: House, run: RunId, commit: str, name: str) -> dict[str, Any]:
    """Return a JSON document of the record at ``commit``, proved by the provenance."""
    return dict(json.loads(stored_file(house, run, commit, name)))


def file_entry(provenance: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a file's entry in the provenance: size, SHA-256, and MD5 if the content store has it."""
    for entry in provenance["files"]:
        if entry["name"] == name:
            return dict(entry)
    raise IntegrityError(f"{name} is not part of the record; its provenance does not name it")


def stored_file(house: House, run: RunId, commit: str, name: str) -> bytes:
    """Return file ``name`` of the record at ``commit``; raise IntegrityError when no copy is the recorded one."""
    entry = file_entry(read_provenance(house, run, commit), name)
    if entry["md5"] is None:
        copies: tuple[tuple[str, bytes], ...] = (
            ("record repository", house.records.read(commit, f"{run.folder}/{name}")),
        )
    else:
        copies = house.content.objects(entry["md5"])
    return whole_copy(run, name, copies, entry["sha256"])


def whole_copy(run: RunId, name: str, copies: Sequence[tuple[str, bytes]], digest: str) -> bytes:
    """Return the first intact copy of a run's file; raise IntegrityError when no copy is what was recorded."""
    for _, data in copies:
        if sha256(data) == digest:
            return data
    found = f"{len(copies)} copies, none with the recorded SHA-256" if copies else "no copy"
    raise IntegrityError(f"{name} of {run}: {found} {digest[:12]}; run 'medicore verify {run}'")
