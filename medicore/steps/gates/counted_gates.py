"""The gates of a count: events in each arm, models of rate and exposure, and the weights for treatment and exposure."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.counts.augmented_rates import RateModels
from medicore.steps.gate import shown


def event_findings(protocol: Protocol, analysis: pd.DataFrame) -> Iterator[Finding]:
    """Yield the finding about an arm without an event; no signature overrides it."""
    treated = analysis["treated"].to_numpy(dtype=bool)
    for label, within in ((protocol.treatment.treated, treated), (protocol.treatment.control, ~treated)):
        count = analysis["outcome"].to_numpy(dtype=np.float64)[within]
        if not (count > 0).any():
            yield Finding(
                "cohort", "events of an arm", protocol.outcome.column, f"0 of {len(count)}", "1 or more",
                f"arm {label!r} has no event in {len(count)} subjects, so that no rate can be modelled in it; wait for more "
                "follow-up, or plan another outcome in a new version of the protocol",
                overridable=False,
            )  # fmt: skip


def rate_model_findings(models: RateModels) -> Iterator[Finding]:
    """Yield findings about the models of rate and exposure in each arm: convergence and separation."""
    for kind, pair in (("rate", models.rate), ("exposure", models.exposure)):
        for arm, model in zip(("treated", "control"), pair, strict=True):
            subject = f"model of the {kind}, {arm}"
            if model.separated:
                yield Finding(
                    "effect", "outcome separation", subject, "separated", "none",
                    f"the log-linear model of the {kind} of the {arm} arm has no maximum (separation), as where a category has no "
                    "event; its predictions rest on no information; simplify models.outcome",
                )  # fmt: skip
            elif not model.converged:
                yield Finding(
                    "effect", "outcome convergence", subject, "not converged", "converged",
                    f"the log-linear model of the {kind} of the {arm} arm did not converge; simplify models.outcome",
                    overridable=False,
                )  # fmt: skip


def exposure_findings(protocol: Protocol, exposure: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield findings about the weights for treatment and exposure, by the limits of the weights for treatment."""
    for arm, weights in exposure["arms"].items():
        share, limit = weights["largest_weight_share"], protocol.gates.weight_share
        if share >= limit:
            yield Finding(
                "propensity", "weight share (exposure)", arm, shown(share), shown(limit),
                f"one {arm} subject carries {share:.1%} of the arm's weight for treatment and exposure; the limit is "
                f"{limit:.1%}; look for a long exposure that is expected to be short, or show why the weight is sound",
            )  # fmt: skip
        effective = weights["effective_sample_size"] / weights["subjects"]
        limit = protocol.gates.effective_sample_size_share
        if effective <= limit:
            yield Finding(
                "propensity", "effective sample size (exposure)", arm, shown(effective), shown(limit),
                f"weighting for treatment and exposure leaves {effective:.1%} of the {arm} subjects; the limit is {limit:.1%}; "
                "simplify the models, or show why the weights are sound",
            )  # fmt: skip
