"""The learners of flexible models, held against a second route."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.models import learners
from medicore.stats.models.learners import LEARNERS, Boosting, Penalised, expanded

PREDICTION = 1e-6
"""Largest difference of two predictions of one penalised model, by two optimisers."""
ALGEBRA = 1e-9
"""Largest difference of two predictions of one linear or tree model, outcomes having a standard deviation near 1."""


def rows(seed: int = 1, m: int = 260, k: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return a design with an indicator, a label, an outcome, both curved in the first column, and new rows."""
    chance = np.random.default_rng(seed)
    x = chance.normal(size=(m + k, 3))
    x[:, 2] = x[:, 2] > 0.3
    curve = x[:, 0] ** 2 - 1
    label = chance.random(m + k) < expit(0.8 * curve + 0.5 * x[:, 2])
    outcome = curve + x[:, 1] + chance.normal(size=m + k)
    return x[:m], label[:m], outcome[:m], x[m:]


def test_columns_are_covariates_squares_and_products() -> None:
    """Three covariates, of which one has two values, give three columns, two squares and three products."""
    x, _, _, new = rows()
    columns, others = expanded(x, new)
    assert (columns.shape, others.shape) == ((260, 8), (40, 8))
    assert np.abs(columns.mean(axis=0)).max() < ALGEBRA
    assert np.abs(columns.std(axis=0) - 1).max() < ALGEBRA
    spanned = np.column_stack(
        [
            np.ones(300),
            *(part for part in np.concatenate([x, new]).T),
            *_second_order(np.concatenate([x, new])),
        ]
    )
    both = np.concatenate([columns, others])
    explained = spanned @ np.linalg.lstsq(spanned[:260], both[:260], rcond=None)[0]
    assert np.abs(explained - both).max() < 1e-8


def _second_order(x: np.ndarray) -> list[np.ndarray]:
    return [x[:, 0] ** 2, x[:, 1] ** 2, x[:, 0] * x[:, 1], x[:, 0] * x[:, 2], x[:, 1] * x[:, 2]]


def test_many_covariates_enter_without_their_products() -> None:
    """Where products would make more than a hundred columns, covariates and squares enter alone."""
    x = np.random.default_rng(2).normal(size=(90, 13))
    assert expanded(x[:, :12], x[:1, :12])[0].shape == (90, 12 + 12 + 66)
    assert expanded(x, x[:1])[0].shape == (90, 26)
    narrow = np.column_stack([x[:, :12], x[:, 12] > 0])
    assert expanded(narrow, narrow[:1])[0].shape == (90, 13 + 12)


def test_products_enter_up_to_a_hundred_columns() -> None:
    """A hundred columns with products are the most; one more, and the products are left out."""
    x = np.random.default_rng(12).normal(size=(80, 12))
    indicators = x > 0
    many = np.column_stack([x[:, :9], indicators[:, :4]])
    assert expanded(many, many[:1])[0].shape == (80, 9 + 4 + 9 + 78)
    more = np.column_stack([x[:, :10], indicators[:, :3]])
    assert expanded(more, more[:1])[0].shape == (80, 10 + 3 + 10)


def test_a_column_of_three_values_has_a_square_and_one_of_two_has_none() -> None:
    """The square of an indicator says nothing new; that of three values does."""
    values = np.arange(60) % 3 - 1.0
    assert expanded(values[:, None], values[:2, None])[0].shape == (60, 2)
    assert expanded(np.abs(values)[:, None], values[:2, None])[0].shape == (60, 1)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_the_unit_of_a_covariate_does_not_matter(scale: float) -> None:
    """A covariate is as good in another unit, however small its numbers are."""
    x, label, outcome, new = rows(11)
    learner = Penalised()
    assert learner.means(scale * x, outcome, scale * new) == pytest.approx(
        learner.means(x, outcome, new), abs=1e-8
    )
    assert learner.chances(scale * x, label, scale * new) == pytest.approx(
        learner.chances(x, label, new), abs=1e-8
    )


@pytest.mark.parametrize("value", [0.0, 0.1, -0.1, 1e9])
def test_a_constant_is_no_column_whatever_it_is(value: float) -> None:
    """Rounding in the mean of equal numbers makes no column of them."""
    x = np.column_stack([np.full(10, value), np.arange(10.0)])
    assert expanded(x, x)[0].shape == (10, 2)


