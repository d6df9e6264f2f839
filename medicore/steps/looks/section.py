"""The section ``monitoring`` of the results: every look of the study, and what this one may claim."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from medicore.errors import ProtocolError
from medicore.ports.files import RecordFiles
from medicore.records.canonical import digest
from medicore.records.protocol.monitoring import MISSING, AlphaSpendingPlan, MaxSprtPlan, Plan
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.looks import (
    LOOKS,
    Boundary,
    Claim,
    SeenEstimate,
    SeenHarm,
    SeenLook,
    delivered_digest,
    earlier_looks,
    looks_document,
    stored_number,
)
from medicore.records.results.results import Primary, document_section
from medicore.records.section import Section
from medicore.stats.effect.measures import presented
from medicore.stats.monitoring.stagewise import StageWise
from medicore.steps.looks.boundaries import Boundaries, boundaries_of, counted_looks, reruns
from medicore.steps.looks.claims import (
    Bound,
    after_stop,
    crossed,
    futility_bound,
    harm_bound,
    normal_quantile,
    sequential_p,
    valid_interval,
)
from medicore.steps.looks.second_claims import Looked
from medicore.steps.looks.verification import FirstClaim, confirmed, verified_look
from medicore.steps.way import digests

_NO_LOOKS: Mapping[str, Any] = looks_document("", "", "sealed", ())


def plan_of(protocol: Protocol) -> Plan:
    """Return the plan for the looks; raise ProtocolError for a protocol of before there were looks."""
    plan = protocol.monitoring
    if plan is None or isinstance(plan, MaxSprtPlan):
        raise ProtocolError(f"the protocol of {protocol.study}: monitoring {MISSING}")
    return plan


def degrees_of_freedom(primary: Mapping[str, Any]) -> float | None:
    """Return the degrees of freedom of the primary estimate; None where its distribution is the normal one."""
    imputation = primary.get("imputation") or {}
    found = primary.get("degrees_of_freedom", imputation.get("degrees_of_freedom"))
    return None if found is None else float(found)


@dataclass(frozen=True, slots=True)
class _Looked:
    """All looks of a study with their boundaries; the last is made now."""

    protocol: Protocol
    plan: Plan
    seen: tuple[SeenLook, ...]
    boundaries: Boundaries
    degrees: float | None

    @property
    def now(self) -> SeenEstimate:
        """The numbers of this look."""
        numbers = self.seen[-1].seen
        if numbers is None:
            raise ProtocolError("the look that is made now has no numbers; run 'medicore verify'")
        return numbers

    @property
    def boundary(self) -> Boundary:
        """The boundary of this look."""
        boundary = self.boundaries[-1]
        if boundary is None:
            raise ProtocolError("the look that is made now has no boundary; run 'medicore verify'")
        return boundary

    def on_measure(self, value: float) -> float:
        """Return a value of the scale of inference on the measure's own."""
        return presented(value, self.protocol.estimand.contrast)


def frozen_looks(files: RecordFiles) -> Section:
    """Return which look the data lock says this is, and all earlier ones; one of before there were looks holds none."""
    held = json.loads(files.read(LOOKS)) if files.exists(LOOKS) else dict(_NO_LOOKS)
    return document_section(LOOKS, held)


def this_look(files: RecordFiles, seen: SeenEstimate | None, harms: tuple[SeenHarm, ...]) -> SeenLook:
    """Return the look that is made now, with its numbers and the harms that it counted."""
    frozen = frozen_looks(files)
    delivered = delivered_digest(digests(files, ("lock",)))
    return SeenLook(
        frozen.text("run"), frozen.text("month"), frozen.text("kind"), delivered, seen, harms=harms
    )


