"""Conditional means of missing outcomes: what many draws tend to, by stacked equations, and by the jackknife."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans, difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.imputation.conditional_outcomes import conditional_outcomes
from medicore.stats.imputation.outcome_draws import draw_outcomes
from medicore.stats.imputation.pooling import pooled
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from tests.stats.stacked import Complex, influences, solve

Vector = NDArray[np.float64]
Target = Literal["ATE", "ATT", "ATO"]
Rule = Literal["at random", "reference"]
TARGETS: tuple[Target, ...] = ("ATE", "ATT", "ATO")
RULES: tuple[Rule, ...] = ("at random", "reference")
EXACT = 1e-9
JACKKNIFED = 0.06
"""Relative difference of two corrections for small samples, HC2 and the jackknife, in 150 subjects."""
MEAN_ERRORS = 4.0


@dataclass(frozen=True)
class Study:
    """Covariates, of which the last helps imputation alone, arm, outcome, NaN where missing, and whether it is observed."""

    x: Vector
    treated: NDArray[np.bool_]
    outcome: Vector
    observed: NDArray[np.bool_]

    @property
    def narrow(self) -> Vector:
        """The covariates of the outcome and the propensity model."""
        return self.x[:, :2]

    @property
    def scores(self) -> LogisticFit:
        """The propensity model, fitted once for these covariates and arms, whatever the outcomes."""
        return _scores(self.narrow.tobytes(), self.treated.tobytes())

    def means(self, target: Target, rule: Rule) -> ArmMeans:
        """Return the means by the function under test."""
        return conditional_outcomes(
            self.x, self.narrow, self.treated, self.outcome, self.observed,
            self.scores, target=target, rule=rule,
        )  # fmt: skip

    def taken(self, rows: NDArray[np.intp]) -> "Study":
        """Return the study of these subjects in this order."""
        return Study(self.x[rows], self.treated[rows], self.outcome[rows], self.observed[rows])


@cache
def _scores(narrow: bytes, treated: bytes) -> LogisticFit:
    return fit_logistic(np.frombuffer(narrow).reshape(-1, 2), np.frombuffer(treated, dtype=bool))


def study(seed: int, n: int = 150) -> Study:
    """Return a study that misses one outcome in three, by arm and covariates."""
    chance = np.random.Generator(np.random.PCG64([seed, 7]))
    x = chance.normal(size=(n, 3))
    treated = chance.random(n) < expit(0.4 * x[:, 0])
    observed = chance.random(n) < expit(0.8 + 0.5 * x[:, 1] - 0.4 * treated)
    outcome = treated * (1 + 0.4 * x[:, 0]) + x @ (0.5, -0.4, 0.6) + chance.normal(size=n)
    return Study(x, treated, np.where(observed, outcome, np.nan), observed)


def stack(data: Study, target: Target, rule: Rule) -> tuple[Vector, Vector]:
    """Return the difference, and each subject's influence on it, ``(n,)``, from stacked equations written out."""
    n, arm, seen = len(data.treated), data.treated.astype(float), data.observed.astype(float)
    small, wide = np.column_stack([np.ones(n), data.narrow]), np.column_stack([np.ones(n), data.x])
    known = np.where(data.observed, data.outcome, 0.0)

    def equations(theta: Complex) -> Complex:
        gamma, own, control, first, second, means = np.split(theta, (3, 7, 11, 14, 17))
        score = 1 / (1 + np.exp(-small @ gamma))
        donated = wide @ (control if rule == "reference" else own)
        full = seen * known + (1 - seen) * np.where(data.treated, donated, wide @ control)
        m1, m0 = small @ first, small @ second
        tilt = {"ATE": 1 + 0 * score, "ATT": arm + 0 * score, "ATO": score * (1 - score)}[target]
        base = score if target == "ATT" else tilt
        one = arm * base / score * (full - m1)
        zero = (1 - arm) * base / (1 - score) * (full - m0)
        if target == "ATT":
            one = arm * (full - m1)
        last = [tilt * (m1 - means[0]) + one, tilt * (m0 - means[1]) + zero]
        if target == "ATO":
            last = [
                tilt * (m1 - means[2]), arm * (1 - score) * (full - m1 - means[0] + means[2]),
                tilt * (m0 - means[3]), (1 - arm) * score * (full - m0 - means[1] + means[3]),
            ]  # fmt: skip
        return np.column_stack(
            [
                small * (arm - score)[:, None],
                wide * (arm * seen * (known - wide @ own))[:, None],
                wide * ((1 - arm) * seen * (known - wide @ control))[:, None],
                small * (arm * (full - m1))[:, None],
                small * ((1 - arm) * (full - m0))[:, None],
                *last,
            ]
        )

    theta, _ = solve(equations, 19 if target != "ATO" else 21)
    moved = influences(equations, theta)
    return np.asarray(theta[17] - theta[18]), moved[:, 17] - moved[:, 18]


