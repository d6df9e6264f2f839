"""Covariates become the columns that the protocol declares, in its order."""

import numpy as np
import pandas as pd
import pytest

from medicore.errors import EstimationError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.models.spline import spline_knots, spline_terms
from medicore.steps.models.splines import knots_of, with_knots
from medicore.steps.models.terms import model_terms
from tests.steps.analysed_trial import protocol, subjects

FRAME = subjects(30)


def test_number_gives_its_value_and_its_square() -> None:
    """Linear and square terms are the number and its square, to the last bit."""
    terms = model_terms(protocol(), ("age",), FRAME)
    age = FRAME["age"].to_numpy(dtype=np.float64)
    assert terms.names == ("age", "age^2")
    assert terms.covariates == ("age", "age")
    assert np.array_equal(terms.matrix, np.column_stack([age, age**2]))


def test_category_gives_indicators_without_its_first_value() -> None:
    """The first allowed value is the reference; every other has an indicator, also one that nobody has."""
    few = FRAME[FRAME["region"] != "west"]
    terms = model_terms(protocol(), ("region",), few)
    assert terms.names == ("region=south", "region=west")
    assert np.array_equal(terms.matrix[:, 0], (few["region"] == "south").to_numpy(dtype=np.float64))
    assert not terms.matrix[:, 1].any()


def test_order_is_the_protocols() -> None:
    """However a model lists its covariates, the columns come in the order of the protocol."""
    terms = model_terms(protocol(), ("region", "weight", "age"), FRAME)
    assert terms.covariates == ("age", "age", "weight", "region", "region")
    assert terms.names == ("age", "age^2", "weight", "region=south", "region=west")
    assert terms.matrix.shape == (30, 5)
    assert terms.matrix.dtype == np.float64


def test_square_alone_is_alone() -> None:
    """A covariate that enters by its square has no linear term."""
    stored = protocol().as_json()["covariates"]
    plan = protocol(covariates=[{**stored[0], "terms": ["square"]}, *stored[1:]])
    assert model_terms(plan, ("age",), FRAME).names == ("age^2",)


def _curved() -> Protocol:
    """Return the study with a spline of age, and its interactions with sex and region."""
    stored = protocol().as_json()["covariates"]
    return protocol(
        covariates=[{**stored[0], "terms": ["spline"], "knots": 4}, *stored[1:]],
        models={"interactions": [["age", "sex"], ["region", "sex"]]},
    )


def test_spline_gives_its_value_and_its_curves_with_the_knots_of_the_analysis_set() -> None:
    """A part of the subjects has the knots of all; the columns are value and curves."""
    plan = _curved()
    whole = with_knots(plan, FRAME)
    part = whole[whole["sex"] == "F"]
    terms = model_terms(plan, ("age",), part)
    age = part["age"].to_numpy(dtype=np.float64)
    knots = spline_knots(FRAME["age"].to_numpy(dtype=np.float64), 4)
    assert knots_of("age", part) == knots
    assert terms.names == ("age", "age'", "age''")
    assert terms.covariates == ("age",) * 3
    assert np.array_equal(terms.matrix, np.column_stack([age, spline_terms(age, knots)]))


def test_a_gap_has_no_part_in_the_knots() -> None:
    """Knots are those of the observed values, and two that are equal are refused with the column."""
    plan, gaps = _curved(), FRAME.assign(age=FRAME["age"].astype("Float64"))
    gaps.loc[:4, "age"] = pd.NA
    assert knots_of("age", with_knots(plan, gaps)) == knots_of("age", with_knots(plan, FRAME[5:]))
    with pytest.raises(EstimationError, match="covariate 'age': two of the 4 knots"):
        with_knots(plan, FRAME.assign(age=50))


def test_interaction_multiplies_every_term_by_every_term() -> None:
    """Interactions come last, in the models that have both covariates, and are products to the last bit."""
    plan = _curved()
    whole = with_knots(plan, FRAME)
    terms = model_terms(plan, ("age", "sex"), whole)
    assert terms.names == ("age", "age'", "age''", "sex=M", "age × sex=M", "age' × sex=M", "age'' × sex=M")
    assert terms.covariates[-1] == "age × sex"
    assert np.array_equal(terms.matrix[:, 4:], terms.matrix[:, :3] * terms.matrix[:, 3:4])
    assert not any("×" in name for name in model_terms(plan, ("age", "region"), whole).names)
    crossed = model_terms(plan, ("sex", "region"), whole).names
    assert crossed[-2:] == ("region=south × sex=M", "region=west × sex=M")


def test_centred_terms_span_the_same() -> None:
    """About their means, interactions are less collinear with their terms, and fit the same."""
    plan = _curved()
    terms = model_terms(plan, ("age", "sex"), with_knots(plan, subjects(200)))
    ones = np.ones((200, 1))
    ours, given = np.hstack([ones, terms.centred]), np.hstack([ones, terms.matrix])
    fitted = ours @ np.linalg.lstsq(ours, given, rcond=None)[0]
    assert np.allclose(fitted, given, rtol=1e-8, atol=1e-8)
    assert np.linalg.cond(np.corrcoef(terms.centred.T)) < np.linalg.cond(np.corrcoef(terms.matrix.T))
