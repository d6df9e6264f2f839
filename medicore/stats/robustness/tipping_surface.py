"""The tipping surface: effects where the missing outcomes of each arm differ by a shift from what is expected of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.estimate import Estimate
from medicore.stats.imputation.pooling import pooled
from medicore.stats.robustness.tipping import TippingPoint

Vector = NDArray[np.float64]

HALVINGS = 60
"""Halvings of a stretch of shifts in which the conclusion changes once."""
FARTHEST = 1e3
"""The farthest shift that is tried, as a multiple of that which moves the effect by itself and its standard error."""


@dataclass(frozen=True, slots=True)
class Shifted:
    """The means of one completed data set, and the share of outcomes missing under each arm in the target population.

    ``outcome`` holds the means of the outcome, ``missing`` the means of the indicator that it is missing, by the same
    estimator on the same subjects: their ``root`` are the influence values in one order, ``(n, 2)``.
    """

    outcome: ArmMeans
    missing: ArmMeans

    def estimate(self, treated: float, control: float) -> Estimate:
        """Return the difference of means when the missing outcomes are shifted by ``treated`` and ``control``.

        τ(δ) = τ + δ1·π1 − δ0·π0, where π are the means of the indicator; influence values add up in the same way.
        """
        one, gaps = self.outcome, self.missing
        value = one.treated - one.control + treated * gaps.treated - control * gaps.control
        influence = one.root @ (1.0, -1.0) + gaps.root @ (treated, -control)
        error = float(np.sqrt(influence @ influence))
        return Estimate(
            one.estimand, one.estimator, float(value), error, one.variance, one.n, one.degrees_of_freedom
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """The effect at one pair of shifts, in the outcome's unit, and whether its interval excludes no effect."""

    treated: float
    control: float
    value: float
    standard_error: float
    low: float
    high: float
    p_value: float
    excludes: bool


@dataclass(frozen=True, slots=True)
class Frontier:
    """The shift of the treated nearest to 0 at which the conclusion changes, for a shift of the controls; None for none.

    None also says that the shift is outside the grid.
    """

    control: float
    treated: float | None


@dataclass(frozen=True, slots=True)
class Surface:
    """The effects on a grid of shifts, row by row of the controls' shifts, and where the conclusion changes.

    ``concluded`` says whether the interval at ``level`` excludes 0 without a shift.
    """

    cells: tuple[Cell, ...]
    frontier: tuple[Frontier, ...]
    concluded: bool
    level: float


def tipping_surface(
    sets: Sequence[Shifted], treated: Sequence[float], control: Sequence[float], *, level: float = 0.95
) -> Surface:
    """Return the effects at every pair of shifts of the ``treated`` and the ``control`` arm's missing outcomes.

    A pattern-mixture model (Little, 1993; Permutt, 2016; White, Carpenter & Horton, 2018): the mean of an arm's missing
    outcomes is the shift more than under the primary method, which assumes them missing at random, or like the reference
    arm's. ``sets`` are one per completed data set, pooled by Rubin's rules; one where outcomes are weighted. Shifts are
    given numbers, their shares are estimated: the standard error counts both and their covariance.

    Raises EstimationError when there is no data set, or the shifts of an arm do not ascend through 0.
    """
    _require(sets)
    for name, shifts in (("treated", treated), ("control", control)):
        if 0 not in shifts or list(shifts) != sorted(set(shifts)):
            raise EstimationError(
                f"the {len(shifts)} shifts of the {name} arm do not ascend through 0; expected that they do; sort them, "
                "and have 0 among them"
            )
    cells = tuple(_cell(sets, one, zero, level) for zero in control for one in treated)
    concluded = _cell(sets, 0.0, 0.0, level).excludes
    frontier = tuple(Frontier(zero, _nearest(sets, treated, zero, level, concluded)) for zero in control)
    return Surface(cells, frontier, concluded, level)


def tipping_of_treated(sets: Sequence[Shifted], *, level: float = 0.95) -> TippingPoint:
    """Return how much the missing outcomes of the treated must differ for the conclusion to change.

    It is the frontier of the surface where the controls are unshifted, without the limits of a grid. A shift is multiplied
    by the share missing under treatment in the target population, by the estimator of the effect. Raises EstimationError
    when there is no data set.
    """
    _require(sets)
    (value, share), _ = _moments(sets, 0.0)
    concluded = _cell(sets, 0.0, 0.0, level).excludes
    if share == 0:
        return TippingPoint(None, None, concluded, 0.0, 0.0, level)
    delta = _shift(sets, 0.0, level, concluded=concluded)
    return TippingPoint(delta, float(-value / share), concluded, float(share), 0.0, level)


