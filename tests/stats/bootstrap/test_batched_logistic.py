"""Many logistic regressions at once: each is the fit that it would be alone."""

from dataclasses import replace

import numpy as np
import pytest

from medicore.stats.bootstrap import batched_logistic
from medicore.stats.bootstrap.batched_logistic import (
    PROVED_STEP,
    SEPARATED_PREDICTOR,
    LogisticDesign,
    LogisticReplicates,
    _largest_predictor,
    fit_replicates,
    solve_positive,
)
from medicore.stats.bootstrap.resampling import (
    TILE,
    Counts,
    Layout,
    draw_counts,
    packed_products,
    seeded_streams,
)
from medicore.stats.models.logistic import fit_logistic
from tests.stats.samples import Sample, draw

THETA_TOLERANCE = 1e-9
"""Absolute, of a coefficient on a standardised column."""


def laid_out(sample: Sample, start: np.ndarray | None = None) -> tuple[Layout, LogisticDesign]:
    """Return the propensity model of a sample, laid out for resampling."""
    fit = sample.fit
    layout = Layout.of(sample.treated, fit.basis.shape[1])
    products = packed_products(layout.spread(fit.basis))
    first = fit.theta if start is None else start
    return layout, LogisticDesign.of(layout, fit.basis, sample.treated, products, first, (0, 1))


def score_at(counts: Counts, design: LogisticDesign, fits: LogisticReplicates) -> np.ndarray:
    """Return the score of every replicate at its coefficients."""
    score = np.zeros_like(fits.theta)
    for part in design.parts:
        score += design.score(counts[part].astype(float), design.odds_against(fits.theta, part), part)
    return score


def alone(sample: Sample, layout: Layout, counts: Counts, row: int) -> np.ndarray:
    """Return the coefficients of one resample by the primary's own fit, on the sample's standardised basis."""
    times = np.zeros(len(sample.treated))
    flat = counts[:, row].ravel()
    start = layout.blocks[0] * layout.length
    times[layout.order[: layout.sizes[0]]] = flat[: layout.sizes[0]]
    times[layout.order[layout.sizes[0] :]] = flat[start : start + layout.sizes[1]]
    return np.asarray(fit_logistic(sample.x, sample.treated, times).theta)


def test_each_replicate_is_the_maximum_of_its_own_likelihood() -> None:
    """A replicate's coefficients are those of a regression weighted by its counts, and its score proves it."""
    sample = draw(11, n=300)
    layout, design = laid_out(sample)
    counts = draw_counts(layout, seeded_streams(1, TILE))
    fits = fit_replicates(counts, design)
    for row in range(0, TILE, 5):
        np.testing.assert_allclose(fits.theta[row], alone(sample, layout, counts, row), atol=THETA_TOLERANCE)
    assert fits.proved(score_at(counts, design, fits), sum(layout.sizes)).all()
    assert not (fits.rank_lost | fits.separated | fits.stuck).any()


@pytest.mark.parametrize("distance", [4.0, 8.0])
def test_steps_that_overshoot_are_halved(distance: float) -> None:
    """From a start where a plain Newton step leaps far beyond the maximum, every replicate still gets there."""
    sample = draw(12, n=300)
    layout, design = laid_out(sample, np.array([0.0, distance, -distance, 0.0]))
    counts = draw_counts(layout, seeded_streams(2, TILE))
    fits = fit_replicates(counts, design)
    assert fits.proved(score_at(counts, design, fits), sum(layout.sizes)).all()
    near = fit_replicates(counts, laid_out(sample)[1])
    np.testing.assert_allclose(fits.theta, near.theta, atol=THETA_TOLERANCE)


