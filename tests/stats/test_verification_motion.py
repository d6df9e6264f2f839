"""The second implementation's Brownian motion: nested integrals, multivariate normals, finer panels, and no bounds."""

import ast
import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from medicore.stats import verification_motion, verification_sequence, verification_spending
from medicore.stats.verification_motion import (
    REST,
    bound_of,
    carried,
    chance_above,
    chance_below,
    chance_beyond,
)

NESTED = 1e-12
SAMPLED = 1e-5
"""Of scipy's integral of a multivariate normal, which is sampled from three dimensions on."""
TINY = 1e-9
"""Relative, of tails that are far below 1."""


@given(st.floats(0.01, 0.6), st.floats(0.05, 1), st.floats(0.5, 4), st.floats(-1, 4), st.floats(-3, 3))
@settings(max_examples=25)
def test_two_looks_by_nested_integrals(
    first: float, step: float, bound: float, second: float, drift: float
) -> None:
    """The probability to be within the bounds at one look and beyond another at the next, by adaptive quadrature."""
    time, low = first + step, -bound - 0.3
    motion = carried(REST, first, low, bound, time, drift)
    for found, sign in ((chance_above, 1), (chance_below, -1)):

        def beyond(z: float, sign: int = sign) -> float:
            rest = (second * np.sqrt(time) - z * np.sqrt(first) - drift * step) / np.sqrt(step)
            return float(norm.pdf(z - drift * np.sqrt(first)) * norm.sf(sign * rest))

        expected, _ = quad(beyond, low, bound, epsabs=1e-14, epsrel=1e-13, limit=400)
        assert found(motion, time, second, drift) == pytest.approx(expected, abs=NESTED)


def test_four_looks_by_multivariate_normals() -> None:
    """The statistics of the looks have correlations √(t/t′): first crossings are differences of probabilities of boxes."""
    times = np.array([0.2, 0.45, 0.7, 1.0])
    upper, lower, drift = np.array([2.6, 2.4, 2.3, 2.2]), np.array([-2.0, -1.0, -0.2, 0.5]), 1.3
    correlation = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    motion, inside = REST, 1.0
    for k, time in enumerate(times):
        found = chance_above(motion, time, upper[k], drift) + chance_below(motion, time, lower[k], drift)
        still = float(
            multivariate_normal.cdf(
                upper[: k + 1],
                drift * np.sqrt(times[: k + 1]),
                correlation[: k + 1, : k + 1],
                lower_limit=lower[: k + 1],
                maxpts=1_000_000,
                abseps=1e-7,
                rng=np.random.default_rng(k),
            )
        )
        assert found == pytest.approx(inside - still, abs=SAMPLED)
        inside = still
        if k < 3:
            motion = carried(motion, time, lower[k], upper[k], times[k + 1], drift)
            assert motion.masses.sum() == pytest.approx(still, abs=SAMPLED)


def test_finer_panels_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """With panels of a third of the width nothing changes but rounding, of looks close together too."""
    times = (0.3, 0.3004, 0.31, 0.7, 1.0)

    def crossing() -> list[float]:
        motion, found = REST, []
        for time, following in zip(times, (*times[1:], 2.0), strict=True):
            found.append(chance_beyond(motion, time, 2.4, 2))
            motion = carried(motion, time, -2.4, 2.4, following)
        return found

    wide = crossing()
    monkeypatch.setattr(verification_motion, "PANEL", 1.0)
    assert crossing() == pytest.approx(wide, abs=NESTED)
    monkeypatch.setattr(verification_motion, "BLOCK", 7)
    assert crossing() == pytest.approx(wide, abs=NESTED)


def test_looks_without_bounds_leave_the_motion_as_it_is() -> None:
    """After looks that stop nothing the tail is the normal one, far out too; a bound that nobody crosses changes nothing."""
    motion = carried(carried(REST, 0.3, -np.inf, np.inf, 0.5), 0.5, -39.0, 39.0, 1.0)
    assert motion.masses.sum() == pytest.approx(1, abs=NESTED)
    for z in (0.0, 2.0, 8.0):
        assert chance_above(motion, 1.0, z) == pytest.approx(norm.sf(z), rel=TINY)
        assert chance_below(motion, 1.0, -z) == pytest.approx(norm.sf(z), rel=TINY)
        assert chance_beyond(motion, 1.0, z, 1) == chance_above(motion, 1.0, z)
        assert chance_beyond(motion, 1.0, z, 2) == pytest.approx(2 * norm.sf(z), rel=TINY)
    drifting = carried(REST, 0.5, -np.inf, np.inf, 1.0, 30.0)
    assert chance_above(drifting, 1.0, 30.0, 30.0) == pytest.approx(0.5, abs=NESTED)
    nobody = carried(REST, 0.5, 2.0, 2.0, 1.0)
    assert chance_above(nobody, 1.0, -9.0) == 0


@pytest.mark.parametrize("sides", [1, 2])
def test_a_bound_spends_its_level(sides: int) -> None:
    """At the first look it is the normal quantile; later ones cost what was asked, tiny levels too; no level has no bound."""
    for level in (0.9, 0.05, 1e-12, 1e-60):
        assert bound_of(REST, 0.4, level, sides) == pytest.approx(
            norm.isf(level / sides), rel=1e-11, abs=NESTED
        )
    motion = carried(REST, 0.4, -2.5 if sides == 2 else -np.inf, 2.5, 0.7)
    for level in (0.3, 0.01, 1e-15):
        bound = bound_of(motion, 0.7, level, sides)
        assert chance_beyond(motion, 0.7, bound, sides) == pytest.approx(level, rel=1e-10)
    assert bound_of(motion, 0.7, 0.0, sides) == np.inf
    assert bound_of(motion, 0.7, -1e-18, sides) == np.inf
    assert bound_of(REST, 0.4, 1e-307 * np.finfo(float).tiny, sides) == np.inf


def test_nothing_is_shared_with_the_boundaries() -> None:
    """The modules import numpy, scipy and the standard library; of this project, one another alone."""
    modules = (verification_motion, verification_spending, verification_sequence)
    nodes = [node for module in modules for node in ast.walk(ast.parse(inspect.getsource(module)))]
    imported = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    own = {"medicore.stats.verification_motion"}
    assert {name for name in imported if name.startswith("medicore")} == own
    assert {name.split(".")[0] for name in (imported - own) | plain} == {
        "collections", "dataclasses", "math", "numpy", "scipy",
    }  # fmt: skip


@pytest.mark.parametrize(("sides", "lowest"), [(1, -38.0), (2, 0.0)])
def test_a_level_that_all_paths_have_is_met_by_the_lowest_bound(sides: int, lowest: float) -> None:
    """Where the level is all that still runs, or more by rounding, everything crosses."""
    motion = carried(REST, 0.4, -1.0, 1.0, 0.7)
    everybody = float(norm.cdf(1) - norm.cdf(-1))
    assert bound_of(motion, 0.7, everybody + 1e-9, sides) == lowest
    assert bound_of(motion, 0.7, everybody - 1e-6, sides) > lowest
