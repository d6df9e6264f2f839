"""restoring: all archived objects of a run, read back and proved by its manifest."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from medicore.cases.keeping.archived_run import archived_manifest, manifest_keys, require_whole
from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.people.seeing import require_seer
from medicore.cases.run.histories import history_of
from medicore.errors import ArchiveError
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId, person_id
from medicore.records.people.people import Permission

RESTORED = "archive.restored"
REASON = "Read the record back from the archive"


@dataclass(frozen=True, slots=True)
class Restored:
    """The files of an archived run by name, and the SHA-256 of the manifest that proves them.

    ``named`` says whether the ledger names that manifest. A ledger that was founded later knows no run; then nothing
    but the manifest itself proves the files.
    """

    run: str
    files: dict[str, bytes]
    manifest: str
    named: bool


def restore(house: House, run: RunId, person: str, passphrase: Callable[[str], str]) -> Restored:
    """Return all archived objects of a run after proving every byte; ``person`` signs that they received them.

    Raises
    ------
    ReviewError
        When the person may not export (records hold patients' data: 21 CFR 11.10(d)) or, where they are closed, see
        comparative results, or gives a wrong passphrase. The refusal is in the ledger.
    ArchiveError
        When the archive lacks the run or a part of it.
    IntegrityError
        When an object differs from the manifest.
    """
    with refusals(house, person_id(person), "export.refused", str(run)):
        require_seer(house, run.study, person)
        signatory = require_signatory(house, person, Permission.EXPORT, passphrase)
    history = history_of(house, run)
    known = bool(history.events)
    key, data = archived_manifest(house, history) if known else _last_manifest(house, run)
    manifest = json.loads(data)
    files = {"manifest.json": data}
    for entry in manifest["objects"]:
        whole = require_whole(entry, house.archive.get(entry["key"], entry["version"]))
        files[_name(run, entry["key"])] = whole
    if known:
        details = {"manifest": sha256(data), "objects": len(manifest["objects"])}
        record_act(house, signatory, RESTORED, str(run), REASON, details)
    house.progress(run, "archive", f"{len(files)} files read back from {key.rpartition('/')[0]}")
    return Restored(str(run), files, sha256(data), known)


def _last_manifest(house: House, run: RunId) -> tuple[str, bytes]:
    keys = manifest_keys(house, run)
    if not keys:
        raise ArchiveError(f"run {run} is not in the archive; expected one that is archived; check its name")
    return keys[-1], house.archive.get(keys[-1])


def _name(run: RunId, key: str) -> str:
    """Return the name of an object in the restored folder: reports are beside the record."""
    return key.removeprefix(f"archives/{run}/").removeprefix(f"reports/{run}/")
