"""The shift of the treated nearest to 0 at which the conclusion changes: on the surface's frontier, and without a grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.imputation.pooling import pooled
from medicore.stats.robustness import tipping_surface as tipping_surface_module
from medicore.stats.robustness.tipping import tipping_point
from medicore.stats.robustness.tipping_surface import Shifted, tipping_of_treated, tipping_surface
from tests.stats.robustness.test_tipping_surface import EXACT, by_hand


def limits(sets: list[Shifted], treated: float, control: float = 0.0) -> tuple[float, float]:
    """Return the interval of the surface's cell at a pair of shifts."""
    shifts = sorted({0.0, treated}), sorted({0.0, control})
    found = tipping_surface(sets, *shifts)
    (cell,) = [one for one in found.cells if (one.treated, one.control) == (treated, control)]
    return cell.low, cell.high


@settings(max_examples=25)
@given(st.lists(st.floats(-4, 6), min_size=1, max_size=4), st.floats(-2, 2))
def test_at_the_tipping_point_a_limit_of_the_interval_is_no_effect(
    values: list[float], control: float
) -> None:
    """Of one data set or several pooled, one end of the interval is 0 there, and at every frontier of a wide grid."""
    sets = [by_hand(value, (0.3 + 0.01 * place, 0.4)) for place, value in enumerate(values)]
    found = tipping_of_treated(sets)
    assert found.concluded == tipping_surface(sets, (0.0,), (0.0,)).concluded
    mean = np.mean([one.outcome.treated for one in sets])
    assert found.delta_of_estimate == pytest.approx(-mean / found.missing_share, rel=EXACT, abs=EXACT)
    if found.delta is None:
        ends = [limits(sets, shift) for shift in (-99.0, -9.0, 9.0, 99.0)]
        assert {low <= 0 <= high for low, high in ends} == {not found.concluded}
        return
    assert min(abs(end) for end in limits(sets, found.delta)) < 1e-7
    frontier = {one.control: one for one in tipping_surface(sets, (-1e9, 0.0, 1e9), (0.0,)).frontier}
    assert frontier[0.0].treated == found.delta
    beside = tipping_surface(sets, (-99.0, 0.0, 99.0), sorted({0.0, control})).frontier
    for one in beside:
        if one.treated not in (None, 0.0):
            assert min(abs(end) for end in limits(sets, one.treated, one.control)) < 1e-7


def test_the_tipping_point_counts_the_covariance_of_effect_and_share() -> None:
    """(3 + 0.2δ)² = z²(2 + 2·0.05δ + 0.0125δ²): by hand, where the same subjects make both vary."""
    one = by_hand()
    outcome = one.outcome.root.copy()
    missing = one.missing.root.copy()
    missing[0, 0] = 0.05
    found = tipping_of_treated(
        [Shifted(ArmMeans("ATE", "AIPW", 3.0, 0.0, outcome, "told", 50),
                 ArmMeans("ATE", "AIPW", 0.2, 0.4, missing, "told", 50))]
    )  # fmt: skip
    z = 1.959963984540054
    assert found.delta is not None
    left = (3 + 0.2 * found.delta) ** 2
    assert left == pytest.approx(z**2 * (2 + 2 * 0.05 * found.delta + 0.0125 * found.delta**2), rel=EXACT)
    assert (found.missing_share, found.null, found.level, found.concluded) == (0.2, 0.0, 0.95, True)


def test_without_covariance_it_is_the_tipping_point_of_the_shares() -> None:
    """With the share's binomial variance and no covariance, both routes find the same shift."""
    share, treated = 0.2, 80
    root = np.zeros((4, 2))
    root[2, 0] = np.sqrt(share * (1 - share) / treated)
    shifted = Shifted(by_hand().outcome, ArmMeans("ATE", "AIPW", share, 0.4, root, "told", 50))
    alone = tipping_point(3.0, float(np.sqrt(2)), treated=treated, missing=16)
    found = tipping_of_treated([shifted])
    assert found.delta == pytest.approx(alone.delta, rel=EXACT)
    assert (found.delta_of_estimate, found.concluded) == (alone.delta_of_estimate, alone.concluded)


