"""The state of each subject's outcome at the data lock: observed, missing, or not yet due."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.errors import ProtocolError
from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.intercurrent import Occurred, after_event, occurred

Flags = NDArray[np.bool_]

OBSERVED, MISSING, NOT_YET_DUE = "observed", "missing", "not yet due"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcomes of an extract, a row per subject of it.

    ``outcome`` is what the estimand's strategies make of the delivered values, ``(n,)``, NaN where it is not observed;
    ``due`` says whose outcome was due at the lock, or had come. ``outside`` says whose visit was outside its window.
    """

    outcome: NDArray[np.float64]
    due: Flags
    outside: Flags
    events: tuple[Occurred, ...]

    @property
    def state(self) -> NDArray[np.object_]:
        """The state of each outcome, ``(n,)``."""
        known = np.where(np.isnan(self.outcome), MISSING, OBSERVED)
        found: NDArray[np.object_] = np.where(self.due, known, NOT_YET_DUE).astype(object)
        return found


def outcomes_of(protocol: Protocol, extract: pd.DataFrame, locked_on: date | None) -> Outcomes:
    """Return the outcomes of an extract that was locked on a day of the study's calendar.

    An outcome is not yet due while it has no value and its window is not over, or, where the protocol names the column
    of the visit alone, while no visit is recorded. ``locked_on`` is needed where the protocol names an anchor.
    Raises ProtocolError when the protocol does not say when the outcome is due, or what is done where it is missing.
    """
    if not protocol.outcome.with_missing:
        return _followed(protocol, extract)
    if protocol.outcome.assessed is None or protocol.outcome.missing is None:
        raise ProtocolError(
            f"the protocol of {protocol.study} does not say when the outcome is due and what is done where it is missing; "
            "write outcome.assessed and outcome.missing, and ask for a new run"
        )
    delivered = extract[protocol.outcome.column].to_numpy(dtype=np.float64, na_value=np.nan)
    events = occurred(protocol, extract)
    outcome = after_event(extract, delivered, events)
    due = ~np.isnan(delivered) | _closed(protocol, extract, locked_on)
    return Outcomes(outcome, due, _outside(protocol, extract) & ~np.isnan(delivered), events)


def _followed(protocol: Protocol, extract: pd.DataFrame) -> Outcomes:
    """Return times of follow-up, or counts: each is there from the first day.

    It is missing where it, how follow-up ended, or the exposure is not recorded.
    """
    time = extract[protocol.outcome.column].to_numpy(dtype=np.float64, na_value=np.nan)
    ended = extract[protocol.outcome.event or str(protocol.outcome.exposure)].notna().to_numpy(dtype=bool)
    nobody = np.zeros(len(extract), dtype=bool)
    return Outcomes(np.where(ended, time, np.nan), ~nobody, nobody, occurred(protocol, extract))


def defined_outcome(protocol: Protocol, extract: pd.DataFrame) -> NDArray[np.float64]:
    """Return the outcome of every subject as the estimand's strategies define it, ``(n,)``, due or not."""
    delivered = extract[protocol.outcome.column].to_numpy(dtype=np.float64, na_value=np.nan)
    return after_event(extract, delivered, occurred(protocol, extract))


def _closed(protocol: Protocol, extract: pd.DataFrame, locked_on: date | None) -> Flags:
    """Return whose window was over at the lock, ``(n,)``; without a date nobody can be told to be not yet due."""
    schedule = protocol.outcome.schedule
    if schedule is None:
        return np.ones(len(extract), dtype=bool)
    if schedule.anchor is None:
        return extract[str(schedule.visit)].notna().to_numpy(dtype=bool)
    if locked_on is None:
        raise ProtocolError(
            "the day of the data lock is unknown; expected the extract's document beside the extract"
        )
    last = timedelta(days=_day(schedule.day) + _window(schedule.window)[1])
    # Without an anchor nothing says that the outcome is still to come: it counts as due, and so as missing.
    return np.array([pd.isna(day) or day + last < locked_on for day in extract[schedule.anchor]], dtype=bool)


def _outside(protocol: Protocol, extract: pd.DataFrame) -> Flags:
    """Return whose visit was before or after its window, ``(n,)``; nobody where the dates do not say."""
    schedule = protocol.outcome.schedule
    if schedule is None or schedule.anchor is None or schedule.visit is None:
        return np.zeros(len(extract), dtype=bool)
    first, last = (_day(schedule.day) + end for end in _window(schedule.window))
    pairs = zip(extract[schedule.anchor], extract[schedule.visit], strict=True)
    return np.array(
        [
            not (pd.isna(start) or pd.isna(seen)) and not first <= (seen - start).days <= last
            for start, seen in pairs
        ],
        dtype=bool,
    )


def _day(day: int | None) -> int:
    return day or 0


def _window(window: tuple[int, int] | None) -> tuple[int, int]:
    return window or (0, 0)
