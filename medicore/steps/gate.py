"""Gates: they store a step's findings, and block the next step until every finding has a decision."""

import json
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from medicore.errors import HaltedError
from medicore.ports.files import RecordFiles
from medicore.records.canonical import document
from medicore.records.finding import Finding

DOCUMENT = {
    "extract": "extract.json",
    "check": "check.json",
    "cohort": "cohort.json",
    "propensity": "propensity.json",
    "effect": "effect.json",
    "sensitivity": "sensitivity.json",
    "report": "findings.json",
}


def write_section(
    files: RecordFiles, step: str, section: Mapping[str, Any], findings: Iterable[Finding]
) -> tuple[Finding, ...]:
    """Write a step's document with its findings, and return the findings."""
    kept = tuple(findings)
    files.write(DOCUMENT[step], document({**section, "findings": [finding.as_json() for finding in kept]}))
    return kept


def read_section(files: RecordFiles, step: str) -> dict[str, Any]:
    """Return a step's document without its findings."""
    section = json.loads(files.read(DOCUMENT[step]))
    section.pop("findings", None)
    return dict(section)


def read_findings(files: RecordFiles, step: str) -> tuple[Finding, ...]:
    """Return the findings in a step's document; none when the step has not run."""
    if not files.exists(DOCUMENT[step]):
        return ()
    return tuple(Finding.from_json(stored) for stored in json.loads(files.read(DOCUMENT[step]))["findings"])


def require_decided(files: RecordFiles, step: str, accepted: Collection[str]) -> None:
    """Raise HaltedError while the step has a finding that no signed decision accepts."""
    open_findings = [finding for finding in read_findings(files, step) if finding.waits(accepted)]
    if open_findings:
        raise HaltedError(
            f"{step} has {len(open_findings)} undecided finding(s), first {open_findings[0].message!r}; "
            "sign a decision on it with 'medicore sign'"
        )


def number(value: float) -> float | str:
    """Return ``value`` in a form that JSON can hold: infinities become the texts ``inf`` and ``-inf``."""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(value)


def shown(value: float) -> str:
    """Return the text of a statistic or threshold in a finding: six significant digits."""
    return f"{value:.6g}"
