"""The loss that a horizon gives to an event, its expectation by the hazard models, and the weighted martingale of censoring."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.survival.curve_influence import Summary

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LossTerms:
    """The parts of an arm's loss for some subjects at the arm's times up to the horizon, ``(..., rows, times)`` each.

    ``survival`` is S(u), ``ahead`` S(τ) or the area under S from u to τ, ``expected`` E(L | T > u), ``uncensored`` 1/G(u−).
    """

    survival: Vector
    ahead: Vector
    expected: Vector
    uncensored: Vector


def loss_terms(
    events: tuple[Vector, Vector],
    censoring: tuple[Vector, Vector],
    times: Vector,
    horizon: float,
    summary: Summary,
) -> LossTerms:
    """Return the terms of some subjects at ``times``, which rise up to the horizon.

    Each hazard is a pair: the subjects' relative hazards ``(..., rows)``, and the baseline's jumps ``(..., times)``.
    """
    cumulative = np.cumsum(events[1], axis=-1)
    survival = np.exp(-events[0][..., None] * cumulative[..., None, :])
    if summary == "survival":
        ahead = np.broadcast_to(survival[..., -1:], survival.shape)
    else:
        areas = survival * np.diff(np.append(times, horizon))
        ahead = np.cumsum(areas[..., ::-1], axis=-1)[..., ::-1]
    lost = lost_by_event(times, horizon, summary)
    expected = lost - np.divide(ahead, survival, out=np.zeros_like(survival), where=survival > 0)
    before = np.cumsum(censoring[1], axis=-1) - censoring[1]
    uncensored = np.exp(censoring[0][..., None] * before[..., None, :])
    return LossTerms(survival, ahead, expected, uncensored)


def expected_loss(relative: Vector, jumps: Vector, times: Vector, horizon: float, summary: Summary) -> Vector:
    """Return the expected loss from time 0, ``(..., rows)``, by relative hazards and the baseline's jumps, ``(..., times)``."""
    if not len(times):
        return np.zeros(relative.shape)
    if summary == "survival":
        found: Vector = -np.expm1(-relative * jumps.sum(axis=-1)[..., None])
        return found
    survival = np.exp(-relative[..., None] * np.cumsum(jumps, axis=-1)[..., None, :])
    found = horizon - times[0] - np.sum(survival * np.diff(np.append(times, horizon)), axis=-1)
    return found


def lost_by_event(times: Vector, horizon: float, summary: Summary) -> Vector:
    """Return the loss of an event at each time: 1, or the time that is left to the horizon, ``(times,)``."""
    return np.ones(len(times)) if summary == "survival" else horizon - times
