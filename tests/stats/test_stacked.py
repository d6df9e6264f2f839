"""Every M-estimator against stacked estimating equations that are solved and differentiated independently."""

import numpy as np
import pytest

from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.augmented_hajek import augmented_hajek_means
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.inverse_probability import horvitz_thompson, weighted_means
from medicore.stats.effect.standardisation import standardised_means
from tests.stats.samples import Sample, draw
from tests.stats.stacked import Data, effect

CLOSE = 1e-8
"""Relative difference between two routes to the same root and the same sandwich."""


def core(sample: Sample, estimator: str, target: str) -> Estimate:
    """Return the core's estimate with its stacked sandwich."""
    data, fit = (sample.x, sample.treated, sample.outcome), sample.fit
    if estimator == "hajek":
        return difference(weighted_means(*data[1:], fit, target).scores_estimated)  # type: ignore[arg-type]
    if estimator == "horvitz-thompson":
        return horvitz_thompson(*data[1:], fit)
    if estimator == "g-computation":
        return difference(standardised_means(*data, sample.family, target=target))  # type: ignore[arg-type]
    if estimator == "aipw":
        return augmented_inverse_probability(*data, fit, family=sample.family, target=target).sandwich  # type: ignore[arg-type]
    return difference(augmented_hajek_means(*data, fit, family=sample.family, target=target))  # type: ignore[arg-type]


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize(
    ("estimator", "target"),
    [
        ("hajek", "ATE"),
        ("hajek", "ATT"),
        ("hajek", "ATO"),
        ("horvitz-thompson", "ATE"),
        ("g-computation", "ATE"),
        ("g-computation", "ATT"),
        ("aipw", "ATE"),
        ("aipw", "ATT"),
        ("augmented hajek", "ATE"),
        ("augmented hajek", "ATT"),
        ("augmented hajek", "ATO"),
    ],
)
def test_estimate_and_sandwich_solve_the_stacked_equations(estimator: str, target: str, family: str) -> None:
    """The chain rule of the core gives the variance of the whole stack, nuisance models included."""
    sample = draw(71, family=family)  # type: ignore[arg-type]
    data = Data.of(sample.x, sample.x, sample.treated, sample.outcome, family)
    value, error = effect(data, estimator, target)
    found = core(sample, estimator, target)
    assert found.value == pytest.approx(value, rel=CLOSE)
    assert found.standard_error == pytest.approx(error, rel=CLOSE)


def test_the_route_itself_finds_a_known_variance() -> None:
    """With no covariates the stacked difference has the variance of two means, ddof 0."""
    sample = draw(72)
    nothing = np.empty((len(sample.outcome), 0))
    data = Data.of(nothing, nothing, sample.treated, sample.outcome)
    value, error = effect(data, "hajek")
    arms = (sample.outcome[sample.treated], sample.outcome[~sample.treated])
    assert value == pytest.approx(arms[0].mean() - arms[1].mean())
    assert error == pytest.approx(np.sqrt(sum(arm.var() / len(arm) for arm in arms)))
