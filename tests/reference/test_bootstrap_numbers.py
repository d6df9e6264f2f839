"""The bootstraps of the reference folder, within the Monte-Carlo error of theirs and ours together."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult
from tests.reference.comparison import BOOTSTRAP, reason
from tests.reference.effects import effects
from tests.reference.reference import MISSING, available, case, rows

pytestmark = [pytest.mark.deep, pytest.mark.skipif(not available(), reason=MISSING)]

Vector = NDArray[np.float64]
SEED = 20250101
REPLICATES = 20_000
"""As many as the reference drew, as its rows of failed replicates say (variant B=20000)."""
ERRORS = 4.0
"""Monte-Carlo standard errors by which a quantity may differ: 1 of 16,000 does by chance, of 200 compared."""
WINDOW = 0.008
"""Half the width, in probability, of the window in which the density at a percentile is estimated."""
R_BOOT = "boot "
"""R's package, which drew it does not say how many: its rows keep the tolerance stated, for 1,000 replicates."""
KEPT_BY_OTHERS = 0.03
"""Most replicates that we count as failed, for a separated outcome model, where the reference kept its numbers."""
CASES = tuple(sorted({row.case for row in rows() if reason(row) == BOOTSTRAP})) if available() else ()


@cache
def bootstrap(name: str, target: Target) -> BootstrapResult:
    """Return our bootstrap of a case."""
    data = case(name)
    arrays = data.x_propensity, data.x_outcome, data.treated, data.outcome
    family = "binomial" if data.family == "binomial" else "gaussian"
    return bootstrap_effect(*arrays, replicates=REPLICATES, seed=SEED, family=family, target=target)


@cache
def full_sample(name: str) -> Mapping[tuple[str, str, str, str], float]:
    """Return the effects of a case's full sample."""
    return effects(case(name))


def quantity(estimates: Vector, value: float, name: str) -> float:
    """Return the named quantity of replicates whose full sample's estimate is ``value``."""
    low, high = np.quantile(estimates, [0.025, 0.975])
    return float(
        {
            "boot_se": estimates.std(ddof=1),
            "boot_bias": estimates.mean() - value,
            "boot_pct_low": low,
            "boot_pct_high": high,
            "boot_basic_low": 2 * value - high,
            "boot_basic_high": 2 * value - low,
        }[name]
    )


def error(estimates: Vector, name: str) -> float:
    """Return the standard error of the quantity's difference between two bootstraps."""
    share = np.sqrt(1 / REPLICATES + 1 / len(estimates))
    spread = estimates.std()
    if name == "boot_bias":
        return float(spread * share)
    if name == "boot_se":
        kurtosis = np.mean((estimates - estimates.mean()) ** 4) / spread**4
        return float(spread * np.sqrt((kurtosis - 1) / 4) * share)
    at = 0.025 if name in ("boot_pct_low", "boot_basic_high") else 0.975
    below, above = np.quantile(estimates, [at - WINDOW, at + WINDOW])
    return float(np.sqrt(at * (1 - at)) * share * (above - below) / (2 * WINDOW))


@pytest.mark.parametrize("name", CASES)
def test_bootstraps_agree_within_their_monte_carlo_error(name: str) -> None:
    """Standard errors, biases and intervals of AIPW, Hájek weighting and g-computation in three populations."""
    wrong, compared = [], 0
    for row in rows():
        if row.case != name or reason(row) != BOOTSTRAP or row.estimator == "bootstrap":
            continue
        found = bootstrap(name, row.estimand)  # type: ignore[arg-type]
        estimates = {"AIPW": found.estimates, "IPW-Hajek": found.hajek, "g-comp": found.g_computation}[
            row.estimator
        ]
        value = full_sample(name)[row.estimand, row.estimator, "", "estimate"]
        mine = quantity(estimates, value, row.quantity)
        allowed = row.tolerance if R_BOOT in row.software else ERRORS * error(estimates, row.quantity)
        compared += 1
        if not abs(mine - row.value) <= allowed:
            wrong.append(f"{row.key}: {mine} for {row.value} ± {allowed:.2g}")
    assert wrong == []
    assert compared >= (8 if name == "dw_psid1" else 20)


@pytest.mark.parametrize("name", CASES)
def test_where_no_replicate_of_others_failed_none_of_ours_does(name: str) -> None:
    """Where some failed, in a regression that cannot be solved, ours are more, as separated ones are counted."""
    theirs = next(row.value for row in rows() if row.case == name and row.quantity == "n_failed_replicates")
    ours = sum(bootstrap(name, "ATE").failed.values())
    assert theirs <= ours <= (KEPT_BY_OTHERS * REPLICATES if theirs else 0)
