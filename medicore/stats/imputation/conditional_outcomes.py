"""The effect with missing outcomes replaced by their conditional means, and its variance over repeated samples."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target, balancing_weights
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.outcome_weights import outcome_weights, population_shares, residual_shares
from medicore.stats.given import checked
from medicore.stats.imputation.outcome_draws import Rule
from medicore.stats.models.carried import Carried, carried, satterthwaite
from medicore.stats.models.leverage import hat_diagonal, inflation, leverages
from medicore.stats.models.linear import fit_linear
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


@checked
def conditional_outcomes(
    x: Vector,
    x_outcome: Vector,
    treated: Mask,
    outcome: Vector,
    observed: Mask,
    propensity: Scores,
    *,
    target: Target = "ATE",
    rule: Rule = "at random",
) -> ArmMeans:
    """Return the arms' means of the primary estimator with each missing outcome at its conditional mean.

    The mean of a missing outcome is the least-squares prediction on ``x``, ``(n, p)``, of the regression that ``draw_outcomes``
    draws it from: that of its own arm, or of the control arm under the rule "reference". The estimator, on ``x_outcome``, is
    linear in the outcomes, so that this is what multiple imputation tends to with many draws (Wolbers et al., 2022).

    The variance is that of the estimate over repeated samples, as the bootstrap or the jackknife of the whole procedure
    have it: the stacked sandwich over imputation, propensity and outcome models (Stefanski & Boos, 2002), ddof 0. Under the
    rule "reference" it is smaller than Rubin's, which is information-anchored (Cro, Carpenter & Kenward, 2019): imputation by
    the controls draws the arms together, and the estimate varies less. The residual y − m of each observed outcome counts
    n·c/√(1 − h), where c is the outcome's coefficient in the estimate, and m and h are its prediction and leverage in the
    regression that was fitted to it for imputation, or else in the outcome model of its arm (HC2: MacKinnon & White, 1985).
    Student's t has Satterthwaite's degrees of freedom (``carried``).
    ``outcome``, ``(n,)``, is continuous and not read where ``observed``, ``(n,)`` bool, is false.

    Raises EstimationError when the observed of an arm that imputes are no more than its regression has parameters.
    """
    known = np.where(observed, outcome, 0.0)
    every = np.ones(len(treated), dtype=bool)
    pairs = [(~treated, every)] if rule == "reference" else [(treated, treated), (~treated, ~treated)]
    regressions = [_Regression.of(x, known, arm & observed, gaps & ~observed) for arm, gaps in pairs]
    for one in regressions:
        known[one.gaps] = one.predicted[one.gaps]
    result = doubly_robust(x_outcome, treated, known, propensity, target=target)
    weights = balancing_weights(treated, propensity.fitted, target)
    averaged = population_shares(treated, propensity.fitted, target)
    counted = np.column_stack(
        [
            outcome_weights(model, arm, averaged, residual_shares(weights, arm, treated, target))
            for arm, model in zip((treated, ~treated), result.models, strict=True)
        ]
    )
    root, groups = result.stacked.root.copy(), []
    for one in regressions:
        through = one.basis[one.donors] @ (one.inverse @ (one.basis[one.gaps].T @ counted[one.gaps]))
        root[one.donors] += through * one.residual[:, None]
        total = counted[one.donors] + through
        groups.append(_lengthen(root, one.donors, total, one.residual, one.leverage))
    if rule == "reference":
        seen, model = treated & observed, result.models[0]
        residual = (known - model.predicted)[seen]
        leverage = leverages(model, treated, "gaussian")[observed[treated]]
        groups.append(_lengthen(root, seen, counted[seen], residual, leverage))
    root -= root.mean(axis=0)
    variance = float(((root[:, 0] - root[:, 1]) ** 2).sum())
    return replace(
        result.stacked,
        estimator=f"{result.stacked.estimator}, missing outcomes at their conditional means",
        root=root,
        variance="over repeated samples: stacked sandwich with the imputation, ddof 0, residuals corrected for leverage (HC2), "
        "Student's t",
        degrees_of_freedom=satterthwaite(variance, groups, len(treated)),
    )


@dataclass(frozen=True, slots=True)
class _Regression:
    """Least squares among ``donors``, by which ``gaps`` are filled, masks ``(n,)``.

    ``predicted`` is ``(n,)`` and ``basis`` ``(n, q)``; ``inverse``, ``(q, q)``, is that of the donors' products; ``residual`` and
    ``leverage``, ``(k,)``, are the donors'.
    """

    donors: Mask
    gaps: Mask
    predicted: Vector
    basis: Vector
    inverse: Vector
    residual: Vector
    leverage: Vector

    @classmethod
    def of(cls, x: Vector, outcome: Vector, donors: Mask, gaps: Mask) -> "_Regression":
        fit = fit_linear(x[donors], outcome[donors])
        basis = fit.design.basis(x)
        return cls(donors, gaps, basis @ fit.theta, basis, fit.inverse, fit.residual, hat_diagonal(fit.basis))


def _lengthen(root: Vector, rows: Mask, counted: Vector, residual: Vector, leverage: Vector) -> Carried:
    """Correct the influence of ``rows`` for leverage in ``root``, and return what their noise carries of the difference."""
    factor = inflation(leverage, "HC2")
    root[rows] += counted * (residual * (factor - 1))[:, None]
    weights = counted[:, 0] - counted[:, 1]
    return carried(weights * residual * factor, weights, float(leverage.sum()))
