"""The contents of an exported bundle: everything that the stores hold of a run, read and proved piece by piece."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files
from typing import Any

from medicore.cases.export.offline_page import offline_page
from medicore.cases.review.review import proved_approvals
from medicore.cases.review.signed_report import signed_report
from medicore.cases.run.histories import history_of
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import SIGNED_REPORT, read_document, read_provenance, stored_file
from medicore.errors import IntegrityError
from medicore.ports.house import House
from medicore.records.canonical import document, sha256
from medicore.records.export import bundle
from medicore.records.export.packing import tar_of
from medicore.records.export.page import with_trail
from medicore.records.export.ro_crate import Actor, Crate, ro_crate
from medicore.records.export.sbom import bill_of_materials
from medicore.records.export.withholding import WITHHELD, listed, own_and_others
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.people import people_of
from medicore.records.people.public_key import fingerprint
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.looks import LOOKS, answering_runs
from medicore.records.section import Section

_LOCK = "requirements.lock"


@dataclass(frozen=True, slots=True)
class Contents:
    """The facts of a bundle by the keys of its manifest, and its files by name; they are not yet bound to the ledger."""

    identity: Mapping[str, str]
    provenance: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def answering(self) -> dict[str, int]:
        """The earlier runs by whose decisions findings are answered, each with the last event that was read of it."""
        return _answering(self.identity["run"], self.files)


def contents(house: House, run: RunId) -> Contents:
    """Return what is recorded of a sealed run: of its last sealing, and of its release if there is one.

    Raises
    ------
    ProtocolError
        When the run has no sealed record.
    IntegrityError
        When no copy of a file is the recorded one.
    """
    history = history_of(house, run)
    sealed = history.sealed_commit
    commit = sealed if history.release is None else history.release.commit
    provenance = read_provenance(house, run, sealed)
    identity = {
        "run": str(run),
        "outcome": str(provenance["outcome"]),
        "folder": run.folder,
        "code_commit": str(provenance["run"]["code_commit"]),
        "sealed_commit": sealed,
        "record_commit": commit,
    }
    authority = house.seals.authority()
    program = {
        name: package_files("medicore.offline").joinpath(name).read_bytes() for name in bundle.VERIFIER
    }
    digests = {name: sha256(data) for name, data in program.items()}
    files = {
        bundle.README: bundle.readme(identity, fingerprint(authority.decode()), digests),
        **program,
        "authority.pem": authority,
        f"environment/{_LOCK}": house.records.read(sealed, _LOCK),
        "environment/sbom.cdx.json": document(sbom(house, run)),
        **_code(house, identity),
        **_record(house, history, commit, provenance),
        bundle.PAGE: offline_page(house, run),
    }
    if "record/results.json" in files:
        results, protocol = (
            read_document(house, run, sealed, f"{name}.json") for name in ("results", "protocol")
        )
        files["analysis-results.json"] = document(reporting_event(str(run), results, protocol))
    return Contents(identity, provenance, {**files, **_earlier(house, _answering(str(run), files))})


def _answering(run: str, files: Mapping[str, bytes]) -> dict[str, int]:
    if f"record/{LOOKS}" not in files:
        return {}
    looks = json.loads(files[f"record/{LOOKS}"])
    return answering_runs(Section(LOOKS, looks, f"run 'medicore verify {run}'"))


def _earlier(house: House, answering: Mapping[str, int]) -> dict[str, bytes]:
    """Return the provenance of each record of earlier runs on which an answer was signed, by the record's commit."""
    found = {}
    for name, until in answering.items():
        run = RunId.parse(name)
        for sealing in history_of(house, run).sealings:
            if sealing.event.sequence > until or sealing.event.action != "run.halted":
                continue
            data = house.records.read(sealing.commit, f"{run.folder}/provenance.json")
            if sha256(data) != sealing.provenance:
                raise IntegrityError(
                    f"provenance.json of {sealing.tag} is {sha256(data)[:12]}, the ledger names "
                    f"{sealing.provenance[:12]}; run 'medicore verify {run}'"
                )
            found[f"earlier/{sealing.commit}.provenance.json"] = data
    return found


