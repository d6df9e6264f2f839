"""Spending functions: how much of the level may be spent by an information fraction."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from medicore.errors import EstimationError

Family = Literal["obrien-fleming", "pocock", "hwang-shih-decani", "power"]
FAMILIES: tuple[Family, ...] = ("obrien-fleming", "pocock", "hwang-shih-decani", "power")
Sides = Literal[1, 2]


@dataclass(frozen=True, slots=True)
class Spending:
    """A spending function of Lan & DeMets (1983), by its family and, where the family has one, its parameter.

    ``obrien-fleming`` and ``pocock`` have no parameter. ``hwang-shih-decani`` has gamma, any finite number: below 0
    it spends late, above 0 early, at 0 evenly. ``power`` has rho, above 0: 1 spends evenly, 3 late. Raises
    EstimationError for another family, and for a parameter that is missing, not wanted or outside its range.
    """

    family: Family
    parameter: float | None = None

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise EstimationError(
                f"the spending function is {self.family!r}; expected one of {', '.join(FAMILIES)}; name one of these"
            )
        wanted = self.family in ("hwang-shih-decani", "power")
        if wanted != (self.parameter is not None):
            found, expected = ("no parameter", "one") if wanted else (f"parameter {self.parameter:g}", "none")
            raise EstimationError(f"{self.family} has {found}; expected {expected}; correct the design")
        if self.parameter is not None and not np.isfinite(self.parameter):
            raise EstimationError(
                f"{self.family} has parameter {self.parameter}; expected a finite number; correct the design"
            )
        if self.family == "power" and not self.positive:
            raise EstimationError(
                f"power has parameter {self.parameter:g}; expected more than 0; correct the design"
            )

    @property
    def positive(self) -> bool:
        """Whether there is a parameter above 0."""
        return self.parameter is not None and self.parameter > 0

    def spent(self, time: float, alpha: float, sides: Sides = 1) -> float:
        """Return the cumulative level that may be spent by ``time``, over all sides.

        ``time`` is the information fraction, from 0; from 1 on the whole ``alpha`` is spent. A two-sided level is
        twice the function at alpha/2. With z the quantile of the upper tail and a the level of one side:
        obrien-fleming 2(1 − Φ(z(a/2)/√t)), pocock a log(1 + (e − 1)t) (Lan & DeMets, 1983),
        hwang-shih-decani a(1 − exp(−γt))/(1 − exp(−γ)) (Hwang, Shih & DeCani, 1990), power a t^ρ (Kim & DeMets,
        1987). Raises EstimationError unless 0 < alpha < 1, there are 1 or 2 sides and time is 0 or more.
        """
        require_level(alpha)
        require_sides(sides)
        if not time >= 0:
            raise EstimationError(
                f"the information fraction is {time:g}; expected 0 or more; look at the standard error"
            )
        if time == 0:
            return 0.0
        return sides * self._of_one_side(min(time, 1.0), alpha / sides)

    def _of_one_side(self, time: float, alpha: float) -> float:
        if time == 1:
            return alpha
        if self.family == "obrien-fleming":
            return float(2 * ndtr(ndtri(alpha / 2) / np.sqrt(time)))
        if self.family == "pocock":
            return float(alpha * np.log1p(np.expm1(1) * time))
        parameter = float(self.parameter or 0.0)
        if self.family == "power":
            return float(alpha * time**parameter)
        if parameter == 0:
            return alpha * time
        return float(alpha * np.expm1(-parameter * time) / np.expm1(-parameter))


def require_level(alpha: float, name: str = "alpha") -> None:
    """Raise EstimationError unless a level is between 0 and 1."""
    if not 0 < alpha < 1:
        raise EstimationError(
            f"{name} is {alpha:g}; expected a number between 0 and 1, such as 0.05; correct the design"
        )


def require_sides(sides: int) -> None:
    """Raise EstimationError unless there are one or two sides."""
    if sides not in (1, 2):
        raise EstimationError(f"the design has {sides} sides; expected 1 or 2; correct the design")
