"""The description of an exported record for other software: RO-Crate 1.1 and Process Run Crate 0.5, as pure data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_CONFORMS = "https://w3id.org/ro/crate/1.1"
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_CONFIDENTIAL = (
    "It holds data of patients. For the one to whom the sponsor handed it; not to be passed on without the sponsor's "
    "consent."
)
_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "pem": "application/x-pem-file",
    "py": "text/x-python",
    "tar": "application/x-tar",
    "txt": "text/plain",
    "xml": "application/xml",
}
_TITLES = {
    "index.html": "The report as a page, each number with its origin",
    "README.txt": "What this folder is and how it is verified",
    "verify_bundle.py": "The program that verifies this folder offline",
    "bundle_parts.py": "What that program reads files, events and signatures with",
    "bundle_acts.py": "How that program follows what was done to the record",
    "MANIFEST.json": "SHA-256 and size of every file",
    "analysis-results.json": "Results in the form of the CDISC Analysis Results Standard 1.0",
    "authority.pem": "Certificate of the authority that vouches for the people",
    "code/source.tar": "MediCore, the code that made the record",
    "code/withheld.json": "Names and digests of other studies' files in the code's commit",
    "environment/requirements.lock": "The locked libraries",
    "environment/sbom.cdx.json": "Bill of materials (CycloneDX 1.6)",
    "ledger/excerpt.jsonl": "The audit trail",
    "ledger/exported.jsonl": "The audit trail's event of this export",
    "ledger/checkpoint.dsse.json": "The signature over the audit trail's head",
    "record/protocol.json": "The protocol, which is the statistical analysis plan in machine form",
    "record/provenance.json": "SHA-256, size and MD5 of the record's files, with code, environment and seed",
    "record/evidence.json": "What was found up to the halt, without any effect",
    "record/evidence.pdf": "The report on which a person decides about the halt",
    "record/report.pdf": "The report",
    "record/results.json": "Every number of the report",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who acted on the run: identifier, printed name, role in the study."""

    identifier: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Crate:
    """What the crate says about the run itself; times are ISO 8601 in UTC."""

    run: str
    title: str
    sponsor: str
    outcome: str
    code_commit: str
    requested_by: str
    requested_at: str
    sealed_at: str


def ro_crate(
    crate: Crate,
    people: Iterable[Actor],
    files: Mapping[str, tuple[int, str]],
    unhashed: Iterable[str],
) -> dict[str, Any]:
    """Return the crate's metadata document.

    ``files`` gives size in bytes and SHA-256 of each file by its name in the bundle. ``unhashed`` are the files that
    are made after this document, so it cannot hold their digests.
    """
    named = [_file(name, size=size, digest=digest) for name, (size, digest) in sorted(files.items())] + [
        _file(name) for name in sorted(unhashed)
    ]
    failed = crate.outcome != "candidate"
    results = [entity["@id"] for entity in named if entity["@id"].startswith("record/")]
    inputs = [name for name in results if name.startswith("record/lock/") or name == "record/protocol.json"]
    persons = [_person(person) for person in sorted(people, key=lambda each: each.identifier)]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": _PROFILE},
        "name": f"Record of the analysis run {crate.run}",
        "description": f"{crate.title}. Analysis run {crate.run}, {crate.outcome}, with data, code and audit trail.",
        "datePublished": crate.sealed_at,
        "identifier": crate.run,
        "license": {"@id": "#terms"},
        "publisher": {"@id": "#sponsor"},
        "hasPart": [{"@id": entity["@id"]} for entity in named],
        "mentions": [{"@id": "#analysis"}],
    }
    analysis = {
        "@id": "#analysis",
        "@type": "CreateAction",
        "name": f"Analysis run {crate.run}",
        "description": f"Ended {crate.outcome}",
        "startTime": crate.requested_at,
        "endTime": crate.sealed_at,
        "agent": {"@id": f"#{crate.requested_by}"},
        "instrument": {"@id": "code/source.tar"},
        "object": [{"@id": name} for name in inputs],
        "result": [{"@id": name} for name in results if name not in inputs],
        "actionStatus": {"@id": f"http://schema.org/{'Failed' if failed else 'Completed'}ActionStatus"},
    }
    profile = {"@id": _PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    for entity in named:
        if entity["@id"] == "code/source.tar":
            entity |= {
                "@type": ["File", "SoftwareSourceCode"],
                "version": crate.code_commit,
                "softwareRequirements": {"@id": "environment/requirements.lock"},
            }
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": _CONFORMS},
        "about": {"@id": "./"},
    }
    terms = {
        "@id": "#terms",
        "@type": "CreativeWork",
        "name": "Confidential clinical study record",
        "description": _CONFIDENTIAL,
    }
    sponsor = {"@id": "#sponsor", "@type": "Organization", "name": crate.sponsor}
    # The 1.1 context knows schema.org as of 2020, before it had a term for the digest.
    return {
        "@context": [_CONTEXT, {"sha256": "https://schema.org/sha256"}],
        "@graph": [descriptor, root, profile, analysis, terms, sponsor, *persons, *named],
    }


def _file(name: str, *, size: int | None = None, digest: str | None = None) -> dict[str, Any]:
    entity: dict[str, Any] = {"@id": quote(name), "@type": "File", "name": _TITLES.get(name, name)}
    suffix = name.rpartition(".")[2]
    if suffix in _TYPES:
        entity["encodingFormat"] = _TYPES[suffix]
    if size is not None:
        entity |= {"contentSize": str(size), "sha256": digest}
    return entity


def _person(person: Actor) -> dict[str, Any]:
    return {
        "@id": f"#{person.identifier}",
        "@type": "Person",
        "name": person.name,
        "identifier": person.identifier,
        "jobTitle": person.role,
    }
