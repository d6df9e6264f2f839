"""The gates of the effect step: outcome models, variances, double programming, change since last month."""

from collections.abc import Iterator, Mapping
from typing import Any

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.false_alarm import bootstrap_false_alarm_rate, change_false_alarm_rate
from medicore.stats.models.outcome_model import OutcomeModel
from medicore.steps.gate import shown
from medicore.steps.models.naming import behind_separation, failures
from medicore.steps.models.sample import Sample
from medicore.steps.models.terms import Terms


def outcome_model_findings(
    protocol: Protocol, terms: Terms, sample: Sample, models: tuple[OutcomeModel, OutcomeModel]
) -> Iterator[Finding]:
    """Yield findings about the outcome models under treatment and under control: convergence and separation."""
    labels = {"treated": protocol.treatment.treated, "control": protocol.treatment.control}
    for arm, model in zip(("treated", "control"), models, strict=True):
        if not model.converged:
            yield Finding(
                "effect", "outcome convergence", f"outcome model, {arm}", "not converged", "converged",
                f"the outcome model of the {arm} arm did not converge; simplify models.outcome",
                overridable=False,
            )  # fmt: skip
        if model.separated:
            within = sample.observed & (sample.treated if arm == "treated" else ~sample.treated)
            events = sample.outcome[within] == 1
            behind = behind_separation(terms, terms.matrix[within], events)
            yield Finding(
                "effect", "outcome separation", f"outcome model, {arm}", "separated", "none",
                f"in the {arm} arm ({labels[arm]}), with {int(events.sum())} events of {len(events)}, the covariates predict "
                f"the outcome perfectly for some subjects (separation), as where a category has no event{behind}; their "
                "predictions rest on no information; simplify models.outcome",
            )  # fmt: skip


def effect_findings(protocol: Protocol, primary: Mapping[str, Any], sparse: str = "") -> Iterator[Finding]:
    """Yield findings about the primary estimate: variances that disagree, failed replicates, second implementation.

    ``sparse`` says which levels few subjects have, for the message about failed replicates.
    """
    gates, errors = protocol.gates, primary["standard_errors"]
    for name in ("sandwich", "bootstrap"):
        gap = abs(errors[name] / errors["influence"] - 1)
        if gap >= gates.variance_disagreement:
            yield Finding(
                "effect", "variance disagreement", name, shown(gap), shown(gates.variance_disagreement),
                f"the {name} standard error differs from the influence function's by {gap:.1%}; the limit is "
                f"{gates.variance_disagreement:.1%}",
                false_alarm_rate=_bootstrap_noise(protocol) if name == "bootstrap" else None,
            )  # fmt: skip
    failed = sum(primary["bootstrap"]["failed"].values()) / primary["bootstrap"]["replicates"]
    if failed >= gates.failed_replicates_share:
        yield Finding(
            "effect", "failed replicates", "bootstrap", shown(failed), shown(gates.failed_replicates_share),
            f"{failed:.1%} of the bootstrap replicates could not be estimated ({failures(primary['bootstrap']['failed'])}"
            f"{sparse}); the limit is {gates.failed_replicates_share:.1%}",
        )  # fmt: skip
    second = primary["verification"]
    if (
        not second["relative_difference"] <= second["tolerance"]
    ):  # written so that NaN, which confirms nothing, halts too
        yield Finding(
            "effect", "double programming", "primary estimate", shown(second["relative_difference"]),
            shown(second["tolerance"]),
            "the second implementation does not confirm the primary estimate: they differ by "
            f"{shown(second['relative_difference'])} standard errors, tolerated are {shown(second['tolerance'])}; do "
            "not use either, report the disagreement",
            overridable=False,
        )  # fmt: skip


def _bootstrap_noise(protocol: Protocol) -> float:
    """Return how often the bootstrap's standard error differs by the limit because of its number of replicates alone."""
    return bootstrap_false_alarm_rate(protocol.gates.variance_disagreement, protocol.inference.replicates)


def change_findings(protocol: Protocol, change: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Yield the finding about the change since last month; none without an earlier estimate of the same kind."""
    if change is None or change["in_standard_errors"] is None:
        return
    size, limit = abs(change["in_standard_errors"]), protocol.gates.estimate_change
    if size >= limit:
        rate = change_false_alarm_rate(limit, change["previous_standard_error"], change["standard_error"])
        yield Finding(
            "effect", "change of estimate", f"since {change['month']}", shown(size), shown(limit),
            f"the primary estimate moved by {size:.2f} of its standard errors since {change['month']}; the limit is "
            f"{limit:g}; look at what changed in data and protocol",
            false_alarm_rate=rate,
        )  # fmt: skip
