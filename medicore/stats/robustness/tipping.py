"""The tipping point: how much missing outcomes would have to differ to change the conclusion."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from medicore.errors import EstimationError


@dataclass(frozen=True, slots=True)
class DeltaAdjusted:
    """An effect when the missing outcomes of the treated differ by ``delta`` from their expected values."""

    delta: float
    value: float
    standard_error: float

    def interval(self, level: float) -> tuple[float, float]:
        """Return the Wald interval, value ∓ z·SE."""
        margin = float(ndtri(0.5 + level / 2)) * self.standard_error
        return self.value - margin, self.value + margin


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """The shift at which the conclusion changes.

    ``concluded`` says whether the interval at ``level`` excludes ``null`` without a shift. ``delta`` is the smallest
    shift, in the outcome's unit, at which that answer changes, or None when no shift changes it. ``delta_of_estimate``
    is the shift at which the point estimate equals ``null``. ``missing_share`` is the share missing under treatment by
    which a shift moves the effect: of the treated subjects, or of the target population by the primary estimator.
    """

    delta: float | None
    delta_of_estimate: float | None
    concluded: bool
    missing_share: float
    null: float
    level: float

    def possible(self, lowest: float, highest: float) -> bool:
        """Return whether a shift between ``lowest`` and ``highest`` changes the conclusion.

        For a risk whose expected value is p in subjects without an outcome, the limits are −p and 1 − p.
        """
        return self.delta is not None and lowest <= self.delta <= highest


def delta_adjusted(
    value: float, standard_error: float, *, treated: int, missing: int, delta: float
) -> DeltaAdjusted:
    """Return the effect when the missing outcomes of the treated are shifted by ``delta``.

    This is a pattern-mixture model (Little, 1993; Permutt, 2016; White, Carpenter & Horton, 2018). ``value`` and
    ``standard_error`` are those of the effect when outcomes are missing at random: given the covariates, missing
    outcomes are like observed ones. Of the ``treated`` subjects in the treated arm, ``missing`` have no outcome, a
    share π. If their mean outcome is ``delta`` higher than expected, the mean under treatment and the effect are higher
    by π·delta. The variance of the effect is then SE² + delta²·π(1 − π)/``treated``: delta is a given number and the
    share is estimated. The share and the estimate are uncorrelated, because the effect's influence function has mean 0
    among the observed. Outcomes missing in the control arm stay missing at random.

    Raises EstimationError when there are fewer treated than missing, or no treated.
    """
    share = _share(treated, missing)
    error = np.sqrt(standard_error**2 + delta**2 * share * (1 - share) / treated)
    return DeltaAdjusted(delta, value + share * delta, float(error))


def tipping_point(
    value: float,
    standard_error: float,
    *,
    treated: int,
    missing: int,
    level: float = 0.95,
    null: float = 0.0,
    degrees_of_freedom: float | None = None,
) -> TippingPoint:
    """Return how much the missing outcomes of the treated must differ for the conclusion to change.

    The conclusion is whether the interval of ``delta_adjusted`` excludes ``null``. It changes where
    (value − null + π·delta)² = z²(SE² + delta²·π(1 − π)/treated), a quadratic equation in delta; its root nearest to 0
    is returned. If the unshifted interval excludes ``null``, the root is the shift that removes this conclusion;
    otherwise it is the shift that creates it. z is the quantile of Student's t when ``degrees_of_freedom`` is given.

    Raises EstimationError when there are fewer treated than missing, or no treated.
    """
    share = _share(treated, missing)
    chance = 0.5 + level / 2
    z = float(ndtri(chance) if degrees_of_freedom is None else stdtrit(degrees_of_freedom, chance))
    distance = value - null
    constant = distance**2 - (z * standard_error) ** 2
    concluded = constant > 0
    if missing == 0:
        return TippingPoint(None, None, concluded, share, null, level)
    slope = distance * share
    bend = share**2 - z**2 * share * (1 - share) / treated
    inside = slope**2 - bend * constant
    delta = None
    if inside >= 0:
        # the root nearest to 0, in the form without cancellation
        turned = slope + np.copysign(np.sqrt(inside), slope)
        delta = float(-constant / turned) if turned != 0 else None
    return TippingPoint(delta, -distance / share, concluded, share, null, level)


def _share(treated: int, missing: int) -> float:
    if not 0 <= missing <= treated or treated == 0:
        raise EstimationError(
            f"{missing} of {treated} treated subjects without outcome; expected 0 to all of at least one; look at "
            "the cohort"
        )
    return missing / treated