def test_constant_columns_are_left_out() -> None:
    """A covariate with one value among the fitted is no column, also where a new row has another."""
    x, label, outcome, new = rows()
    constant = np.column_stack([x, np.full(len(x), 7.3)]), np.column_stack([new, np.arange(len(new))])
    learner = Penalised()
    assert np.array_equal(learner.means(constant[0], outcome, constant[1]), learner.means(x, outcome, new))
    nothing = np.ones((len(x), 2)), np.zeros((len(new), 2))
    assert learner.means(nothing[0], outcome, nothing[1]) == pytest.approx(outcome.mean(), rel=ALGEBRA)
    assert learner.chances(nothing[0], label, nothing[1]) == pytest.approx(label.mean(), rel=ALGEBRA)


def test_ridge_regression_written_out_predicts_the_same() -> None:
    """For each penalty each subject is left out in turn; the normal equations with the best penalty predict the same."""
    x, _, outcome, new = rows(3, m=60)
    columns, others = expanded(x, new)

    def solved(keep: np.ndarray, penalty: float) -> np.ndarray:
        made = np.column_stack([np.ones(keep.sum()), columns[keep]])
        weight = np.diag([0.0, *np.full(columns.shape[1], penalty)])
        return np.linalg.solve(made.T @ made + weight, made.T @ outcome[keep])

    losses = []
    for penalty in learners.PENALTIES:
        total = 0.0
        for one in range(60):
            found = solved(np.arange(60) != one, penalty)
            total += (outcome[one] - found[0] - columns[one] @ found[1:]) ** 2
        losses.append(total)
    best = learners.PENALTIES[int(np.argmin(losses))]
    found = solved(np.ones(60, dtype=bool), best)
    assert np.abs(Penalised().means(x, outcome, new) - found[0] - others @ found[1:]).max() < ALGEBRA


def test_penalised_logistic_regression_by_scipy_predicts_the_same() -> None:
    """A general optimiser finds the same strength by the same three folds, and the same probabilities."""
    x, label, _, new = rows(4)
    columns, others = expanded(x, new)

    def solved(keep: np.ndarray, strength: float) -> np.ndarray:
        made, sign = np.column_stack([np.ones(keep.sum()), columns[keep]]), np.where(label[keep], 1.0, -1.0)

        def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
            margin = sign * (made @ theta)
            inside = np.append(0.0, theta[1:])
            value = np.logaddexp(0, -margin).sum() + inside @ inside / 2 / strength
            return value, -made.T @ (sign * expit(-margin)) + inside / strength

        start = np.zeros(made.shape[1])
        return minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-8}).x

    inner = learners.inner_folds(label)
    losses = []
    for strength in learners.STRENGTHS:
        chance = np.empty(len(label))
        for one in range(3):
            theta, held = solved(inner != one, strength), inner == one
            chance[held] = expit(theta[0] + columns[held] @ theta[1:])
        losses.append(-np.log(np.where(label, chance, 1 - chance)).mean())
    found = [learners.inner_loss(columns, label, inner, strength) for strength in learners.STRENGTHS]
    assert found == pytest.approx(losses, abs=PREDICTION)
    theta = solved(np.ones(len(label), dtype=bool), learners.STRENGTHS[int(np.argmin(losses))])
    expected = expit(theta[0] + others @ theta[1:])
    assert np.abs(Penalised().chances(x, label, new) - expected).max() < PREDICTION


def test_inner_folds_are_dealt_out_within_each_label() -> None:
    """In the order of the subjects each label goes to the folds 0, 1, 2, 0 and so on."""
    label = np.array([True, False, False, True, True, False, True, True, False])
    assert learners.inner_folds(label).tolist() == [0, 0, 1, 1, 2, 2, 0, 1, 0]


@pytest.mark.parametrize(
    ("score", "reached"),
    [((1e-6, -1e-6), True), ((0.0, 1.1e-6), False), ((-1.1e-6, 0.0), False), ((0.0, np.nan), False)],
)
def test_every_component_of_the_score_is_0_at_the_maximum(score: tuple[float, ...], reached: bool) -> None:
    """One component beyond a millionth, of either sign, is a maximum that was not reached."""
    assert learners.reached(np.array(score)) == reached


