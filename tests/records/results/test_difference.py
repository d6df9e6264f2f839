"""Differences between two records, key by key and subject by subject."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.records.results.difference import (
    Change,
    ColumnChange,
    SubjectTable,
    changed_entries,
    changed_keys,
    changed_subjects,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_keys_of_a_protocol() -> None:
    """A changed, an added and a removed key are named by their path, with what each record says."""
    before = {"estimand": {"target": "ATE", "measure": "difference"}, "seed": 1, "old": None}
    after = {"estimand": {"target": "ATT", "measure": "difference"}, "seed": 1, "new": {"a": 2}}
    assert changed_keys(before, after) == (
        Change("estimand.target", "changed", "ATE", "ATT"),
        Change("new", "added", None, {"a": 2}),
        Change("old", "removed", None, None),
    )


def test_entries_of_a_list_are_matched_by_name() -> None:
    """Covariates are compared by column, criteria by name; an inserted one does not shift the others."""
    before = {"covariates": [{"column": "age", "label": "Age"}, {"column": "bmi", "label": "BMI"}]}
    after = {
        "covariates": [
            {"column": "sex", "label": "Sex"},
            {"column": "age", "label": "Age, years"},
            {"column": "bmi", "label": "BMI"},
        ]
    }
    assert changed_keys(before, after) == (
        Change("covariates[age].label", "changed", "Age", "Age, years"),
        Change("covariates[sex]", "added", None, {"column": "sex", "label": "Sex"}),
    )


def test_order_of_named_entries() -> None:
    """Named entries in another order are one change, with both orders."""
    one, two = {"name": "a", "column": "x"}, {"name": "b", "column": "x"}
    assert changed_keys({"eligibility": [one, two]}, {"eligibility": [two, one]}) == (
        Change("eligibility[order]", "changed", ["a", "b"], ["b", "a"]),
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [(["age"], ["age", "bmi"]), ([{"name": "a"}, {"name": "a"}], [{"name": "a"}]), (1, 1.0), (True, 1)],
)
def test_whole_values(before: object, after: object) -> None:
    """A list without names, or with a name twice, is one value; so is a number, with its type."""
    assert changed_keys({"x": before}, {"x": after}) == (Change("x", "changed", before, after),)


@given(json_values, json_values)
def test_equal_documents_alone_have_no_changes(before: object, after: object) -> None:
    """Two documents have no change when they are equal, and at least one when they are not."""
    assert changed_keys(before, before) == ()
    assert bool(changed_keys(before, after)) == (repr_of(before) != repr_of(after))


def repr_of(value: object) -> str:
    """Return a spelling that tells 1 from true and does not depend on the order of keys."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key!r}:{repr_of(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(repr_of, value)) + "]"
    return repr(value)


def test_versions_of_packages() -> None:
    """Packages that came, went or have another version are named; a dot in a name is no path."""
    assert changed_entries(
        {"a.b": "1", "gone": "2", "same": "3"}, {"a.b": "1.1", "new": "4", "same": "3"}
    ) == (
        Change("a.b", "changed", "1", "1.1"),
        Change("gone", "removed", "2", None),
        Change("new", "added", None, "4"),
    )


def test_subjects_and_values_are_counted() -> None:
    """Subjects are matched by identifier in any order; values are counted by column as altered, filled or emptied."""
    before = SubjectTable(
        ("s1", "s2", "s3", "s4"),
        {"age": (50.5, 60.5, None, 70.5), "arm": ("a", "b", "a", "b"), "old": (1, 1, 1, 1)},
    )
    after = SubjectTable(
        ("s5", "s3", "s2", "s1"),
        {"age": (33.5, 61.5, None, 51.5), "arm": ("a", "a", "b", "a"), "new": (1, 1, 1, 1)},
    )
    found = changed_subjects(before, after)
    assert (found.before, found.after, found.added, found.removed, found.changed) == (4, 4, 1, 1, 3)
    assert found.values == (ColumnChange("age", altered=1, filled=1, emptied=1),)
    assert (found.columns_added, found.columns_removed) == (("new",), ("old",))


def test_no_value_of_a_patient_is_kept() -> None:
    """Neither an identifier nor a value of a subject is anywhere in the answer."""
    before = SubjectTable(("PATIENT-1", "PATIENT-2"), {"age": (50.123, 60.456)})
    after = SubjectTable(("PATIENT-1", "PATIENT-3"), {"age": (51.789, 60.456)})
    text = repr(asdict(changed_subjects(before, after)))
    assert [secret for secret in ("PATIENT", "50.123", "60.456", "51.789") if secret in text] == []


def test_repeated_and_nameless_subjects() -> None:
    """Of a repeated subject the first row stands; a row without identifier is not counted."""
    before = SubjectTable(("s1", "s1", None), {"age": (1, 2, 3)})
    after = SubjectTable((None, "s1", "s1"), {"age": (9, 1, 5)})
    found = changed_subjects(before, after)
    assert (found.before, found.after, found.changed, found.values) == (1, 1, 0, ())