def test_a_replicate_does_not_depend_on_those_beside_it() -> None:
    """Beside a resample that separates, all others keep their bits."""
    sample = draw(13, n=200)
    layout, design = laid_out(sample)
    counts = draw_counts(layout, seeded_streams(3, TILE))
    before = fit_replicates(counts, design).theta
    separating = layout.spread((sample.treated == (sample.x[:, 0] > 0)).astype(np.float64))
    counts[:, 7] = separating.astype(np.uint16)
    after = fit_replicates(counts, design)
    others = np.arange(TILE) != 7
    assert (after.theta[others] == before[others]).all()
    assert after.separated.tolist() == (~others).tolist()
    assert np.isfinite(after.theta).all()


def test_a_resample_without_a_column_has_lost_rank() -> None:
    """Where a resample holds no subject with an indicator, its columns are dependent."""
    sample = draw(14, n=200)
    layout, design = laid_out(sample)
    counts = draw_counts(layout, seeded_streams(4, TILE))
    counts[:, 3] = layout.spread((sample.x[:, -1] == 0).astype(np.float64)).astype(np.uint16)
    fits = fit_replicates(counts, design)
    assert np.flatnonzero(fits.rank_lost).tolist() == [3]
    assert not fits.separated.any()


def test_a_replicate_that_runs_out_of_steps_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without steps enough, a replicate is neither separated nor proved, and says so."""
    monkeypatch.setattr(batched_logistic, "NEWTON_STEPS", 1)
    layout, design = laid_out(draw(15, n=200))
    counts = draw_counts(layout, seeded_streams(5, TILE))
    fits = fit_replicates(counts, design)
    assert fits.stuck.all()
    assert not fits.proved(score_at(counts, design, fits), sum(layout.sizes)).any()


def test_a_replicate_is_frozen_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every step counts as the last, all end with their first one, and later iterations move none."""
    monkeypatch.setattr(batched_logistic, "LAST_STEP", 1e9)
    layout, design = laid_out(draw(18, n=200))
    counts = draw_counts(layout, seeded_streams(5, TILE))
    ended = fit_replicates(counts, design)
    monkeypatch.setattr(batched_logistic, "NEWTON_STEPS", 1)
    assert (ended.theta == fit_replicates(counts, design).theta).all()
    assert not (ended.theta == design.start).all(axis=1).any()
    assert not ended.stuck.any()


def test_proof_needs_a_small_step() -> None:
    """The step left may move the predictors by the limit on average, and no more; without information none is proved."""
    unit = np.broadcast_to(np.eye(2), (3, 2, 2)).copy()
    unit[2] = 0
    never = np.zeros(3, dtype=bool)
    fits = LogisticReplicates(np.zeros((3, 2)), unit, never, never, never)
    score = np.array([[1.2, 1.5], [1.5, 1.5], [0.0, 0.0]]) * PROVED_STEP
    assert fits.proved(score, 4).tolist() == [True, False, False]
    assert fits.proved(score, 5).tolist() == [True, True, False]
    assert not fits.proved(score, 3).any()


def test_odds_at_the_start_are_everyones() -> None:
    """At the full sample's coefficients, one row of odds serves all replicates."""
    layout, design = laid_out(draw(16, n=150))
    part = next(layout.parts(0))
    many = design.odds_against(np.tile(design.start, (TILE, 1)), part)
    np.testing.assert_allclose(np.broadcast_to(design.odds_at_start(part), many.shape), many, rtol=1e-13)


def test_odds_stay_finite() -> None:
    """Coefficients of any size give odds that are numbers, and weights that are."""
    layout, design = laid_out(draw(17, n=150))
    huge = replace(design, start=design.start * 1e9)
    part = next(layout.parts(1))
    assert np.isfinite(huge.odds_at_start(part)).all()
    odds = huge.odds_against(np.tile(huge.start, (TILE, 1)), part)
    assert np.isfinite(odds).all()
    assert np.isfinite(huge.score(np.ones(odds.shape), odds, part)).all()


