"""Covariates with gaps: how they are made of labels, and what is refused."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.imputation.incomplete import IncompleteCovariate, require_imputable

NAN = float("nan")


def number(*values: float, name: str = "age") -> IncompleteCovariate:
    """Return a number with these values."""
    return IncompleteCovariate(name, np.array(values, dtype=np.float64))


def test_labels_become_places_of_levels_and_back() -> None:
    """A label is its place in the declared order; a gap is NaN whatever stands there; completed places are labels."""
    labels = ["high", None, "low", "not asked"]
    made = IncompleteCovariate.of_category(
        "risk", labels, np.array([False, True, False, True]), ("low", "middle", "high")
    )
    assert np.array_equal(made.values, [2, NAN, 0, NAN], equal_nan=True)
    assert made.missing.tolist() == [False, True, False, True]
    assert made.level_counts.tolist() == [1, 0, 1]
    assert made.labels(np.array([2.0, 1.0, 0.0, 0.0])) == ("high", "middle", "low", "low")


def test_an_unknown_label_is_refused_without_naming_it() -> None:
    """A label that is no level and no gap is an error that holds no value."""
    with pytest.raises(EstimationError, match=r"'risk' holds 2 value\(s\) that are no level") as caught:
        IncompleteCovariate.of_category("risk", ["low", "secret", None], np.zeros(3, dtype=bool), ("low",))
    assert "secret" not in str(caught.value)


def test_sound_covariates_pass() -> None:
    """Numbers and categories with gaps, none at all, and an empty list can be imputed."""
    require_imputable([])
    require_imputable(
        [
            number(1, NAN),
            number(1, 2, name="weight"),
            IncompleteCovariate("risk", np.array([1, NAN]), ("a", "b")),
        ]
    )


@pytest.mark.parametrize(
    ("covariates", "message"),
    [
        ([number(1, 2), number(3, 4)], "share a name"),
        ([number(1, 2), number(3, name="weight")], "unequal numbers"),
        ([number(1, float("inf"))], "'age' holds infinity"),
        ([number(NAN, NAN)], "'age' has no observed value"),
        ([IncompleteCovariate("risk", np.array([0, 2.0]), ("a", "b"))], "code that is no level.* 2 levels"),
        ([IncompleteCovariate("risk", np.array([0.5, NAN]), ("a", "b"))], "code that is no level"),
    ],
)
def test_unsound_covariates_are_refused(covariates: list[IncompleteCovariate], message: str) -> None:
    """Shared names, unequal lengths, infinity, unknown codes and covariates nobody has."""
    with pytest.raises(EstimationError, match=message):
        require_imputable(covariates)
