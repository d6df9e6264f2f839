"""E-values for unmeasured confounding, and the tipping point for missing outcomes."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.measures import effect_of
from medicore.stats.imputation.pooling import pooled_effect
from medicore.stats.robustness.evalue import EValue, e_value_of_risk_ratio, e_value_of_standardised_difference
from medicore.stats.robustness.tipping import tipping_point
from medicore.stats.robustness.tipping_surface import Shifted, tipping_of_treated
from medicore.steps.cohort import LEFT_OUT
from medicore.steps.data.outcome_states import MISSING
from medicore.steps.models.sample import Sample


def confounding(
    protocol: Protocol, primary: dict[str, Any], samples: Sequence[Sample]
) -> dict[str, Any] | None:
    """Return the E-values of the primary estimate and of the limit of its interval nearer to no effect.

    A difference of means is divided by the observed outcomes' standard deviation over both arms, ddof 1. For a binary outcome
    the risk ratio of the primary estimator's means is used. If there is no E-value, the result holds the reason. In a
    randomised study, whose arms differ by chance alone, nothing is confounded: the answer is None.
    """
    if protocol.design == "randomised":
        return None
    return e_value_section(lambda: _e_value(protocol, primary, samples))


def e_value_section(work: Callable[[], EValue]) -> dict[str, Any]:
    """Return the E-value that ``work`` finds as the results hold it; without one, the reason."""
    try:
        found = work()
    except EstimationError as error:
        return {"note": f"not estimable: {error}"}
    return {
        "point": found.point,
        "limit": found.limit,
        "risk_ratio": found.risk_ratio,
        "ci_low": found.low,
        "ci_high": found.high,
        "conversion": found.conversion,
        "note": "",
    }


def _e_value(protocol: Protocol, primary: dict[str, Any], samples: Sequence[Sample]) -> EValue:
    if protocol.outcome.family == "gaussian":
        spread = float(samples[0].outcome[samples[0].observed].std(ddof=1))
        return e_value_of_standardised_difference(
            primary["estimate"] / spread, primary["ci_low"] / spread, primary["ci_high"] / spread
        )
    means = [one.inferred() for one in samples]
    ratio = pooled_effect([effect_of(one, "risk ratio") for one in means])
    return e_value_of_risk_ratio(ratio.value, *ratio.interval(protocol.inference.level))


def missing_outcomes(
    protocol: Protocol, primary: dict[str, Any], disposition: pd.DataFrame, sets: Sequence[Shifted]
) -> dict[str, Any]:
    """Return the tipping point: the shift of the treated arm's missing outcomes that changes the conclusion.

    Missing are the outcomes that were due, in the treated arm of the contrast, and not observed. For a ratio the tipping
    point is that of the difference of the same means. Where they are analysed, ``sets`` are not empty, and a shift is
    multiplied by the share missing in the target population, as on the tipping surface; complete cases are left with the
    share of the treated.
    """
    in_arm = (disposition["arm"] == protocol.treatment.treated).to_numpy(dtype=bool)
    due = in_arm & disposition["reason"].isin(("", LEFT_OUT)).to_numpy(dtype=bool)
    lacking = due & (disposition["outcome"] == MISSING).to_numpy(dtype=bool)
    missing, treated = int(lacking.sum()), int(due.sum())
    level, difference = protocol.inference.level, primary["absolute_difference"]
    alone = tipping_point(
        difference["estimate"],
        difference["standard_error"],
        treated=treated,
        missing=missing,
        level=level,
        degrees_of_freedom=difference["degrees_of_freedom"],
    )
    found = tipping_of_treated(sets, level=level) if sets else alone
    return {
        "treated": treated,
        "missing": missing,
        "missing_share": alone.missing_share,
        "shifted_share": found.missing_share,
        "delta": found.delta,
        "delta_of_estimate": found.delta_of_estimate,
        "concluded": found.concluded,
        "unit": protocol.outcome.unit,
    }
