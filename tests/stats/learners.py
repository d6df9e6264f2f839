"""Learners of the tests: regression models of the core, and a plain loop over folds with statsmodels'."""

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray

from medicore.stats.models.linear import fit_linear
from medicore.stats.models.logistic import fit_logistic

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Unpenalised:
    """Maximum likelihood and least squares."""

    def chances(self, x: Vector, label: Flags, new: Vector) -> Vector:
        """Return the probabilities of logistic regression."""
        return fit_logistic(x, label).probability(new)

    def means(self, x: Vector, outcome: Vector, new: Vector) -> Vector:
        """Return the predictions of linear regression."""
        return fit_linear(x, outcome).predict(new)


def by_statsmodels(
    x: Vector, treated: Flags, outcome: Vector, observed: Flags, fold: Vector, family: str
) -> dict[str, Vector]:
    """Return the out-of-fold predictions by name, written out as a loop over folds and models."""
    n = len(treated)
    names = ("score", "treated", "control", "seen_treated", "seen_control")
    made = {name: np.ones(n) for name in names}
    for one in set(fold.tolist()):
        new, rest = fold == one, fold != one
        made["score"][new] = _predicted(x[rest], treated[rest], x[new], "binomial")
        for name, arm in (("treated", treated), ("control", ~treated)):
            rows = rest & arm & observed
            made[name][new] = _predicted(x[rows], outcome[rows], x[new], family)
        for name, arm in (("seen_treated", treated), ("seen_control", ~treated)):
            other = ~arm
            if observed[arm].all():
                continue
            if observed[other].all():
                rows = rest & arm
                made[name][new] = _predicted(x[rows], observed[rows], x[new], "binomial")
            else:
                both = np.column_stack([arm, x])
                with_arm = np.column_stack([np.ones(new.sum()), x[new]])
                made[name][new] = _predicted(both[rest], observed[rest], with_arm, "binomial")
    return made


def _predicted(x: Vector, y: Vector, new: Vector, family: str) -> Vector:
    columns = np.column_stack([np.ones(len(x)), x])
    others = np.column_stack([np.ones(len(new)), new])
    if family == "gaussian":
        return sm.OLS(y, columns).fit().predict(others)
    fit = sm.GLM(y.astype(float), columns, family=sm.families.Binomial()).fit(tol=1e-12)
    return fit.predict(others)
