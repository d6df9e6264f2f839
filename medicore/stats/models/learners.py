"""The learners of flexible nuisance models: scikit-learn's, on one thread, with every choice fixed in advance.

scikit-learn is imported when the first model is fitted. A limit on threads that was set before does not bind what that
import loads, and sums over threads differ in their last bits: each fit is limited here.
"""

import warnings
from collections.abc import Callable, Mapping
from functools import cache, wraps
from types import MappingProxyType
from typing import Any, ParamSpec

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.cross_fitting import Learner

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Given = ParamSpec("Given")

WIDEST = 100
"""Most columns with which products of covariates enter: beyond it, the covariates and their squares do alone."""
INNER_FOLDS = 3
"""Folds by which the penalty of a logistic regression is chosen."""
STRENGTHS = (0.01, 0.1, 1.0)
"""Weights of the likelihood against the penalty, half the squared length, on columns with variance 1."""
PENALTIES = (0.1, 1.0, 10.0, 1e2, 1e3, 1e4)
"""Weights of the penalty of a linear regression, chosen by leave-one-out prediction."""
MAX_ITERATIONS = 200
"""Newton steps that a logistic regression may take; ten are enough."""
PROVED_SCORE = 1e-6
"""Largest component of the mean penalised score at which a fit counts as the maximum."""
TREES = 40
"""How many trees are added, each with a tenth of its step."""
LEAVES = 4
"""Most leaves of a tree."""
SMALLEST_LEAF = 20
"""Fewest subjects of a leaf."""
FEWEST_FOR_TREES = LEAVES * SMALLEST_LEAF
"""Fewest subjects to which trees are fitted: with fewer a tree cannot have its leaves, and would adjust for little."""


@cache
def _controller() -> Any:  # noqa: ANN401 - threadpoolctl has no types
    """Return the control over the threads of all libraries, after scikit-learn has loaded its own."""
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401 - loaded for their libraries
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _on_one_thread(function: Callable[Given, Vector]) -> Callable[Given, Vector]:
    """Return the function, which then runs on one thread."""

    @wraps(function)
    def limited(*args: Given.args, **kwargs: Given.kwargs) -> Vector:
        with _controller().limit(limits=1):
            return function(*args, **kwargs)

    return limited


class Penalised:
    """Ridge regression, linear or logistic, on covariates, their squares and products.

    Columns are standardised among the fitted. Hoerl & Kennard (1970); le Cessie & van Houwelingen (1992).
    """

    @_on_one_thread
    def chances(self, x: Vector, label: Flags, new: Vector) -> Vector:
        """Return the probability that the label is true, ``(k,)``, by the strength that predicts best in three folds.

        The folds are dealt out in the order of the subjects, within each value of the label. Raises EstimationError when
        the maximum is not reached.
        """
        columns, others = expanded(x, new)
        if not columns.shape[1]:
            return np.full(len(new), label.mean())
        inner = inner_folds(label)
        losses = [inner_loss(columns, label, inner, strength) for strength in STRENGTHS]
        best = STRENGTHS[int(np.argmin(losses))]
        return _logistic(columns, label, others, best)

    @_on_one_thread
    def means(self, x: Vector, outcome: Vector, new: Vector) -> Vector:
        """Return the mean of the outcome, ``(k,)``, by the penalty that predicts best when each is left out in turn."""
        from sklearn.linear_model import RidgeCV

        columns, others = expanded(x, new)
        if not columns.shape[1]:
            return np.full(len(new), outcome.mean())
        found: Vector = RidgeCV(PENALTIES).fit(columns, outcome).predict(others)
        return found


def inner_folds(label: Flags) -> NDArray[np.int64]:
    """Return the fold by which the penalty is chosen, ``(n,)``: dealt out in order within each value of the label."""
    inner = np.empty(len(label), dtype=np.int64)
    for inside in (label, ~label):
        inner[inside] = np.arange(int(inside.sum())) % INNER_FOLDS
    return inner


