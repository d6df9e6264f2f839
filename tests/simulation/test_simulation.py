"""What theory promises, held against many samples: coverage and double robustness."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from tests.simulation.coverage import coverages
from tests.simulation.page import SECTIONS, written
from tests.simulation.robustness import biases
from tests.simulation.small import CELLS
from tests.simulation.small import coverages as small_coverages
from tests.simulation.worlds import (
    binary,
    effect_in_the_treated,
    observational,
    risks,
)

BIAS_LIMIT = 3.5
"""Monte-Carlo standard errors; a figure is further off by chance once in 2,000 times."""
LOWEST, HIGHEST = 0.94, 0.96
ESTIMATORS = 13 + 6 + 4 + 15 + 2


def test_the_worlds_have_the_effects_that_they_claim() -> None:
    """In one sample of 400,000 of each, the claimed truths are within their sampling error."""
    seen = observational(0, 400_000)
    effect: NDArray[np.float64] = 1 + seen.x @ np.array([0.5, 0.0, 0.3])
    assert effect[seen.treated].mean() == pytest.approx(effect_in_the_treated(), abs=0.006)
    assert effect.mean() == pytest.approx(1, abs=0.006)
    trial = binary(0, 400_000)
    for risk, start in zip(risks(), (-0.1, -0.8), strict=True):
        everybody = expit(start + trial.x @ np.array([0.8, 0.5, -0.3]))
        assert everybody.mean() == pytest.approx(risk, abs=0.002)


@pytest.mark.deep
@pytest.mark.parametrize("place", range(ESTIMATORS))
def test_intervals_cover(place: int) -> None:
    """Where its assumptions hold, each estimator's 95 % interval holds the truth in 94 to 96 % of the samples."""
    rows = coverages()
    assert len(rows) == ESTIMATORS
    row = rows[place]
    assert row.simulations >= 2000
    assert LOWEST <= row.coverage <= HIGHEST, row
    assert row.mean_error == pytest.approx(row.deviation, rel=0.06), row


@pytest.mark.deep
@pytest.mark.parametrize("place", range(len(CELLS)))
def test_small_samples_are_covered_or_refused(place: int) -> None:
    """From 40 subjects on, with 5 and 10 covariates, the printed interval holds the truth in 94 to 96 %, or the run halts."""
    row = small_coverages()[place]
    if row.refused > 0.5:
        assert (row.n, row.p) == (40, 10)
        assert row.refused > 0.99
        return
    assert row.samples > 1900
    assert LOWEST - 2 * row.error <= row.coverage <= HIGHEST + 2 * row.error, row
    assert row.coverage > row.direct


@pytest.mark.deep
def test_aipw_is_unbiased_with_either_model_wrong() -> None:
    """With one right model AIPW has no bias beyond chance; with both wrong it has, as have others with their one."""
    rows = biases()
    augmented = [row for row in rows if row.estimator == "AIPW"]
    assert sum(row.consistent for row in augmented) == 3
    for row in augmented:
        assert (abs(row.in_errors) <= BIAS_LIMIT) == row.consistent, row
    for name in ("Hájek weighting", "g-computation"):
        right, wrong = sorted(
            (row for row in rows if row.estimator == name),
            key=lambda row: "wrong" in (row.propensity, row.outcome),
        )
        assert abs(wrong.bias) > 10 * max(abs(right.bias), wrong.error), (right, wrong)


@pytest.mark.deep
@pytest.mark.parametrize("heading", ["Intervals", "Small samples", "Double robustness"])
def test_the_sections_of_the_page_are_current(heading: str) -> None:
    """``docs/simulation.md`` holds each section as the simulation makes it."""
    assert SECTIONS[heading]() == written(heading)
