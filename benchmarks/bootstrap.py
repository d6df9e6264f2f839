"""The bootstrap of the AIPW estimate that refits everything, beside the loops that people write."""

import resource
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, LogisticRegression
from threadpoolctl import threadpool_limits

from medicore.stats.bootstrap import bootstrap_effect

Vector = NDArray[np.float64]
Scores = Callable[[Vector, Vector], Vector]

REPLICATES = 1000
SEED = 20250331


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def sample(n: int, p: int = 6) -> tuple[Vector, NDArray[np.bool_], Vector]:
    """Return covariates, treatment and outcome of ``n`` subjects with confounded treatment, made from SEED."""
    generator = np.random.default_rng(SEED)
    x = generator.normal(size=(n, p))
    treated = generator.random(n) < 1 / (1 + np.exp(-x @ np.linspace(0.5, -0.3, p)))
    return x, treated, 2.0 * treated + x @ np.linspace(1, -1, p) + generator.normal(size=n)


def ours(n: int) -> float:
    """Return the seconds of our bootstrap at ``n`` subjects."""
    x, treated, outcome = sample(n)
    begun = time.perf_counter()
    bootstrap_effect(x, x, treated, outcome, replicates=REPLICATES, seed=SEED)
    return time.perf_counter() - begun


def loop(n: int, scores: Scores, replicates: int) -> float:
    """Return the seconds that 1,000 replicates of a plain loop take, from fewer of them."""
    x, treated, outcome = sample(n)
    generator = np.random.default_rng(SEED)
    begun = time.perf_counter()
    for _ in range(replicates):
        rows = generator.integers(0, n, size=n)
        z, a, y = x[rows], treated[rows], outcome[rows]
        score = scores(z, a.astype(np.float64))
        under = [LinearRegression().fit(z[arm], y[arm]).predict(z) for arm in (a, ~a)]
        np.mean(under[0] - under[1] + a * (y - under[0]) / score - (~a) * (y - under[1]) / (1 - score))
    return (time.perf_counter() - begun) * REPLICATES / replicates


def textbook(z: Vector, a: Vector) -> Vector:
    """Return scores by scikit-learn's defaults, as textbooks show it (penalised, and not the same estimate)."""
    chance: Vector = LogisticRegression().fit(z, a).predict_proba(z)[:, 1]
    return chance


def unpenalised(z: Vector, a: Vector) -> Vector:
    """Return scores by scikit-learn without penalty, with Newton's method."""
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
    chance: Vector = model.fit(z, a).predict_proba(z)[:, 1]
    return chance


def statsmodels(z: Vector, a: Vector) -> Vector:
    """Return scores by statsmodels' generalised linear model."""
    columns = sm.add_constant(z)
    chance: Vector = sm.GLM(a, columns, family=sm.families.Binomial()).fit().predict(columns)
    return chance


def main() -> None:
    """Print seconds, ratios, growth and memory, on one thread."""
    warnings.simplefilter("ignore")
    with threadpool_limits(limits=1):
        ours(500)  # the first call pays for imports
        base = min(ours(5000) for _ in range(3))
        say(
            f"bootstrap, n = 5,000, 6 covariates, {REPLICATES:,} replicates that refit everything, one thread"
        )
        say(f"  {'MediCore, batched Newton':<44} {base:8.2f} s      1 x")
        peers: tuple[tuple[str, Scores, int], ...] = (
            ("loop, scikit-learn newton-cholesky", unpenalised, 50),
            ("loop, statsmodels GLM", statsmodels, 50),
            ("loop, scikit-learn defaults (textbook)", textbook, 50),
        )
        for name, scores, replicates in peers:
            seconds = loop(5000, scores, replicates)
            say(f"  {name:<44} {seconds:8.2f} s {seconds / base:6.0f} x   (from {replicates} replicates)")
        say("growth")
        for n in (500, 5_000, 50_000, 500_000):
            seconds = ours(n)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            say(
                f"  n = {n:>7,} {seconds:8.2f} s   {seconds / base:6.1f} x   peak memory of the process {peak:6.0f} MB"
            )


if __name__ == "__main__":
    main()
