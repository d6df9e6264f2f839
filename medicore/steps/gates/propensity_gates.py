"""The gates of the propensity step: they compare scores, weights and balance with thresholds of the protocol."""

from collections.abc import Iterator, Sequence
from math import isinf

import numpy as np
from numpy.typing import NDArray

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.balance.overlap import equipoise
from medicore.stats.effect.small_sample import LEAST_SUBJECTS
from medicore.stats.models.design import standardise
from medicore.stats.models.logistic import LogisticFit
from medicore.stats.models.separation import COLLINEAR_SHARE, collinear_columns, dependent_columns
from medicore.steps.gate import shown
from medicore.steps.models.naming import listed
from medicore.steps.models.scoring import Scored, effective_shares
from medicore.steps.models.terms import Terms


def model_findings(protocol: Protocol, fit: LogisticFit) -> Iterator[Finding]:
    """Yield findings about the propensity model: convergence, separation, overlap, trimmed share."""
    gates = protocol.gates
    if not fit.converged:
        yield Finding(
            "propensity", "convergence", "propensity model", "not converged", "converged",
            f"the propensity model did not converge in {fit.iterations} iterations; simplify it",
            overridable=False,
        )  # fmt: skip
    if fit.separated:
        yield Finding(
            "propensity", "separation", "propensity model", "separated", "none",
            "the covariates predict treatment perfectly for some subjects (separation); their weights mean nothing",
        )  # fmt: skip
    if protocol.trimming.method == "none":
        yield from _overlap_findings(protocol, fit.fitted)
    if protocol.trimming.method == "discard":
        outside = int(((fit.fitted < protocol.trimming.lower) | (fit.fitted > protocol.trimming.upper)).sum())
        share = outside / len(fit.fitted)
        if share >= gates.trimmed_share:
            yield Finding(
                "propensity", "trimmed share", "propensity score", shown(share), shown(gates.trimmed_share),
                f"trimming discards {outside} of {len(fit.fitted)} subjects ({share:.1%}), with scores outside "
                f"{protocol.trimming.lower:g} to {protocol.trimming.upper:g}; the limit is {gates.trimmed_share:.1%}; "
                "see whether the estimand still holds for who is left",
            )  # fmt: skip


def _overlap_findings(protocol: Protocol, fitted: NDArray[np.float64]) -> Iterator[Finding]:
    """Yield the finding about scores, ``(n,)``, where the target population needs both arms and hardly has one of them.

    The ATT needs controls for whoever was treated, so that a score near 1 counts alone: the weight of a control goes to 0
    with its score. The ATO weights by overlap itself and needs none (Li, Morgan & Zaslavsky, 2018).
    """
    gates, target = protocol.gates, protocol.estimand.target
    too_low = (fitted <= gates.score_lower) & (target == "ATE")
    too_high = (fitted >= gates.score_upper) & (target != "ATO")
    outside = int((too_low | too_high).sum())
    if not outside:
        return
    limits = f"limits {shown(gates.score_lower)} and {shown(gates.score_upper)}"
    if target == "ATT":
        limits = f"limit {shown(gates.score_upper)}, above which the treated have no controls"
    yield Finding(
        "propensity", "overlap", "propensity score",
        f"{shown(float(fitted.min()))} to {shown(float(fitted.max()))}",
        f"{shown(gates.score_lower)} to {shown(gates.score_upper)}",
        f"{outside} subject(s) have a propensity score at or beyond the {limits}; restrict the population to where both "
        "arms occur, or plan a trimming",
    )  # fmt: skip


def size_findings(
    protocol: Protocol, made: Scored, outcome_design: NDArray[np.float64], observed: NDArray[np.bool_]
) -> Iterator[Finding]:
    """Yield the finding about an arm with too few subjects for the parameters of a model; no signature overrides it.

    ``outcome_design``, ``(n, p)``, and ``observed``, ``(n,)``, are those of all analysed subjects. Both models are counted
    in the smaller arm, of the retained subjects with an observed outcome; an arm's terms that vary in it alone count. A
    propensity model whose scores do not enter the primary estimator is not counted. Simulation says that no interval keeps its level below the floor.
    """
    seen, kept = observed[made.retained], outcome_design[made.retained]
    arms = {protocol.treatment.treated: made.arm & seen, protocol.treatment.control: ~made.arm & seen}
    label, arm = min(arms.items(), key=lambda item: int(item[1].sum()))
    size = int(arm.sum())
    parameters = {
        **({"propensity": made.fit.basis.shape[1]} if protocol.inference.scored else {}),
        "outcome": 1
        + max((len(standardise(kept[one]).kept) for one in arms.values() if one.any()), default=0),
    }
    model, most = max(parameters.items(), key=lambda item: item[1])
    if size < LEAST_SUBJECTS * most:
        counted = "subjects" if seen.all() else "subjects with an observed outcome"
        yield Finding(
            "propensity", "subjects per parameter", f"{model} model", f"{size} for {most}",
            f"{LEAST_SUBJECTS} for each",
            f"arm {label!r} has {size} {counted} for the {most} parameters of the {model} model; expected "
            f"{LEAST_SUBJECTS * most} or more, below which no interval keeps its level; plan fewer covariates or another "
            "primary in a new version of the protocol, or wait for more subjects",
            overridable=False,
        )  # fmt: skip


