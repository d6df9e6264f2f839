"""What stands beside the effect on survival: curves with numbers at risk, hazard ratio, log-rank, competing events."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.contrasts import ArmMeans, difference
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.measures import effect_of
from medicore.stats.robustness.evalue import EValue, e_value_of_risk_ratio
from medicore.stats.survival.aalen_johansen import aalen_johansen
from medicore.stats.survival.cox import fit_cox
from medicore.stats.survival.curve_influence import curve_summary
from medicore.stats.survival.kaplan_meier import kaplan_meier
from medicore.stats.survival.log_rank import log_rank
from medicore.steps.alternatives.robustness import e_value_section
from medicore.steps.models.timed_sample import TimedSample

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

_DRAWN = 120
"""Steps of time from 0 to the horizon at which a curve is told; the curve between is not."""
_AT_RISK = 6
"""The largest number of steps of time at which the numbers at risk are told."""


def survival_section(protocol: Protocol, sample: TimedSample) -> dict[str, Any]:
    """Return the part ``survival`` of the results.

    Curves are Kaplan and Meier's, as they are in a randomised study and weighted for treatment in an observational one.
    The hazard ratio is that of Cox's model with the arm alone, weighted for treatment, with robust variance.
    """
    return {
        "horizon": sample.horizon,
        "unit": protocol.outcome.unit,
        "curves": _curves(protocol, sample),
        "at_risk": _at_risk(sample),
        "hazard_ratio": _hazard_ratio(protocol, sample),
        "log_rank": _log_ranks(sample),
        "competing": _competing(protocol, sample),
    }


def confounding_of_survival(protocol: Protocol, sample: TimedSample) -> dict[str, Any] | None:
    """Return the E-values of the ratio of the risks by the horizon; of a restricted mean there is none.

    Its interval is that of the logarithm, by the delta method from the stacked variance of the arms' survival. In a
    randomised study, whose arms differ by chance alone, nothing is confounded: the answer is None.
    """
    if protocol.design == "randomised":
        return None
    if sample.summary != "survival":
        return {
            "note": "not estimable: no risk ratio corresponds to a difference of restricted mean survival"
        }
    survival = sample.inferred()
    risks = replace(survival, treated=1 - survival.treated, control=1 - survival.control, root=-survival.root)

    def e_value() -> EValue:
        ratio = effect_of(risks, "risk ratio")
        return e_value_of_risk_ratio(ratio.value, *ratio.interval(protocol.inference.level))

    return e_value_section(e_value)


def _arms(sample: TimedSample) -> dict[str, Flags]:
    return {"treated": sample.treated, "control": ~sample.treated}


def _curves(protocol: Protocol, sample: TimedSample) -> dict[str, Any]:
    """Return survival with its pointwise interval at equal steps to the horizon, the median, and which weights there are."""
    weighted = protocol.design == "observational"
    times = np.linspace(0.0, sample.horizon, _DRAWN + 1)
    arms = {}
    for arm, inside in _arms(sample).items():
        time, event = sample.time[inside], sample.event[inside]
        weights = sample.weights[inside] if weighted else None
        curve = kaplan_meier(time, event, weights)
        rows = []
        for at in times:
            if weighted:
                found = curve_summary(time, event, float(at), "survival", weights)
                rows.append(_log_log(found.value, found.standard_error, protocol.inference.level))
            else:
                rows.append((curve.at(float(at)), *curve.interval(float(at), protocol.inference.level)))
        value, low, high = (list(column) for column in zip(*rows, strict=True))
        median = curve.median
        arms[arm] = {
            "survival": value,
            "ci_low": low,
            "ci_high": high,
            "median": median if np.isfinite(median) else None,
        }
    weights_of = "inverse probability of treatment" if weighted else "none"
    return {"times": times.tolist(), "weights": weights_of, "arms": arms}


def _log_log(value: float, error: float, level: float) -> tuple[float, float, float]:
    """Return a probability with its interval on the scale of log(−log S); itself alone where it is 1 or 0."""
    if not 0 < value < 1:
        return value, value, value
    width = float(ndtri(0.5 + level / 2)) * error / abs(value * np.log(value))
    return value, float(value ** np.exp(width)), float(value ** np.exp(-width))


def _at_risk(sample: TimedSample) -> dict[str, Any]:
    """Return how many subjects of each arm are followed to each of some times, and have had no event before."""
    times = round_times(sample.horizon)
    counts = {
        arm: [int((sample.time[inside] >= at).sum()) for at in times] for arm, inside in _arms(sample).items()
    }
    return {"times": times, **counts}


def round_times(horizon: float) -> list[float]:
    """Return 0, multiples of 1, 2 or 5 times a power of ten, and the horizon; at most eight times, none close to it."""
    power = 10.0 ** np.floor(np.log10(horizon / _AT_RISK))
    step = next(float(times * power) for times in (1, 2, 5, 10) if times * power >= horizon / _AT_RISK)
    whole = [step * number for number in range(_AT_RISK + 1) if step * number < horizon - step / 2]
    return [*whole, horizon]


def _hazard_ratio(protocol: Protocol, sample: TimedSample) -> dict[str, Any]:
    """Return the marginal hazard ratio by Cox's model with the arm alone; what cannot be estimated says so."""
    arm = sample.treated.astype(np.float64)[:, None]
    fit = fit_cox(arm, sample.time, sample.event, sample.weights, ties="efron")
    if fit.separated or not fit.converged:
        return {"note": "not estimable: the events order the arms perfectly"}
    found = Estimate("", "", float(fit.coefficients[0]), float(fit.robust_errors[0]), "", len(sample.time))
    low, high = np.exp(found.interval(protocol.inference.level))
    return {
        "estimate": float(np.exp(found.value)),
        "standard_error": found.standard_error,
        "ci_low": float(low),
        "ci_high": float(high),
        "p_value": found.p_value,
        "n": found.n,
        "events": int(sample.event.sum()),
        "ties": "Efron",
        "note": "",
    }


