"""The EM algorithm finds the model that Newton's method finds, and says when it does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.repeated import verification_mixed
from medicore.stats.repeated.mixed_contrasts import contrast
from medicore.stats.repeated.mixed_model import fit_mixed
from medicore.stats.repeated.verification_mixed import verify_mixed
from medicore.stats.verification import TOLERANCE
from tests.stats.repeated_samples import profiles

LAST = np.array([0.0, 0, 0, 0, 0, 1, 0])


@settings(max_examples=10)
@given(st.integers(0, 2**31), st.booleans())
def test_both_implementations_confirm_each_other(seed: int, restricted: bool) -> None:
    """Estimate and model-based standard error agree within the tolerance of every second implementation."""
    data = profiles(seed)
    found = contrast(fit_mixed(data.design, data.outcome, restricted=restricted), LAST, "satterthwaite")
    second = verify_mixed(data.design, data.outcome, LAST, restricted=restricted)
    assert second.relative_difference(found.value, found.standard_error) < TOLERANCE


def test_a_search_that_does_not_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too few steps are no estimate, and the number of steps is told."""
    data = profiles(3)
    monkeypatch.setattr(verification_mixed, "MOST_STEPS", 2)
    with pytest.raises(EstimationError, match="did not reach its maximum in 2 steps"):
        verify_mixed(data.design, data.outcome, LAST)
