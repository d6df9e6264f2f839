"""The rules for estimators, schemes and hypotheses of randomised studies: each must be something that is computed."""

from collections.abc import Iterator

from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.randomisation import BALANCED, RandomisationPlan


def incoherent_randomised(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, what no study of this design, estimator, scheme and hypothesis computes."""
    if protocol.design != "randomised":
        yield from _observational(protocol)
        return
    yield from _estimator(protocol)
    if protocol.randomisation is not None:
        yield from _scheme(protocol, protocol.randomisation)
        yield from _allocation(protocol, protocol.randomisation)
    yield from _contrasts(protocol)
    yield from _hypothesis(protocol)


def _observational(protocol: Protocol) -> Iterator[str]:
    if protocol.randomisation is not None:
        yield "randomisation belongs to a randomised study; delete it, or declare design: randomised"
    if protocol.inference.estimator != "aipw":
        yield (
            f"inference.estimator {protocol.inference.estimator!r} rests on randomisation; expected 'aipw' in an "
            "observational study"
        )
    if protocol.inference.heterogeneous:
        yield _HETEROGENEOUS
    if protocol.inference.hypothesis is not None:
        yield (
            f"inference.hypothesis {protocol.inference.hypothesis!r} is offered for randomised studies; delete it in an "
            "observational one"
        )
    if protocol.treatment.contrasts == "all":
        yield "treatment.contrasts: all is for a randomised study; delete it in an observational one"
    if protocol.gates.smd is None:
        yield "gates.smd: null is for a randomised study; declare the limit of the imbalance in an observational one"


_HETEROGENEOUS = (
    "inference.heterogeneous is for the estimators 'ancova' and 'g-computation'; the outcome models of 'aipw' are fitted in "
    "each arm; delete it"
)


def _estimator(protocol: Protocol) -> Iterator[str]:
    plan, missing = protocol.inference, protocol.outcome.missing
    if plan.estimator == "aipw":
        if plan.heterogeneous:
            yield _HETEROGENEOUS
        return
    name = f"inference.estimator {plan.estimator!r}"
    if plan.estimator == "ancova" and protocol.outcome.type == "binary":
        yield f"{name} is for a continuous outcome; write 'g-computation' for a binary one"
    if protocol.trimming.method != "none":
        yield f"{name} has no scores by which to trim; declare trimming: {{method: none}}"
    if missing is not None and missing.method == "weighted":
        yield (
            f"{name} is not weighted for being observed; write outcome.missing: {{method: multiple imputation}}, "
            "{method: complete cases}, or the estimator 'aipw'"
        )


def _scheme(protocol: Protocol, plan: RandomisationPlan) -> Iterator[str]:
    if plan.scheme == "simple":
        if plan.strata:
            yield "randomisation.strata belong to another scheme than 'simple'; delete them, or declare the scheme"
        return
    if not plan.strata:
        yield f"randomisation.scheme {plan.scheme!r} needs its factors; write randomisation.strata: [<column>]"
    if protocol.inference.estimator == "aipw":
        yield (
            f"randomisation.scheme {plan.scheme!r} changes the variance, which nothing computes for the estimator 'aipw'; "
            "declare inference.estimator 'ancova' or 'g-computation'"
        )
    if plan.scheme in BALANCED and protocol.inference.interval == "BCa":
        yield (
            f"a BCa interval is not defined under randomisation.scheme {plan.scheme!r}; declare inference.interval "
            "'percentile'"
        )
    covariates = {covariate.column for covariate in protocol.covariates}
    for name in plan.strata:
        if name not in covariates:
            yield f"randomisation.strata: {name!r} is not a covariate; declare it under covariates, in a model or in none"
        elif protocol.contract.column(name).type != "category":
            yield (
                f"randomisation.strata: {name!r} is no category; expected the categories by which subjects were randomised"
            )
        elif not protocol.contract.column(name).required:
            yield (
                f"randomisation.strata: {name!r} may be missing; expected a stratum of everybody; declare the column as "
                "required"
            )


def _allocation(protocol: Protocol, plan: RandomisationPlan) -> Iterator[str]:
    if plan.allocation is None:
        return
    arms = set(protocol.contract.column(protocol.treatment.column).values or ())
    unknown = sorted(set(plan.allocation) - arms)
    if unknown:
        yield f"randomisation.allocation: {unknown} are no values of column {protocol.treatment.column!r}"
    lacking = sorted({protocol.treatment.treated, protocol.treatment.control} - set(plan.allocation))
    if lacking:
        yield f"randomisation.allocation lacks the arms {lacking} of the contrast; write the weight of each"


def _contrasts(protocol: Protocol) -> Iterator[str]:
    arms = protocol.contract.column(protocol.treatment.column).values or ()
    if protocol.treatment.contrasts == "all" and len(arms) < 3:
        yield (
            f"treatment.contrasts: all is for three arms or more, column {protocol.treatment.column!r} has {len(arms)}; "
            "delete it"
        )


def _hypothesis(protocol: Protocol) -> Iterator[str]:
    plan = protocol.inference
    if plan.hypothesis is None:
        for key in ("margin", "benefit"):
            if getattr(plan, key) is not None:
                yield f"inference.{key} belongs to a hypothesis; write inference.hypothesis, or delete it"
        if plan.sides != 2:
            yield "inference.sides belongs to a hypothesis; write inference.hypothesis, or delete it"
        return
    name = f"inference.hypothesis {plan.hypothesis!r}"
    yield from _margin(protocol, name)
    if plan.hypothesis == "equivalence":
        if plan.benefit is not None:
            yield f"{name} has no direction; delete inference.benefit"
    elif plan.benefit is None:
        yield f"{name} needs its direction; write inference.benefit: higher, or lower"
    yield from _looks(protocol, name)


def _margin(protocol: Protocol, name: str) -> Iterator[str]:
    margin, measure = protocol.inference.margin, protocol.estimand.measure
    if protocol.inference.hypothesis == "superiority":
        if margin is not None:
            yield f"{name} has no margin; delete inference.margin, or declare 'non-inferiority'"
    elif margin is None:
        yield f"{name} needs its margin; write inference.margin"
    elif measure != "difference" and margin <= 1:
        yield (
            f"inference.margin {margin:g} is no ratio above 1; write the margin of the {measure} as, for example, 1.25"
        )


def _looks(protocol: Protocol, name: str) -> Iterator[str]:
    """Yield what contradicts the plan for the looks, whose valid interval the hypothesis is held against."""
    plan, looks = protocol.inference, protocol.monitoring
    if looks is None or looks.method == "single":
        return
    sides = getattr(looks, "sides", 2)
    if sides != plan.sides:
        yield f"{name} has {plan.sides} side(s), monitoring {sides}; expected the same under inference.sides and monitoring.sides"
    alpha = getattr(looks, "alpha", None)
    if sides == 1 and alpha is not None and abs(alpha - (1 - plan.level)) > 1e-9:
        yield (
            f"monitoring.alpha is {alpha:g} and inference.level {plan.level:g}; expected alpha to be 1 − level for {name} on "
            "one side"
        )
    benefit = getattr(looks, "benefit", None)
    if plan.hypothesis == "equivalence" and sides == 1:
        yield f"{name} is held against both ends of an interval, monitoring of one side has one; declare two sides"
    elif benefit is not None and plan.benefit is not None and benefit != plan.benefit:
        yield f"{name} has the benefit {plan.benefit!r}, monitoring {benefit!r}; expected the same"
