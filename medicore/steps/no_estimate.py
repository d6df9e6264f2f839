"""The effect step where no estimate follows: the findings say so in its place, and no decision overrides them."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

from medicore.errors import EstimationError
from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.results.looks import SeenHarm
from medicore.steps.gate import write_section
from medicore.steps.gates.monitoring_gates import harm_findings
from medicore.steps.looks.section import this_look

NO_EFFECT: dict[str, Any] = dict.fromkeys(("primary", "calibration", "change", "monitoring"))
"""The parts of the effect section that hold an estimate, or rest on one."""


def halted_without_estimate(
    files: RecordFiles,
    about_models: Iterable[Finding],
    error: EstimationError,
    harms: list[dict[str, Any]],
    counted: tuple[SeenHarm, ...],
) -> tuple[Finding, ...]:
    """Write the effect section without an estimate, and return the findings, the first about the models with the ``error``.

    Harms are counted even so: ``counted`` is what the ledger's event tells of them.
    """
    stopped = [
        replace(finding, message=f"{finding.message}; no estimate follows{reason}", overridable=False)
        for finding, reason in zip(about_models, chain([f": {error}"], repeat("")), strict=False)
    ]
    look = this_look(files, None, counted).details() if counted else None
    section = {**NO_EFFECT, "harms": harms, "look": look}
    return write_section(files, "effect", section, (*stopped, *harm_findings(harms)))