def _log_ranks(sample: TimedSample) -> dict[str, Any]:
    """Return the log-rank tests with and without weights; what cannot be tested says so."""
    try:
        plain = log_rank(sample.treated, sample.time, sample.event)
        weighted = log_rank(sample.treated, sample.time, sample.event, sample.weights)
    except EstimationError as error:
        return {"note": f"not estimable: {error}"}
    return {
        "statistic": plain.statistic,
        "p_value": plain.p_value,
        "weighted_statistic": weighted.statistic,
        "weighted_p_value": weighted.p_value,
        "note": "",
    }


def _competing(protocol: Protocol, sample: TimedSample) -> dict[str, Any] | None:
    """Return the cumulative incidence of event and competing event by the horizon, weighted for treatment; None without one."""
    if protocol.outcome.competing is None:
        return None
    kinds = {
        "event": (sample.happened, sample.competing),
        "competing": (sample.competing, sample.happened),
    }
    return {
        "name": protocol.outcome.competing,
        "kinds": {kind: _incidences(protocol, sample, *flags) for kind, flags in kinds.items()},
    }


def _incidences(protocol: Protocol, sample: TimedSample, event: Flags, competing: Flags) -> dict[str, Any]:
    root, values = np.zeros((len(sample.time), 2)), []
    for place, inside in enumerate(_arms(sample).values()):
        found = aalen_johansen(
            sample.time[inside], event[inside], competing[inside], sample.horizon, sample.weights[inside]
        )
        root[inside, place] = found.influence
        values.append(found.value)
    means = ArmMeans("ATE", "weighted Aalen–Johansen", values[0], values[1], root, "", len(sample.time))
    apart = difference(means)
    low, high = apart.interval(protocol.inference.level)
    errors = np.linalg.norm(root, axis=0)
    return {
        "treated": values[0],
        "control": values[1],
        "standard_error_treated": float(errors[0]),
        "standard_error_control": float(errors[1]),
        "difference": apart.value,
        "standard_error": apart.standard_error,
        "ci_low": low,
        "ci_high": high,
        "p_value": apart.p_value if apart.standard_error > 0 else None,
    }
