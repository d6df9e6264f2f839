"""The data contract: which contracts can be written at all."""

from typing import Any

import pytest
from pydantic import ValidationError

from medicore.records.protocol.contract import Column, Contract

SUBJECT = {"name": "subject_id", "type": "identifier", "timing": "administrative"}
AGE = {"name": "age", "type": "integer", "timing": "baseline", "unit": "years", "minimum": 18, "maximum": 90}
SEX = {"name": "sex", "type": "category", "timing": "baseline", "values": ["F", "M"]}


def contract(**changes: Any) -> Contract:
    """Return a contract of three columns, with some keys changed."""
    return Contract.model_validate({"subject": "subject_id", "columns": [SUBJECT, AGE, SEX], **changes})


def test_contract_gives_its_columns_by_name() -> None:
    """Names come in the order of the file, and a column is found by its name."""
    made = contract()
    assert made.names == ("subject_id", "age", "sex")
    assert made.column("sex").values == ("F", "M")
    assert made.missing == ("",)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"values": ["1"]}, "a category needs 'values'"),
        ({"type": "category"}, "a category needs 'values'"),
        ({"type": "category", "values": ["a"]}, "only a number may have a range"),
        ({"type": "date"}, "only a number may have a range"),
        ({"type": "number", "unit": None}, "a number needs its unit"),
        ({"minimum": 91}, "the minimum is above the maximum"),
        ({"name": "not a name"}, "pattern"),
        ({"type": "text"}, "identifier"),
        ({"minimum": float("nan")}, "finite"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_column_with_rules_that_do_not_fit_is_refused(changes: dict[str, Any], problem: str) -> None:
    """A rule belongs to its type: ranges to numbers, allowed values to categories, units to numbers."""
    with pytest.raises(ValidationError, match=problem):
        Column.model_validate({**AGE, **changes})


@pytest.mark.parametrize("values", [[], ["F", "F"]])
def test_category_needs_different_values(values: list[str]) -> None:
    """A category without values, or with one value twice, has no meaning."""
    with pytest.raises(ValidationError, match="one or more values, all different"):
        Column.model_validate({**SEX, "values": values})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"columns": [SUBJECT, AGE, AGE]}, "declared twice"),
        ({"subject": "patient"}, "must be a required identifier"),
        ({"subject": "age"}, "must be a required identifier"),
        ({"columns": [{**SUBJECT, "required": False}, AGE]}, "must be a required identifier"),
        ({"columns": [SUBJECT]}, "at least 2"),
        ({"unblinding": ["age"]}, "also declared as data"),
        ({"missing": ["", "F"]}, "means 'missing'"),
    ],
)
def test_contract_that_contradicts_itself_is_refused(changes: dict[str, Any], problem: str) -> None:
    """Columns are declared once, subjects are identified, and nothing is data and unblinding at once."""
    with pytest.raises(ValidationError, match=problem):
        contract(**changes)