def test_singular_systems_are_told_from_others() -> None:
    """Singular, indefinite and empty matrices have no solution; the others beside them keep theirs."""
    chance = np.random.Generator(np.random.PCG64(6))
    root = chance.normal(size=(5, 3, 6))
    matrices = root @ root.swapaxes(1, 2)
    expected = np.linalg.solve(matrices, np.ones((5, 3, 1)))[:, :, 0]
    matrices[1, 2] = matrices[1, :, 2] = 0
    matrices[2] = -matrices[2]
    matrices[4, 2] = matrices[4, 1]
    matrices[4, :, 2] = matrices[4, :, 1]
    matrices[4, 2, 2] *= 1 + 1e-14
    solved, fit = solve_positive(matrices, np.ones((5, 3)))
    assert fit.tolist() == [True, False, False, True, False]
    np.testing.assert_allclose(solved[fit], expected[fit], rtol=1e-12)
    assert not solved[~fit].any()


def test_the_score_is_the_derivative_of_the_log_likelihood() -> None:
    """Σ c(y − p)z over the subjects of each resample."""
    sample = draw(20, n=150)
    layout, design = laid_out(sample)
    counts = draw_counts(layout, seeded_streams(5, TILE))
    theta = np.tile([0.3, -0.5, 0.2, 0.1], (TILE, 1))
    found = sum(
        design.score(counts[part].astype(float), design.odds_against(theta, part), part)
        for part in design.parts
    )
    basis = layout.spread(sample.fit.basis)
    gap = layout.spread(sample.treated - 1 / (1 + np.exp(-sample.fit.basis @ theta[0])))
    np.testing.assert_allclose(found, np.einsum("kbs,ks,kjs->bj", counts, gap, basis), atol=1e-10)


def test_a_model_that_becomes_singular_on_its_way_has_no_maximum() -> None:
    """Where a rare feature separates and two columns differ in it alone, the way up ends without a maximum."""
    sample = draw(21, n=300, p=1)
    rare = np.zeros(300)
    rare[np.flatnonzero(sample.treated)[:6]] = 0.1
    chance = np.random.Generator(np.random.PCG64(21)).normal(size=300)
    basis = np.column_stack([np.ones(300), chance, chance + rare])
    layout = Layout.of(sample.treated, 3)
    products = packed_products(layout.spread(basis))
    design = LogisticDesign.of(layout, basis, sample.treated, products, np.zeros(3), (0, 1))
    counts = draw_counts(layout, seeded_streams(6, TILE))
    found = fit_replicates(counts, design)
    assert (found.separated | found.rank_lost).all()
    assert found.separated.sum() >= TILE - 1


def test_a_separated_predictor_is_as_good_as_certain() -> None:
    """The threshold stands for a fitted probability within 1.2e-7 of 0 or 1."""
    assert 1e-7 < 1 / (1 + np.exp(SEPARATED_PREDICTOR)) < 1.2e-7


def test_subjects_that_were_not_drawn_prove_no_separation() -> None:
    """The largest predictor is that of a subject in the resample, however far away another is."""
    sample = draw(22, n=60, p=2)
    layout, design = laid_out(sample)
    theta = np.array([[0.0, 2.0, 0.0]])
    size = np.abs(sample.fit.basis @ theta[0])
    farthest = int(size.argmax())
    placed = layout.spread(1.0 * (np.arange(60) != farthest))[:, None].astype(np.uint16)
    found = _largest_predictor(placed, design, theta, 0)
    assert found < size.max()
    assert found == pytest.approx(np.delete(size, farthest).max(), rel=1e-12)


@pytest.mark.parametrize("unit", [1e-16, 1.0, 1e16])
def test_the_unit_of_a_system_does_not_make_it_singular(unit: float) -> None:
    """A pivot counts as a share of its diagonal element."""
    proper, singular = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[1.0, 1.0], [1.0, 1.0 + 1e-14]])
    solved, fit = solve_positive(unit * np.stack([proper, singular]), np.ones((2, 2)))
    assert fit.tolist() == [True, False]
    np.testing.assert_allclose(unit * solved[0], [0.4, 0.2], rtol=1e-12)
