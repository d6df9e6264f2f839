"""The primary result of an outcome that has an estimator of its own, as ``results.json`` holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medicore.records.protocol.protocol import Protocol
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.measures import Effect, effect_of, no_effect, presented, scale_of
from medicore.stats.verification import Verification
from medicore.steps.primaries.arm_means import arm_means
from medicore.steps.primaries.primary import verification_section


@dataclass(frozen=True, slots=True)
class Estimated:
    """What was estimated: the arms' means with the primary variance, with the influence function's, and stacked.

    ``bootstrap`` is on the measure's scale of inference; ``second`` confirms the estimate with the influence function's
    standard error.
    """

    means: ArmMeans
    direct: ArmMeans
    stacked: ArmMeans
    bootstrap: BootstrapResult
    second: Verification


@dataclass(frozen=True, slots=True)
class Inferred:
    """The effect by its primary variance, on its measure and as a difference; by its simple variance, and by the sandwich.

    ``means`` are those of the arms with their intervals. ``expected_spread`` is the standard error that the spread of the
    ``bootstrap`` is held against, and ``second`` confirms the effect with the ``direct`` standard error.
    """

    effect: Effect
    apart: Effect
    direct: Effect
    stacked: Effect
    means: Mapping[str, Mapping[str, Any]]
    expected_spread: float
    bootstrap: BootstrapResult
    second: Verification


def primary_section(
    protocol: Protocol, found: Estimated, *, measure: str, observed: int, unit: str
) -> dict[str, Any]:
    """Return the primary result: estimate, standard errors, bootstrap, second implementation.

    The spread of the bootstrap's replicates is held against the primary standard error. ``measure`` is its name in tables,
    ``observed`` counts what the analysis sees, and ``unit`` is that of the arms' means.
    """
    contrast = protocol.estimand.contrast
    effect, direct, stacked = (
        effect_of(means, contrast) for means in (found.means, found.direct, found.stacked)
    )
    inferred = Inferred(
        effect,
        effect_of(found.means, "difference"),
        direct,
        stacked,
        arm_means([found.means], protocol.inference.level),
        effect.inference.standard_error,
        found.bootstrap,
        found.second,
    )
    return inferred_section(protocol, inferred, measure=measure, observed=observed, unit=unit)


def inferred_section(
    protocol: Protocol, found: Inferred, *, measure: str, observed: int, unit: str
) -> dict[str, Any]:
    """Return the primary result of what was inferred; the other arguments are those of ``primary_section``."""
    contrast, level = protocol.estimand.contrast, protocol.inference.level
    effect, chosen, replicated = found.effect, found.effect.inference, found.bootstrap
    low, high = effect.interval(level)
    bootstrap_low, bootstrap_high = (
        presented(end, contrast) for end in replicated.interval(level, protocol.inference.interval)
    )
    difference_low, difference_high = found.apart.interval(level)
    return {
        "estimand": effect.estimand if protocol.trimming.method == "none" else f"{effect.estimand} (trimmed)",
        "estimator": chosen.estimator,
        "measure": measure,
        "scale": scale_of(contrast),
        "null": no_effect(contrast),
        "estimate": effect.value,
        "standard_error": chosen.standard_error,
        "variance": chosen.variance,
        "degrees_of_freedom": chosen.degrees_of_freedom,
        "ci_low": low,
        "ci_high": high,
        "level": level,
        "p_value": chosen.p_value,
        "n": chosen.n,
        "observed": observed,
        "unit": unit if contrast == "difference" else "",
        "mean_treated": found.means["treated"]["estimate"],
        "mean_control": found.means["control"]["estimate"],
        "means": dict(found.means),
        "absolute_difference": {
            "estimate": found.apart.value,
            "standard_error": found.apart.inference.standard_error,
            "degrees_of_freedom": found.apart.inference.degrees_of_freedom,
            "ci_low": difference_low,
            "ci_high": difference_high,
        },
        "standard_errors": {
            "influence": found.direct.inference.standard_error,
            "sandwich": found.stacked.inference.standard_error,
            "bootstrap": replicated.standard_error,
        },
        "bootstrap": {
            "replicates": replicated.replicates,
            "failed": dict(replicated.failed),
            "seed": replicated.seed,
            "interval": protocol.inference.interval,
            "standard_error": replicated.standard_error,
            "spread": replicated.spread,
            "expected_spread": found.expected_spread,
            "ci_low": bootstrap_low,
            "ci_high": bootstrap_high,
        },
        "verification": verification_section(found.second, found.direct.inference, contrast),
        "imputation": None,
        "observation": None,
    }