@pytest.mark.parametrize(("value", "concluded"), [(3.0, True), (-3.0, True), (1.0, False), (-1.0, False)])
def test_the_conclusion_is_that_without_a_shift(value: float, concluded: bool) -> None:
    """A shift of 1 up or down in either arm changes it here; the tipping point is nearer, towards the other conclusion."""
    sets = [by_hand(value, (2.0, 2.0))]
    surface, found = tipping_surface(sets, (-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0)), tipping_of_treated(sets)
    assert surface.concluded == found.concluded == concluded
    beside = {(one.treated, one.control): one.excludes for one in surface.cells}
    assert {beside[shift] for shift in ((1.0, 0.0), (-1.0, 0.0))} == {True, False}
    assert {beside[shift] for shift in ((0.0, 1.0), (0.0, -1.0))} == {True, False}
    assert found.delta is not None
    assert 0 < abs(found.delta) < 1
    assert (found.delta > 0) == ((value > 0) != concluded)
    assert min(abs(end) for end in limits(sets, found.delta)) < 1e-9


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_change_between_two_shifts_of_the_grid_is_found(sign: float) -> None:
    """Where the interval holds 0 only between two shifts of the grid, the frontier is there even so."""
    root = np.zeros((2, 2))
    root[0, 0] = 0.01
    narrow = Shifted(
        ArmMeans("ATE", "AIPW", sign * 0.5, 0.0, root, "told", 50),
        ArmMeans("ATE", "AIPW", 1.0, 0.0, np.zeros((2, 2)), "told", 50),
    )
    found = tipping_surface([narrow], (-1.0, 0.0, 1.0), (0.0,))
    assert all(cell.excludes for cell in found.cells)
    expected = sign * (-0.5 + 1.959963984540054 * 0.01)
    assert found.frontier[0].treated == pytest.approx(expected, rel=EXACT)


def test_the_tipping_point_may_be_outside_the_grid() -> None:
    """The grid has no frontier then; at its ends it has one."""
    point = tipping_of_treated([by_hand()]).delta
    assert point is not None
    assert point < 0
    for end, expected in ((point, point), (np.nextafter(point, 0), None)):
        found = tipping_surface([by_hand()], (float(end), 0.0), (0.0,))
        assert found.frontier[0].treated == expected
    mirrored = by_hand(-3.0)
    for end, expected in ((-point, -point), (np.nextafter(-point, 0), None)):
        found = tipping_surface([mirrored], (0.0, float(end)), (0.0,))
        assert found.frontier[0].treated == expected


def test_without_missing_outcomes_of_the_treated_nothing_tips() -> None:
    """Where only controls lack outcomes, no shift of the treated moves the effect."""
    found = tipping_of_treated([by_hand(shares=(0.0, 0.4))])
    assert (found.delta, found.delta_of_estimate, found.missing_share) == (None, None, 0.0)
    assert (found.concluded, found.null, found.level) == (True, 0.0, 0.95)


def test_a_share_that_varies_as_much_as_it_moves_has_no_point() -> None:
    """Where a shift adds more to the error than to the effect, what is not shown stays so at every shift."""
    root = np.zeros((4, 2))
    root[2, 0] = 1.0
    one = Shifted(by_hand(0.5).outcome, ArmMeans("ATE", "AIPW", 0.1, 0.0, root, "told", 50))
    found = tipping_of_treated([one])
    assert (found.delta, found.delta_of_estimate, found.concluded) == (None, -5.0, False)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_shift_may_show_an_effect_on_a_short_stretch_alone(sign: float) -> None:
    """Where effect and share vary together, a few shifts on one side show what neither nearer nor farther ones do.

    With variances 1 and 0.0104 and covariance 0.1 the effect is most certain at a shift of −9.5, by 1.984 errors.
    """
    z = 1.959963984540054
    value, share = 0.545, 0.01635
    outcome, missing = np.zeros((2, 2)), np.zeros((2, 2))
    outcome[0, 0], missing[0, 0], missing[1, 0] = 1.0, sign * 0.1, 0.02
    one = Shifted(
        ArmMeans("ATE", "AIPW", value, 0.0, outcome, "told", 50),
        ArmMeans("ATE", "AIPW", sign * share, 0.0, missing, "told", 50),
    )
    found = tipping_of_treated([one]).delta
    assert found is not None
    moved = sign * found
    assert -9.5 < moved < -8.0
    square = (value + share * moved) ** 2 - z**2 * ((1 + 0.1 * moved) ** 2 + (0.02 * moved) ** 2)
    assert abs(square) < 1e-9
    assert limits([one], found - sign * 0.01)[0] > 0
    for beside in (found + sign * 0.01, -sign * 12.0, -sign * 1000.0):
        low, high = limits([one], beside)
        assert low < 0 < high


