"""Design matrices from the analysis set: the columns for the terms of each covariate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.protocol.protocol import Protocol
from medicore.stats.models.spline import spline_terms
from medicore.steps.models.splines import knots_of

SQUARE = "^2"
"""The end of the name of a squared number."""

TIMES = " × "
"""What stands between the names of two terms whose product is a term."""

CURVE = "'"
"""The end of the name of a further column of a spline, once for the first, twice for the second."""

_Named = tuple[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Terms:
    """A design matrix ``(n, p)`` without intercept, the name of each column and the covariate it comes from."""

    matrix: NDArray[np.float64]
    names: tuple[str, ...]
    covariates: tuple[str, ...]

    @property
    def centred(self) -> NDArray[np.float64]:
        """The design with squares and products taken about the means: the same span, without needless correlation."""
        made = self.matrix.copy()
        for place, name in enumerate(self.names):
            number = name.removesuffix(SQUARE)
            if name.endswith(SQUARE) and number in self.names:
                values = self.matrix[:, self.names.index(number)]
                made[:, place] = (values - values.mean()) ** 2
        about = made - made.mean(axis=0)
        for place, name in enumerate(self.names):
            if TIMES in name:
                one, other = (self.names.index(part) for part in name.split(TIMES))
                made[:, place] = about[:, one] * about[:, other]
        return made


def model_terms(protocol: Protocol, columns: Sequence[str], analysis: pd.DataFrame) -> Terms:
    """Return the design of the given covariates in the order of the protocol.

    A number gives its value (``linear``) and its square (``square``), or its value and the further columns of its
    restricted cubic spline (``spline``) with the knots of the analysis set. A category gives an indicator for every allowed
    value except the first, which is the reference. If the analysis set has a missing indicator of the covariate, the
    indicator follows. Last come the declared interactions of two covariates that are both given: the product of every
    term of the one with every term of the other, without missing indicators.
    """
    found: dict[str, list[_Named]] = {}
    for covariate in protocol.covariates:
        if covariate.column in columns:
            found[covariate.column] = _covariate_terms(protocol, covariate.column, analysis)
    made = [
        (owner, name, part)
        for owner, terms in found.items()
        for name, part in _with_indicator(owner, terms, analysis)
    ]
    for one, other in protocol.models.interactions:
        if one in found and other in found:
            made += [
                (f"{one}{TIMES}{other}", f"{first}{TIMES}{second}", left * right)
                for first, left in found[one]
                for second, right in found[other]
            ]
    owners, names, parts = zip(*made, strict=True)
    return Terms(np.column_stack(parts), names, owners)


def missing_indicator(column: str) -> str:
    """Return the name of the column that is 1 where a covariate's value was missing, else 0."""
    return f"{column}:missing"


def _with_indicator(column: str, terms: list[_Named], analysis: pd.DataFrame) -> list[_Named]:
    """Return the terms of a covariate and, where the analysis set has one, its missing indicator."""
    indicator = missing_indicator(column)
    if indicator not in analysis:
        return terms
    return [*terms, (indicator, analysis[indicator].to_numpy(dtype=np.float64))]


def _covariate_terms(protocol: Protocol, column: str, analysis: pd.DataFrame) -> list[_Named]:
    rules = next(rule for rule in protocol.contract.columns if rule.name == column)
    if rules.type == "category":
        texts = analysis[column].to_numpy(dtype=object)
        return [
            (f"{column}={level}", (texts == level).astype(np.float64)) for level in (rules.values or ())[1:]
        ]
    numbers = analysis[column].to_numpy(dtype=np.float64)
    terms = protocol.covariate(column).terms
    if terms == ("spline",):
        curve = spline_terms(numbers, knots_of(column, analysis))
        return [
            (column, numbers),
            *((f"{column}{CURVE * (place + 1)}", part) for place, part in enumerate(curve.T)),
        ]
    made = [(column, numbers)] if "linear" in terms else []
    return [*made, (f"{column}{SQUARE}", numbers**2)] if "square" in terms else made
