"""Missing outcomes: which regression draws them, how far the draws spread, and when there is none."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.imputation.chained_equations import ImputationModel, imputation, imputations
from medicore.stats.imputation.incomplete import IncompleteCovariate
from medicore.stats.imputation.outcome_draws import OutcomeGaps, draw_outcomes

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
EXACT = 1e-9
"""Relative, of numbers that only rounding moves."""
DRAWS = 1000
MEAN_TOLERANCE = 5.0
"""Standard errors of a mean of independent draws."""
seeds = st.integers(0, 2**31)
rules = st.sampled_from(["at random", "reference"])


def generator(seed: int) -> np.random.Generator:
    """Return a generator of its own for each seed."""
    return np.random.Generator(np.random.PCG64(seed))


def study(seed: int, n: int = 120) -> tuple[Vector, Mask, Vector, Mask]:
    """Return covariates ``(n, 2)``, arm, outcome with another slope in each arm, and who is observed."""
    chance = generator(seed)
    x = chance.normal(size=(n, 2)) * (1.0, 30.0) + (0.0, 100.0)
    treated = np.arange(n) % 2 == 0
    outcome = 3.0 * treated + np.where(treated, 2.0, -1.0) * x[:, 0] + 0.1 * x[:, 1] + chance.normal(size=n)
    observed = chance.random(n) < 0.75
    return x, treated, np.where(observed, outcome, np.nan), observed


def risk(seed: int, n: int = 200) -> tuple[Vector, Mask, Vector, Mask]:
    """Return the same with an outcome of 0 and 1, rare in the control arm."""
    x, treated, outcome, observed = study(seed, n)
    cut = np.where(treated, 11.0, 13.0)
    return x, treated, np.where(observed, (outcome > cut).astype(float), np.nan), observed


def least_squares(x: Vector, y: Vector) -> tuple[Vector, float, int, Vector]:
    """Return coefficients, residual sum of squares, degrees of freedom and inverse cross-products."""
    rows = np.column_stack([np.ones(len(x)), x])
    found = np.linalg.lstsq(rows, y, rcond=None)[0]
    rest = y - rows @ found
    return found, float(rest @ rest), len(y) - rows.shape[1], np.linalg.inv(rows.T @ rows)


@given(seeds, rules)
def test_observed_outcomes_are_kept_bit_by_bit(seed: int, rule: Any) -> None:
    """Every gap has a finite number, and nothing else has changed."""
    x, treated, outcome, observed = study(seed)
    found = draw_outcomes(x, treated, outcome, observed, generator(1), rule=rule)
    assert np.array_equal(found[observed], outcome[observed])
    assert np.isfinite(found).all()


@given(seeds)
def test_an_outcome_of_0_and_1_stays_one(seed: int) -> None:
    """Draws of a binary outcome are 0 and 1."""
    x, treated, outcome, observed = risk(seed)
    found = draw_outcomes(x, treated, outcome, observed, generator(2), family="binomial")
    assert set(found) <= {0.0, 1.0}
    assert np.array_equal(found[observed], outcome[observed])


@pytest.mark.parametrize("rule", ["at random", "reference"])
def test_draws_have_the_mean_and_variance_of_their_posterior(rule: Any) -> None:
    """They are Student's t about the prediction of the subject's own arm, or of the controls, with ν = n1 − q and proper scale."""
    x, treated, outcome, observed = study(7, n=40)
    chance = generator(3)
    made = np.array([draw_outcomes(x, treated, outcome, observed, chance, rule=rule) for _ in range(DRAWS)])
    for arm in (treated, ~treated):
        donors = (~treated if rule == "reference" else arm) & observed
        found, squares, freedom, inverse = least_squares(x[donors], outcome[donors])
        for subject in np.flatnonzero(arm & ~observed):
            row = np.concatenate([[1.0], x[subject]])
            scale = squares / freedom * (1 + row @ inverse @ row)
            variance = scale * freedom / (freedom - 2)
            apart = made[:, subject].mean() - row @ found
            assert abs(apart) < MEAN_TOLERANCE * np.sqrt(variance / DRAWS)
            assert made[:, subject].var(ddof=1) == pytest.approx(variance, rel=0.2)


def test_one_draw_of_the_coefficients_serves_all_who_are_drawn_from_them() -> None:
    """Two subjects with the same covariates, one in each arm, have correlated draws under the reference rule alone."""
    x, treated, outcome, observed = study(8, n=16)
    x[2:4] = x[0]
    observed = np.ones(16, dtype=bool)
    observed[2:4] = False
    outcome = np.where(observed, np.nan_to_num(outcome, nan=1.0), np.nan)
    correlations = []
    for rule in ("at random", "reference"):
        chance = generator(4)
        made = np.array(
            [draw_outcomes(x, treated, outcome, observed, chance, rule=rule)[2:4] for _ in range(DRAWS)]  # type: ignore[arg-type]
        )
        correlations.append(np.corrcoef(made.T)[0, 1])
    assert abs(correlations[0]) < 0.13
    assert correlations[1] > 0.2


def test_an_arm_without_gaps_draws_nothing() -> None:
    """The random numbers go to the other arm alone."""
    x, treated, outcome, observed = study(9)
    observed = observed | treated
    outcome = np.where(treated & np.isnan(outcome), 0.0, outcome)
    first = draw_outcomes(x, treated, outcome, observed, generator(5))
    second = draw_outcomes(x, treated, np.where(treated, outcome + 1, outcome), observed, generator(5))
    assert np.array_equal(first[~treated], second[~treated])


def test_a_constant_column_or_outcome_is_no_obstacle() -> None:
    """A covariate with one value is aliased, and outcomes that are all the same are drawn so."""
    x, treated, outcome, observed = study(10)
    x[:, 1] = 5.0
    outcome = np.where(observed, 2.0, np.nan)
    found = draw_outcomes(x, treated, outcome, observed, generator(6))
    np.testing.assert_allclose(found, 2.0, rtol=EXACT)


def test_too_few_donors_are_refused() -> None:
    """As many observed outcomes as parameters leave no residual variance; one more is enough."""
    x, treated, outcome, observed = study(11, n=60)
    observed = observed.copy()
    seen = np.flatnonzero(treated & observed)
    observed[seen[3:]] = False
    with pytest.raises(EstimationError, match="3 observed outcomes for 3 parameters"):
        draw_outcomes(x, treated, outcome, observed, generator(7))
    observed[seen[3]] = True
    assert np.isfinite(draw_outcomes(x, treated, outcome, observed, generator(7))).all()


def test_a_binary_outcome_with_one_value_is_refused() -> None:
    """Where every observed outcome of the donors is 0, nothing says how often the missing are 1."""
    x, treated, outcome, observed = risk(12)
    with pytest.raises(EstimationError, match="every observed outcome of an arm is the same"):
        draw_outcomes(x, treated, outcome * treated, observed, generator(8), family="binomial")


def gapped(seed: int) -> tuple[list[IncompleteCovariate], Mask, Vector, Mask]:
    """Return covariates of which the first has gaps, with arm and incomplete outcome."""
    x, treated, outcome, observed = study(seed)
    first = np.where(generator(seed + 1).random(len(x)) < 0.15, np.nan, x[:, 0])
    columns = [IncompleteCovariate("a", first), IncompleteCovariate("b", x[:, 1])]
    return columns, treated, outcome, observed


GAPS = OutcomeGaps(lambda columns: np.column_stack(columns))


@given(seeds)
def test_covariates_and_outcome_are_completed_together(seed: int) -> None:
    """One run fills both, keeps what was observed, and its last outcome is drawn given the last covariates."""
    columns, treated, outcome, observed = gapped(seed)
    made = imputation(
        columns,
        treated,
        outcome,
        seed=3,
        index=1,
        model=ImputationModel(iterations=2),
        observed=observed,
        gaps=GAPS,
    )
    assert np.array_equal(made.outcome[observed], outcome[observed])
    assert np.isfinite(made.outcome).all()
    assert np.isfinite(made.columns[0]).all()
    assert made.columns[1] is columns[1].values
    assert (made.visited, made.trace.shape) == (("a",), (2, 1))


def test_an_outcome_alone_is_drawn_once_from_complete_covariates() -> None:
    """Without gaps in covariates the draw is that of ``draw_outcomes`` after the start's random numbers."""
    x, treated, outcome, observed = study(13)
    columns = [IncompleteCovariate("a", x[:, 0]), IncompleteCovariate("b", x[:, 1])]
    for rule in ("at random", "reference"):
        gaps = OutcomeGaps(GAPS.design, "gaussian", rule)  # type: ignore[arg-type]
        made = imputation(columns, treated, outcome, seed=5, index=2, observed=observed, gaps=gaps)
        chance = np.random.Generator(np.random.PCG64(np.random.SeedSequence(5, spawn_key=(2,))))
        for arm in (treated, ~treated):
            chance.integers(0, int((arm & observed).sum()), size=int((arm & ~observed).sum()))
        by_hand = draw_outcomes(x, treated, outcome, observed, chance, rule=rule)  # type: ignore[arg-type]
        assert np.array_equal(made.outcome, by_hand)
        assert made.trace.shape == (1, 0)


