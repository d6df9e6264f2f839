"""What follows a primary estimate, whatever its outcome: the change since last month, the look, harms and adverse events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.errors import EstimationError
from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.looks import SeenHarm
from medicore.steps.data.change import change_since
from medicore.steps.gate import write_section
from medicore.steps.gates.effect_gates import SIMPLE, change_findings, effect_findings
from medicore.steps.gates.monitoring_gates import (
    harm_findings,
    monitoring_findings,
    second_implementation_findings,
)
from medicore.steps.looks.answers import earlier_answers, with_answers
from medicore.steps.looks.harms import counted_harms
from medicore.steps.looks.section import monitored
from medicore.steps.models.hypothesis import hypothesis_section
from medicore.steps.no_estimate import NO_EFFECT, halted_without_estimate
from medicore.steps.safety.tables import safety_part

_EXPECTED = "of the jackknife"


@dataclass(frozen=True, slots=True)
class AfterEstimate:
    """The parts of the effect section that follow the estimate, and the findings of the look and of the harms."""

    section: dict[str, Any]
    findings: tuple[Finding, ...]

    @property
    def change(self) -> Mapping[str, Any] | None:
        """The change since last month; None without an earlier estimate."""
        found: Mapping[str, Any] | None = self.section["change"]
        return found

    @property
    def monitoring(self) -> dict[str, Any]:
        """What the look may claim."""
        found: dict[str, Any] = self.section["monitoring"]
        return found


def after_estimate(
    files: RecordFiles,
    protocol: Protocol,
    primary: dict[str, Any],
    harms: list[dict[str, Any]],
    counted: tuple[SeenHarm, ...],
) -> AfterEstimate:
    """Return what follows a ``primary`` estimate; ``harms`` and ``counted`` are those of ``counted_harms``."""
    monitoring, look = monitored(files, protocol, primary, counted)
    asked = (*monitoring_findings(monitoring), *harm_findings(harms))
    section = {
        "primary": primary,
        "change": change_since(files, primary),
        "monitoring": monitoring,
        "harms": harms,
        **safety_part(files, protocol),
        "look": look,
    }
    answered = with_answers(asked, earlier_answers(files, look))
    return AfterEstimate(section, (*second_implementation_findings(monitoring), *answered))


def own_effect(
    files: RecordFiles,
    protocol: Protocol,
    estimate: Callable[[], dict[str, Any]],
    *,
    parameters: int,
    about_models: tuple[Finding, ...] = (),
    sparse: str = "",
    declared: Mapping[str, Any] | None = None,
    simple: str = SIMPLE,
) -> tuple[Finding, ...]:
    """Write the effect section of an outcome that has an estimator of its own, and return the gates' findings.

    ``estimate`` gives the primary result, whose spread is held against the jackknife. Where it raises EstimationError and
    findings are ``about_models``, they stand in place of the estimate, and no decision overrides them. ``parameters`` are
    those of both arms' outcome models, ``sparse`` says which levels few subjects have, and ``declared`` are further parts.
    ``simple`` is whose standard error the sandwich is held against.
    """
    harms, counted = counted_harms(files, protocol)
    try:
        primary = estimate()
    except EstimationError as error:
        if not about_models:
            raise
        return halted_without_estimate(files, about_models, error, harms, counted)
    after = after_estimate(files, protocol, primary, harms, counted)
    findings = (
        *about_models,
        *effect_findings(protocol, primary, sparse, expectation=_EXPECTED, simple=simple),
        *change_findings(protocol, after.change, parameters),
        *after.findings,
    )
    hypothesis = hypothesis_section(protocol, primary, after.monitoring)
    section = {**NO_EFFECT, **after.section, **(declared or {})}
    section |= {} if hypothesis is None else {"hypothesis": hypothesis}
    return write_section(files, "effect", section, findings)