def moves(data: Study, target: Target, rule: Rule) -> Vector:
    """Return by how much the difference moves with each outcome, ``(n,)``, 0 where it is not observed."""
    start, found = difference(data.means(target, rule)).value, np.zeros(len(data.treated))
    for place in np.flatnonzero(data.observed):
        outcome = data.outcome.copy()
        outcome[place] += 1.0
        found[place] = difference(replace(data, outcome=outcome).means(target, rule)).value - start
    return found


def fitted(x: Vector, outcome: Vector, rows: NDArray[np.bool_]) -> tuple[Vector, Vector]:
    """Return predictions for everybody, and leverages of ``rows``, from the normal equations."""
    design = np.column_stack([np.ones(len(x)), x])
    inside = design[rows]
    inverse = np.linalg.inv(inside.T @ inside)
    return design @ (inverse @ (inside.T @ outcome[rows])), np.diag(inside @ inverse @ inside.T)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("target", TARGETS)
def test_the_variance_is_that_of_the_stack_with_lengthened_residuals(target: Target, rule: Rule) -> None:
    """Influences are those of the stacked equations, plus n times the coefficient times what leverage adds to the residual."""
    data, n = study(1), 150
    value, influence = stack(data, target, rule)
    counted, groups = moves(data, target, rule), []
    residual, free = np.zeros(n), np.ones(n)
    for arm in (data.treated, ~data.treated):
        rows = arm & data.observed
        predicted, leverage = fitted(data.x, data.outcome, rows)
        if rule == "reference" and arm is data.treated:
            donated = fitted(data.x, data.outcome, ~data.treated & data.observed)[0]
            full = np.where(data.observed, data.outcome, donated)
            predicted, leverage = fitted(data.narrow, full, arm)
            leverage = leverage[data.observed[arm]]
        residual[rows], free[rows] = (data.outcome - predicted)[rows], 1 - leverage
        squares = counted[rows] ** 2
        groups.append(
            (
                (squares * residual[rows] ** 2 / free[rows]).sum(),
                squares.sum() ** 2 / (squares**2).sum() * (1 - leverage.sum() / rows.sum()),
            )
        )
    influence = influence + n * counted * residual * (free**-0.5 - 1)
    influence -= influence.mean()
    total = (influence**2).sum() / n**2
    rest = max(total - sum(variance for variance, _ in groups), 0.0)
    freedom = total**2 / (sum(v**2 / carried for v, carried in groups) + rest**2 / (n - 1))
    means = data.means(target, rule)
    found = difference(means)
    assert found.value == pytest.approx(float(value), rel=EXACT)
    assert found.standard_error == pytest.approx(np.sqrt(total), rel=EXACT)
    assert means.degrees_of_freedom == pytest.approx(freedom, rel=1e-6)
    assert "over repeated samples" in found.variance


