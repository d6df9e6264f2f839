"""The gates of the effect step: outcome models, variances, double programming, change since last month."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.false_alarm import change_false_alarm_rate
from medicore.stats.models.outcome_model import OutcomeModel
from medicore.steps.gate import shown
from medicore.steps.models.naming import behind_separation, failures
from medicore.steps.models.sample import Sample
from medicore.steps.models.terms import Terms


def outcome_model_findings(
    protocol: Protocol, terms: Terms, sample: Sample, models: tuple[OutcomeModel, OutcomeModel]
) -> Iterator[Finding]:
    """Yield findings about the outcome models under treatment and under control, or the one of both: convergence, separation."""
    labels = {"treated": protocol.treatment.treated, "control": protocol.treatment.control}
    if models[0].influence is models[1].influence:
        yield from _joint_model_findings(terms, sample, models[0])
        return
    for arm, model in zip(("treated", "control"), models, strict=True):
        if not model.converged:
            yield Finding(
                "effect", "outcome convergence", f"outcome model, {arm}", "not converged", "converged",
                f"the outcome model of the {arm} arm did not converge; simplify models.outcome",
                overridable=False,
            )  # fmt: skip
        if model.separated:
            within = sample.known & (sample.treated if arm == "treated" else ~sample.treated)
            events = sample.outcome[within] == 1
            behind = behind_separation(terms, terms.matrix[within], events)
            yield Finding(
                "effect", "outcome separation", f"outcome model, {arm}", "separated", "none",
                f"in the {arm} arm ({labels[arm]}), with {int(events.sum())} events of {len(events)}, the covariates predict "
                f"the outcome perfectly for some subjects (separation), as where a category has no event{behind}; their "
                "predictions rest on no information; simplify models.outcome",
            )  # fmt: skip


def _joint_model_findings(terms: Terms, sample: Sample, model: OutcomeModel) -> Iterator[Finding]:
    """Yield findings about an outcome model that is fitted to both arms together."""
    if not model.converged:
        yield Finding(
            "effect", "outcome convergence", "outcome model, both arms", "not converged", "converged",
            "the outcome model of both arms did not converge; simplify models.outcome",
            overridable=False,
        )  # fmt: skip
    if model.separated:
        events = sample.outcome[sample.known] == 1
        behind = behind_separation(terms, terms.matrix[sample.known], events)
        yield Finding(
            "effect", "outcome separation", "outcome model, both arms", "separated", "none",
            f"in both arms, with {int(events.sum())} events of {len(events)}, arm and covariates predict the outcome perfectly for "
            f"some subjects (separation), as where an arm or a category has no event{behind}; their predictions rest on no "
            "information; simplify models.outcome",
        )  # fmt: skip


SIMPLE = "the influence function's"
"""Whose standard error the sandwich is held against."""


def effect_findings(
    protocol: Protocol,
    primary: Mapping[str, Any],
    sparse: str = "",
    alarm_rate: Callable[[str], float | None] = lambda _: None,
    expectation: str = "that leverage lets expect",
    simple: str = SIMPLE,
) -> Iterator[Finding]:
    """Yield findings about the primary estimate: variances that disagree, failed replicates, second implementation.

    The sandwich is held against the influence function, and the spread of the bootstrap's replicates against the
    standard error of residuals divided by 1 − leverage: each pair errs alike in small samples. ``alarm_rate`` gives the
    false alarm rate of one of the two, and is asked only where it fires. ``sparse`` says which levels few subjects
    have, for the message about failed replicates, ``expectation`` what the spread is held against, and ``simple`` what the
    sandwich is.
    """
    gates, errors, replicated = protocol.gates, primary["standard_errors"], primary["bootstrap"]
    pairs = {
        "sandwich": (
            errors["sandwich"] / errors["influence"],
            f"the sandwich standard error differs from {simple}",
        ),
        "bootstrap": (
            replicated["spread"] / replicated["expected_spread"],
            f"the spread of the bootstrap replicates differs from the standard error {expectation}",
        ),
    }
    for name, (ratio, words) in pairs.items():
        gap = abs(ratio - 1)
        if gap >= gates.variance_disagreement:
            yield Finding(
                "effect", "variance disagreement", name, shown(gap), shown(gates.variance_disagreement),
                f"{words} by {gap:.1%}; the limit is {gates.variance_disagreement:.1%}; look for subjects with large "
                "weights, and for models that do not fit",
                false_alarm_rate=alarm_rate(name),
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


def change_findings(
    protocol: Protocol,
    change: Mapping[str, Any] | None,
    parameters: int,
    simulated: Callable[[Mapping[str, Any]], float | None] = lambda _: None,
) -> Iterator[Finding]:
    """Yield the finding about the change since last month; none without an earlier estimate of the same kind.

    ``simulated`` gives its false alarm rate, and is asked only where it fires. Where it gives None, the rate is that of the
    formula, which is rougher. ``parameters`` are those of both outcome models: the variance falls about with the subjects
    less these; in a randomised study, whose weights hardly vary, with the subjects less half of them.
    """
    if change is None or change["in_standard_errors"] is None:
        return
    size, limit = abs(change["in_standard_errors"]), protocol.gates.estimate_change
    if size >= limit:
        rate = simulated(change)
        if rate is None:
            lost = parameters / 2 if protocol.design == "randomised" else parameters
            rate = change_false_alarm_rate(limit, change["previous_n"] - lost, change["n"] - lost)
        yield Finding(
            "effect", "change of estimate", f"since {change['month']}", shown(size), shown(limit),
            f"the primary estimate moved by {size:.2f} of its standard errors since {change['month']}; the limit is "
            f"{limit:g}; look at what changed in data and protocol",
            false_alarm_rate=rate,
        )  # fmt: skip
