"""Negative controls estimated as the primary outcome is, and what they say of the study before its estimate exists."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.records.protocol.negative_controls import NegativeControl, is_flag
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.results import Primary, document_section
from medicore.stats.calibration.calibrated import calibrated_effect
from medicore.stats.calibration.detectable import POWER, detectable_effect
from medicore.stats.calibration.error_distribution import (
    LEAST_CONTROLS,
    ErrorDistribution,
    fit_error_distribution,
)
from medicore.stats.calibration.expected_error import expected_absolute, expected_error
from medicore.stats.calibration.pooled_deviation import pooled_deviation
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import effect_of, presented
from medicore.stats.imputation.pooling import pooled, pooled_effect
from medicore.steps.models.sample import Sample

STANDARDISED = "difference in standard deviations within the arms"
"""The scale of controls where the measure is a difference: outcomes of any unit are comparable on it."""

LIMITS: Mapping[str, float] = {"difference": 0.1, "risk ratio": 0.25, "odds ratio": 0.25}
"""The limit of the expected absolute systematic error where the protocol declares none: standard deviations, or logarithms."""

_ROUNDING = 1e-10
"""A standard error of at most this share of the largest value is 0."""


def control_section(
    protocol: Protocol, frames: Sequence[pd.DataFrame], *, whole: bool = True
) -> dict[str, Any] | None:
    """Return the section ``negative_controls`` of the results; None where the protocol declares none.

    ``frames`` are the retained subjects of every completed data set. Each control is estimated by the primary estimator with
    the same scores, target and models; its missing values are weighted for being observed. Of the primary outcome only
    the standard error and the standard deviation within the arms are computed, and no effect. With fewer than LEAST_CONTROLS
    estimates nothing is fitted. Unless ``whole``, the interval and the detectable effect are left out, which take longest.
    """
    if not protocol.negative_controls:
        return None
    measure, level = protocol.estimand.contrast, protocol.inference.level
    samples, refused = _samples(protocol, frames)
    rows = [_row(protocol, control, samples, refused) for control in protocol.negative_controls]
    known = [row for row in rows if row["estimate"] is not None]
    differing = sum(row["p_value"] < 1 - level for row in known)
    section: dict[str, Any] = {
        "scale": STANDARDISED if measure == "difference" else f"logarithm of the {measure}",
        "level": level,
        "needed": LEAST_CONTROLS,
        "controls": rows,
        "estimated": len(known),
        "differing": differing,
        "share": differing / len(known) if known else None,
        "outcome_deviation": _outcome_deviation(samples) if measure == "difference" else None,
        **dict.fromkeys(("too_few", "null", "systematic_error", "detectable")),
        "limits": limits(protocol),
    }
    if len(known) < LEAST_CONTROLS:
        section["too_few"] = (
            f"{len(known)} of {len(rows)} negative controls could be estimated; expected {LEAST_CONTROLS} or more, below "
            "which nothing is calibrated"
        )
    else:
        section |= _fitted(known, level if whole else None)
    return {**section, "detectable": _detectable(protocol, samples, section)} if whole else section


def limits(protocol: Protocol) -> dict[str, float | None]:
    """Return the limits of the gates of negative controls."""
    gates = protocol.gates
    declared = gates.systematic_error
    return {
        "controls_share": gates.controls_share,
        "systematic_error": LIMITS[protocol.estimand.contrast] if declared is None else declared,
        "detectable_effect": gates.detectable_effect,
    }


def calibration(
    protocol: Protocol, section: Mapping[str, Any] | None, primary: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the section ``calibration`` of the results: the primary estimate without the systematic error of the controls.

    None where no error distribution was fitted. A difference is calibrated in standard deviations of the outcome within the
    arms and given in its own unit; a ratio is calibrated on its logarithm.
    """
    if section is None or section["null"] is None:
        return None
    unit = _unit(section)
    found = Primary(document_section("effect.json", dict(primary)))
    error = ErrorDistribution(section["null"]["mean"], section["null"]["deviation"])
    made = calibrated_effect(found.inferred / unit, found.standard_error / unit, error)
    low, high = made.interval(found.level)
    measure = protocol.estimand.contrast
    return {
        "estimate": presented(made.value * unit, measure),
        "standard_error": made.standard_error * unit,
        "ci_low": presented(low * unit, measure),
        "ci_high": presented(high * unit, measure),
        "p_value": made.p_value,
        "level": found.level,
    }


