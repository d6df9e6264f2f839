"""How often an event comes in an arm: subjects, events, and rates by the time at risk."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from medicore.errors import EstimationError

DAYS_OF_A_YEAR = 365.25
PER = 100.0
"""Rates are of so many patient-years."""

Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Incidence:
    """The subjects of an arm with an event, their share, the events, and the rates of 100 patient-years at risk.

    ``years`` is the time until a subject's first event or the end of its risk, by which ``incidence_rate`` counts the
    subjects with an event; its interval is exact. ``event_rate`` counts all events by the whole time at risk. A share or
    rate is None where nobody was at risk.
    """

    subjects: int
    share: float | None
    events: int
    years: float
    incidence_rate: float | None
    incidence_low: float | None
    incidence_high: float | None
    event_rate: float | None


def incidence(days: Days, subject: Days, day: Days, level: float) -> Incidence:
    """Return how often a kind of event came in an arm.

    ``days``, ``(n,)``, are the days at risk of each subject, 1 or more. ``subject``, ``(m,)``, is the position of each
    event's subject among them, and ``day``, ``(m,)``, the day on which the event began, 1 for the first day at risk. The
    exposure-adjusted incidence rate is c/T, c the subjects with an event and T their time to the first one and the others'
    whole time; its exact interval of that level is χ²(α/2; 2c)/(2T) to χ²(1 − α/2; 2c + 2)/(2T).

    Raises EstimationError where a number of days is below 1, or an event is of nobody or outside the time at risk.

    Source: Garwood, 1936; Liu, Wang, Liu & Snavely, 2006; Zhou, Ke, Jiang, Rosenberg & Sun, 2015.
    """
    _require_at_risk(days, subject, day)
    first = days.copy()
    np.minimum.at(first, subject, day)
    count, n = len(np.unique(subject)), len(days)
    years, whole = float(first.sum()) / DAYS_OF_A_YEAR, float(days.sum()) / DAYS_OF_A_YEAR
    if n == 0:
        return Incidence(0, None, 0, 0.0, None, None, None, None)
    tail = (1 - level) / 2
    low = (
        float(gammaincinv(count, tail)) if count else 0.0
    )  # half of the quantile of χ² with 2c degrees of freedom
    high = float(gammaincinv(count + 1, 1 - tail))
    return Incidence(
        count,
        count / n,
        len(subject),
        years,
        PER * count / years,
        PER * low / years,
        PER * high / years,
        PER * len(subject) / whole,
    )


def _require_at_risk(days: Days, subject: Days, day: Days) -> None:
    if (days < 1).any():
        raise EstimationError(
            f"{int((days < 1).sum())} subject(s) have less than a day at risk; expected one day or more; look at the dates"
        )
    if len(subject) == 0:
        return
    if subject.min() < 0 or subject.max() >= len(days) or (day < 1).any() or (day > days[subject]).any():
        raise EstimationError(
            "an event is of nobody, or outside its subject's time at risk; expected events at risk alone; select them first"
        )