def monitored(
    files: RecordFiles, protocol: Protocol, primary: Mapping[str, Any], harms: tuple[SeenHarm, ...] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the section, and what the ledger's event tells of this look, the harms that it counted included.

    The section holds method, design, every look in the ledger's order, and the valid claim of this one. A rerun claims
    what the look claimed that it repeats. The event tells no claim that the second implementation does not confirm: the
    look counts, and later ones do not rest on it.

    Raises ProtocolError for a protocol without a plan.
    """
    plan = plan_of(protocol)
    degrees = degrees_of_freedom(primary)
    found = Primary(document_section("effect.json", dict(primary)))
    z = normal_quantile(found.inferred, found.standard_error, degrees)
    this = this_look(files, SeenEstimate.of(found, z), harms)
    seen = (*earlier_looks(frozen_looks(files)), this)
    looked = _Looked(protocol, plan, seen, boundaries_of(plan, protocol.inference.level, seen), degrees)
    return _section(looked)


def _section(looked: _Looked) -> tuple[dict[str, Any], dict[str, Any]]:
    plan, now, boundary = looked.plan, looked.now, looked.boundary
    level, repeated = looked.protocol.inference.level, reruns(looked.seen)[-1]
    until = len(looked.seen) - 1 if repeated is None else repeated
    counted = {place: one for place, one in counted_looks(looked.seen).items() if place <= until}
    order = [*counted.values()]
    own = [one for place in counted if (one := looked.boundaries[place]) is not None]
    numbers = [place + 1 for place in counted]
    low, high = valid_interval(plan, boundary, now.estimate, now.standard_error, looked.degrees)
    p = sequential_p(plan, order, boundary)
    design = digest(plan.design)
    claim = Claim(plan.method, design, boundary, looked.on_measure(low), looked.on_measure(high), p)
    rows = _rows(looked, claim)
    across = crossed(plan, boundary, now.z)
    last = after_stop(plan, order, own, now.estimate, now.standard_error, level)
    harm, futility = _harm(plan, order), _futility(plan, order, own)
    harmful, spent, futile = (*_numbers(harm, "boundary", "spent"), *_numbers(futility, "boundary"))
    second = verified_look(
        Looked(plan, level, numbers, order, own, looked.degrees, p),
        FirstClaim(low, high, harmful, spent, futile, last),
        looked.on_measure,
    )
    section = {
        "method": plan.method,
        "design": plan.model_dump(mode="json", exclude={"method", "action", "harms"}, exclude_none=True),
        "maximum_information": plan.maximum if isinstance(plan, AlphaSpendingPlan) else None,
        "action": plan.action,
        "level": round(1 - getattr(plan, "alpha", 1 - level), 12),
        "looks": rows,
        "number": len(rows),
        "information": now.information,
        "fraction": boundary.fraction,
        "z": now.z,
        "boundary": stored_number(boundary.critical_value),
        "controlled": boundary.controlled,
        "ci_low": stored_number(claim.ci_low),
        "ci_high": stored_number(claim.ci_high),
        "sequential_p": p,
        "crossed": across,
        "direction": ("above" if now.z > 0 else "below") if across else None,
        "first_crossing": next((row["number"] for row in rows if row["crossed"]), None),
        "harm": harm,
        "futility": futility,
        "stage_wise": None if last is None else _stage_wise(looked, last),
        "verification": second,
    }
    told = claim if confirmed(second) else None
    return section, replace(looked.seen[-1], claim=told).details()


def _rows(looked: _Looked, claim: Claim) -> list[dict[str, Any]]:
    """Return every look as results and report hold it."""
    repeated = reruns(looked.seen)
    claims = [*(look.claim for look in looked.seen[:-1]), claim]
    return [
        _row(looked, place, told, claim.design, None if again is None else again + 1)
        for place, (told, again) in enumerate(zip(claims, repeated, strict=True))
    ]


def _row(looked: _Looked, place: int, claim: Claim | None, design: str, again: int | None) -> dict[str, Any]:
    """Return one look; ``design`` is the digest of today's, by which others are told."""
    look, boundary = looked.seen[place], looked.boundaries[place]
    numbers = look.seen
    row: dict[str, Any] = {
        "number": place + 1,
        "run": look.run,
        "month": look.month,
        "kind": look.kind,
        "rerun_of": again,
        **dict.fromkeys(
            ("n", "information", "fraction", "boundary", "nominal_level", "spent", "estimate", "z")
        ),
        "other_design": claim is None,
        "kept": False,
        "controlled": False,
        **dict.fromkeys(("ci_low", "ci_high", "sequential_p")),
        "crossed": False,
    }
    if numbers is None:
        return row
    row |= {"n": numbers.n, "information": numbers.information, "z": numbers.z}
    row["estimate"] = looked.on_measure(numbers.estimate)
    row["other_design"] = claim is None or claim.design != design
    if claim is not None:
        row |= {"ci_low": stored_number(claim.ci_low), "ci_high": stored_number(claim.ci_high)}
        row["sequential_p"] = claim.sequential_p
    if boundary is not None:
        row |= {
            "fraction": boundary.fraction,
            "boundary": stored_number(boundary.critical_value),
            "nominal_level": boundary.nominal_level,
            "spent": boundary.spent,
            "kept": boundary.kept,
            "controlled": boundary.controlled,
            "crossed": crossed(looked.plan, boundary, numbers.z),
        }
    return row


def _harm(plan: Plan, order: Sequence[Any]) -> dict[str, Any] | None:
    found = harm_bound(plan, order) if isinstance(plan, AlphaSpendingPlan) else None
    if found is None:
        return None
    bound, level = found
    return {**_bound(bound), "nominal_level": level.nominal_level, "spent": level.spent}


def _futility(plan: Plan, order: Sequence[Any], own: Sequence[Boundary]) -> dict[str, Any] | None:
    found = futility_bound(plan, order, own) if isinstance(plan, AlphaSpendingPlan) else None
    return None if found is None else _bound(found)


def _bound(bound: Bound) -> dict[str, Any]:
    return {"boundary": stored_number(bound.critical_value), "crossed": bound.crossed}


def _numbers(bound: Mapping[str, Any] | None, *keys: str) -> tuple[float | None, ...]:
    """Return the numbers of a stored bound by their keys; None for each where there is no bound."""
    return tuple(None if bound is None else float(bound[key]) for key in keys)


def _stage_wise(looked: _Looked, found: StageWise) -> dict[str, Any]:
    return {
        "estimate": looked.on_measure(found.estimate),
        "ci_low": looked.on_measure(found.low),
        "ci_high": looked.on_measure(found.high),
        "level": found.level,
        "p_value": found.two_sided_p_value,
    }
