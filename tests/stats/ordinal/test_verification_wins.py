"""The second implementation of the win probability confirms the first, and nothing where it cannot."""

from typing import Literal

import numpy as np
import pytest

from medicore.stats import verification_models
from medicore.stats.effect.measures import effect_of
from medicore.stats.ordinal.augmented_wins import augmented_wins
from medicore.stats.ordinal.verification_wins import verify_wins
from tests.stats.ordinal.graded import graded

EXACT = 1e-9


@pytest.mark.parametrize("measure", ["difference", "win odds"])
@pytest.mark.parametrize("levels", [2, 3, 7])
def test_both_implementations_agree(measure: Literal["difference", "win odds"], levels: int) -> None:
    """Value and influence function's standard error, by sums of distributions and by comparing every two subjects."""
    some = graded(levels=levels)
    means = augmented_wins(some.x, some.treated, some.outcome, levels, some.fit).means
    found = effect_of(means, measure).inference
    second = verify_wins(some.x, some.x, some.treated, some.outcome, levels, measure=measure)
    assert second.value == pytest.approx(found.value, abs=EXACT)
    assert second.standard_error == pytest.approx(found.standard_error, rel=EXACT)


def test_an_unfinished_search_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Value and error are NaN where the logistic regression is not proved to be at its maximum."""
    some = graded(confounded=1.5)
    monkeypatch.setattr(verification_models, "MAX_ITERATIONS", 1)
    for measure in ("difference", "win odds"):
        second = verify_wins(some.x, some.x, some.treated, some.outcome, some.levels, measure=measure)
        assert np.isnan(second.value)
        assert np.isnan(second.standard_error)


def test_arms_that_do_not_overlap_have_no_odds() -> None:
    """Where the treated always fare better, the logarithm of the win odds confirms nothing."""
    some = graded(confounded=0.0)
    apart = np.where(some.treated, 1.0, 0.0)
    second = verify_wins(some.x, some.x, some.treated, apart, 2, measure="win odds")
    assert np.isnan(second.value)
    assert verify_wins(some.x, some.x, some.treated, apart, 2).value == pytest.approx(1, abs=EXACT)
