"""The variance by clusters is the sum of squares of the clusters' influences, however it is computed."""

import numpy as np
import pytest
import statsmodels.api as sm

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.bootstrap.cluster_draws import draw_clusters
from medicore.stats.bootstrap.resampling import TILE, Layout, seeded_streams
from medicore.stats.effect.clustered import clustered_means, clustered_result
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.measures import effect_of
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.verification import verify_effect
from tests.stats.samples import draw

EXACT = 1e-12
CONFIRMED = 1e-8

SAMPLE = draw(3, n=160)
CLUSTERS = np.random.default_rng(4).integers(0, 16, 160)


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATO"])
def test_it_is_the_clustered_error_of_a_mean_in_statsmodels(target: str) -> None:
    """The influence of each subject, regressed on a constant with errors by cluster, has the same standard error."""
    result = doubly_robust(SAMPLE.x, SAMPLE.treated, SAMPLE.outcome, SAMPLE.fit, target=target)  # type: ignore[arg-type]
    for means in (result.means, result.stacked):
        found = difference(clustered_means(means, CLUSTERS))
        influence = (means.root[:, 0] - means.root[:, 1]) * 160
        fit = sm.OLS(influence, np.ones(160)).fit(cov_type="cluster", cov_kwds={"groups": CLUSTERS})
        assert found.standard_error == pytest.approx(float(fit.bse[0]), rel=EXACT)
        assert found.degrees_of_freedom == 15
        assert found.variance.startswith("cluster-robust, 16 clusters: ")
    both = clustered_result(result, CLUSTERS)
    assert both.influence_function == difference(both.means)
    assert both.sandwich == difference(both.stacked)
    assert both.influence_function.value == result.influence_function.value


def test_clusters_of_one_subject_each_change_nothing_but_the_factor() -> None:
    """Where every subject is its own cluster the variance is that of subjects, times n/(n − 1)."""
    means = doubly_robust(SAMPLE.x, SAMPLE.treated, SAMPLE.outcome, SAMPLE.fit).means
    found = clustered_means(means, np.random.default_rng(1).permutation(160))
    assert found.covariance == pytest.approx(means.covariance * 160 / 159, rel=EXACT)


def test_a_subject_that_is_there_twice_counts_once() -> None:
    """Doubling every subject within its cluster leaves the errors by clusters as they are, and only those."""
    result = doubly_robust(SAMPLE.x, SAMPLE.treated, SAMPLE.outcome, SAMPLE.fit)
    x, treated, outcome = (np.repeat(part, 2, axis=0) for part in (SAMPLE.x, SAMPLE.treated, SAMPLE.outcome))
    twice = SAMPLE.__class__(x, treated, outcome)
    doubled = doubly_robust(x, treated, outcome, twice.fit)
    once, both = (
        difference(clustered_means(made.stacked, np.arange(size) // step))
        for made, size, step in ((result, 160, 1), (doubled, 320, 2))
    )
    assert both.standard_error == pytest.approx(once.standard_error, rel=1e-9)
    assert doubled.sandwich.standard_error < 0.8 * result.sandwich.standard_error


@pytest.mark.parametrize("target", ["ATE", "ATT", "ATO"])
@pytest.mark.parametrize("measure", ["difference", "risk ratio"])
def test_the_second_implementation_confirms_it(target: str, measure: str) -> None:
    """Products of pairs within clusters and sums over clusters are the same variance, corrected for leverage alike."""
    sample = draw(5, n=200, family="binomial")
    clusters = np.random.default_rng(6).integers(0, 20, 200)
    result = doubly_robust(
        sample.x,
        sample.treated,
        sample.outcome,
        sample.fit,
        family="binomial",
        target=target,  # type: ignore[arg-type]
    )
    means = small_sample_means(
        sample.treated,
        sample.outcome,
        sample.fit,
        result,
        family="binomial",
        target=target,  # type: ignore[arg-type]
    )
    found = effect_of(clustered_means(means, clusters), measure).inference  # type: ignore[arg-type]
    second = verify_effect(
        sample.x, sample.x, sample.treated, sample.outcome,
        family="binomial", target=target, measure=measure, corrected=True, clusters=clusters,  # type: ignore[arg-type]
    )  # fmt: skip
    assert second.relative_difference(found.value, found.standard_error) < CONFIRMED


def test_what_has_no_clusters_is_refused() -> None:
    """One cluster has no variance, and a variance of pairs or coefficients is none of subjects."""
    means = doubly_robust(SAMPLE.x, SAMPLE.treated, SAMPLE.outcome, SAMPLE.fit).means
    with pytest.raises(EstimationError, match="1 cluster\\(s\\) have no variance"):
        clustered_means(means, np.zeros(160, dtype=np.intp))
    with pytest.raises(EstimationError, match="a variance of 160 parts has no sum by the clusters of 159"):
        clustered_means(means, CLUSTERS[:-1])


def test_a_resample_holds_whole_clusters() -> None:
    """Subjects of one cluster are drawn equally often, as often as the stream says, and clusters as many times as there are."""
    layout = Layout.of(SAMPLE.treated, 4)
    counts = draw_clusters(layout, CLUSTERS, seeded_streams(9, 2 * TILE))
    positions = np.concatenate(
        [np.arange(layout.sizes[0]), layout.blocks[0] * layout.length + np.arange(layout.sizes[1])]
    )
    times = np.empty((2 * TILE, 160), dtype=int)
    times[:, layout.order] = counts.swapaxes(0, 1).reshape(2 * TILE, -1)[:, positions]
    assert counts.sum() == times.sum()
    for tile, stream in enumerate(np.random.SeedSequence(9).spawn(2)):
        chosen = np.random.Generator(np.random.PCG64(stream)).integers(0, 16, size=(TILE, 16))
        drawn = (chosen[:, :, None] == CLUSTERS).sum(axis=1)
        assert np.array_equal(times[tile * TILE : (tile + 1) * TILE], drawn)


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_the_bootstrap_of_clusters_fits_every_resample(family: str) -> None:
    """A replicate is the estimate on its subjects, taken as often as their clusters were drawn."""
    sample = draw(11, n=240, family=family)  # type: ignore[arg-type]
    clusters = np.random.default_rng(2).integers(0, 30, 240)
    found = bootstrap_effect(
        sample.x, sample.x, sample.treated, sample.outcome,
        replicates=40, seed=5, family=family, clusters=clusters,  # type: ignore[arg-type]
    )  # fmt: skip
    assert sum(found.failed.values()) == 0
    stream = np.random.SeedSequence(5).spawn(2)[0]
    chosen = np.random.Generator(np.random.PCG64(stream)).integers(0, 30, size=(TILE, 30))
    for place in (0, 7):
        rows = np.concatenate([np.flatnonzero(clusters == one) for one in chosen[place]])
        again = sample.__class__(sample.x[rows], sample.treated[rows], sample.outcome[rows])
        value = doubly_robust(again.x, again.treated, again.outcome, again.fit, family=family)  # type: ignore[arg-type]
        assert found.estimates[place] == pytest.approx(value.sandwich.value, rel=1e-7)
