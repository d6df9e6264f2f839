"""The bootstrap of ANCOVA and g-computation, against a plain loop and against the variance of the scheme."""

import numpy as np
import pytest

from medicore.errors import ConfigurationError, EstimationError
from medicore.stats.bootstrap.bootstrap import RANK_LOST, SEPARATED
from medicore.stats.bootstrap.resampling import TILE, Layout, draw_counts, seeded_streams
from medicore.stats.effect.contrasts import difference
from medicore.stats.models.outcome_model import Family, Form
from medicore.stats.randomisation.adjusted_means import adjusted_means
from medicore.stats.randomisation.balanced_draws import draw_balanced
from medicore.stats.randomisation.batched_study import EMPTY_STRATUM
from medicore.stats.randomisation.bootstrap_adjusted import bootstrap_adjusted
from medicore.stats.randomisation.randomisation_scheme import Randomisation, Scheme
from tests.stats.randomisation.randomised_samples import SCHEMES, Trial, trial

SAME = 1e-9
EXPECTED = 0.12
"""How far the spread of 1,000 replicates may be from the standard error, as a share of it."""


def indices(one: Trial, seed: int, rows: int) -> np.ndarray:
    """Return the subjects of the first resamples, ``(rows, n)``, sorted."""
    layout = Layout.of(one.treated, one.x.shape[1] + 2)
    streams = seeded_streams(seed, rows)
    if one.randomisation.balanced:
        counts = draw_balanced(layout, one.treated, one.randomisation, streams)
    else:
        counts = draw_counts(layout, streams)
    flat = counts.swapaxes(0, 1).reshape(counts.shape[1], -1)
    start = layout.blocks[0] * layout.length
    places = np.concatenate([np.arange(layout.sizes[0]), start + np.arange(layout.sizes[1])])
    times = np.zeros((len(flat), len(one.treated)), dtype=int)
    times[:, layout.order] = flat[:, places]
    return np.array([np.repeat(np.arange(times.shape[1]), row) for row in times[:rows]])


@pytest.mark.parametrize("form", ["joint", "per arm"])
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("scheme", ["simple", "stratified", "minimisation"])
def test_every_replicate_is_the_estimate_of_its_resample(scheme: Scheme, family: Family, form: Form) -> None:
    """Fitted again by ``adjusted_means``, each resample has the replicate's means."""
    one = trial(scheme, 61, n=160, family=family)
    found = bootstrap_adjusted(
        one.x, one.treated, one.outcome, one.randomisation, replicates=20, seed=3, family=family, form=form
    )
    assert sum(found.failed.values()) == 0
    for row, chosen in enumerate(indices(one, 3, 20)):
        again = adjusted_means(
            one.x[chosen],
            one.treated[chosen],
            one.outcome[chosen],
            Randomisation(scheme, one.randomisation.strata[chosen]),
            family=family,
            form=form,
        )
        assert found.arm_means[row] == pytest.approx(again.means, rel=1e-6)
    assert found.value == pytest.approx(
        difference(
            adjusted_means(
                one.x, one.treated, one.outcome, one.randomisation, family=family, form=form
            ).small_sample()
        ).value
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_spread_is_the_standard_error_of_the_scheme(scheme: Scheme) -> None:
    """Resampled within the strata's arms, the replicates spread as the scheme's variance says."""
    one = trial(scheme, 62, n=400)
    found = bootstrap_adjusted(one.x, one.treated, one.outcome, one.randomisation, replicates=1000, seed=4)
    means = adjusted_means(one.x, one.treated, one.outcome, one.randomisation).small_sample("HC3")
    assert found.spread == pytest.approx(difference(means).standard_error, rel=EXPECTED)


def test_balanced_resamples_keep_the_share_of_each_stratum() -> None:
    """In a resample each stratum has the share of treated that it has in the study, to one subject; strata vary."""
    one = trial("stratified", 63, n=200)
    strata = one.randomisation.strata
    sizes = []
    for chosen in indices(one, 5, TILE):
        assert len(chosen) == 200
        for stratum in range(4):
            inside = chosen[strata[chosen] == stratum]
            share = one.treated[strata == stratum].mean()
            assert abs(one.treated[inside].sum() - share * len(inside)) < 1
        sizes.append(int((strata[chosen] == 0).sum()))
    assert len(set(sizes)) > 5


def test_failed_replicates_are_counted_by_reason() -> None:
    """A rare level is lost in some resamples, an event in others, and a stratum's arm in others again."""
    one = trial("minimisation", 64, n=60, family="binomial")
    strata = one.randomisation.strata.copy()
    strata[[int(np.flatnonzero(one.treated)[0]), int(np.flatnonzero(~one.treated)[0])]] = 4
    lacking = bootstrap_adjusted(
        one.x, one.treated, one.outcome, Randomisation("minimisation", strata), replicates=64, seed=6
    )
    assert 20 < lacking.failed[EMPTY_STRATUM] < 60
    rare = np.column_stack([one.x, np.arange(60) < 2]).astype(float)
    simple = Randomisation("simple", strata)
    lost = bootstrap_adjusted(rare, one.treated, one.outcome, simple, replicates=100, seed=6)
    assert lost.failed[RANK_LOST] == sum(lost.failed.values())
    assert lost.failed[RANK_LOST] > 3
    outcome = one.outcome.copy()
    outcome[one.treated] = 0.0
    outcome[np.flatnonzero(one.treated)[:2]] = 1.0
    few = bootstrap_adjusted(
        np.zeros((60, 1)),
        one.treated,
        outcome,
        simple,
        replicates=100,
        seed=6,
        family="binomial",
        form="per arm",
    )
    assert few.failed[SEPARATED] > 3


def test_what_is_refused() -> None:
    """One replicate, and a study of which hardly a resample can be estimated."""
    one = trial("simple", 65)
    with pytest.raises(ConfigurationError, match="1 bootstrap replicate"):
        bootstrap_adjusted(one.x, one.treated, one.outcome, one.randomisation, replicates=1, seed=1)
    lone = np.zeros((120, 12))
    lone[np.arange(12), np.arange(12)] = 1.0
    with pytest.raises(EstimationError, match=r"of 40 bootstrap replicates could be estimated \(rank lost"):
        bootstrap_adjusted(lone, one.treated, one.outcome, one.randomisation, replicates=40, seed=1)