def inner_loss(columns: Vector, label: Flags, inner: NDArray[np.int64], strength: float) -> float:
    """Return the mean log loss of the subjects, each predicted without its fold."""
    chance = np.empty(len(label))
    for held in (inner == number for number in range(INNER_FOLDS)):
        chance[held] = _logistic(columns[~held], label[~held], columns[held], strength)
    return -float(np.log(np.where(label, chance, 1 - chance)).mean())


def _logistic(columns: Vector, label: Flags, others: Vector, strength: float) -> Vector:
    """Return the probabilities by the maximum of the penalised likelihood, which is proved."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-10, max_iter=MAX_ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they prove nothing either way; the score does
        model.fit(columns, label)
    surplus = model.predict_proba(columns)[:, 1] - label
    score = np.append(columns.T @ surplus + model.coef_[0] / strength, surplus.sum()) / len(label)
    if not reached(score):
        raise EstimationError("the penalised logistic regression did not reach its maximum")
    found: Vector = model.predict_proba(others)[:, 1]
    return found


def reached(score: Vector) -> bool:
    """Return whether every component of a mean score is as good as 0; NaN is not."""
    return bool(np.all(np.abs(score) <= PROVED_SCORE))


def expanded(x: Vector, new: Vector) -> tuple[Vector, Vector]:
    """Return the columns of ridge regression of the fitted rows, ``(m, q)``, and of new ones, ``(k, q)``.

    They are the covariates, the squares of those with more than two values, and the products of two covariates, as long
    as there are ``WIDEST`` at most; each has mean 0 and variance 1 among the fitted rows, where a constant is left out.
    """
    linear, others = _standardised(x, new)
    size = linear.shape[1]
    pairs = [(place, place) for place in range(size) if len(np.unique(linear[:, place])) > 2]
    products = [(one, two) for one in range(size) for two in range(one)]
    if size + len(pairs) + len(products) <= WIDEST:
        pairs += products
    wide = [
        np.column_stack([rows, *(rows[:, one] * rows[:, two] for one, two in pairs)])
        for rows in (linear, others)
    ]
    return _standardised(*wide)


def _standardised(x: Vector, new: Vector) -> tuple[Vector, Vector]:
    centre, spread = x.mean(axis=0), x.std(axis=0)
    kept = spread > 1e-9 * np.abs(x).max(axis=0, initial=0.0)
    return (x[:, kept] - centre[kept]) / spread[kept], (new[:, kept] - centre[kept]) / spread[kept]


class Boosting:
    """Gradient boosting of regression trees on binned covariates, of a fixed number of trees.

    Friedman (2001); Ke et al. (2017). Nothing is drawn: no subject and no covariate is sampled. Both methods raise
    EstimationError when there are fewer than ``FEWEST_FOR_TREES`` subjects.
    """

    @_on_one_thread
    def chances(self, x: Vector, label: Flags, new: Vector) -> Vector:
        """Return the probability that the label is true, ``(k,)``, by trees for the log odds."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        _require_branches(len(label))
        found: Vector = HistGradientBoostingClassifier(**_TREES).fit(x, label).predict_proba(new)[:, 1]
        return found

    @_on_one_thread
    def means(self, x: Vector, outcome: Vector, new: Vector) -> Vector:
        """Return the mean of the outcome, ``(k,)``, by trees for the squared error."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        _require_branches(len(outcome))
        found: Vector = HistGradientBoostingRegressor(**_TREES).fit(x, outcome).predict(new)
        return found


def _require_branches(count: int) -> None:
    if count < FEWEST_FOR_TREES:
        raise EstimationError(
            f"{count} subject(s) left to fit boosted trees; expected at least {FEWEST_FOR_TREES}, which fill the leaves"
        )


_TREES: Mapping[str, Any] = MappingProxyType(
    {
        "learning_rate": 0.1,
        "max_iter": TREES,
        "max_leaf_nodes": LEAVES,
        "min_samples_leaf": SMALLEST_LEAF,
        "l2_regularization": 1.0,
        "early_stopping": False,
        "random_state": 0,
    }
)

LEARNERS: Mapping[str, Learner] = MappingProxyType({"penalised": Penalised(), "boosting": Boosting()})
"""The learners by the name that a protocol gives them."""
