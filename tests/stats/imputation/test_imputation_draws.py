"""Predictive draws: held against their exact laws, other software, and the models' own fits."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import binom, kstest, t
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LogisticRegression

from medicore.errors import EstimationError
from medicore.stats.imputation import imputation_draws
from medicore.stats.imputation.imputation_draws import draw_donors, draw_levels, draw_normal
from medicore.stats.models.logistic import fit_logistic

Vector = NDArray[np.float64]

UNLIKELY = 1e-4
"""p-value below which a fixed seed's draws do not follow their law."""
LIKE_SKLEARN = 0.03
"""Absolute, in residual standard deviations, of means and deviations over 4,000 draws."""
MONTE_CARLO = 3 * np.sqrt(2 / 4000)
"""Three standard errors of a difference of two means of 4,000 draws."""
STATIONARY = 1e-8
"""Largest derivative of a log-likelihood at its maximum."""
SHARE_ERRORS = 4.0
"""Monte-Carlo standard errors between a share and its expectation."""


def seeded(seed: int) -> np.random.Generator:
    """Return a stream."""
    return np.random.Generator(np.random.PCG64(seed))


def predictors(chance: np.random.Generator, n: int, q: int = 3) -> Vector:
    """Return ``q`` rows with the intercept first."""
    return np.vstack([np.ones(n), chance.normal(size=(q - 1, n))])


def sorted_numbers(*values: float) -> Vector:
    """Return predictors whose one slope makes the prediction the value itself."""
    return np.vstack([np.ones(len(values)), np.array(values)])


class TestNormal:
    """Bayesian linear regression."""

    def test_draws_follow_students_law(self) -> None:
        """Given the data, a value is Student around its prediction with scale s√(1 + h) and n − q degrees of freedom."""
        chance = seeded(1)
        x, new = predictors(chance, 12), predictors(chance, 2)
        y = x.sum(axis=0) + chance.normal(size=12)
        design, wanted = x.T, new.T
        theta, rss, *_ = np.linalg.lstsq(design, y, rcond=None)
        leverage = (wanted @ np.linalg.inv(design.T @ design) * wanted).sum(axis=1)
        scale = np.sqrt(rss[0] / 9 * (1 + leverage))
        draws = np.array([draw_normal(x, y, new, chance) for _ in range(4000)])
        for place in range(2):
            law = t(9, wanted[place] @ theta, scale[place])
            assert kstest(draws[:, place], law.cdf).pvalue > UNLIKELY

    def test_values_of_one_draw_share_their_coefficients(self) -> None:
        """Two draws for the same predictors correlate by h/(1 + h), what the drawn coefficients contribute."""
        chance = seeded(2)
        x = predictors(chance, 8, 2)
        y = chance.normal(size=8)
        new = np.array([[1.0, 1.0], [1.5, 1.5]])
        draws = np.array([draw_normal(x, y, new, chance) for _ in range(8000)])
        leverage = float((new.T @ np.linalg.inv(x @ x.T) @ new)[0, 0])
        found = np.corrcoef(draws.T)[0, 1]
        assert found == pytest.approx(leverage / (1 + leverage), abs=0.06)

    def test_scikit_learn_draws_alike(self) -> None:
        """IterativeImputer(sample_posterior=True) has the same mean and deviation in every missing cell."""
        chance = seeded(3)
        x = chance.normal(size=(200, 2))
        y = x @ [1.0, -0.5] + chance.normal(size=200)
        rows = np.vstack([np.ones(200), x.T])
        # scikit-learn draws every missing cell of one call by itself: repeated rows are repeated draws
        repeated = np.column_stack([np.tile(x[:5], (4000, 1)), np.full(20_000, np.nan)])
        table = np.vstack([np.column_stack([x, y])[5:], repeated])
        imputer = IterativeImputer(sample_posterior=True, max_iter=1, random_state=1)
        theirs = imputer.fit_transform(table)[195:, 2].reshape(4000, 5)
        ours = np.array([draw_normal(rows[:, 5:], y[5:], rows[:, :5], chance) for _ in range(4000)])
        assert np.abs(ours.mean(axis=0) - theirs.mean(axis=0)).max() <= LIKE_SKLEARN + MONTE_CARLO
        assert np.abs(ours.std(axis=0) - theirs.std(axis=0)).max() <= LIKE_SKLEARN + MONTE_CARLO

    def test_aliased_predictors_change_nothing(self) -> None:
        """A repeated predictor leaves draws as they are: coefficients, degrees of freedom and random numbers."""
        chance = seeded(4)
        x, new = predictors(chance, 20), predictors(chance, 5)
        y = chance.normal(size=20)
        twice, again = np.vstack([x, x[1] + x[2]]), np.vstack([new, new[1] + new[2]])
        assert np.array_equal(draw_normal(x, y, new, seeded(5)), draw_normal(twice, y, again, seeded(5)))


