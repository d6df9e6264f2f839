"""The rules for splines and interactions: each must be a term that a model can have."""

from collections.abc import Iterator

from medicore.records.protocol.protocol import Protocol


def incoherent_terms(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, what contradicts a spline or an interaction."""
    yield from _splines(protocol)
    yield from _interactions(protocol)
    yield from _imputed(protocol)


def _splines(protocol: Protocol) -> Iterator[str]:
    for covariate in protocol.covariates:
        name = f"covariate {covariate.column!r}"
        if "spline" not in covariate.terms:
            if covariate.knots is not None:
                yield f"{name}: 'knots' belongs to the term 'spline'; write terms: [spline], or delete it"
            continue
        if covariate.terms != ("spline",):
            yield f"{name}: a spline has the linear term and no square; write terms: [spline] alone"
        if covariate.knots is None:
            yield f"{name}: a spline needs the number of its knots; write knots: 3, 4 or 5"


def _interactions(protocol: Protocol) -> Iterator[str]:
    models, seen = protocol.models, set[frozenset[str]]()
    for pair in models.interactions:
        name = f"models.interactions: {list(pair)}"
        if pair[0] == pair[1]:
            yield f"{name} names one covariate twice; declare the term 'square' or 'spline' of it"
        elif not any(set(pair) <= set(model) for model in (models.propensity, models.outcome)):
            yield f"{name} has a covariate that no model has beside the other; expected both in models.propensity or models.outcome"
        if frozenset(pair) in seen:
            yield f"{name} is declared twice; declare it once"
        seen.add(frozenset(pair))


def _imputed(protocol: Protocol) -> Iterator[str]:
    """Yield the terms that the models of multiple imputation lack, so that their effect would be drawn too small."""
    if protocol.imputation.method != "multiple":
        return
    curved = {one.column: "a spline" for one in protocol.covariates if one.knots is not None}
    curved |= {column: "an interaction" for pair in protocol.models.interactions for column in pair}
    for column, term in curved.items():
        if column in protocol.contract.names and not protocol.contract.column(column).required:
            yield (
                f"covariate {column!r} may be missing and has {term}, which the models of multiple imputation lack; declare the "
                "column as required, impute it once in a randomised study, or leave the term out"
            )
