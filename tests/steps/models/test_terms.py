"""Covariates become the columns that the protocol declares, in its order."""

import numpy as np

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