class TestMatching:
    """Predictive mean matching."""

    def test_values_of_near_donors(self) -> None:
        """Where predictions are certain, the donors are the k nearest, each as often as the other."""
        values = np.array([0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0])
        chance = seeded(1)
        wanted = sorted_numbers(1.4, 10.1, -50.0, 50.0)
        drawn = np.array(
            [draw_donors(sorted_numbers(*values), values, wanted, 3, chance) for _ in range(3000)]
        )
        expected = ({0, 1, 2}, {4, 5, 6}, {0, 1, 2}, {5, 6, 7})
        for place, donors in enumerate(expected):
            places, counts = np.unique(drawn[:, place], return_counts=True)
            assert set(places.tolist()) == donors
            assert binom.cdf(counts.min(), 3000, 1 / 3) > UNLIKELY

    def test_of_two_equally_far_the_lower(self) -> None:
        """With one donor and an aim half-way, the observed value with the lower prediction is taken."""
        x = sorted_numbers(4.0, 0.0, 2.0)
        drawn = draw_donors(x, x[1], sorted_numbers(1.0, 3.0), 1, seeded(1))
        assert drawn.tolist() == [1, 2]

    def test_all_with_the_same_prediction_are_donors(self) -> None:
        """With forty subjects alike and three donors asked for, all forty are drawn, wherever they stand."""
        chance = seeded(6)
        group = np.repeat([0.0, 1.0], 40)
        x = np.vstack([np.ones(80), group])
        y = group * 10 + chance.normal(size=80)
        drawn = draw_donors(x, y, np.vstack([np.ones(4000), np.ones(4000)]), 3, chance)
        counts = np.bincount(drawn, minlength=80)
        assert counts[:40].max() == 0
        assert counts[40:].min() > 0
        assert binom.cdf(counts[40:].min(), 4000, 1 / 40) * 40 > UNLIKELY

    def test_more_donors_than_observed(self) -> None:
        """Asked for more donors than there are, everybody observed is one."""
        x = sorted_numbers(0.0, 1.0, 5.0)
        drawn = draw_donors(x, np.array([0.0, 2.0, 1.0]), np.ones((2, 500)), 99, seeded(1))
        assert set(drawn.tolist()) == {0, 1, 2}

    def test_the_nearest_are_those_of_a_full_search(self) -> None:
        """Over random predictions without ties, the donors are those that sorting all distances finds."""
        chance = seeded(7)
        values = chance.normal(size=60)
        wanted = chance.normal(size=30, scale=1.5)
        for donors in (1, 4, 60):
            first, last = imputation_draws._nearest(np.sort(values), wanted, donors)
            for place, aim in enumerate(wanted):
                nearest = np.sort(np.sort(values)[np.argsort(np.abs(np.sort(values) - aim))[:donors]])
                assert np.array_equal(np.sort(values)[first[place] : last[place] + 1], nearest)


