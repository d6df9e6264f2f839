"""The gates of a time to event: follow-up to the horizon, hazard models, and the weights for treatment and censoring."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.survival.augmented_survival import SurvivalModels
from medicore.steps.data.follow_up import CENSORED, EVENT
from medicore.steps.gate import shown


def follow_up_findings(protocol: Protocol, analysis: pd.DataFrame) -> Iterator[Finding]:
    """Yield findings about an arm without an event by the horizon, or without follow-up to it; no signature overrides them."""
    horizon = float(protocol.outcome.horizon or 0)
    treated = analysis["treated"].to_numpy(dtype=bool)
    for label, within in ((protocol.treatment.treated, treated), (protocol.treatment.control, ~treated)):
        time = analysis["outcome"].to_numpy(dtype=np.float64)[within]
        happened = (analysis[EVENT] != CENSORED).to_numpy(dtype=bool)[within]
        if not (happened & (time <= horizon)).any():
            yield Finding(
                "cohort", "events of an arm", protocol.outcome.column, f"0 of {len(time)}", "1 or more",
                f"arm {label!r} has no event of {len(time)} subjects by the horizon of {horizon:g} {protocol.outcome.unit}, so "
                "that no hazard can be estimated in it; wait for more follow-up, or plan another horizon in a new version of "
                "the protocol",
                overridable=False,
            )  # fmt: skip
        longest = float(time.max(initial=0.0))
        if longest < horizon and not happened[time == longest].all():
            yield Finding(
                "cohort", "follow-up of an arm", protocol.outcome.column, shown(longest), shown(horizon),
                f"follow-up of arm {label!r} ends before the horizon of {horizon:g} {protocol.outcome.unit}, so that nothing "
                "says what follows; wait for more follow-up, or plan an earlier horizon in a new version of the protocol",
                overridable=False,
            )  # fmt: skip


def hazard_findings(models: SurvivalModels) -> Iterator[Finding]:
    """Yield findings about the hazard models of event and censoring in each arm: convergence and separation."""
    for kind, key, pair in (
        ("event", "models.outcome", models.events),
        ("censoring", "outcome.censoring.covariates", models.censoring),
    ):
        for arm, model in zip(("treated", "control"), pair, strict=True):
            if model.fit is None:
                continue
            subject = f"hazard of {kind}, {arm}"
            if model.fit.separated:
                yield Finding(
                    "effect", "hazard separation", subject, "separated", "none",
                    f"the covariates order the times of {kind} of the {arm} arm perfectly for some subjects (separation), as where "
                    "a category has none; their hazards rest on no information; name fewer covariates under " + key,
                )  # fmt: skip
            elif not model.fit.converged:
                yield Finding(
                    "effect", "hazard convergence", subject, "not converged", "converged",
                    f"the hazard model of {kind} of the {arm} arm did not converge; name fewer covariates under {key}",
                    overridable=False,
                )  # fmt: skip


def censoring_findings(protocol: Protocol, censoring: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield findings about the weights for treatment and censoring, by the limits of those for treatment, before the estimate exists."""
    for arm, weights in censoring["arms"].items():
        share, limit = weights["largest_weight_share"], protocol.gates.weight_share
        if share >= limit:
            yield Finding(
                "propensity", "weight share (censoring)", arm, shown(share), shown(limit),
                f"one {arm} subject carries {share:.1%} of the arm's weight for treatment and censoring; the limit is "
                f"{limit:.1%}; name fewer covariates under outcome.censoring, or show why the weight is sound",
            )  # fmt: skip
        effective = weights["effective_sample_size"] / weights["followed"]
        limit = protocol.gates.effective_sample_size_share
        if effective <= limit:
            yield Finding(
                "propensity", "effective sample size (censoring)", arm, shown(effective), shown(limit),
                f"weighting for treatment and censoring leaves {effective:.1%} of the {arm} subjects who are not censored by the "
                f"horizon; the limit is {limit:.1%}; simplify the models, or show why the weights are sound",
            )  # fmt: skip
