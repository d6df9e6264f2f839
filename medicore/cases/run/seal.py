"""Sealing: a run's files become a record commit, however the run ended."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from medicore.cases.people.logged import SERVICE, log
from medicore.cases.run.attest import attest
from medicore.cases.run.histories import event_at, history_of
from medicore.cases.run.runs import ActiveRun, require_held, sealed_commit
from medicore.cases.run.stored import SIGNED_REPORT, left_provenance, stored_file
from medicore.errors import ProtocolError
from medicore.ports.files import RecordFiles
from medicore.ports.house import House
from medicore.records.canonical import document, sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.appending import FENCE
from medicore.records.results.results import Results
from medicore.records.section import Section
from medicore.steps.way import STEPS, Step

STORED = frozenset(name for step in STEPS for name in step.stored)
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_NO_FILES: Mapping[str, bytes] = MappingProxyType({})
SEALING = {"candidate": "run.sealed", "halted": "run.halted", "failed": "run.failed"}


def seal(
    house: House,
    active: ActiveRun,
    outcome: str,
    message: str = "",
    more: Mapping[str, Any] = _NOTHING,
    evidence: Mapping[str, bytes] = _NO_FILES,
) -> str:
    """Seal a run as ``candidate``, ``halted`` or ``failed``; return the record commit.

    ``evidence`` are the files, by name, on which a person decides about a halted run; they belong to this sealing alone.
    The large files go to the content store first. Then the commit and its tag are made, the ledger records them, and
    the ledger's head is signed and stored in the archive. A process that was killed in between has left the tag: the
    record is then built again, and the tag is used only if its record is the same, byte for byte.

    Raises
    ------
    BusyError
        When another worker has taken the run.
    IntegrityError
        When the tag of this sealing is on another record.
    """
    fence = {FENCE: active.fence}
    if active.exploratory:
        log(house, SERVICE, "run.explored", str(active.id), message, {"outcome": outcome, **more, **fence})
        return ""
    require_held(house, active)
    commit = _commit(house, active, outcome, _moment(house, active), _unless_left(house, active, evidence))
    provenance = house.records.read(commit, f"{active.id.folder}/provenance.json")
    details = {"commit": commit, "tag": active.tag, "provenance": sha256(provenance), **more, **fence}
    log(house, SERVICE, SEALING[outcome], str(active.id), message, details)
    attest(house, active.id, active.protocol.retention.years)
    house.progress(active.id, "seal", outcome)
    return commit


def _unless_left(house: House, active: ActiveRun, evidence: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return the evidence, or none where a killed process left the record of this sealing without any."""
    left = house.records.resolve(active.tag)
    held = evidence if left is None else house.records.names(left, active.id.folder)
    return {name: data for name, data in evidence.items() if name in held}


def _moment(house: House, active: ActiveRun) -> dict[str, Any]:
    """Return the time of the sealing and the ledger's head at that time, or those in the record that a killed process left.

    The values of such a record are used only if they can be true: its head is an event of the ledger, and its time is
    between that event and now.
    """
    now = house.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    left = house.records.resolve(active.tag)
    if left is not None:
        told = Section(
            f"provenance of {active.tag}",
            left_provenance(house, active.id, left),
            "find out who made the tag",
        )
        head, sealed_at = told.part("ledger_head"), told.text("sealed_at")
        event = event_at(house, head.count("sequence"))
        if event is not None and event.digest == head.text("digest") and event.at[:19] <= sealed_at <= now:
            return {"sealed_at": sealed_at, "ledger_head": dict(head.values)}
    sequence, digest = house.ledger.head()
    return {"sealed_at": now, "ledger_head": {"sequence": sequence, "digest": digest}}


def _commit(
    house: House, active: ActiveRun, outcome: str, moment: dict[str, Any], evidence: Mapping[str, bytes]
) -> str:
    run, files = active.id, active.files
    folder = house.workspaces.path(run)
    frozen = files.exists("lock/transfer.json")
    # Files that depend on a lost lock are left out: nothing proves them.
    finished = [step for step in STEPS if frozen and all(files.exists(name) for name in step.outputs)]
    if frozen and not files.exists("lock.dvc"):
        house.content.add(folder, f"{run.folder}/lock")
    content_lock = house.content.commit(folder, [step.name for step in finished]) if finished else b""
    held = _held_by_git(files, finished) | dict(evidence)
    pointers = house.content.addresses(run.folder, content_lock, files.read("lock.dvc") if frozen else b"")
    provenance = _provenance(house, active, outcome, held, pointers) | moment
    record = {
        **{f"{run.folder}/{name}": data for name, data in held.items()},
        f"{run.folder}/provenance.json": document(provenance),
        f"{run.folder}/.gitignore": _ignored(finished),
        **house.workspaces.overlay(run),
    }
    if content_lock:
        record["dvc.lock"] = content_lock
    parent = _parent(house, active)
    house.sealing.adopt(house.code, active.identity["code_commit"])
    return house.sealing.seal(
        parent=parent,
        replaced=run.folder,
        files=record,
        tag=active.tag,
        message=f"{run}: {outcome}",
        actor=SERVICE,
        at=house.clock.now(),
    )


def _held_by_git(files: RecordFiles, finished: list[Step]) -> dict[str, bytes]:
    names = ["protocol.json", *(name for step in finished for name in step.documents)]
    names += ["lock.dvc"] if files.exists("lock.dvc") else []
    return {name: files.read(name) for name in names}


def _ignored(finished: list[Step]) -> bytes:
    """Return the ignore file that hides the files which DVC restores from the inspector's ``git status``."""
    names = sorted(name for step in finished for name in step.stored)
    return "".join(f"/{name}\n" for name in ["lock", *names, SIGNED_REPORT]).encode()


def _parent(house: House, active: ActiveRun) -> str:
    """Return the code commit, or, for a continued run, the commit of its previous sealing."""
    if active.sealing == 1:
        return str(active.identity["code_commit"])
    return sealed_commit(house, active.id)


def _provenance(
    house: House, active: ActiveRun, outcome: str, held: Mapping[str, bytes], pointers: Mapping[str, str]
) -> dict[str, Any]:
    files = active.files
    entries = [
        {"name": name, "sha256": sha256(data), "size": len(data), "md5": None} for name, data in held.items()
    ]
    for name in sorted({*files.names("lock"), *(name for name in STORED if files.exists(name))}):
        if name not in pointers:
            continue
        data = files.read(name)
        entries.append({"name": name, "sha256": sha256(data), "size": len(data), "md5": pointers[name]})
    return {
        "schema": "medicore-provenance-1",
        "run": dict(active.identity),
        "outcome": outcome,
        "seed": active.protocol.seed,
        "renderer": dict(house.renderer(active.identity["renderer"]).identity),
        "environment": house.environment.locked(),
        "kernels": house.environment.kernels(),
        "files": sorted(entries, key=lambda entry: str(entry["name"])),
    }


def release_commit(house: House, run: RunId) -> str | None:
    """Return the commit that released a run; None before a release."""
    release = history_of(house, run).release
    return None if release is None else release.commit


def read_results(house: House, run: RunId, commit: str) -> Results:
    """Return the results of the record at ``commit``; raise ProtocolError when the run reached none."""
    if "results.json" not in house.records.names(commit, run.folder):
        raise ProtocolError(
            f"{run} was sealed without results; expected a run with results; see 'medicore history {run}'"
        )
    return Results.from_json(stored_file(house, run, commit, "results.json"))
