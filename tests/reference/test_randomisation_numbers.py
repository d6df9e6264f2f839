"""Every number of covariate-adaptive randomisation by RobinCar2 is reproduced within its tolerance."""

import pytest

from tests.reference.randomisation import TOPIC, cases, computed
from tests.reference.second_set import MISSING, available, topic_rows

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)


@pytest.mark.parametrize("case", cases())
def test_every_row_of_a_scheme_and_model_is_reproduced(case: str) -> None:
    """The three contrasts of three arms and their standard errors are those of RobinCar2."""
    rows = [row for row in topic_rows() if (row.topic, row.case) == (TOPIC, case)]
    assert len(rows) == 6
    wrong = {
        row.quantity: (computed(row), row.value)
        for row in rows
        if not abs(computed(row) - row.value) <= row.tolerance
    }
    assert wrong == {}


def test_no_row_is_left_out() -> None:
    """The rows of the topic are those of the cases."""
    assert {row.case for row in topic_rows() if row.topic == TOPIC} == set(cases())
