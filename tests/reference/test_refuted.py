"""Rows of a single package that the core does not reproduce, because an independent route gives the core's number."""

import numpy as np
import pytest
import statsmodels.api as sm

from tests.reference.comparison import computed, reason
from tests.reference.reference import MISSING, Row, available, case, rows
from tests.stats.stacked import Data, effect

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

AGREEMENT = 1e-6
"""Relative difference at which two routes to one sandwich variance agree."""


def refuted(software: str) -> list[Row]:
    """Return the standard errors left out as refuted, of one software."""
    return [
        row
        for row in rows()
        if "refuted" in reason(row) and software in row.software and row.quantity.startswith(("se", "coef"))
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
