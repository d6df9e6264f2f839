"""The days on treatment are described by arm: to its end, or to the visit of who was still treated then."""

from datetime import date, timedelta
from typing import Any

import numpy as np

from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.treatment_days import treatment_days
from tests.steps.data.test_outcome_states import ANCHORED, START, extract, planned

ENDED = [20, None, 90, None, 30, 40]
SEEN = [60, 62, 61, None, None, 60]
ALONE = {key: value for key, value in ANCHORED.items() if key != "visit"}


def after(days: list[int | None]) -> list[date | None]:
    """Return the dates so many days after the start."""
    return [None if one is None else START + timedelta(days=one) for one in days]


def ending(assessed: Any = "none", column: str | None = "stopped") -> Protocol:
    """Return the plan with this schedule and the column of the end of treatment."""
    plan = planned(assessed)
    return plan.model_copy(update={"treatment": plan.treatment.model_copy(update={"ended": column})})


def found(plan: Protocol) -> dict[str, Any]:
    """Return the days of six subjects, of whom the last is not compared and the first three are treated."""
    table = extract(enrolled=[START] * 6, seen=after(SEEN), stopped=after(ENDED))
    compared = np.array([True] * 5 + [False])
    return treatment_days(plan, table, compared, np.array([True, True, True, False, False, False]))


def test_days_end_with_treatment_or_with_the_visit() -> None:
    """An end before the visit counts, one after it does not; no visit and no end is unknown; who is not compared is left out."""
    part = found(ending(ANCHORED))["treatment_days"]
    assert (part["from"], part["to"], part["visit"]) == ("enrolled", "stopped", "seen")
    treated, control, overall = (part["arms"][arm] for arm in ("treated", "control", "overall"))
    assert (treated["n"], treated["ended"], treated["without"]) == (3, 1, 0)
    assert (treated["minimum"], treated["median"], treated["maximum"]) == (20.0, 61.0, 62.0)
    assert (control["n"], control["ended"], control["without"], control["median"]) == (1, 1, 1, 30.0)
    assert (overall["n"], overall["ended"]) == (4, 2)


def test_without_a_visit_the_days_of_those_alone_are_known_whose_treatment_ended() -> None:
    """A schedule that names no visit leaves unknown how long the others were treated."""
    overall = found(ending(ALONE))["treatment_days"]["arms"]["overall"]
    assert (overall["n"], overall["ended"], overall["without"], overall["maximum"]) == (3, 3, 2, 90.0)


def test_what_is_not_declared_is_not_described() -> None:
    """Without the column, or without a time zero, results hold nothing of it, as those of earlier records."""
    assert found(ending(ANCHORED, None)) == {}
    assert found(ending({"visit": "seen"})) == {}
