"""evidence: what a run that halted had found, without any effect, and the report on which a person decides.

The estimate stays out even where it was computed: a decision on a finding must not depend on the size of the effect.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from medicore.errors import ProtocolError
from medicore.ports.files import RecordFiles
from medicore.records.canonical import document
from medicore.records.finding import Finding
from medicore.records.people.decision import Meaning, permission_for
from medicore.records.people.people import PERMISSIONS
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.references import references_of
from medicore.steps.gate import DOCUMENT, read_findings, read_section
from medicore.steps.report import Rendering, decided, printed_inputs, run_document, study_section, summary_of
from medicore.steps.way import EVIDENCE, STEP_NAMES, STEPS

SCHEMA = "medicore-evidence-1"
TEMPLATE = "evidence_report.qmd"
STATUS = "evidence"

_COHORT = (
    "assessed", "criteria", "disposition", "excluded", "not_in_contrast", "eligible", "analysed", "arms",
)  # fmt: skip
_OUTCOMES = ("method", "locked_on", "told_by_dates", "arms", "groups", "due", "missing_share")
"""The states of the outcomes. Events, exposure and drawn outcomes by arm would tell the effect."""


def evidence(
    files: RecordFiles, protocol: Protocol, identity: Mapping[str, Any], rendering: Rendering
) -> tuple[Finding, ...]:
    """Write ``evidence.json`` and ``evidence.pdf`` of a halted run, and return no findings."""
    for name, data in evidence_files(files, protocol, identity, rendering).items():
        files.write(name, data)
    return ()


def evidence_files(
    files: RecordFiles, protocol: Protocol, identity: Mapping[str, Any], rendering: Rendering
) -> dict[str, bytes]:
    """Return the evidence of a halted run and its report, by file name; the same files give the same bytes.

    Raises
    ------
    ProtocolError
        When no step of the record holds a finding that waits for a decision.
    ConfigurationError
        When the report cannot be rendered.
    """
    told = assemble_evidence(files, protocol, identity)
    found, reached = document(told), told["halt"]["reached"]
    later = {name for step in STEPS if step.name not in reached for name in step.outputs}
    names = [name for name in printed_inputs(files.names("lock")) if name not in later]
    made = run_document(
        identity,
        protocol,
        renderer=rendering.renderer.identity,
        libraries=rendering.libraries,
        files=summary_of(files, protocol, names),
    )
    run = evidence_run(made, protocol)
    pdf = rendering.renderer.render(
        rendering.template_folder,
        {"evidence.json": found, "protocol.json": protocol.as_document(), "run.json": document(run)},
        datetime.fromisoformat(identity["requested_at"]),
        TEMPLATE,
    )
    document_name, report_name = EVIDENCE.outputs
    return {document_name: found, report_name: pdf}


def evidence_run(run: Mapping[str, Any], protocol: Protocol) -> dict[str, Any]:
    """Return ``run.json`` as an evidence report takes it: marked as such, with the names that it cannot read elsewhere."""
    return {
        **run,
        "status": STATUS,
        "kind": "Evidence report",
        "title": protocol.title,
        "author": protocol.sponsor,
    }


def assemble_evidence(files: RecordFiles, protocol: Protocol, identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return the evidence: the sections of the steps up to the halt that compare no outcomes, and every finding.

    Raises
    ------
    ProtocolError
        When no step of the record holds a finding that waits for a decision.
    """
    accepted = {decision["finding"] for decision in identity["accepted"]}
    step = _halted_at(files, accepted)
    reached = STEP_NAMES[: STEP_NAMES.index(step) + 1]
    findings = tuple(finding for name in reached for finding in read_findings(files, name))
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "study": study_section(protocol, identity["month"]),
        "halt": {"step": step, "reached": list(reached), "effect_computed": "effect" in reached},
        "data": read_section(files, "extract"),
    }
    if "check" in reached:
        told["check"] = read_section(files, "check")
    if "cohort" in reached:
        told |= _cohort(read_section(files, "cohort"))
    if "propensity" in reached:
        propensity = read_section(files, "propensity")
        told |= {
            "balance": propensity.pop("balance"),
            "negative_controls": propensity.pop("negative_controls", None),
            "propensity": propensity,
        }
    told["findings"] = [
        {**shown, "waits": finding.waits(accepted), "answered_by": _answered_by(finding)}
        for shown, finding in zip(decided(findings, identity), findings, strict=True)
    ]
    return {**told, "references": list(references_of(told))}


def _halted_at(files: RecordFiles, accepted: set[str]) -> str:
    """Return the first step with a finding that waits for a decision."""
    for name in STEP_NAMES:
        if not files.exists(DOCUMENT[name]):
            raise ProtocolError(
                f"{DOCUMENT[name]} is not in the record, and no step before it has a finding that waits for a decision; "
                "expected a run that halted; perform its steps again"
            )
        if any(finding.waits(accepted) for finding in read_findings(files, name)):
            return name
    raise ProtocolError(
        "no finding of the record waits for a decision; expected a run that halted; read its report instead"
    )


def _cohort(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return disposition and baseline, with the states of the outcomes and nothing of their values."""
    cohort = {name: section[name] for name in _COHORT if name in section}
    cohort["outcomes"] = {
        name: section["outcomes"][name] for name in _OUTCOMES if name in section["outcomes"]
    }
    return {"baseline": section["baseline"], "cohort": cohort}


def _answered_by(finding: Finding) -> list[str]:
    """Return the roles that may let the run proceed past a finding; none where no signature overrides it."""
    if not finding.overridable:
        return []
    needed = permission_for(Meaning.PROCEED, finding.gate)
    return sorted(role.value for role, held in PERMISSIONS.items() if needed in held)