@cache
def completed(rule: Rule) -> list[Vector]:
    """Return 400 completed outcomes of a study."""
    data, chance = study(2), np.random.Generator(np.random.PCG64(3))
    return [
        draw_outcomes(data.x, data.treated, data.outcome, data.observed, chance, rule=rule)
        for _ in range(400)
    ]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("target", TARGETS)
def test_many_draws_tend_to_it(target: Target, rule: Rule) -> None:
    """The mean of the estimates of 400 completed data sets is the value, within the error of so many draws."""
    data = study(2)
    made = [
        doubly_robust(data.narrow, data.treated, full, data.scores, target=target).influence_function.value
        for full in completed(rule)
    ]
    error = np.std(made) / np.sqrt(len(made))
    assert abs(np.mean(made) - difference(data.means(target, rule)).value) < MEAN_ERRORS * error


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("target", TARGETS)
def test_the_jackknife_of_the_whole_procedure_agrees(target: Target, rule: Rule) -> None:
    """Leaving each subject out, models refitted, gives a standard error a few per cent apart (Wolbers et al., 2022)."""
    data, every = study(3), np.arange(150)
    left = np.array([difference(data.taken(every[every != out]).means(target, rule)).value for out in every])
    jackknife = np.sqrt(149 / 150 * ((left - left.mean()) ** 2).sum())
    found = difference(data.means(target, rule)).standard_error
    assert found == pytest.approx(jackknife, rel=JACKKNIFED)
    assert found < jackknife


def test_under_the_reference_rule_it_is_smaller_than_rubins() -> None:
    """In a trial with a third of the outcomes missing Rubin's variance, information-anchored, is far larger."""
    data = study(4, 400)
    scores, chance = fit_logistic(data.narrow, data.treated), np.random.Generator(np.random.PCG64(5))
    made = [
        doubly_robust(
            data.narrow, data.treated,
            draw_outcomes(data.x, data.treated, data.outcome, data.observed, chance, rule="reference"), scores,
        ).influence_function
        for _ in range(40)
    ]  # fmt: skip
    rubin = pooled(made).estimate.standard_error
    assert difference(data.means("ATE", "reference")).standard_error < 0.9 * rubin
    assert (
        difference(data.means("ATE", "at random")).standard_error
        > 1.1 * difference(data.means("ATE", "reference")).standard_error
    )


def test_no_gaps_no_change() -> None:
    """With every outcome observed the value is the primary estimator's, and its error near that of the stacked sandwich."""
    data = study(6)
    whole = np.nan_to_num(data.outcome, nan=0.3)
    full = replace(data, outcome=whole, observed=np.ones(150, dtype=bool))
    plain = doubly_robust(data.narrow, data.treated, whole, fit_logistic(data.narrow, data.treated)).sandwich
    found = difference(full.means("ATE", "at random"))
    assert found.value == pytest.approx(plain.value, rel=EXACT)
    assert found.standard_error == pytest.approx(plain.standard_error, rel=0.06)


def test_an_outcome_that_is_not_observed_is_never_read() -> None:
    """NaN or a number in its place, no bit changes; nor does the order of subjects change more than rounding."""
    data = study(7)
    other = replace(data, outcome=np.nan_to_num(data.outcome, nan=1e9))
    for rule in RULES:
        means = data.means("ATE", rule)
        assert np.array_equal(other.means("ATE", rule).root, means.root)
        turned = data.taken(np.arange(150)[::-1]).means("ATE", rule)
        assert difference(turned).standard_error == pytest.approx(difference(means).standard_error, rel=EXACT)


def test_too_few_observed_of_an_arm_that_imputes_are_refused() -> None:
    """Four controls cannot carry a regression with four parameters."""
    data = study(8)
    few = np.flatnonzero(~data.treated & data.observed)[4:]
    observed = data.observed.copy()
    observed[few] = False
    with pytest.raises(EstimationError, match="4 subjects cannot carry 4 parameters"):
        replace(data, observed=observed).means("ATE", "reference")