def test_what_is_fixed_in_advance_is_what_the_documents_say() -> None:
    """Numbers of folds, strengths, penalties and trees decide sealed results: they are those of the method's description."""
    assert learners.STRENGTHS == (0.01, 0.1, 1.0)
    assert learners.PENALTIES == (0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0)
    assert (learners.INNER_FOLDS, learners.WIDEST) == (3, 100)
    assert (learners.TREES, learners.LEAVES, learners.SMALLEST_LEAF) == (40, 4, 20)
    told = (Path(__file__).parents[3] / "docs" / "use.md").read_text(encoding="utf-8")
    assert f"up to {learners.WIDEST} columns in all" in told
    assert f"{learners.TREES} trees of up to four leaves of {learners.SMALLEST_LEAF} subjects" in told
    assert f"{learners.FEWEST_FOR_TREES} observed subjects of each arm" in told


def test_a_maximum_that_is_not_reached_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search is cut short the score is not 0, and there is an error in place of a prediction."""
    x, label, _, new = rows(5)
    monkeypatch.setattr(learners, "MAX_ITERATIONS", 1)
    with pytest.raises(EstimationError, match="did not reach its maximum"):
        Penalised().chances(x, label, new)


def test_a_single_split_of_one_tree_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one tree of two leaves the prediction is the mean and a tenth of the shrunken residual sums of the best cut."""
    x, _, outcome, new = rows(6)
    monkeypatch.setattr(learners, "_TREES", {**learners._TREES, "max_iter": 1, "max_leaf_nodes": 2})
    found = Boosting().means(x, outcome, new)
    residual = outcome - outcome.mean()
    best, cut = -np.inf, (0, 0.0)
    for column in range(3):
        values = np.unique(x[:, column])
        for limit in (values[1:] + values[:-1]) / 2:
            left = x[:, column] <= limit
            if min(left.sum(), (~left).sum()) < learners.SMALLEST_LEAF:
                continue
            gain = sum(residual[side].sum() ** 2 / (side.sum() + 1) for side in (left, ~left))
            best, cut = max((best, cut), (gain, (column, limit)))
    left, below = x[:, cut[0]] <= cut[1], new[:, cut[0]] <= cut[1]
    step = [0.1 * residual[side].sum() / (side.sum() + 1) for side in (left, ~left)]
    assert np.abs(found - outcome.mean() - np.where(below, *step)).max() < 1e-6


def test_trees_do_not_see_the_scale_of_a_covariate() -> None:
    """A rising transformation of the covariates leaves every prediction for the fitted subjects as it was, to the bit."""
    x, label, outcome, _ = rows(7, m=200)
    bent = np.exp(0.5 * x)
    boosting = Boosting()
    assert np.array_equal(boosting.means(x, outcome, x), boosting.means(bent, outcome, bent))
    assert np.array_equal(boosting.chances(x, label, x), boosting.chances(bent, label, bent))


@pytest.mark.parametrize("name", LEARNERS)
def test_a_curve_is_found_that_a_line_misses(name: str) -> None:
    """Where label and outcome depend on a square alone, new subjects are predicted better than by their mean."""
    x, label, outcome, _ = rows(8, m=3000, k=1)
    learner, half = LEARNERS[name], np.arange(3000) < 1500
    predicted = learner.means(x[half], outcome[half], x[~half])
    assert ((outcome[~half] - predicted) ** 2).mean() < 0.6 * outcome[~half].var()
    chance = learner.chances(x[half], label[half], x[~half])
    loss = -np.log(np.where(label[~half], chance, 1 - chance)).mean()
    share = label[half].mean()
    assert loss < 0.95 * -np.log(np.where(label[~half], share, 1 - share)).mean()


def test_too_few_subjects_grow_no_trees() -> None:
    """Below eighty subjects there is an error in place of a prediction that adjusts for nothing."""
    x, label, outcome, new = rows(9, m=80)
    assert Boosting().means(x, outcome, new).shape == (40,)
    for work in (
        lambda: Boosting().means(x[1:], outcome[1:], new),
        lambda: Boosting().chances(x[1:], label[1:], new),
    ):
        with pytest.raises(
            EstimationError, match=r"79 subject\(s\) left to fit boosted trees; expected at least 80"
        ):
            work()
