"""The plan of a simulated study: its covariates, its treatment, its outcome, its growth."""

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Measured:
    """A normal covariate, rounded and limited to ``lower`` … ``upper``.

    One standard deviation adds ``selection`` to the logit of being treated and ``prognosis`` to the outcome; its
    square adds ``curvature`` to that logit.
    """

    name: str
    mean: float
    sd: float
    lower: float
    upper: float
    decimals: int
    selection: float = 0.0
    prognosis: float = 0.0
    curvature: float = 0.0


@dataclass(frozen=True, slots=True)
class Counted:
    """A Poisson covariate with mean ``rate``, limited to ``upper``; effects are per standard deviation."""

    name: str
    rate: float
    upper: int
    selection: float = 0.0
    prognosis: float = 0.0

    def thresholds(self) -> NDArray[np.float64]:
        """Return the values of the distribution function at 0 … ``upper`` - 1, ``(upper,)``."""
        ratios = [1.0, *(self.rate / count for count in range(1, self.upper))]
        return exp(-self.rate) * np.cumsum(np.cumprod(ratios))


@dataclass(frozen=True, slots=True)
class Grouped:
    """A categorical covariate: its levels, their shares, and what each adds to treatment logit and outcome."""

    name: str
    levels: tuple[str, ...]
    shares: tuple[float, ...]
    selection: tuple[float, ...]
    prognosis: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """An intercurrent event with a column of its own, which holds its date: ``share`` of the subjects have it.

    A ``fatal`` event happens to ``share`` of those who drop out, so that no outcome comes after it. No event depends on
    baseline values or treatment, and none changes an outcome.
    """

    name: str
    share: float
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Harm:
    """A rare harm with a column of its own, which holds Y from its day on: ``share`` of the subjects have it in follow-up.

    It depends on neither baseline values nor treatment.
    """

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Control:
    """A negative control with a column of its own, which holds Y from its day on, within the follow-up.

    An average subject has it with the chance ``share``. What makes treatment likelier by one logit adds ``confounding``
    to its logit; treatment itself adds nothing.
    """

    name: str
    share: float
    confounding: float


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """The parameters of one simulated study.

    ``effect`` is the true average treatment effect. The effect is larger in women and smaller in men by half of
    ``modification``; half of the subjects are women. ``allocation`` is the treatment logit of an average subject,
    ``mean`` the outcome's mean without treatment, ``noise`` its residual standard deviation. The number of subjects
    grows from ``initial`` by ``monthly`` a month up to ``planned``. Shares are probabilities that are the same for
    everyone, so exclusions do not change the effect, nor do dropping out, intercurrent ``events``, ``harms`` and ``controls``. In ``mishap_month`` the laboratory changes the unit of
    ``mishap_column`` for new subjects, and one subject is exported twice.
    """

    study: str
    seed: int
    timezone: str
    outcome: str
    decimals: int
    treated: str
    control: str
    effect: float
    mean: float
    noise: float
    covariates: tuple[Measured | Counted | Grouped, ...]
    events: tuple[Event, ...]
    initial: int
    monthly: int
    planned: int
    follow_up_days: int
    harms: tuple[Harm, ...] = ()
    controls: tuple[Control, ...] = ()
    allocation: float = 0.0
    modification: float = 0.0
    other: str = ""
    other_share: float = 0.0
    refused_share: float = 0.02
    unrecorded_share: float = 0.01
    dropout_share: float = 0.06
    sites: int = 24
    mishap_month: str = ""
    mishap_column: str = ""