def in_words(surface: Surface, unit: str = "") -> str:
    """Return one sentence that names the frontier: where the conclusion changes, or that no shift of the grid changes it."""
    conclusion = "excludes no effect" if surface.concluded else "holds no effect"
    named = f" {unit}" if unit else ""
    found = {one.control: one.treated for one in surface.frontier}
    alone = found[0.0]
    shifts = sorted({cell.treated for cell in surface.cells})
    reach = f"{shifts[0]:.3g} to {shifts[-1]:.3g}{named}"
    if all(shift is None for shift in found.values()):
        return f"The interval {conclusion} at every pair of shifts from {reach}."
    if alone is None:
        told = f"with the controls unshifted no shift of the treated from {reach} changes it"
    else:
        told = f"with the controls unshifted it changes where the treated are shifted by {alone:.3g}{named}"
    others = [f"{zero:.3g} and {one:.3g}" for zero, one in found.items() if one is not None and zero != 0]
    more = f"; with shifts of controls and treated it changes at {', '.join(others)}" if others else ""
    return f"The interval {conclusion} without a shift; {told}{more}."


def _pooled(sets: Sequence[Shifted], treated: float, control: float) -> Estimate:
    made = [one.estimate(treated, control) for one in sets]
    return made[0] if len(made) == 1 else pooled(made).estimate


def _cell(sets: Sequence[Shifted], treated: float, control: float, level: float) -> Cell:
    found = _pooled(sets, treated, control)
    low, high = found.interval(level)
    return Cell(
        treated,
        control,
        found.value,
        found.standard_error,
        low,
        high,
        found.p_value,
        not low <= 0 <= high,
    )


def _nearest(
    sets: Sequence[Shifted], shifts: Sequence[float], control: float, level: float, concluded: bool
) -> float | None:
    """Return the shift of the treated nearest to 0 at which the conclusion is another one than without any shift."""
    found = _shift(sets, control, level, concluded=concluded)
    return found if found is not None and shifts[0] <= found <= shifts[-1] else None


def _shift(sets: Sequence[Shifted], control: float, level: float, *, concluded: bool) -> float | None:
    """Return the shift of the treated nearest to 0 at which the conclusion is not ``concluded``; None for none.

    The ratio of effect and standard error is monotone between its zero and its extreme, and beyond them to either side, so
    that each stretch holds one change at most. It is found by halving, to 2⁻⁶⁰ of the stretch.
    """

    def changed(shift: float) -> bool:
        return _cell(sets, shift, control, level).excludes != concluded

    if changed(0.0):
        return 0.0
    turns = _turns(sets, control)
    found = []
    for side in (
        sorted(one for one in turns if one > 0),
        sorted((one for one in turns if one < 0), reverse=True),
    ):
        for near, far in pairwise((0.0, *side)):
            if changed(far):
                found.append(_bisected(changed, near, far))
                break
    return min(found, key=abs, default=None)


def _turns(sets: Sequence[Shifted], control: float) -> tuple[float, ...]:
    """Return where effect over standard error is 0 and where it is extreme as the treated are shifted, and two far ends.

    With a for the effect, b for the share missing under treatment and their covariance V it is 0 at −a/b, and extreme at
    (V11·b − V12·a)/(V22·a − V12·b), where (a + b·δ)²/Var(a + b·δ) has its maximum. None without a share.
    """
    (a, b), covariance = _moments(sets, control)
    if b == 0:
        return ()
    down = covariance[1, 1] * a - covariance[0, 1] * b
    up = covariance[0, 0] * b - covariance[0, 1] * a
    end = FARTHEST * float((abs(a) + np.sqrt(covariance[0, 0])) / abs(b))
    inner = [float(-a / b), *([float(up / down)] if abs(up) < abs(down) * end else [])]
    return *inner, -end, end


def _bisected(changed: Callable[[float], bool], same: float, other: float) -> float:
    for _ in range(HALVINGS):
        middle = (same + other) / 2
        if changed(middle):
            other = middle
        else:
            same = middle
    return other


def _moments(sets: Sequence[Shifted], control: float) -> tuple[Vector, Vector]:
    """Return effect and share missing under treatment, ``(2,)``, with their covariance by Rubin's rules, ``(2, 2)``.

    The effect is that with the controls shifted by ``control``.
    """
    points = np.array([(one.estimate(0.0, control).value, one.missing.treated) for one in sets])
    within = []
    for one in sets:
        effect = one.outcome.root @ (1.0, -1.0) - control * one.missing.root[:, 1]
        root = np.column_stack([effect, one.missing.root[:, 0]])
        within.append(root.T @ root)
    covariance: Vector = np.mean(within, axis=0)
    if len(sets) > 1:
        covariance = covariance + (1 + 1 / len(sets)) * np.cov(points, rowvar=False, ddof=1)
    return points.mean(axis=0), covariance


def _require(sets: Sequence[Shifted]) -> None:
    if not sets:
        raise EstimationError(
            "there is no data set to shift; expected one or more; analyse the primary first"
        )
