"""Splines of covariates: their knots are computed once, on the analysis set, and travel with its table."""

from typing import Any

import numpy as np
import pandas as pd

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Covariate, Protocol
from medicore.stats.models.spline import spline_knots


def with_knots(protocol: Protocol, analysis: pd.DataFrame) -> pd.DataFrame:
    """Return the analysis set with the knots of every covariate that is planned as a spline, a column for each knot.

    They are those of the observed values. Every later part of the subjects, completed data set and resample has the same
    knots, so that their models are the same. Raises EstimationError, with the column, where two knots are equal.
    """
    made = analysis
    for covariate in protocol.covariates:
        if covariate.knots is not None:
            values = analysis[covariate.column].to_numpy(dtype=np.float64, na_value=np.nan)
            try:
                knots = spline_knots(values[~np.isnan(values)], covariate.knots)
            except EstimationError as error:
                raise EstimationError(f"covariate {covariate.column!r}: {error}") from error
            made = made.assign(**{_knot(covariate.column, place): knot for place, knot in enumerate(knots)})
    return made


def knots_of(column: str, analysis: pd.DataFrame) -> tuple[float, ...]:
    """Return the knots that travel with the analysis set, ascending, for a covariate planned as a spline."""
    names = [name for name in analysis if str(name).startswith(_knot(column))]
    return tuple(float(analysis[name].iloc[0]) for name in names)


def splines_section(protocol: Protocol, analysis: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the covariates with a spline, each with its knots, as ``cohort.json`` holds them; none where none is planned."""
    return [_described(protocol, one, analysis) for one in protocol.covariates if one.knots is not None]


def _described(protocol: Protocol, covariate: Covariate, analysis: pd.DataFrame) -> dict[str, Any]:
    return {
        "column": covariate.column,
        "label": covariate.label,
        "unit": protocol.contract.column(covariate.column).unit,
        "knots": list(knots_of(covariate.column, analysis)),
    }


def _knot(column: str, place: int | str = "") -> str:
    return f"{column}:knot{place}"
