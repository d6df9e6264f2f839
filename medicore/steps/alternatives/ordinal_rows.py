"""Sensitivity and supplementary analyses of an ordinal outcome, and what stands beside its effect: the shares of the levels."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.estimate import Estimate
from medicore.stats.ordinal.wins import level_shares
from medicore.steps.alternatives.refitted_rows import (
    clipped_row,
    row_without,
    subgroup_rows,
    trimmed_row,
)
from medicore.steps.models.ordinal_sample import OrdinalSample
from medicore.steps.models.sample import row


def ordinal_section(protocol: Protocol, everyone: pd.DataFrame, retained: pd.DataFrame) -> dict[str, Any]:
    """Return the section ``sensitivity`` of an ordinal outcome; ``everyone`` is before trimming.

    No E-value is defined for win odds, and no tipping point where incomplete cases are left out.
    """
    sample = OrdinalSample.of(protocol, retained)
    return {
        "sensitivity": same_wins(protocol, sample),
        "supplementary": other_wins(protocol, everyone, sample),
        "evalue": None,
        "tipping": None,
        "wins": wins_section(protocol, sample),
        "secondary": [],
        "families": [],
    }


def same_wins(protocol: Protocol, sample: OrdinalSample) -> list[dict[str, Any]]:
    """Return the rows that keep the estimand and vary what the primary analysis assumes (ICH E9(R1), A.5.2)."""
    works: list[tuple[str, Callable[[OrdinalSample], ArmMeans]]] = [
        ("IPW instead of AIPW", lambda one: one.weighted()),
        ("Threshold models alone", lambda one: one.modelled()),
        ("Threshold models of both arms alone", lambda one: one.modelled("joint")),
        ("One threshold model for both arms", lambda one: one.inferred(form="joint")),
        ("Logistic models of the thresholds", lambda one: one.inferred(models="binomial")),
    ]
    rows = [row(protocol, name, [sample], work) for name, work in works]
    rows += [clipped_row(protocol, sample, limit) for limit in protocol.sensitivity.clipping]
    if protocol.sensitivity.leave_one_out:
        rows += [
            row_without(protocol, sample.analysis, covariate.column, OrdinalSample.of)
            for covariate in protocol.covariates
        ]
    return [*rows, row(protocol, "No adjustment", [sample], lambda one: one.unadjusted())]


def other_wins(protocol: Protocol, everyone: pd.DataFrame, sample: OrdinalSample) -> list[dict[str, Any]]:
    """Return the rows about trimmed populations and subgroups; ``everyone`` is before trimming."""
    rows = [
        trimmed_row(protocol, everyone, threshold, OrdinalSample.of)
        for threshold in protocol.sensitivity.trimming
    ]
    for column in protocol.sensitivity.subgroups:
        rows += subgroup_rows(protocol, sample.analysis, column, OrdinalSample.of)
    return rows


def wins_section(protocol: Protocol, sample: OrdinalSample) -> dict[str, Any]:
    """Return the part ``wins`` of the results: each level's subjects and share by arm, as it is and adjusted with its interval.

    The adjusted share is by AIPW, which may leave 0 to 1 where a level is rare; its interval is cut there.
    """
    adjusted, levels = level_shares(sample.result().thresholds), []
    for place, (level, both) in enumerate(zip(protocol.outcome.levels or (), adjusted, strict=True)):
        told: dict[str, Any] = {"level": level.label, "value": level.value}
        for arm, inside, share in zip(
            ("treated", "control"), (sample.treated, ~sample.treated), both, strict=True
        ):
            count = int((sample.place[inside] == place).sum())
            told[arm] = {"n": count, "share": count / int(inside.sum()), **_adjusted(protocol, share)}
        levels.append(told)
    return {"levels": levels}


def _adjusted(protocol: Protocol, share: Estimate) -> dict[str, float]:
    low, high = share.interval(protocol.inference.level)
    return {"adjusted": share.value, "ci_low": max(low, 0.0), "ci_high": min(high, 1.0)}
