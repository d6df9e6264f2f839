"""Intercurrent events in an extract: who had each, and what its strategy makes of the outcome (ICH E9(R1), A.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medicore.records.protocol.intercurrent import IntercurrentEvent
from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.satisfying import satisfies

Flags = NDArray[np.bool_]
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Occurred:
    """An intercurrent event: who had it, ``(n,)``, and whose outcome its strategy set, ``(n,)``; None if not detected.

    ``days`` are each subject's days on treatment, ``(n,)``, under the strategy "while on treatment".
    """

    event: IntercurrentEvent
    had: Flags | None
    redefined: Flags | None
    days: Vector | None = None


def occurred(protocol: Protocol, extract: pd.DataFrame) -> tuple[Occurred, ...]:
    """Return every intercurrent event of the protocol with who had it.

    Where a subject had several, the first in the order of the protocol whose strategy sets the outcome sets it.
    """
    free = np.ones(len(extract), dtype=bool)
    found = []
    for event in protocol.estimand.intercurrent_events:
        rule = event.rule
        if rule is None:
            found.append(Occurred(event, None, None))
            continue
        had = satisfies(extract[rule.column], rule.criterion(event.event))
        redefined = had & free & _reached(protocol, extract, event)
        free = free & ~redefined
        found.append(Occurred(event, had, redefined, _days(protocol, extract, event, had)))
    return tuple(found)


def after_event(extract: pd.DataFrame, delivered: Vector, events: Sequence[Occurred]) -> Vector:
    """Return the outcome as the strategies define it, ``(n,)``; NaN where it counts as missing."""
    outcome = delivered.copy()
    for found in events:
        if found.redefined is None:
            continue
        if found.event.strategy == "hypothetical":
            outcome[found.redefined] = np.nan
        elif found.event.composite is not None:
            outcome[found.redefined] = found.event.composite
        elif found.event.column_before is not None:
            before = extract[found.event.column_before].to_numpy(dtype=np.float64, na_value=np.nan)
            outcome[found.redefined] = before[found.redefined]
    return outcome


def _reached(protocol: Protocol, extract: pd.DataFrame, event: IntercurrentEvent) -> Flags:
    """Return whose outcome the strategy sets if they had the event, ``(n,)``.

    Treatment policy sets nobody's. The hypothetical strategy sets what was measured on the day of the event or later, and
    every value where one of the two dates is lacking.
    """
    everyone = np.ones(len(extract), dtype=bool)
    if event.strategy == "treatment policy":
        return ~everyone
    schedule = protocol.outcome.schedule
    date = event.rule.date if event.rule is not None else None
    if event.strategy != "hypothetical" or date is None or schedule is None or schedule.visit is None:
        return everyone
    pairs = zip(extract[date], extract[schedule.visit], strict=True)
    return np.array([pd.isna(day) or pd.isna(seen) or seen >= day for day, seen in pairs], dtype=bool)


def _days(protocol: Protocol, extract: pd.DataFrame, event: IntercurrentEvent, had: Flags) -> Vector | None:
    """Return the days until the event of those who had it, ``(n,)``, NaN elsewhere; None under other strategies."""
    if event.strategy != "while on treatment":
        return None
    schedule = protocol.outcome.schedule
    date = event.rule.date if event.rule is not None else None
    if event.duration is not None:
        days = extract[event.duration].to_numpy(dtype=np.float64, na_value=np.nan)
    elif schedule is not None and schedule.anchor is not None and date is not None:
        pairs = zip(extract[schedule.anchor], extract[date], strict=True)
        days = np.array(
            [np.nan if pd.isna(start) or pd.isna(end) else (end - start).days for start, end in pairs],
            dtype=np.float64,
        )
    else:
        return None
    return np.where(had, days, np.nan)