def test_covariates_are_drawn_given_outcomes_that_are_missing_at_random() -> None:
    """The rule of the reference arm changes the last outcomes, and no covariate."""
    columns, treated, outcome, observed = gapped(14)
    found = [
        imputation(
            columns, treated, outcome, seed=6, index=0, model=ImputationModel(iterations=3), observed=observed,
            gaps=OutcomeGaps(GAPS.design, "gaussian", rule),  # type: ignore[arg-type]
        )
        for rule in ("at random", "reference")
    ]  # fmt: skip
    assert np.array_equal(found[0].columns[0], found[1].columns[0])
    gap = treated & ~observed
    assert not np.array_equal(found[0].outcome[gap], found[1].outcome[gap])


def test_imputed_covariates_depend_on_the_drawn_outcomes() -> None:
    """A covariate that the outcome tells is nearer to its true value with the outcome's draws in the chain."""
    x, treated, outcome, observed = study(15, n=400)
    outcome = outcome - 0.1 * x[:, 1]
    missing = generator(16).random(400) < 0.3
    columns = [
        IncompleteCovariate("a", np.where(missing, np.nan, x[:, 0])),
        IncompleteCovariate("b", x[:, 1]),
    ]
    found = next(imputations(columns, treated, outcome, seed=7, number=1, observed=observed, gaps=GAPS))
    both = missing & observed
    assert np.corrcoef(found.columns[0][both], x[both, 0])[0, 1] > 0.5


def test_missing_outcomes_without_a_design_are_refused() -> None:
    """Nothing is drawn where nothing says how; a complete outcome needs no design and comes back itself."""
    columns, treated, outcome, observed = gapped(17)
    with pytest.raises(EstimationError, match="nothing says how to draw them"):
        imputation(columns, treated, outcome, seed=1, index=0, observed=observed)
    full = np.where(observed, outcome, 0.0)
    made = imputation(
        columns, treated, full, seed=1, index=0, observed=np.ones(len(full), dtype=bool), gaps=GAPS
    )
    assert made.outcome is full
    same = imputation(columns, treated, full, seed=1, index=0)
    assert np.array_equal(made.columns[0], same.columns[0])
