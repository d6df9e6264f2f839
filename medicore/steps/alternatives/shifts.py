"""The tipping surface: the primary estimator where the missing outcomes of both arms are shifted."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.robustness.tipping_surface import Shifted, in_words, tipping_surface
from medicore.steps.models.sample import Sample

_DEVIATIONS = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Shifts of a continuous outcome, in standard deviations of the observed."""

_RISKS = (-0.4, -0.2, 0.0, 0.2, 0.4)
"""Shifts of a risk."""


def shifted_sets(samples: Sequence[Sample]) -> tuple[Shifted, ...]:
    """Return each completed data set's means and shares missing; none where no analysed outcome is missing."""
    return () if samples[0].observed.all() else tuple(_shifted(one) for one in samples)


def shifted_outcomes(
    protocol: Protocol, samples: Sequence[Sample], sets: Sequence[Shifted]
) -> dict[str, Any] | None:
    """Return the effects where the missing outcomes of each arm are shifted; None where no analysed outcome is missing.

    ``sets`` are the ``shifted_sets`` of the samples. The effect is the difference of means, or of risks, by the primary estimator in every completed data set. A shift of
    a continuous outcome is in its own unit: up to the standard deviation of the observed outcomes, ddof 1.
    """
    first = samples[0]
    if not sets:
        return None
    spread = float(first.outcome[first.observed].std(ddof=1))
    continuous = protocol.outcome.family == "gaussian"
    shifts = [spread * one for one in _DEVIATIONS] if continuous else list(_RISKS)
    level = protocol.inference.level
    found = tipping_surface(sets, shifts, shifts, level=level)
    cells = [asdict(cell) for cell in found.cells]
    for cell in cells:
        cell["estimate"] = cell.pop("value")
    return {
        "method": protocol.outcome.method,
        "shifts": shifts,
        "shift_unit": protocol.outcome.unit if continuous else "",
        "level": level,
        "concluded": found.concluded,
        "words": in_words(found, protocol.outcome.unit if continuous else ""),
        "cells": cells,
        "frontier": [asdict(one) for one in found.frontier],
    }


def _shifted(sample: Sample) -> Shifted:
    missing = (~sample.observed).astype(np.float64)
    share = doubly_robust(sample.x_outcome, sample.treated, missing, sample.fit, target=sample.target)
    return Shifted(sample.inferred(), share.means)