def augmented(x: Vector, codes: NDArray[np.intp], levels: int) -> tuple[Vector, NDArray[np.intp], Vector]:
    """Return rows, levels and weights with the added observations spelt out one by one."""
    p, n = x.shape[0] - 1, x.shape[1]
    means, scales = x[1:].mean(axis=1), x[1:].std(axis=1)
    rows, marks, weights = [*x.T], [*codes], [1.0] * n
    for level in range(levels):
        for place in range(p):
            for side in (0.5, -0.5):
                point = means.copy()
                point[place] += side * scales[place]
                rows.append(np.array([1.0, *point]))
                marks.append(level)
                weights.append((p + 1) / (2 * p) * (codes == level).mean())
    return np.array(rows), np.array(marks), np.array(weights)


class TestLevels:
    """Logistic and multinomial regression."""

    def test_two_levels_follow_the_logistic_model(self) -> None:
        """Shares are those of coefficients drawn around fit_logistic's estimate with its covariance."""
        chance = seeded(1)
        x = predictors(chance, 60)
        codes = (chance.random(60) < expit(x[1] - 1)).astype(np.intp)
        rows, marks, weights = augmented(x, codes, 2)
        fit = fit_logistic(rows[:, 1:], marks == 1, weights)
        new = np.array([[1.0, 0.5, -1.0], [1.0, -1.0, 2.0], [1.0, 2.5, 0.0]])
        theta = chance.multivariate_normal(fit.theta, fit.covariance, size=50_000)
        expected = expit(theta @ fit.design.basis(new[:, 1:]).T)
        draws = np.array([draw_levels(x, codes, new.T, chance) for _ in range(4000)])
        error = np.sqrt(expected.mean(axis=0) * (1 - expected.mean(axis=0)) / 4000)
        assert (np.abs(draws.mean(axis=0) - expected.mean(axis=0)) <= SHARE_ERRORS * error).all()
        joint = (expected[:, 0] * expected[:, 1]).mean()
        assert (draws[:, 0] * draws[:, 1]).mean() == pytest.approx(
            joint, abs=SHARE_ERRORS * np.sqrt(joint / 4000)
        )

    def test_many_levels_follow_the_multinomial_model(self) -> None:
        """With many observed, shares are those of scikit-learn's unpenalised multinomial regression."""
        chance = seeded(2)
        x = predictors(chance, 20_000)
        odds = np.exp(np.array([np.zeros(20_000), x[1] - 0.5, 0.5 * x[2]]))
        codes = (np.cumsum(odds / odds.sum(axis=0), axis=0) < chance.random(20_000)).sum(axis=0)
        model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x[1:].T, codes)
        point = np.array([1.0, 1.0, -1.0])
        expected = model.predict_proba(point[None, 1:])[0]
        drawn = draw_levels(x, codes.astype(np.intp), np.tile(point[:, None], 20_000), chance)
        shares = np.bincount(drawn, minlength=3) / 20_000
        assert np.abs(shares - expected).max() <= 0.02

    @pytest.mark.parametrize("levels", [2, 3])
    def test_the_maximum_is_that_of_the_observations_spelt_out(self, levels: int) -> None:
        """Newton's end is a stationary point of the augmented likelihood, and its information the curvature there."""
        chance = seeded(3)
        x = predictors(chance, 50)
        codes = chance.integers(0, levels, size=50)
        standard = np.vstack([x[:1], (x[1:] - x[1:].mean(axis=1)[:, None]) / x[1:].std(axis=1)[:, None]])
        theta, factor = imputation_draws._maximum(*imputation_draws._augmented(standard, codes, levels))
        rows, marks, weights = augmented(standard, codes, levels)

        def score(at: Vector) -> Vector:
            linear = np.column_stack([np.zeros(len(rows)), rows @ at.reshape(levels - 1, -1).T])
            share = np.exp(linear) / np.exp(linear).sum(axis=1, keepdims=True)
            apart = (marks[:, None] == np.arange(levels)) - share
            return (weights[:, None, None] * apart[:, 1:, None] * rows[:, None, :]).sum(axis=0).ravel()

        assert np.abs(score(theta)).max() <= STATIONARY
        steps = 1e-5 * np.eye(len(theta))
        curvature = np.array([(score(theta - step) - score(theta + step)) / 2e-5 for step in steps])
        assert np.allclose(factor.lower @ factor.lower.T, curvature, rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("levels", [2, 3])
    def test_perfect_prediction_does_not_stop_it(self, levels: int) -> None:
        """Where a predictor separates the levels, draws stay on their side nearly always, and both are finite."""
        chance = seeded(4)
        edges = np.linspace(-3, 3, levels + 1)[1:-1]
        x = predictors(chance, 90)
        codes = np.digitize(x[1], edges).astype(np.intp)
        codes[:levels] = range(levels)
        x[1, :levels] = np.linspace(-3, 3, 2 * levels + 1)[1::2]
        new = np.vstack([np.ones(levels), np.linspace(-3, 3, 2 * levels + 1)[1::2], np.zeros(levels)])
        draws = np.array([draw_levels(x, codes, new, chance) for _ in range(300)])
        assert ((draws == np.arange(levels)).mean(axis=0) > 0.8).all()

    def test_the_added_observations_leave_shares_alone(self) -> None:
        """With 4 of 200 at a level and eight predictors, the fitted shares average 2 %, as observed."""
        chance = seeded(5)
        x = predictors(chance, 200, 9)
        codes = np.zeros(200, dtype=np.intp)
        codes[:4] = 1
        rows, target, weights = imputation_draws._augmented(x, codes, 2)
        theta, _ = imputation_draws._maximum(rows, target, weights)
        fitted = imputation_draws._shares(theta[None], rows)[1]
        assert (weights * fitted).sum() / weights.sum() == pytest.approx(0.02, abs=STATIONARY)
        assert weights.sum() == pytest.approx(200 + 9)

    def test_without_predictors_the_observed_shares(self) -> None:
        """With an intercept alone, or predictors that are constant, shares are drawn around those observed."""
        codes = np.repeat([0, 1, 2], [500, 300, 200])
        for rows in (np.ones((1, 1000)), np.ones((3, 1000))):
            drawn = draw_levels(rows, codes, np.ones((len(rows), 50_000)), seeded(6))
            assert np.abs(np.bincount(drawn) / 50_000 - [0.5, 0.3, 0.2]).max() <= 0.06

    def test_no_convergence_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """When the steps allowed do not reach the maximum, that is said."""
        monkeypatch.setattr(imputation_draws, "NEWTON_STEPS", 1)
        chance = seeded(7)
        x = predictors(chance, 40)
        with pytest.raises(EstimationError, match="did not converge in 1 steps"):
            draw_levels(x, (x[1] > 0).astype(np.intp), x, chance)

    def test_steps_are_halved_where_they_overshoot(self) -> None:
        """On one of 3,000 wild designs Newton's full step lowers the likelihood; the maximum is reached all the same."""
        chance = seeded(2714)
        n, p, levels = (int(chance.integers(*ends)) for ends in ((6, 60), (1, 4), (2, 4)))
        x = np.vstack([np.ones(n), chance.standard_cauchy(size=(p, n)) ** int(chance.integers(1, 4))])
        x[1:] = (x[1:] - x[1:].mean(axis=1, keepdims=True)) / x[1:].std(axis=1, keepdims=True)
        codes = np.digitize(x[1], np.quantile(x[1], np.arange(1, levels) / levels))
        codes[:levels] = range(levels)
        rows, target, weights = imputation_draws._augmented(x, codes, levels)
        theta, _ = imputation_draws._maximum(rows, target, weights)
        _, score, _ = imputation_draws._likelihood(rows, target, weights, theta)
        assert np.abs(score).max() <= STATIONARY
