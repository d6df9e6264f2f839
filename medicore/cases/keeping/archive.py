"""archive: the write-once copies of a released record, read back and verified."""

from datetime import date
from typing import Any

from medicore.cases.keeping.archived_bundle import require_bundle
from medicore.cases.keeping.archived_ledger import key_of
from medicore.cases.people.logged import SERVICE, log
from medicore.cases.people.service import signed_head
from medicore.cases.review.review import proved_approvals
from medicore.cases.review.signed_report import signed_report
from medicore.cases.run.attest import attest
from medicore.cases.run.histories import history_of
from medicore.cases.run.stored import SIGNED_REPORT, read_provenance, stored_file
from medicore.errors import ArchiveError, ConfigurationError, IntegrityError, ReviewError
from medicore.ports.house import House
from medicore.records.canonical import document, sha256
from medicore.records.export.bundle import OF_PEOPLE, shown_events
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import COVERED, Archiving
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.ledger import LedgerEvent, export_lines
from medicore.records.protocol.retention import retain_until

_FAILED = "archive.failed"


def archive(house: House, run: RunId, years: int) -> dict[str, Any]:
    """Copy a released record into the archive and return its manifest.

    Everything can be restored from the archive alone: the bundle holds code and record with their whole history, and
    every large file is stored with it. Of the ledger it stores the events since the last archiving, and all events
    about this run and the people who acted on it. The manifest is written last; without it nothing counts as
    archived.

    Raises
    ------
    ArchiveError
        When the run is not released, an object cannot be written or read back, or the service's key cannot sign the
        ledger's head. The ledger records the failure.
    """
    history = history_of(house, run)
    if history.release is None:
        raise ArchiveError(f"run {run} is not released; sign its approval before it can be archived")
    until = retain_until(house.clock.now().date(), years)
    try:
        manifest = _copy(house, history, history.release.commit, until)
    except (ArchiveError, ConfigurationError) as error:
        log(house, SERVICE, _FAILED, str(run), str(error), {})
        raise
    except ReviewError as error:  # this is not a refused decision: the release stands
        log(house, SERVICE, _FAILED, str(run), str(error), {})
        raise ArchiveError(f"the record of {run} cannot be archived: {error}") from error
    details = {
        "manifest": sha256(document(manifest)),
        COVERED: manifest["ledger_head"]["sequence"],
        "objects": len(manifest["objects"]),
        "retain_until": until.isoformat(),
    }
    log(house, SERVICE, "archive.completed", str(run), "", details)
    attest(house, run, years)
    house.workspaces.discard(run)
    house.progress(run, "archive", f"kept until {until}")
    return manifest


def _copy(house: House, history: RunHistory, commit: str, until: date) -> dict[str, Any]:
    run = history.run
    base = f"archives/{run}"
    since = _covered(house)
    new = tuple(house.ledger.events(after=since))
    sequence, head = new[-1].sequence, new[-1].digest
    objects = {
        f"reports/{run}/report.pdf": stored_file(house, run, commit, "report.pdf"),
        f"reports/{run}/{SIGNED_REPORT}": signed_report(house, proved_approvals(house, history)),
        f"{base}/record.bundle": _bundle(house, history, commit),
        f"{base}/authority.pem": house.seals.authority(),
        f"{base}/requirements.lock": house.records.read(commit, "requirements.lock"),
        f"{base}/events-{sequence}.jsonl": b"".join(export_lines(_about(house, history, sequence))),
        key_of(base, since + 1, sequence): b"".join(export_lines(new)),
        f"{base}/checkpoint-{sequence}.json": signed_head(house, sequence, head),
    }
    for name in house.records.names(commit, run.folder):
        if not name.startswith("."):
            objects[f"{base}/record/{name}"] = house.records.read(commit, f"{run.folder}/{name}")
    for entry in read_provenance(house, run, commit)["files"]:
        if entry["md5"] is not None:
            objects[f"{base}/record/{entry['name']}"] = stored_file(house, run, commit, entry["name"])
    entries = []
    for key, data in sorted(objects.items()):
        version = house.archive.put(key, data, until.isoformat())
        entries.append({"key": key, "sha256": sha256(data), "size": len(data), "version": version})
    manifest = {
        "schema": "medicore-archive-1",
        "run": str(run),
        "record_commit": commit,
        "sealed_commit": history.sealed_commit,
        "ledger_head": {"sequence": sequence, "digest": head},
        "retain_until": until.isoformat(),
        "objects": entries,
    }
    house.archive.put(f"{base}/manifest-{sequence}.json", document(manifest), until.isoformat())
    return manifest


def _bundle(house: House, history: RunHistory, commit: str) -> bytes:
    """Return code and record as a git bundle, proved by a clone: the archive must be enough to restore them."""
    try:
        bundle = house.records.bundle(f"record/{history.run}")
        require_bundle(house, history, bundle, commit)
    except IntegrityError as error:
        raise ArchiveError(
            f"the record of {history.run} cannot be archived, since its bundle is not the whole record: {error}"
        ) from error
    return bundle


def _covered(house: House) -> int:
    """Return the last event of the ledger in the archive's copies; a copy that failed does not count."""
    done = house.ledger.events(action="archive.completed")
    return max((Archiving(event).covered for event in done), default=0)


def _about(house: House, history: RunHistory, until: int) -> list[LedgerEvent]:
    """Return the events about the run and the people who acted on it, up to the event ``until``, in order."""
    told = [event for action in OF_PEOPLE for event in house.ledger.events(action=action)]
    told += [event for event in history.events if event.action not in OF_PEOPLE]
    events = sorted((event for event in told if event.sequence <= until), key=lambda event: event.sequence)
    shown = frozenset(shown_events(events, str(history.run)))
    return [event for event in events if event.sequence in shown]
