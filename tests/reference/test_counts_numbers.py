"""Every applicable number of count models by R's MASS and sandwich and by statsmodels is reproduced within its tolerance."""

import pytest

from tests.reference.counts import LEFT_OUT, computed, reason
from tests.reference.second_set import MISSING, TopicRow, available, topic_rows

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)


def _rows() -> list[TopicRow]:
    return [row for row in topic_rows() if row.topic == "counts"]


def test_every_applicable_row_of_counts_is_reproduced() -> None:
    """All rows that are not left out for a reason, 18 of 19, are within their tolerances."""
    compared = [row for row in _rows() if not reason(row)]
    wrong = [
        f"{row.estimator} {row.quantity}: {computed(row)} for {row.value} ± {row.tolerance:.2g}"
        for row in compared
        if not abs(computed(row) - row.value) <= row.tolerance
    ]
    assert not wrong, "\n".join(wrong)
    assert len(compared) == 18


def test_every_reason_for_leaving_rows_of_counts_out_applies_to_some() -> None:
    """No reason is left over from rows that are gone or reproduced by now."""
    used = {reason(row) for row in _rows()}
    assert [text for text, _ in LEFT_OUT if text not in used] == []
