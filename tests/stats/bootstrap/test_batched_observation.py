"""The regressions of being observed in every resample: those that the resample's own fit would give."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from medicore.stats.bootstrap.batched_observation import ObservationDesign, ObservationReplicates, Times
from medicore.stats.bootstrap.resampling import (
    TILE,
    Counts,
    Layout,
    draw_counts,
    drawn,
    seeded_streams,
)
from medicore.stats.missing.observation import fit_observation
from tests.stats.missing.unobserved import COMPLETE, Unobserved, unobserved

CLOSE = 1e-9
"""Of a weight, against the fit of the resample alone."""


def nearly_complete(seed: int, few: str, complete: str = "neither") -> Unobserved:
    """Return a sample in which two outcomes of the ``few`` arm are missing, or one in each arm."""
    sample = unobserved(seed, complete=complete)
    treated, control = (np.flatnonzero(arm) for arm in (sample.treated, ~sample.treated))
    observed = sample.observed.copy()
    for arm, places, number in (("treated", treated, 2), ("control", control, 2)):
        if few in (arm, "both"):
            observed[places] = True
            observed[places[: 1 if few == "both" else number]] = False
    return replace(sample, observed=observed, outcome=np.where(observed, sample.known, np.nan))


def arranged(sample: Unobserved) -> tuple[Layout, Counts, ObservationDesign]:
    """Return the layout, a tile of resamples, and the regression arranged for it."""
    layout = Layout.of(sample.treated, 5)
    fit = sample.observation.fit
    assert fit is not None
    design = ObservationDesign.of(layout, sample.x, sample.treated, sample.observed, fit)
    return layout, draw_counts(layout, seeded_streams(3, TILE)), design


def weights(layout: Layout, counts: Counts, made: ObservationReplicates) -> np.ndarray:
    """Return how much each subject weighs in each resample, ``(replicates, n)``."""
    shape = sum(layout.blocks), counts.shape[1], layout.length
    placed = np.zeros(shape)
    for arm in (0, 1):
        for part in layout.parts(arm):
            placed[part] = made.times(part, counts[part].astype(float)).weighted
    flat = placed.swapaxes(0, 1).reshape(counts.shape[1], -1)
    start = layout.blocks[0] * layout.length
    found = np.zeros((counts.shape[1], sum(layout.sizes)))
    found[:, layout.order[: layout.sizes[0]]] = flat[:, : layout.sizes[0]]
    found[:, layout.order[layout.sizes[0] :]] = flat[:, start : start + layout.sizes[1]]
    return found


def expected(sample: Unobserved, rows: np.ndarray) -> np.ndarray:
    """Return how much each subject weighs in one resample, by its own fit."""
    again = sample.taken(rows)
    one, zero = (chance.fitted for chance in again.observation.arms)
    weight = np.where(again.observed, 1 / np.where(again.treated, one, zero), 0.0)
    return np.bincount(rows, weights=weight, minlength=len(sample.treated))


def resamples() -> Sequence[np.ndarray]:
    """Return the resamples of the tile."""
    return [one for stream in seeded_streams(3, TILE) for some in drawn(stream, 240) for one in some]


SAMPLES = [*(unobserved(71, complete=complete) for complete in COMPLETE)]
SAMPLES += [nearly_complete(72, few) for few in ("treated", "control", "both")]
SAMPLES += [
    nearly_complete(72, few, other) for few, other in (("treated", "control"), ("control", "treated"))
]
NAMES = [*COMPLETE, "few treated", "few controls", "few of both", "few treated alone", "few controls alone"]


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_each_weight_is_that_of_the_resamples_own_fit(sample: Unobserved) -> None:
    """Also where a resample misses no outcome in an arm, or in both; where it fails its own fit is separated, too."""
    layout, counts, design = arranged(sample)
    made = design.fitted(counts)
    found = weights(layout, counts, made)
    rank_lost, separated, stuck = made.failures(counts)
    assert rank_lost.shape == separated.shape == stuck.shape == (TILE,)
    assert not (rank_lost | stuck).any()
    assert not separated.all()
    assert not separated.any() or (~sample.observed).sum() == 2
    for row, rows in enumerate(resamples()):
        if separated[row]:
            fit = sample.taken(rows).observation.fit
            assert fit is not None
            assert fit.separated
        else:
            np.testing.assert_allclose(found[row], expected(sample, rows), rtol=CLOSE, err_msg=str(row))


def test_the_samples_hold_every_kind_of_resample() -> None:
    """Among the resamples with few missing outcomes some miss none in the treated, in controls, and in both."""
    sample = nearly_complete(72, "both")
    kinds = {
        tuple(bool((~sample.observed[rows])[arm[rows]].any()) for arm in (sample.treated, ~sample.treated))
        for rows in resamples()
    }
    assert kinds == {(True, True), (True, False), (False, True), (False, False)}


def test_counts_of_the_observed_are_the_counts_without_the_others() -> None:
    """Everybody is drawn, the observed count, and the weights are theirs alone."""
    sample = unobserved(73)
    layout, counts, design = arranged(sample)
    seen = design.seen(counts)
    assert seen.dtype == counts.dtype
    flags = layout.spread(sample.observed.astype(float))
    np.testing.assert_array_equal(seen, counts * flags[:, None])
    made = design.fitted(counts)
    for arm in (0, 1):
        for part in layout.parts(arm):
            times = made.times(part, counts[part].astype(float))
            np.testing.assert_array_equal(times.drawn, counts[part])
            np.testing.assert_array_equal(times.observed, seen[part])
            assert ((times.weighted > 0) == (seen[part] > 0)).all()


def test_times_without_missing_outcomes_are_one_array() -> None:
    """The same array thrice tells that nothing is missing."""
    array = np.ones((1, 2, 3))
    times = Times.of_complete(array)
    assert times.drawn is times.observed is times.weighted is array


@pytest.mark.parametrize("flag", ["rank_lost", "separated", "stuck"])
@pytest.mark.parametrize("complete", COMPLETE)
def test_a_regressions_failure_is_told_where_it_is_used(flag: str, complete: str) -> None:
    """A resample that takes another regression, or none, does not fail with it."""
    sample = unobserved(74, complete=complete)
    _, counts, design = arranged(sample)
    made = design.fitted(counts)
    (model,) = made.models
    marked = np.arange(TILE) % 5 == 1
    used = np.arange(TILE) % 2 == 1
    fit = replace(model.fit, **{flag: marked})
    flags = replace(made, models=(replace(model, fit=fit, used=used),)).failures(counts)
    for name, found in zip(("rank_lost", "separated", "stuck"), flags, strict=True):
        np.testing.assert_array_equal(found, marked & used if name == flag else np.zeros(TILE, dtype=bool))


@pytest.mark.parametrize("complete", COMPLETE)
def test_a_maximum_that_is_not_reached_is_told(complete: str) -> None:
    """With other coefficients than those found, a resample is stuck, unless it failed for a named reason."""
    sample = unobserved(75, complete=complete)
    _, counts, design = arranged(sample)
    made = design.fitted(counts)
    (model,) = made.models
    theta = model.fit.theta.copy()
    theta[[2, 4, 6]] += 0.01
    fit = replace(model.fit, theta=theta, separated=np.arange(TILE) == 4, rank_lost=np.arange(TILE) == 6)
    rank_lost, separated, stuck = replace(made, models=(replace(model, fit=fit),)).failures(counts)
    assert [np.flatnonzero(flags).tolist() for flags in (rank_lost, separated, stuck)] == [[6], [4], [2]]


def test_observation_by_a_covariate_alone_is_separated() -> None:
    """Where one value of a covariate is never observed in any resample, each resample says so."""
    sample = unobserved(76)
    x = np.column_stack([sample.x[:, 0], np.where(sample.observed, 1.0, 0.0)])
    layout = Layout.of(sample.treated, 5)
    fit = fit_observation(x, sample.treated, sample.observed).fit
    assert fit is not None
    assert fit.separated
    design = ObservationDesign.of(layout, x, sample.treated, sample.observed, fit)
    counts = draw_counts(layout, seeded_streams(3, TILE))
    assert design.fitted(counts).failures(counts)[1].all()