def collinearity_findings(terms: Terms) -> Iterator[Finding]:
    """Yield the finding about terms that are, or nearly are, combinations of others; squares are taken about the mean.

    It does not depend on the arms, so that it has no false alarm rate.
    """
    design = standardise(terms.centred)
    near = collinear_columns(design)
    exact = [place for place in dependent_columns(terms.matrix, design) if not _of_empty_level(terms, place)]
    words = {
        "linear combinations of others": exact,
        "nearly collinear": near,
    }
    for how, columns in words.items():
        if columns:
            yield Finding(
                "propensity", "collinearity", listed(terms.names, columns), how, f"a share of {COLLINEAR_SHARE:g} of its own",
                f"the terms {listed(terms.names, columns)} are {how}: their coefficients cannot be told apart, though the "
                "scores can; leave one of them out in a new version of the protocol, or show why they are there",
            )  # fmt: skip


def _of_empty_level(terms: Terms, place: int) -> bool:
    """Return whether the indicator of a level depends on those of its own category alone, as where a level is empty."""
    own = [i for i, covariate in enumerate(terms.covariates) if covariate == terms.covariates[place]]
    if not terms.names[place].startswith(f"{terms.covariates[place]}="):
        return False
    return own.index(place) in standardise(terms.matrix[:, own]).aliased


def weight_findings(protocol: Protocol, made: Scored) -> Iterator[Finding]:
    """Yield findings about the weights: one subject's share, and the effective sample size of an arm."""
    gates = protocol.gates
    shares = made.largest_weight_share
    for arm, effective in effective_shares(made).items():
        if shares[arm] >= gates.weight_share:
            yield Finding(
                "propensity", "weight share", arm, shown(shares[arm]), shown(gates.weight_share),
                f"one {arm} subject carries {shares[arm]:.1%} of the arm's weight; the limit is "
                f"{gates.weight_share:.1%}; restrict the population to where both arms occur, plan a trimming, or show why "
                "one subject may decide so much",
            )  # fmt: skip
        if effective <= gates.effective_sample_size_share:
            yield Finding(
                "propensity", "effective sample size", arm, shown(effective), shown(gates.effective_sample_size_share),
                f"weighting leaves {effective:.1%} of the {arm} arm's size, as if {made.effective_sample_size[arm]:.0f} of its "
                f"{made.sizes[arm]} subjects were analysed; the limit is {gates.effective_sample_size_share:.1%}; restrict "
                "the population to where both arms occur, or show why so many are enough",
            )  # fmt: skip


def balance_findings(protocol: Protocol, names: Sequence[str], made: Scored) -> Iterator[Finding]:
    """Yield the finding about balance: the largest |SMD| at or above the limit, in the sample that the gate checks.

    There is none where no limit is declared, as in a randomised study.
    """
    sample, threshold = protocol.gates.smd_sample, protocol.gates.smd
    if threshold is None:
        return
    sizes = [abs(getattr(term, f"smd_{sample}")) for term in made.balance]
    place = int(np.argmax(sizes))
    if sizes[place] < threshold:
        return
    beyond = sum(size >= threshold for size in sizes)
    yield Finding(
        "propensity", f"SMD ({sample})", names[place], shown(sizes[place]), shown(threshold),
        f"{beyond} of {len(sizes)} terms are imbalanced, worst {names[place]} with |SMD| {shown(sizes[place])} "
        f"({sample}{', as it does not vary within an arm' if isinf(sizes[place]) else ''}), at or above the limit "
        f"{shown(threshold)}; respecify the propensity model, or show why the imbalance does not matter",
    )  # fmt: skip


def equipoise_findings(protocol: Protocol, made: Scored) -> Iterator[Finding]:
    """Yield the finding about equipoise: too few subjects who might have had either treatment; none without a limit."""
    limit = protocol.gates.equipoise
    if limit is None:
        return
    share = equipoise(made.arm, made.fit.fitted)
    if share < limit:
        yield Finding(
            "propensity", "equipoise", "preference score", shown(share), shown(limit),
            f"{share:.1%} of the subjects have a preference score between 0.3 and 0.7; the limit is {limit:.1%}; the arms are "
            "given to different people: restrict the population to where either treatment is usual, or show why the "
            "comparison holds",
        )  # fmt: skip


def propensity_findings(protocol: Protocol, names: Sequence[str], made: Scored) -> tuple[Finding, ...]:
    """Return the findings on scores, weights and balance; ``names`` are those of the terms.

    Where no score enters the primary estimator, scores and weights are described and halt nothing: sensitivity analyses alone
    use them. A limit of imbalance or equipoise that the protocol declares halts all the same.
    """
    scored = protocol.inference.scored
    return (
        *(model_findings(protocol, made.first) if scored else ()),
        *(weight_findings(protocol, made) if scored else ()),
        *balance_findings(protocol, names, made),
        *equipoise_findings(protocol, made),
    )
