"""Rows of a single package that the core does not reproduce, because an independent route gives the core's number."""

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray

from medicore.stats.effect.matching import match_without_replacement, matching_distance
from medicore.stats.models.logistic import fit_logistic
from tests.reference.comparison import computed, reason
from tests.reference.reference import MISSING, Row, available, case, rows
from tests.stats.stacked import Data, effect

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

AGREEMENT = 1e-6
"""Relative difference at which two routes to one sandwich variance agree."""


def refuted(software: str, kinds: tuple[str, ...] = ("se", "coef")) -> list[Row]:
    """Return the rows left out as refuted, of one software, of quantities whose names begin with one of ``kinds``."""
    return [
        row
        for row in rows()
        if "refuted" in reason(row) and software in row.software and row.quantity.startswith(kinds)
    ]


@pytest.mark.parametrize("software", ["statsmodels", "delicatessen"])
def test_complex_steps_give_the_cores_standard_error_where_a_package_does_not(software: str) -> None:
    """The stacked equations, differentiated without truncation error, confirm the core and refute the row."""
    names = {"g-comp": "g-computation", "AIPW": "aipw"}
    found = refuted(software)
    assert found
    for row in found:
        data = case(row.case)
        stacked = Data.of(data.x_propensity, data.x_outcome, data.treated, data.outcome, data.family)
        error = effect(stacked, names[row.estimator], row.estimand)[1]
        own = computed(row)
        assert own == pytest.approx(error, rel=AGREEMENT)
        assert abs(error - row.value) > row.tolerance


@pytest.mark.parametrize("name", ["nhefs_wi", "robincar2_trt1_y"])
def test_matchit_takes_the_nearest_control_below_and_not_the_nearest(name: str) -> None:
    """Looking down only gives MatchIt's figures to the last digit, and pairs farther apart than the core's rule."""
    data = case(name)
    position = matching_distance(fit_logistic(data.x_propensity, data.treated).fitted)
    pairs = _downward_pairs(data.treated, position)
    gap = data.outcome[pairs[:, 0]] - data.outcome[pairs[:, 1]]
    size = 2 * len(pairs)
    error = gap.std(ddof=1) / np.sqrt(len(pairs)) * np.sqrt((size - 1) / (size - 2))
    theirs = {
        row.quantity: row
        for row in refuted("MatchIt", ("estimate", "se"))
        if (row.case, row.estimator) == (name, "PS matching 1:1 greedy no replacement")
    }
    assert theirs["estimate"].value == pytest.approx(gap.mean(), rel=1e-9)
    assert theirs["se"].value == pytest.approx(error, rel=1e-9)
    own = match_without_replacement(data.treated, position, position).estimate.value
    assert 0 <= abs(own) < abs((position[pairs[:, 0]] - position[pairs[:, 1]]).mean())


def _downward_pairs(treated: NDArray[np.bool_], position: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return greedy pairs, highest first, each with the nearest free control that is not above; else the nearest."""
    seekers = np.flatnonzero(treated)
    pool = np.flatnonzero(~treated)
    free, pairs = np.ones(len(pool), dtype=bool), []
    for seeker in seekers[np.argsort(-position[seekers], kind="stable")]:
        gap = position[seeker] - position[pool]
        allowed = free & (gap >= 0)
        distance = np.where(allowed if allowed.any() else free, np.abs(gap), np.inf)
        nearest = int(np.argmin(distance))
        free[nearest] = False
        pairs.append((seeker, pool[nearest]))
    return np.array(pairs)


def test_statsmodels_gives_the_cores_coefficient_errors_where_r_stopped_early() -> None:
    """At the maximum likelihood itself, the inverse Hessian has the core's standard errors and not R's."""
    found = refuted("R 4.2.2")
    assert len(found) == 3
    data = case("acic_02")
    scale = data.x_propensity.std(axis=0)
    design = sm.add_constant((data.x_propensity - data.x_propensity.mean(axis=0)) / scale)
    fit = sm.Logit(data.treated.astype(float), design).fit(disp=0, method="newton", tol=1e-14)
    errors = dict(zip(data.names, np.asarray(fit.bse)[1:] / scale, strict=True))
    for row in found:
        error = errors[row.quantity.removeprefix("coef_se:")]
        assert computed(row) == pytest.approx(error, rel=AGREEMENT)
        assert abs(error - row.value) > row.tolerance
