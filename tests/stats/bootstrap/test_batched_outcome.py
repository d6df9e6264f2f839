"""Outcome models in every resample: what either arm's failure says, and arms that nobody was drawn from."""

from dataclasses import replace

import numpy as np
import pytest

from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap.batched_observation import Times
from medicore.stats.bootstrap.batched_outcome import LogisticOutcome, _positive, target_weights
from medicore.stats.bootstrap.resampling import TILE, Layout, draw_counts, packed_products, seeded_streams
from medicore.stats.models.design import standardise
from tests.stats.samples import draw

Sums = tuple[np.ndarray, np.ndarray]


def fitted(seed: int) -> tuple[object, Sums]:
    """Return the fitted logistic models of a tile of resamples, and their sums with weights of 1."""
    sample = draw(seed, n=300, p=2, family="binomial")
    design = standardise(sample.x)
    layout = Layout.of(sample.treated, 3)
    products = packed_products(layout.spread(design.basis(sample.x)))
    counts = draw_counts(layout, seeded_streams(1, TILE))
    models = LogisticOutcome.of(layout, sample.x, design, sample.treated, sample.outcome, products)
    made = models.fitted(counts)
    sums = []
    for arm in (0, 1):
        parts = [
            made.sums(
                arm,
                part,
                Times.of_complete(counts[part].astype(float)),
                np.zeros(counts[part].shape),
                "ATE",
            )
            for part in layout.parts(arm)
        ]
        sums.append(np.sum(parts, axis=0))
    return made, (sums[0], sums[1])


@pytest.mark.parametrize("arm", [0, 1])
@pytest.mark.parametrize("flag", ["rank_lost", "separated", "stuck"])
def test_a_replicate_fails_when_either_arms_model_does(flag: str, arm: int) -> None:
    """The failed replicate carries that flag and no other, and nobody beside it does."""
    made, sums = fitted(41)
    marked = np.arange(TILE) == 7
    fits = list(made.fits)  # type: ignore[attr-defined]
    fits[arm] = replace(fits[arm], **{flag: marked})
    found = replace(made, fits=tuple(fits)).means(sums, 300, "ATE")  # type: ignore[type-var, attr-defined]
    for name in ("rank_lost", "separated", "stuck"):
        expected = marked if name == flag else np.zeros(TILE, dtype=bool)
        np.testing.assert_array_equal(getattr(found, name), expected, err_msg=name)


def test_a_mean_of_nobody_is_none_and_one_of_noughts_is_nought() -> None:
    """Hájek's mean of an arm that a resample does not hold is NaN, without a warning; without events it is 0."""
    made, sums = fitted(42)
    sums[0][3, 4:6] = 0.0, 0.0
    sums[1][5, 4:6] = 0.0, 12.0
    found = made.means(sums, 300, "ATE")  # type: ignore[attr-defined]
    assert np.isnan(found.hajek[3, 0])
    assert found.hajek[5, 1] == 0
    assert np.isfinite(np.delete(found.hajek, 3, axis=0)).all()


@pytest.mark.parametrize(
    ("target", "treated", "control"),
    [("ATE", (4, 1), (4 / 3, 1)), ("ATT", (1, 1), (1 / 3, 0)), ("ATO", (3 / 4, 3 / 16), (1 / 4, 3 / 16))],
)
def test_weights_of_residuals_and_shares_of_predictions_by_hand(
    target: Target, treated: tuple[float, float], control: tuple[float, float]
) -> None:
    """At a propensity score of 1/4 the odds against the subject's own arm are 3 for the treated and 1/3 for controls."""
    for arm, odds, expected in ((0, 3.0, treated), (1, 1 / 3, control)):
        found = [float(np.squeeze(weight)) for weight in target_weights(target, arm, np.array([odds]))]
        np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_a_sum_is_divided_by_when_it_is_positive() -> None:
    """However small it is; nothing is divided by 0 or less."""
    np.testing.assert_array_equal(_positive(np.array([1e-3, 0.0, -1.0])), [1e-3, np.nan, np.nan])
