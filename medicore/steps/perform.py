"""The execution of a step: it never runs past an undecided finding, and it uses one thread."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from threadpoolctl import ThreadpoolController

from medicore.kernels import require_pinned
from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.steps.check import check
from medicore.steps.cohort import cohort
from medicore.steps.effect import effect
from medicore.steps.evidence import evidence
from medicore.steps.extract import extract
from medicore.steps.gate import require_decided
from medicore.steps.propensity import propensity
from medicore.steps.report import Rendering, report
from medicore.steps.sensitivity import sensitivity
from medicore.steps.way import EVIDENCE, STEP_NAMES, step_named

_STEPS: Mapping[str, Callable[[RecordFiles, Protocol], tuple[Finding, ...]]] = MappingProxyType(
    {
        "extract": extract,
        "check": check,
        "cohort": cohort,
        "propensity": propensity,
        "effect": effect,
        "sensitivity": sensitivity,
    }
)


def perform(
    name: str,
    files: RecordFiles,
    protocol: Protocol,
    identity: Mapping[str, Any],
    rendering: Callable[[], Rendering],
) -> tuple[Finding, ...]:
    """Perform one step on a record folder and return its findings.

    A step starts only when every finding of the earlier steps has a signed decision; ``identity["accepted"]`` lists
    these decisions, each with the digest of its finding. The evidence of a halt alone needs a finding without a decision.
    Linear algebra is limited to one thread and to the pinned kernels, so the bits of the result depend neither on the
    number of the machine's threads nor on the width of its registers.

    Raises
    ------
    InfrastructureError
        When linear algebra was loaded with other kernels.
    """
    step_named(name)
    if name == EVIDENCE.name:
        return evidence(files, protocol, identity, rendering())
    accepted = {decision["finding"] for decision in identity["accepted"]}
    for earlier in STEP_NAMES[: STEP_NAMES.index(name)]:
        require_decided(files, earlier, accepted)
    libraries = ThreadpoolController()
    require_pinned(libraries.info())
    with libraries.limit(limits=1):
        if name == "report":
            return report(files, protocol, identity, rendering())
        return _STEPS[name](files, protocol)
