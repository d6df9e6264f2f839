"""archived_bundle: the git bundle of a record, cloned into an empty repository and compared with what was sealed."""

import json

from medicore.cases.keeping.archived_run import archived_manifest, require_whole
from medicore.cases.run.stored import SIGNED_REPORT
from medicore.errors import ArchiveError, IntegrityError
from medicore.ports.house import House
from medicore.ports.records import Records
from medicore.records.canonical import sha256
from medicore.records.ledger.history import RunHistory

OWN_FILES = ("provenance.json", ".gitignore", "decisions/")
"""The files of a record's folder that its provenance does not name."""


def require_archived_bundle(house: House, history: RunHistory) -> None:
    """Raise ArchiveError or IntegrityError unless code and record can be restored completely from the archived bundle."""
    manifest = json.loads(archived_manifest(house, history)[1])
    key = f"archives/{history.run}/record.bundle"
    for entry in manifest["objects"]:
        if entry["key"] == key:
            bundle = require_whole(entry, house.archive.get(key, entry["version"]))
            require_bundle(house, history, bundle, manifest["record_commit"])
            return
    raise ArchiveError(f"{key} is not in the manifest; expected code and record of the run; tell quality")


def require_bundle(house: House, history: RunHistory, bundle: bytes, commit: str) -> None:
    """Raise IntegrityError unless the record at ``commit``, with its whole history, can be cloned from ``bundle`` alone."""
    tag = f"record/{history.run}"
    with house.history.unbundled(bundle, tag) as clone:
        found = clone.resolve(tag)
        if found != commit:
            raise IntegrityError(
                f"the bundle's tag {tag} is on {str(found)[:12]}; expected {commit[:12]}; run 'medicore verify {history.run}'"
            )
        _require_record(clone, history, commit)


def _require_record(clone: Records, history: RunHistory, commit: str) -> None:
    """Raise IntegrityError unless a record has exactly the files in its provenance, and the ledger names that provenance."""
    sealing, folder = history.sealings[-1], history.run.folder
    data = clone.read(commit, f"{folder}/provenance.json")
    if sha256(data) != sealing.provenance or clone.read(sealing.commit, f"{folder}/provenance.json") != data:
        raise IntegrityError(
            f"provenance.json in the bundle is not the one that the ledger names; run 'medicore verify {history.run}'"
        )
    named = {entry["name"]: entry for entry in json.loads(data)["files"]}
    for name in clone.names(commit, folder):
        if name in named:
            require_whole(
                {**named[name], "key": f"record.bundle: {name}"}, clone.read(commit, f"{folder}/{name}")
            )
        elif not name.startswith((*OWN_FILES, f"{SIGNED_REPORT}.dvc")):
            raise IntegrityError(
                f"{name} in the bundle is not named by its provenance; run 'medicore verify {history.run}'"
            )
    lost = {name for name, entry in named.items() if entry["md5"] is None} - set(clone.names(commit, folder))
    if lost:
        raise IntegrityError(f"{min(lost)} is not in the bundle; run 'medicore verify {history.run}'")
