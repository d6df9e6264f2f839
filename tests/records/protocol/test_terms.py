"""Splines and interactions in a protocol: what may be said, and that a protocol without them is as it was."""

from typing import Any

import pytest

from medicore.records.protocol.parsing import parse_protocol
from tests.records.protocol.test_flexible import accepted
from tests.records.protocol.test_protocol import TEXT, put, refusal

AGE = {"column": "age", "label": "Age"}


def curved(**plan: Any) -> dict[str, Any]:
    """Return the covariate age with these terms and knots."""
    return {**AGE, **plan}


@pytest.mark.parametrize(
    ("covariate", "problem"),
    [
        (curved(terms=["spline"]), "a spline needs the number of its knots; write knots: 3, 4 or 5"),
        (curved(terms=["linear"], knots=4), "'knots' belongs to the term 'spline'"),
        (curved(terms=["spline", "square"], knots=4), "a spline has the linear term and no square"),
        (curved(terms=["spline"], knots=6), "covariates.0.knots: found 6; expected 3, 4 or 5"),
    ],
)
def test_a_spline_that_is_none_is_refused(covariate: dict[str, Any], problem: str) -> None:
    """A spline stands alone and has three, four or five knots, and only a spline has knots."""
    assert problem in refusal(put("covariates", 0, value=covariate))


def test_a_spline_of_a_category_is_refused() -> None:
    """A category enters by its categories alone."""
    stored = accepted(put("seed", value=1)).as_json()["covariates"]
    place = next(index for index, one in enumerate(stored) if one["terms"] == ["categories"])
    plan = {**stored[place], "terms": ["spline"], "knots": 3}
    assert "a category needs the term 'categories'" in refusal(put("covariates", place, value=plan))


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [
        ([["age", "age"]], "names one covariate twice; declare the term 'square' or 'spline'"),
        ([["age", "nothing"]], "has a covariate that no model has beside the other"),
        ([["age", "sex"], ["sex", "age"]], "is declared twice; declare it once"),
        ([["age"]], "models.interactions.0"),
    ],
)
def test_an_interaction_that_is_none_is_refused(pairs: list[list[str]], problem: str) -> None:
    """An interaction has two covariates that one model has, and is declared once."""
    assert problem in refusal(put("models", "interactions", value=pairs))


@pytest.mark.parametrize(
    ("change", "term"),
    [
        (("covariates", 0, curved(terms=["spline"], knots=4)), "a spline"),
        (("models", "interactions", [["age", "sex"]]), "an interaction"),
    ],
)
def test_terms_that_imputation_lacks_are_refused(change: tuple[Any, ...], term: str) -> None:
    """Where covariates are drawn several times, a covariate that may be missing has no term that the draws lack."""

    def planned(stored: dict[str, Any], *, required: bool) -> None:
        *places, value = change
        put(*places, value=value)(stored)
        stored["imputation"] = {"method": "multiple"}
        stored["trimming"] = {"method": "none"}
        stored["outcome"]["missing"] = {"method": "complete cases"}
        column = next(one for one in stored["contract"]["columns"] if one["name"] == "age")
        column["required"] = required

    assert f"'age' may be missing and has {term}" in refusal(lambda stored: planned(stored, required=False))
    assert accepted(lambda stored: planned(stored, required=True)).imputation.method == "multiple"


def test_a_protocol_without_them_is_as_it_was() -> None:
    """No key is in the resolved protocol before it is used, so that the digest of an earlier protocol stays."""
    plain = parse_protocol(TEXT, "x").as_json()
    assert set(plain["models"]) == {"propensity", "outcome"}
    assert all(set(one) == {"column", "label", "terms"} for one in plain["covariates"])
    used = accepted(put("covariates", 0, value=curved(terms=["spline"], knots=5)))
    assert used.as_json()["covariates"][0] == {**AGE, "terms": ["spline"], "knots": 5}
    crossed = accepted(put("models", "interactions", value=[["age", "sex"]])).as_json()
    assert crossed["models"]["interactions"] == [["age", "sex"]]