def sbom(house: House, run: RunId) -> dict[str, Any]:
    """Return the bill of materials of a sealed run's environment, in CycloneDX.

    Raises
    ------
    ProtocolError
        When the run has no sealed record.
    IntegrityError
        When the record's lock file differs from the one in its provenance.
    """
    commit = sealed_commit(house, run)
    provenance = read_provenance(house, run, commit)
    lock = house.records.read(commit, _LOCK)
    if sha256(lock) != provenance["run"]["environment_digest"]:
        raise IntegrityError(
            f"{_LOCK} of {run} is {sha256(lock)[:12]}, provenance names "
            f"{provenance['run']['environment_digest'][:12]}; run 'medicore verify {run}'"
        )
    return bill_of_materials(
        str(run),
        code_commit=provenance["run"]["code_commit"],
        at=provenance["sealed_at"],
        lock=lock,
        environment=provenance["environment"],
        licences=house.licences.licences(),
    )


def described(found: Contents, events: Iterable[LedgerEvent], excerpt: bytes) -> dict[str, bytes]:
    """Return the files with the ledger's excerpt, the description for other software, and the manifest."""
    held = tuple(events)
    own = [event for event in held if event.subject == found.identity["run"]]
    page = with_trail(found.files[bundle.PAGE], found.identity, bundle.without_copies(own))
    files = {**found.files, bundle.PAGE: page, bundle.EXCERPT: excerpt}
    files["ro-crate-metadata.json"] = document(_crate(found, files, held))
    return {**files, bundle.MANIFEST: bundle.manifest(found.identity, files)}


def _code(house: House, identity: Mapping[str, str]) -> dict[str, bytes]:
    """Return the code, the commits, and the differences between the sealed commit and the code outside the record folder.

    The files of other studies are withheld; the list of them proves the tree all the same.
    """
    code, sealed = identity["code_commit"], identity["sealed_commit"]
    source = house.history.tree(code)
    before = {file.name: file.data for file in source}
    own, others = own_and_others(source, RunId.parse(identity["run"]).study)
    changed = {
        f"repository/{file.name}": file.data
        for file in house.history.tree(sealed)
        if not file.name.startswith(f"{identity['folder']}/") and before.get(file.name) != file.data
    }
    return {
        "code/source.tar": tar_of(own),
        **({WITHHELD: listed(others)} if others else {}),
        "code/code.commit": house.history.commit_object(code),
        "code/sealed.commit": house.history.commit_object(sealed),
        "code/record.commit": house.history.commit_object(identity["record_commit"]),
        **changed,
    }


def _record(
    house: House, history: RunHistory, commit: str, provenance: Mapping[str, Any]
) -> dict[str, bytes]:
    """Return the record folder: the files in git at ``commit``, and those of the run in the content store."""
    folder = history.run.folder
    held = {f"record/{name}": house.records.read(commit, f"{folder}/{name}")
            for name in house.records.names(commit, folder)}  # fmt: skip
    proved = {
        f"record/{entry['name']}": stored_file(house, history.run, history.sealed_commit, entry["name"])
        for entry in provenance["files"]
    }
    signed = {}
    approvals = proved_approvals(house, history)
    if approvals:
        signed[f"record/{SIGNED_REPORT}"] = signed_report(house, approvals)
    return held | proved | signed


def _crate(found: Contents, files: Mapping[str, bytes], events: tuple[LedgerEvent, ...]) -> dict[str, Any]:
    run, people = found.identity["run"], people_of(events)
    own = RunHistory.of(RunId.parse(run), (event for event in events if event.subject == run))
    acted = {event.actor for event in own.events if event.action != "run.exported"}
    crate = Crate(
        run=run,
        title=own.request.title,
        sponsor=own.request.sponsor,
        outcome=found.identity["outcome"],
        code_commit=found.identity["code_commit"],
        requested_by=found.provenance["run"]["requested_by"],
        requested_at=found.provenance["run"]["requested_at"],
        sealed_at=found.provenance["sealed_at"],
    )
    return ro_crate(
        crate,
        [Actor(p.identifier, p.name, p.role.value) for p in people.values() if p.identifier in acted],
        {name: (len(data), sha256(data)) for name, data in files.items()},
        bundle.UNHASHED,
    )
