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


def test_values_have_labels() -> None:
    """A label is printed for its value; a value without one stands for itself."""
    sex = Column.model_validate({**SEX, "labels": {"F": "female"}})
    assert (sex.printed("F"), sex.printed("M")) == ("female", "M")


@pytest.mark.parametrize(
    ("labels", "problem"),
    [({"X": "other"}, "'labels' names"), ({"F": "same", "M": "same"}, "two values have the same label")],
)
def test_labels_that_mislead_are_refused(labels: dict[str, str], problem: str) -> None:
    """A label of no value, and one label for two values, are refused by the name of the column."""
    with pytest.raises(ValidationError, match=problem):
        Column.model_validate({**SEX, "labels": labels})


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


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({**SEX, "decimals": 1}, "only a number has 'decimal', 'decimals' or 'tolerance'"),
        ({**SEX, "decimal": ","}, "only a number has 'decimal', 'decimals' or 'tolerance'"),
        ({**SUBJECT, "name": "other", "recode": {"a": "b"}}, "only a category or a number may be recoded"),
        (
            {**SEX, "recode": {"1": "F", "2": "X"}},
            r"'recode' gives \['X'\], which are not among its 'values'",
        ),
        ({**AGE, "decimals": 16}, "less than or equal to 15"),
        ({**AGE, "tolerance": 0}, "greater than 0"),
    ],
)
def test_what_a_column_declares_of_its_texts_fits_its_type(changes: dict[str, Any], problem: str) -> None:
    """Decimals belong to numbers, and what is recoded becomes a value that is allowed."""
    with pytest.raises(ValidationError, match=problem):
        Column.model_validate(changes)


def test_the_resolution_is_declared_or_one_unit_of_the_last_decimal() -> None:
    """A tolerance comes before the decimals, and without either there is none."""
    declared = [{}, {"decimals": 2}, {"decimals": 0}, {"decimals": 2, "tolerance": 0.5}]
    found = [Column.model_validate({**AGE, **one}).resolution for one in declared]
    assert found == [None, 0.01, 1.0, 0.5]


def test_missing_texts_are_the_columns_own_or_the_contracts() -> None:
    """A column that declares its own has no others, and may not allow one of them as a value."""
    made = contract(columns=[SUBJECT, {**AGE, "missing": ["-99"]}, SEX], missing=["", "NA"])
    assert made.missing_in(made.column("age")) == ("-99",)
    assert made.missing_in(made.column("sex")) == ("", "NA")
    with pytest.raises(ValidationError, match=r"\['sex'\] allow a value that means 'missing'"):
        contract(columns=[SUBJECT, AGE, {**SEX, "missing": ["F"]}])


def test_keys_that_came_later_are_left_out_while_they_are_not_used() -> None:
    """The digest of an older protocol stays what it was; a used key is there."""
    plain = Column.model_validate(AGE).model_dump(mode="json")
    assert not {"recode", "missing", "decimal", "decimals", "tolerance"} & set(plain)
    assert Column.model_validate({**AGE, "decimals": 1}).model_dump(mode="json") == {**plain, "decimals": 1}
