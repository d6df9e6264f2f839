"""The gates of the model of being observed: its fit, and the weights that treatment and observation make together."""

from collections.abc import Iterator, Mapping
from typing import Any

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.steps.gate import shown
from medicore.steps.models.naming import behind_separation
from medicore.steps.models.sample import Sample
from medicore.steps.models.terms import Terms


def observation_model_findings(terms: Terms, sample: Sample) -> Iterator[Finding]:
    """Yield findings about the model of being observed: convergence and separation; none where every outcome is observed.

    ``terms`` are those of the model, on the rows of the sample.
    """
    if sample.complete:
        return
    fit = sample.observation.fit
    if fit is None:
        return
    if not fit.converged:
        yield Finding(
            "effect", "observation convergence", "observation model", "not converged", "converged",
            "the model of being observed did not converge; leave terms out under outcome.missing.covariates",
            overridable=False,
        )  # fmt: skip
    if fit.separated:
        behind = behind_separation(terms, terms.matrix, sample.observed)
        yield Finding(
            "effect", "observation separation", "observation model", "separated", "none",
            f"with {int((~sample.observed).sum())} outcomes missing, the covariates predict perfectly for some subjects "
            f"whether the outcome is observed (separation){behind}; their weights mean nothing; name fewer covariates "
            "under outcome.missing.covariates",
        )  # fmt: skip


def observation_findings(protocol: Protocol, observation: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield findings about the weights for treatment and observation, by their diagnostics, before the estimate exists."""
    for arm, weights in observation["arms"].items():
        yield from _weights(protocol, arm, weights)


def _weights(protocol: Protocol, arm: str, weights: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield findings about an arm's weights for treatment and observation, by the limits of the weights for treatment."""
    share, limit = weights["largest_weight_share"], protocol.gates.weight_share
    if share >= limit:
        yield Finding(
            "propensity", "weight share (observed)", arm, shown(share), shown(limit),
            f"one {arm} subject carries {share:.1%} of the arm's weight for treatment and observation; the limit is "
            f"{limit:.1%}; simplify the model of being observed, or show why the weight is sound",
        )  # fmt: skip
    effective, limit = (
        weights["effective_sample_size"] / weights["observed"],
        protocol.gates.effective_sample_size_share,
    )
    if effective <= limit:
        yield Finding(
            "propensity", "effective sample size (observed)", arm, shown(effective), shown(limit),
            f"weighting for treatment and observation leaves {effective:.1%} of the {arm} subjects with an outcome; the "
            f"limit is {limit:.1%}; simplify the models, or show why the weights are sound",
        )  # fmt: skip
