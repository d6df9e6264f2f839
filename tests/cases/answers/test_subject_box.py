"""A patient's criteria and box: the recorded one, and only where the criteria give the same."""

import pandas as pd
import pytest

from medicore.cases.answers.subject_box import Box, applied_criteria, box_of
from medicore.errors import IntegrityError
from medicore.steps.cohort import OF_OUTCOME
from tests.steps.analysed_trial import protocol

TEXTS = {"change": "1.5", "age": " 17", "weight": "70"}
WEIGHT, AGE = "Too heavy", "Under 18"


def values(weight: float | None = 70.0, age: int = 44) -> pd.DataFrame:
    """Return a patient's row of the extract."""
    return pd.DataFrame({"age": pd.array([age], dtype="Int64"), "weight": [weight]})


def box(arm: str, recorded: str, weight: float | None = 70.0, age: int = 44) -> Box:
    """Return the box of a patient with these values."""
    applied = applied_criteria(protocol(), values(weight, age), TEXTS)
    return box_of(protocol(), applied, arm, recorded)


def test_criteria_come_in_order_with_text_and_value() -> None:
    """Each criterion has the text as delivered beside the value that it was cast to; a missing value is None."""
    applied = applied_criteria(protocol(), values(None, 17), TEXTS)
    found = [(one.criterion.name, one.delivered, one.value, one.satisfied) for one in applied]
    assert found == [
        (AGE, " 17", "17", False),
        (WEIGHT, "70", None, False),
    ]


def test_the_box_is_the_recorded_one() -> None:
    """Analysed in either arm, excluded by the first criterion that fails, or outside the contrast."""
    assert box("active", "") == Box(None, "active", "treated")
    assert box("control", "") == Box(None, "control", "control")
    assert box("active", AGE, None, 17) == Box(AGE, None, None)
    assert box("other", "Outside the contrast") == Box("Outside the contrast", None, None)


def test_an_outcome_that_is_to_come_excludes_nobody() -> None:
    """Who is eligible and not analysed, for want of an outcome, is in a box of that name and in an arm of the contrast."""
    for reason in OF_OUTCOME:
        found = box("active", reason)
        assert (found.reason, found.name) == (reason, "eligible")
        with pytest.raises(IntegrityError, match="differs from the criteria"):
            box("other", reason)
        with pytest.raises(IntegrityError, match="differs from the criteria"):
            box("active", reason, age=17)
    assert (box("active", "").name, box("active", AGE, age=17).name) == ("analysed", "excluded")


@pytest.mark.parametrize(
    ("arm", "recorded", "age"),
    [
        ("active", "", 17),  # a criterion fails, and nothing is recorded
        ("active", WEIGHT, 17),  # another than the first that fails
        ("active", AGE, 44),  # a criterion that is satisfied
        ("active", "Outside the contrast", 44),  # in an arm of the contrast
        ("other", "", 44),  # analysed in no arm of the contrast
    ],
)
def test_a_box_that_the_criteria_do_not_give_is_refused(arm: str, recorded: str, age: int) -> None:
    """A disposition that the criteria contradict is told as such, and no box is shown."""
    with pytest.raises(IntegrityError, match="differs from the criteria"):
        box(arm, recorded, age=age)
