"""A patient's criteria and box: the recorded one, and only where the criteria give the same."""

import pandas as pd
import pytest

from medicore.cases.answers.subject_box import Box, applied_criteria, box_of
from medicore.errors import IntegrityError
from tests.steps.analysed_trial import protocol

TEXTS = {"change": "1.5", "age": " 17", "weight": "70"}
OUTCOME, AGE = "Outcome not measured", "Under 18"


def values(change: float | None = 1.5, age: int = 44) -> pd.DataFrame:
    """Return a patient's row of the extract."""
    return pd.DataFrame({"change": [change], "age": pd.array([age], dtype="Int64"), "weight": [70.0]})


def box(arm: str, recorded: str, change: float | None = 1.5, age: int = 44) -> Box:
    """Return the box of a patient with these values."""
    applied = applied_criteria(protocol(), values(change, age), TEXTS)
    return box_of(protocol(), applied, arm, recorded)


def test_criteria_come_in_order_with_text_and_value() -> None:
    """Each criterion has the text as delivered beside the value that it was cast to; a missing value is None."""
    applied = applied_criteria(protocol(), values(None, 17), TEXTS)
    found = [(one.criterion.name, one.delivered, one.value, one.satisfied) for one in applied]
    assert found == [
        (OUTCOME, "1.5", None, False),
        (AGE, " 17", "17", False),
        ("Too heavy", "70", "70.0", True),
    ]


def test_the_box_is_the_recorded_one() -> None:
    """Analysed in either arm, excluded by the first criterion that fails, or outside the contrast."""
    assert box("active", "") == Box(None, "active", "treated")
    assert box("control", "") == Box(None, "control", "control")
    assert box("active", OUTCOME, None, 17) == Box(OUTCOME, None, None)
    assert box("other", "Outside the contrast") == Box("Outside the contrast", None, None)


@pytest.mark.parametrize(
    ("arm", "recorded", "age"),
    [
        ("active", "", 17),  # a criterion fails, and nothing is recorded
        ("active", OUTCOME, 17),  # another than the first that fails
        ("active", AGE, 44),  # a criterion that is satisfied
        ("active", "Outside the contrast", 44),  # in an arm of the contrast
        ("other", "", 44),  # analysed in no arm of the contrast
    ],
)
def test_a_box_that_the_criteria_do_not_give_is_refused(arm: str, recorded: str, age: int) -> None:
    """A disposition that the criteria contradict is told as such, and no box is shown."""
    with pytest.raises(IntegrityError, match="not what the criteria give"):
        box(arm, recorded, age=age)
