"""report: the results, assembled from the steps' documents, and the report, rendered from the results alone."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from medicore.ports.code import Renderer
from medicore.ports.files import RecordFiles
from medicore.records.canonical import document, sha256
from medicore.records.finding import Finding
from medicore.records.moment import timestamp
from medicore.records.protocol.calendar import month_period
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.references import references_of
from medicore.steps.gate import DOCUMENT, read_findings, read_section

_EARLIER = ("extract", "check", "cohort", "propensity", "effect", "sensitivity")
_SHOWN_LIBRARIES = ("dvc", "numpy", "pandas", "prefect", "pyarrow", "scikit-learn", "scipy", "typst")


@dataclass(frozen=True, slots=True)
class Rendering:
    """The inputs of the report step in addition to the files: the renderer, the template's folder, the library versions."""

    renderer: Renderer
    template_folder: str
    libraries: Mapping[str, str]


def report(
    files: RecordFiles, protocol: Protocol, identity: Mapping[str, Any], rendering: Rendering
) -> tuple[Finding, ...]:
    """Write ``results.json``, ``findings.json`` and ``report.pdf``, and return no findings.

    Everything in the report comes from the results, the protocol and the run's identity. The PDF's time stamp is the
    time of the request, so a second rendering gives the same bytes.
    """
    findings = tuple(finding for step in _EARLIER for finding in read_findings(files, step))
    results = assemble(files, protocol, identity, findings)
    files.write("results.json", document(results))
    files.write(DOCUMENT["report"], document({"findings": []}))
    run = run_document(
        identity,
        protocol,
        renderer=rendering.renderer.identity,
        libraries=rendering.libraries,
        files=summary_of(files, protocol, printed_inputs(files.names("lock"))),
    )
    pdf = rendering.renderer.render(
        rendering.template_folder,
        {
            "results.json": document(results),
            "protocol.json": protocol.as_document(),
            "run.json": document(run),
        },
        datetime.fromisoformat(identity["requested_at"]),
    )
    files.write("report.pdf", pdf)
    return ()


def run_document(
    identity: Mapping[str, Any],
    protocol: Protocol,
    *,
    renderer: Mapping[str, str],
    libraries: Mapping[str, str],
    files: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return ``run.json``: the run's identity and provenance as the report prints them."""
    return {
        **identity,
        "protocol_digest": protocol.digest,
        "seed": protocol.seed,
        "renderer": dict(renderer),
        "libraries": {name: libraries[name] for name in _SHOWN_LIBRARIES if name in libraries},
        "files": list(files),
    }


def printed_inputs(lock: Sequence[str]) -> list[str]:
    """Return the names of the report's input files except the protocol: the data ``lock``, and the steps' tables."""
    return [*lock, "extract.parquet", "disposition.parquet", "analysis.parquet", "scores.parquet"]


def assemble(
    files: RecordFiles, protocol: Protocol, identity: Mapping[str, Any], findings: tuple[Finding, ...]
) -> dict[str, Any]:
    """Return the results: the sections of all steps, each finding with its decision, and the references."""
    cohort, propensity = read_section(files, "cohort"), read_section(files, "propensity")
    effect, sensitivity = read_section(files, "effect"), read_section(files, "sensitivity")
    results: dict[str, Any] = {
        "schema": "medicore-results-1",
        "study": study_section(protocol, identity["month"]),
        "data": read_section(files, "extract"),
        "check": read_section(files, "check"),
        "baseline": cohort.pop("baseline"),
        "imputation": cohort.pop("imputation"),
        "cohort": cohort,
        "balance": propensity.pop("balance"),
        "negative_controls": propensity.pop("negative_controls", None),
        "propensity": propensity,
        "primary": effect["primary"],
        "calibration": effect.get("calibration"),
        "change": effect["change"],
        "monitoring": effect["monitoring"],
        "harms": effect["harms"],
        **{name: effect[name] for name in ("safety", "hypothesis", "randomisation") if name in effect},
        "secondary": sensitivity.pop("secondary"),
        "families": sensitivity.pop("families"),
        "evalue": sensitivity.pop("evalue"),
        "tipping": sensitivity.pop("tipping"),
        **{name: sensitivity.pop(name) for name in ("survival", "rates", "wins") if name in sensitivity},
        "sensitivity": sensitivity,
        "findings": decided(findings, identity),
    }
    return {**results, "references": list(references_of(results))}


def study_section(protocol: Protocol, month: str) -> dict[str, Any]:
    """Return how results name the study, its protocol and the month."""
    return {
        "id": protocol.study,
        "title": protocol.title,
        "sponsor": protocol.sponsor,
        "phase": protocol.phase,
        "design": protocol.design,
        "protocol_version": protocol.version,
        "protocol_digest": protocol.digest,
        "period": _period(protocol, month),
    }


def decided(findings: Sequence[Finding], identity: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each finding with the signed decision on it; the decision is None where there is none yet."""
    decisions = {finding.digest: finding.answered for finding in findings if finding.answered is not None}
    decisions |= {decision["finding"]: decision for decision in identity["accepted"]}
    shown = ("meaning", "reason", "signer", "name", "role", "signed_at")
    return [
        {
            **finding.as_json(),
            "decision": {key: decisions[finding.digest][key] for key in shown}
            if finding.digest in decisions
            else None,
        }
        for finding in findings
    ]


def _period(protocol: Protocol, month: str) -> dict[str, str]:
    """Return the start and the end of the month in the study's time zone, as moments in UTC, and the time zone."""
    zone = protocol.calendar.timezone
    found = month_period(month, zone)
    return {"timezone": zone, "begins": timestamp(found.start), "ends": timestamp(found.end)}


def summary_of(files: RecordFiles, protocol: Protocol, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return name, SHA-256, DVC's MD5 and size of the protocol and of the input files of these ``names``."""
    contents = {name: files.read(name) for name in names} | {"protocol.json": protocol.as_document()}
    return [
        {
            "name": name,
            "sha256": sha256(data),
            "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
            "size": len(data),
        }
        for name, data in sorted(contents.items())
    ]
