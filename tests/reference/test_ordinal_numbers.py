"""Win probabilities are those of other software, and those of a published example."""

import numpy as np
import pytest
from scipy.special import stdtrit

from medicore.stats.effect.contrasts import log_win_odds
from medicore.stats.effect.measures import effect_of
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.ordinal.augmented_wins import (
    augmented_wins,
    modelled_wins,
    unadjusted_wins,
    weighted_wins,
)
from tests.reference.ordinal import CONTROL, NUMBERS, PUBLISHED, TREATED, by_statsmodels, graded

OTHER_SOFTWARE = 1e-10
"""A maximum of the propensity score is reached to some twelve digits on either side."""
PRINTED = 5e-5
"""Half a unit of the last printed digit of the statistic, in which the others are as near."""


@pytest.mark.parametrize(("case", "estimator"), NUMBERS)
def test_the_win_probability_is_that_of_other_software(case: str, estimator: str) -> None:
    """AIPW, weights and models of every threshold give what statsmodels gives, and so do win odds and net benefit."""
    data = graded(case)
    of = data.treated, data.place, data.levels
    score = fit_logistic(data.x_propensity, data.treated)
    if estimator == "AIPW":
        found = augmented_wins(data.x_outcome, *of, score).means
    elif estimator == "regression":
        found = modelled_wins(data.x_outcome, *of)
    else:
        found = weighted_wins(*of, score)
    expected = NUMBERS[case, estimator]
    assert found.treated == pytest.approx(expected, abs=OTHER_SOFTWARE)
    assert effect_of(found, "win odds").value == pytest.approx(expected / (1 - expected), rel=1e-9)
    assert effect_of(found, "difference").value == pytest.approx(2 * expected - 1, abs=1e-9)


def test_the_numbers_are_still_those_of_the_software() -> None:
    """Statsmodels as it is installed gives the numbers that are written down."""
    case, estimator = "nhefs_6", "AIPW"
    assert by_statsmodels(case, estimator) == pytest.approx(NUMBERS[case, estimator], abs=OTHER_SOFTWARE)


def test_a_published_example_comes_out() -> None:
    """Without covariates chance, statistic and interval are those of Brunner and Munzel's analysis of a pain score."""
    treated = np.arange(len(TREATED) + len(CONTROL)) < len(TREATED)
    place = np.array([*TREATED, *CONTROL], dtype=np.float64) - 1
    found = unadjusted_wins(treated, place, 5)
    error = float(np.sqrt(found.covariance[0, 0]))
    assert found.treated == pytest.approx(PUBLISHED["win probability"], abs=5e-7)
    assert (found.treated - 0.5) / error == pytest.approx(PUBLISHED["statistic"], abs=PRINTED)
    reach = float(stdtrit(PUBLISHED["degrees of freedom"], 0.975)) * error
    assert found.treated - reach == pytest.approx(PUBLISHED["low"], abs=PRINTED)
    assert found.treated + reach == pytest.approx(PUBLISHED["high"], abs=PRINTED)
    odds = log_win_odds(found)
    assert odds.value == pytest.approx(np.log(0.788961 / 0.211039), abs=1e-5)
    assert odds.standard_error == pytest.approx(error / (found.treated * (1 - found.treated)), rel=1e-12)
