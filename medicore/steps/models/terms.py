"""Design matrices from the analysis set: the columns for the terms of each covariate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.protocol.protocol import Protocol

SQUARE = "^2"
"""The end of the name of a squared number."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A design matrix ``(n, p)`` without intercept, the name of each column and the covariate it comes from."""

    matrix: NDArray[np.float64]
    names: tuple[str, ...]
    covariates: tuple[str, ...]

    @property
    def centred(self) -> NDArray[np.float64]:
        """The design with each square taken about the mean of its number: the same span, without needless correlation."""
        made = self.matrix.copy()
        for place, name in enumerate(self.names):
            number = name.removesuffix(SQUARE)
            if name.endswith(SQUARE) and number in self.names:
                values = self.matrix[:, self.names.index(number)]
                made[:, place] = (values - values.mean()) ** 2
        return made


def model_terms(protocol: Protocol, columns: Sequence[str], analysis: pd.DataFrame) -> Terms:
    """Return the design of the given covariates in the order of the protocol.

    A number gives its value (``linear``) and its square (``square``). A category gives an indicator for every allowed
    value except the first, which is the reference. If the analysis set has a missing indicator of the covariate, the
    indicator comes last.
    """
    names: list[str] = []
    owners: list[str] = []
    parts: list[NDArray[np.float64]] = []
    for covariate in protocol.covariates:
        if covariate.column not in columns:
            continue
        for name, part in _covariate_terms(protocol, covariate.column, analysis[covariate.column]):
            names.append(name)
            owners.append(covariate.column)
            parts.append(part)
        indicator = missing_indicator(covariate.column)
        if indicator in analysis:
            names.append(indicator)
            owners.append(covariate.column)
            parts.append(analysis[indicator].to_numpy(dtype=np.float64))
    return Terms(np.column_stack(parts), tuple(names), tuple(owners))


def missing_indicator(column: str) -> str:
    """Return the name of the column that is 1 where a covariate's value was missing, else 0."""
    return f"{column}:missing"


def _covariate_terms(
    protocol: Protocol, column: str, values: pd.Series
) -> list[tuple[str, NDArray[np.float64]]]:
    rules = next(rule for rule in protocol.contract.columns if rule.name == column)
    if rules.type == "category":
        texts = values.to_numpy(dtype=object)
        return [
            (f"{column}={level}", (texts == level).astype(np.float64)) for level in (rules.values or ())[1:]
        ]
    numbers = values.to_numpy(dtype=np.float64)
    terms = protocol.covariate(column).terms
    made = [(column, numbers)] if "linear" in terms else []
    return [*made, (f"{column}{SQUARE}", numbers**2)] if "square" in terms else made
