"""The tipping surface: what a shift of the missing outcomes does, and where the conclusion changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.imputation.pooling import pooled
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.robustness.tipping_surface import Shifted, Surface, in_words, tipping_surface
from tests.stats.samples import Sample, draw

Vector = NDArray[np.float64]
EXACT = 1e-9
SHIFTS = (-2.0, -1.0, 0.0, 1.0, 2.0)


def by_hand(value: float = 3.0, shares: tuple[float, float] = (0.2, 0.4)) -> Shifted:
    """Return means of ``value`` and 0 with independent errors of 1 (outcome) and 0.1 (missingness) per arm."""
    roots = np.zeros((4, 2)), np.zeros((4, 2))
    roots[0][0, 0] = roots[0][1, 1] = 1.0
    roots[1][2, 0] = roots[1][3, 1] = 0.1
    return Shifted(
        ArmMeans("ATE", "AIPW", value, 0.0, roots[0], "told", 50),
        ArmMeans("ATE", "AIPW", *shares, roots[1], "told", 50),
    )


def cells(surface: Surface) -> dict[tuple[float, float], tuple[float, float]]:
    """Return value and standard error by the shifts of treated and controls."""
    return {(one.treated, one.control): (one.value, one.standard_error) for one in surface.cells}


def test_the_surface_by_hand() -> None:
    """τ + δ1·π1 − δ0·π0 with SE² = 2 + 0.01(δ1² + δ0²); rows by the controls' shift, each in the treated's order."""
    found = tipping_surface([by_hand()], SHIFTS, SHIFTS)
    assert [(one.treated, one.control) for one in found.cells[:6]] == [
        *((one, -2.0) for one in SHIFTS),
        (-2.0, -1.0),
    ]
    for (treated, control), (value, error) in cells(found).items():
        assert value == pytest.approx(3 + 0.2 * treated - 0.4 * control, rel=EXACT)
        assert error == pytest.approx(np.sqrt(2 + 0.01 * (treated**2 + control**2)), rel=EXACT)
    middle = found.cells[12]
    assert (middle.low, middle.high) == pytest.approx(
        (3 - 1.959964 * np.sqrt(2), 3 + 1.959964 * np.sqrt(2)), rel=1e-6
    )
    assert middle.excludes
    assert found.concluded
    assert found.level == 0.95
    assert middle.p_value == pytest.approx(
        Estimate("", "", 3.0, float(np.sqrt(2)), "", 50).p_value, rel=EXACT
    )


def test_the_level_decides_what_is_concluded() -> None:
    """At 99 % the interval of the same effect holds 0."""
    found = tipping_surface([by_hand()], SHIFTS, SHIFTS, level=0.99)
    assert not found.concluded
    assert not found.cells[12].excludes


def test_the_frontier_is_where_the_interval_begins_to_hold_no_effect() -> None:
    """There a limit is 0; the nearer of both sides is told, and where nothing changes, none."""
    found = tipping_surface([by_hand()], SHIFTS, SHIFTS)
    at = {one.control: one.treated for one in found.frontier}
    assert list(at) == list(SHIFTS)
    shift = at[0.0]
    assert shift is not None
    assert -2 < shift < -1
    distance = 3 + 0.2 * shift - 1.959963984540054 * np.sqrt(2 + 0.01 * shift**2)
    assert abs(distance) < EXACT
    assert at[2.0] == 0.0
    assert at[-2.0] is None


def test_the_nearer_of_two_changes_is_told() -> None:
    """An effect near 0 that is not shown is shown by shifts up and down; the smaller one counts."""
    found = tipping_surface([by_hand(0.5, (1.0, 0.0))], (-9.0, -4.0, 0.0, 4.0, 9.0), (0.0,))
    assert found.frontier[0].treated is not None
    assert 2 < found.frontier[0].treated < 3
    other = tipping_surface([by_hand(-0.5, (1.0, 0.0))], (-9.0, -4.0, 0.0, 4.0, 9.0), (0.0,))
    assert other.frontier[0].treated == pytest.approx(-found.frontier[0].treated, rel=EXACT)


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.floats(-2, 2), st.floats(-2, 2))
def test_completed_outcomes_that_are_shifted_give_the_same_effect(
    seed: int, treated: float, control: float
) -> None:
    """The primary on data whose imputed outcomes are shifted is the surface's cell, with its standard error."""
    sample = draw(seed)
    missing = np.random.Generator(np.random.PCG64(seed)).random(len(sample.outcome)) < 0.2
    scores = fit_logistic(sample.x, sample.treated)

    def means(outcome: Vector) -> ArmMeans:
        return doubly_robust(sample.x, sample.treated, outcome, scores).means

    cell = Shifted(means(sample.outcome), means(missing.astype(float))).estimate(treated, control)
    moved = sample.outcome + missing * np.where(sample.treated, treated, control)
    direct = doubly_robust(sample.x, sample.treated, moved, scores).influence_function
    assert cell.value == pytest.approx(direct.value, abs=1e-8)
    assert cell.standard_error == pytest.approx(direct.standard_error, rel=1e-8)


