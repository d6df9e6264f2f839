"""archived_run: the objects of a run in the archive by its manifest, and whether they are still intact."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from medicore.errors import ArchiveError, IntegrityError, MediCoreError
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.checking import AS_RECORDED, Check, CheckKind, refuted, same_bytes
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import EXTENDED, HELD, LIFTED, RunHistory
from medicore.records.ledger.ledger import LedgerEvent


def archived_manifest(house: House, history: RunHistory) -> tuple[str, bytes]:
    """Return key and bytes of the manifest that the ledger names for a run.

    Raises
    ------
    ArchiveError
        When the run is not archived, so the ledger names no manifest, or the archive does not have it.
    """
    return _manifest(house, history.run, history.archived.manifest)


def manifest_keys(house: House, run: RunId) -> tuple[str, ...]:
    """Return the keys of all manifests of a run in the archive, the oldest first.

    Only one that the ledger names counts. An archiving that was interrupted at its end leaves one that the ledger
    does not name.
    """
    base = f"archives/{run}"
    found = [key for key in house.archive.keys(base) if key.startswith(f"{base}/manifest-")]
    return tuple(sorted(found, key=lambda key: (len(key), key)))


def objects_of(house: House, history: RunHistory) -> tuple[str, ...]:
    """Return the keys of all archived objects of a run, its manifest last; raise ArchiveError as above."""
    key, data = archived_manifest(house, history)
    return (*(str(entry["key"]) for entry in json.loads(data)["objects"]), key)


def listed(house: House, study: str | None = None) -> list[dict[str, Any]]:
    """Return a row for every archived run, by the ledger: date, size, retention date, manifest."""
    rows = [
        {
            "run": str(history.run),
            "archived_at": history.archived.event.at,
            "objects": history.archived.objects,
            "retain_until": history.kept_until,
            "held_since": None if history.hold is None else history.hold.at,
            "manifest": history.archived.manifest,
        }
        for history in _archivings(house, f"{study}/" if study else None)
    ]
    return sorted(rows, key=lambda row: str(row["run"]))


def _archivings(house: House, subject: str | None) -> tuple[RunHistory, ...]:
    """Return the events about the archive of every archived run; no other events are read."""
    told: dict[str, list[LedgerEvent]] = {}
    for action in ("archive.completed", EXTENDED, HELD, LIFTED):
        for event in house.ledger.events(subject=subject, action=action):
            told.setdefault(event.subject, []).append(event)
    found = (
        RunHistory.of(RunId.parse(run), sorted(events, key=lambda event: event.sequence))
        for run, events in told.items()
    )
    return tuple(history for history in found if history.archivings)


def _manifest(house: House, run: RunId, digest: str) -> tuple[str, bytes]:
    for key in manifest_keys(house, run):
        data = house.archive.get(key)
        if sha256(data) == digest:
            return key, data
    raise ArchiveError("none is the one that the ledger names")


def archive_checks(house: House, history: RunHistory, digest: str) -> Iterator[Check]:
    """Yield the checks of one run's archive: the manifest, whose SHA-256 is ``digest``, every object by its version, and every date.

    A delete marker, or the same object written twice, passes with a warning: nothing is lost. Other bytes that were
    written later under a key fail the check, although the object still exists.
    """
    subject = f"archives/{history.run}/manifest"
    try:
        key, data = _manifest(house, history.run, digest)
    except MediCoreError as error:
        yield refuted(CheckKind.ARCHIVE, subject, error)
        return
    yield Check(CheckKind.ARCHIVE, subject, True, AS_RECORDED)
    manifest = json.loads(data)
    until, hold = history.kept_until, history.hold
    yield from _versions(house, {"key": key, "sha256": sha256(data), "size": len(data)})
    yield _retention(house, key, until, manifest["retain_until"])
    yield from _hold(house, key, hold)
    for entry in manifest["objects"]:
        try:
            data = house.archive.get(entry["key"], entry["version"])
            yield same_bytes(CheckKind.ARCHIVED_COPY, f"{entry['key']} (archive)", data, entry)
            yield from _versions(house, entry)
        except MediCoreError as error:
            yield refuted(CheckKind.ARCHIVED_COPY, f"{entry['key']} (archive)", error)
        yield _retention(house, entry["key"], until, manifest["retain_until"])
        yield from _hold(house, entry["key"], hold)


def require_whole(entry: Mapping[str, Any], data: bytes) -> bytes:
    """Return the bytes of an archived object; raise IntegrityError unless they agree with its manifest."""
    check = same_bytes(CheckKind.ARCHIVED_COPY, entry["key"], data, entry)
    if not check.passed:
        raise IntegrityError(
            f"{entry['key']} in the archive: {check.found}; expected what its manifest says; keep it unchanged, and "
            "tell quality"
        )
    return data


def _versions(house: House, entry: Mapping[str, Any]) -> Iterator[Check]:
    """Yield a check for each trace of tampering with an object (FAULTS 13, 14); nothing when there is no trace."""
    subject = f"{entry['key']} (versions)"
    found = house.archive.versions(entry["key"])
    version = entry.get("version", found.written[:1] and found.written[0])
    if version not in found.written[:1] and len(found.written) > 1:
        words = f"version {version[:12]} is not the first; {found.written[0][:12]} came before"
        yield Check(CheckKind.VERSIONS, subject, False, words)
    for later in found.written[1:]:
        same = sha256(house.archive.get(entry["key"], later)) == entry["sha256"]
        words = "the same bytes were written again" if same else "other bytes were written over it"
        words = f"{words}, as version {later[:12]}; read as it was archived"
        yield Check(CheckKind.VERSIONS, subject, same, words, warned=same)
    if found.hidden:
        words = f"hidden by a delete marker; read by its version {version[:12]}"
        yield Check(CheckKind.VERSIONS, subject, True, words, warned=True)


def _retention(house: House, key: str, until: str, at_first: str) -> Check:
    kind, subject = CheckKind.RETENTION, f"{key} (retention)"
    try:
        kept = house.archive.retention(key)
    except MediCoreError as error:
        return refuted(kind, subject, error)
    if kept < until:
        return Check(kind, subject, False, f"kept until {kept}, where {until} is recorded")
    if kept > until:
        words = f"kept until {kept}, extended past MediCore: {until} is recorded"
        return Check(kind, subject, True, words, warned=True)
    return Check(kind, subject, True, f"kept until {kept}{', extended' if until > at_first else ''}")


def _hold(house: House, key: str, hold: LedgerEvent | None) -> Iterator[Check]:
    """Yield the check of an object's legal hold; nothing when neither ledger nor archive has one."""
    subject = f"{key} (legal hold)"
    try:
        held = house.archive.held(key)
    except MediCoreError as error:
        yield refuted(CheckKind.LEGAL_HOLD, subject, error)
        return
    if hold is not None:
        words = f"held since {hold.at}" if held else f"not held, where a hold since {hold.at} is recorded"
        yield Check(CheckKind.LEGAL_HOLD, subject, held, words)
    elif held:
        yield Check(
            CheckKind.LEGAL_HOLD, subject, True, "held past MediCore: no hold is recorded", warned=True
        )
