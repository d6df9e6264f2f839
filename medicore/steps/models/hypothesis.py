"""The declared hypothesis: the limits, the bound of the interval that is held against them, and whether it holds."""

import math
from collections.abc import Mapping
from typing import Any

from medicore.records.protocol.protocol import Protocol
from medicore.records.results.looks import stored_number
from medicore.records.results.results import Primary, document_section
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.hypothesis import limits_of, one_sided_p
from medicore.stats.effect.measures import presented
from medicore.steps.looks.section import degrees_of_freedom

AT_EVERY_LOOK = "valid at every look"
POINTWISE = "pointwise"


def hypothesis_section(
    protocol: Protocol, primary: Mapping[str, Any], monitoring: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the hypothesis and whether it holds at this look; None where the protocol declares none.

    The interval is the one that is valid at every look, where looks share the level, else the pointwise one with half of
    1 − level on each side, or all of it on one. ``concluded`` is None at a look without control, which claims nothing.
    """
    plan, measure = protocol.inference, protocol.estimand.contrast
    if plan.hypothesis is None:
        return None
    found = Primary(document_section("effect.json", dict(primary)))
    estimate = Estimate(
        found.estimand,
        found.estimator,
        found.inferred,
        found.standard_error,
        "",
        found.n,
        degrees_of_freedom(primary),
    )
    ratio = measure != "difference"
    margin = math.log(plan.margin) if plan.margin is not None and ratio else plan.margin
    limits = limits_of(plan.hypothesis, margin, plan.benefit)
    alpha = (1 - plan.level) / plan.sides
    low, high = estimate.interval(1 - 2 * alpha)
    shared = monitoring["method"] != "single"
    if shared:
        low, high = (_inferred(monitoring[end], ratio=ratio) for end in ("ci_low", "ci_high"))
    below, above = one_sided_p(estimate, limits)
    on_measure = {
        name: None if value is None else stored_number(presented(value, measure))
        for name, value in (
            ("limit_low", limits.low),
            ("limit_high", limits.high),
            ("bound_low", low if limits.low is not None else None),
            ("bound_high", high if limits.high is not None else None),
        )
    }
    return {
        "kind": plan.hypothesis,
        "benefit": plan.benefit,
        "margin": plan.margin,
        "sides": plan.sides,
        "level": plan.level,
        "alpha": round(alpha, 12),
        "interval": AT_EVERY_LOOK if shared else POINTWISE,
        **on_measure,
        "p_below": below,
        "p_above": above,
        "p_value": max(p for p in (below, above) if p is not None),
        "concluded": limits.hold(low, high) if monitoring["controlled"] else None,
    }


def _inferred(stored: float | str, *, ratio: bool) -> float:
    """Return an end of a stored interval on the scale of inference."""
    value = float(stored)
    if not ratio:
        return value
    return math.log(value) if value > 0 else -math.inf