def _samples(
    protocol: Protocol, frames: Sequence[pd.DataFrame]
) -> tuple[tuple[Sample, ...], EstimationError | None]:
    """Return the samples with their fitted scores, or none and why there are none."""
    try:
        return tuple(Sample.of(protocol, frame) for frame in frames), None
    except EstimationError as error:
        return (), error


def _row(
    protocol: Protocol,
    control: NegativeControl,
    samples: Sequence[Sample],
    refused: EstimationError | None,
) -> dict[str, Any]:
    """Return a control as the results hold it; what cannot be estimated says why."""
    row: dict[str, Any] = {
        **control.model_dump(mode="json"),
        **dict.fromkeys(("n", "observed", "estimate", "standard_error", "p_value")),
        "note": "",
    }
    try:
        if refused is not None:
            raise refused
        parts = [estimated_control(protocol, control, sample) for sample in samples]
        found = parts[0] if len(parts) == 1 else pooled(parts).estimate
    except EstimationError as error:
        return {**row, "note": f"not estimable: {error}"}
    return {
        **row,
        "n": found.n,
        "observed": int(samples[0].analysis[control.column].notna().sum()),
        "estimate": found.value,
        "standard_error": found.standard_error,
        "p_value": found.p_value,
    }


def estimated_control(protocol: Protocol, control: NegativeControl, sample: Sample) -> Estimate:
    """Return the effect on a control in one completed data set, on the scale of the controls.

    Raises EstimationError when the control has one value, nothing left to estimate an error from, or an outcome model that
    separates or did not converge.
    """
    values = sample.analysis[control.column].to_numpy(dtype=np.float64, na_value=np.nan)
    observed: NDArray[np.bool_] = ~np.isnan(values)
    if not observed.any() or float(np.ptp(values[observed])) == 0:
        raise EstimationError("it has no two different values among the analysed subjects; check the column")
    flag = is_flag(protocol.contract.column(control.column))
    taken = sample.of_outcome("binomial" if flag else "gaussian", values, observed)
    result = taken.primary()
    if any(model.separated or not model.converged for model in result.models):
        raise EstimationError("its outcome model separates or did not converge; too few subjects have it")
    found = effect_of(taken.inferred(result=result), protocol.estimand.contrast).inference
    if not found.standard_error > _ROUNDING * float(np.abs(values[observed]).max()):
        raise EstimationError("it has no variance beside arm and covariates; check the column")
    if protocol.estimand.contrast != "difference":
        return found
    unit = pooled_deviation(sample.treated[observed], values[observed])
    return replace(found, value=found.value / unit, standard_error=found.standard_error / unit)


def _fitted(known: Sequence[Mapping[str, Any]], level: float | None) -> dict[str, Any]:
    """Return the error distribution of the controls, and its expected absolute error, with an interval if there is a level."""
    estimates, errors = (
        np.array([row[key] for row in known], dtype=np.float64) for key in ("estimate", "standard_error")
    )
    null = fit_error_distribution(estimates, errors)
    found = {
        "null": {"mean": null.mean, "deviation": null.deviation},
        "systematic_error": {"value": expected_absolute(null)},
    }
    if level is not None:
        error = expected_error(estimates, errors, level)
        found["systematic_error"] |= {"ci_low": error.low, "ci_high": error.high}
    return found


def _outcome_deviation(samples: Sequence[Sample]) -> float | None:
    """Return the standard deviation of the observed outcome within the arms; None where there is no sample."""
    found = [
        pooled_deviation(sample.treated[sample.observed], sample.outcome[sample.observed])
        for sample in samples[:1]
    ]
    return found[0] if found else None


def _unit(section: Mapping[str, Any]) -> float:
    """Return one unit of the controls' scale on the primary estimate's scale of inference."""
    deviation = section["outcome_deviation"]
    return 1.0 if deviation is None else float(deviation)


def _detectable(
    protocol: Protocol, samples: Sequence[Sample], section: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the minimal detectable effect, without and with the systematic error; None where there is no standard error."""
    measure, level = protocol.estimand.contrast, protocol.inference.level
    if not samples:
        return None
    try:
        error = pooled_effect(
            [effect_of(sample.inferred(), measure) for sample in samples]
        ).inference.standard_error
    except EstimationError:
        return None
    null = section["null"]
    whole = None if null is None else float(np.hypot(error, null["deviation"] * _unit(section)))
    return {
        "power": POWER,
        "standard_error": error,
        "effect": presented(detectable_effect(error, level), measure),
        "calibrated": None if whole is None else presented(detectable_effect(whole, level), measure),
    }