def test_shifted_controls_move_where_the_effect_is_most_certain() -> None:
    """The controls' share and its covariance count: with them shifted by 1 the short stretch is that of the same sums."""
    outcome, missing = np.zeros((2, 2)), np.zeros((2, 2))
    outcome[0], missing[0], missing[1, 0] = (1.5, 0.2), (0.1, 0.3), 0.02
    one = Shifted(
        ArmMeans("ATE", "AIPW", 1.045, 0.2, outcome, "told", 50),
        ArmMeans("ATE", "AIPW", 0.01635, 0.3, missing, "told", 50),
    )
    shifted = tipping_surface([one], (-20.0, 0.0, 20.0), (0.0, 1.0)).frontier[1]
    assert shifted.treated is not None
    assert -9.5 < shifted.treated < -8.0
    assert min(abs(end) for end in limits([one], shifted.treated, 1.0)) < 1e-9


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_nearer_change_may_be_away_from_the_zero(sign: float) -> None:
    """(3 + 6δ)² = z²(1 + 11δ + 36δ²): the error outgrows the effect at 0.196 before the effect shrinks to it at −0.257."""
    outcome, missing = np.zeros((2, 2)), np.zeros((2, 2))
    outcome[0, 0], missing[:, 0] = 1.0, (sign * 5.5, np.sqrt(36 - 5.5**2))
    one = Shifted(
        ArmMeans("ATE", "AIPW", 3.0, 0.0, outcome, "told", 50),
        ArmMeans("ATE", "AIPW", sign * 6.0, 0.0, missing, "told", 50),
    )
    found = tipping_of_treated([one])
    z = 1.959963984540054
    nearer = max(np.roots([36 * (1 - z**2), 2 * (18 - 5.5 * z**2), 9 - z**2]))
    assert 0.19 < nearer < 0.2
    assert found.concluded
    assert found.delta == pytest.approx(sign * nearer, rel=EXACT)


@pytest.mark.parametrize("values", [(2.0,), (2.0, 3.5), (2.0, 3.5, 1.0)])
def test_moments_give_value_and_error_at_every_shift(values: tuple[float, ...]) -> None:
    """(1, δ)·moments and (1, δ)·V·(1, δ)ᵀ are value and variance by Rubin's rules over the shifted sets."""
    generator = np.random.default_rng(5)
    sets = [
        Shifted(
            ArmMeans("ATE", "AIPW", value, 0.5, generator.normal(size=(6, 2)), "told", 50),
            ArmMeans("ATE", "AIPW", 0.2 + 0.1 * value, 0.3, generator.normal(size=(6, 2)), "told", 50),
        )
        for value in values
    ]
    points, covariance = tipping_surface_module._moments(sets, 0.7)
    for shift in (0.0, 1.0, -2.0):
        made = [one.estimate(shift, 0.7) for one in sets]
        expected = made[0] if len(made) == 1 else pooled(made).estimate
        line = np.array([1.0, shift])
        assert line @ points == pytest.approx(expected.value, rel=EXACT)
        assert line @ covariance @ line == pytest.approx(expected.standard_error**2, rel=EXACT)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("share", [0.5, 2.0])
def test_a_known_share_moves_the_effect_alone(share: float, sign: float) -> None:
    """Where the share does not vary, value ± z over the share is the nearer of both ends, away from the zero."""
    root = np.zeros((2, 2))
    root[0, 0] = 1.0
    one = Shifted(
        ArmMeans("ATE", "AIPW", sign * 0.5, 0.0, root, "told", 50),
        ArmMeans("ATE", "AIPW", share, 0.0, np.zeros((2, 2)), "told", 50),
    )
    expected = sign * (1.959963984540054 - 0.5) / share
    assert tipping_of_treated([one]).delta == pytest.approx(expected, rel=EXACT)


def test_no_data_set_has_no_tipping_point() -> None:
    """There must be one to shift."""
    with pytest.raises(EstimationError, match="no data set"):
        tipping_of_treated([])
