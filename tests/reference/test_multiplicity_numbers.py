"""Every number of multiplicity by R's packages and statsmodels is reproduced within its tolerance."""

from collections import Counter

import pytest

from tests.reference.multiplicity import METHODS, TOPIC, computed
from tests.reference.second_set import MISSING, available, topic_rows

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

ROWS = 160


def test_every_row_of_multiplicity_is_reproduced() -> None:
    """Each of the 160 rows is within its tolerance, and every method has rows."""
    rows = [row for row in topic_rows() if row.topic == TOPIC]
    wrong = [
        f"{row.case} {row.estimator} {row.quantity}: {computed(row)} for {row.value} ± {row.tolerance:.2g}"
        for row in rows
        if not abs(computed(row) - row.value) <= row.tolerance
    ]
    assert wrong == []
    counts = Counter(row.estimator for row in rows)
    assert counts.total() == ROWS
    assert set(counts) == set(METHODS)