@settings(max_examples=10)
@given(st.integers(0, 2**31))
def test_weighted_outcomes_move_by_the_share_of_the_missing(seed: int) -> None:
    """Under the weighted estimator with no shift it is the primary; a shift of everything missing moves it by its share."""
    sample: Sample = draw(seed)
    chance = np.random.Generator(np.random.PCG64(seed))
    seen = chance.random(len(sample.outcome)) < 0.8
    scores = fit_logistic(sample.x, sample.treated)
    primary = augmented_observed(
        sample.x, sample.treated, np.where(seen, sample.outcome, np.nan), seen, scores,
        fit_observation(sample.x, sample.treated, seen),
    )  # fmt: skip
    share = doubly_robust(sample.x, sample.treated, (~seen).astype(float), scores).means
    found = cells(tipping_surface([Shifted(primary.means, share)], (-1.0, 0.0), (0.0, 1.0)))
    base = primary.influence_function
    assert found[0.0, 0.0] == pytest.approx((base.value, base.standard_error), rel=EXACT)
    assert found[-1.0, 1.0][0] == pytest.approx(base.value - share.treated - share.control, rel=1e-7)


def test_several_sets_are_pooled_at_every_pair_of_shifts() -> None:
    """Each cell is Rubin's estimate over the sets, with its t interval."""
    sets = [by_hand(value) for value in (2.0, 3.0, 5.0)]
    found = tipping_surface(sets, (0.0, 1.0), (0.0,))
    for cell in found.cells:
        told = pooled([one.estimate(cell.treated, cell.control) for one in sets]).estimate
        assert (cell.value, cell.standard_error) == (told.value, told.standard_error)
        assert (cell.low, cell.high) == told.interval(0.95)


@pytest.mark.parametrize(
    ("sets", "shifts", "words"),
    [
        ([], SHIFTS, "no data set"),
        ([by_hand()], (1.0, 2.0), "2 shifts of the treated arm do not ascend through 0"),
        ([by_hand()], (1.0, 0.0), "do not ascend"),
        ([by_hand()], (0.0, 0.0), "do not ascend"),
    ],
)
def test_what_has_no_surface_is_refused(sets: list[Shifted], shifts: tuple[float, ...], words: str) -> None:
    """There must be a data set, and shifts that ascend through 0."""
    with pytest.raises(EstimationError, match=words):
        tipping_surface(sets, shifts, SHIFTS)
    if sets:
        with pytest.raises(EstimationError, match="of the control arm"):
            tipping_surface(sets, SHIFTS, shifts)


def test_the_frontier_in_words() -> None:
    """The sentence names the shift of the treated alone, those with shifted controls, or that nothing changes."""
    found = tipping_surface([by_hand()], SHIFTS, SHIFTS)
    assert in_words(found, "points") == (
        "The interval excludes no effect without a shift; with the controls unshifted it changes where the treated are "
        "shifted by -1.1 points; with shifts of controls and treated it changes at 1 and 0, 2 and 0."
    )
    firm = tipping_surface([by_hand(30.0)], SHIFTS, SHIFTS)
    assert in_words(firm) == "The interval excludes no effect at every pair of shifts from -2 to 2."
    alone = tipping_surface([by_hand(1.0)], SHIFTS, (0.0,))
    assert in_words(alone, "kg") == "The interval holds no effect at every pair of shifts from -2 to 2 kg."
    other = tipping_surface([by_hand(3.0, (0.01, 0.9))], SHIFTS, (0.0, 1.0))
    assert in_words(other) == (
        "The interval excludes no effect without a shift; with the controls unshifted no shift of the treated from -2 to 2 "
        "changes it; with shifts of controls and treated it changes at 1 and 0."
    )


def test_an_interval_that_ends_at_no_effect_holds_it() -> None:
    """Where value and error are 0, both limits are 0, and nothing is concluded."""
    nothing = ArmMeans("ATE", "AIPW", 0.0, 0.0, np.zeros((4, 2)), "told", 50)
    found = tipping_surface([Shifted(nothing, nothing)], (0.0,), (0.0,))
    assert (found.cells[0].low, found.cells[0].high, found.concluded) == (0.0, 0.0, False)
