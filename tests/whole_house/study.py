"""The month of a whole house: a sound study, one that waits at findings, one that breaks its contract, one that fails."""

from dataclasses import replace
from pathlib import Path

from tests.whole_house import faulty_studies as faulty
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.prepared_study import MONTH, PreparedStudy

SOUND, WAITING, BROKEN, FAILING = "TEST-SOUND", "TEST-WAITING", "TEST-UNKNOWNARM", "TEST-ONEARM"
SOUND_RUN, WAITING_RUN, BROKEN_RUN, FAILED_RUN = (
    f"{study}/{MONTH}/1" for study in (SOUND, WAITING, BROKEN, FAILING)
)
UNMEASURED = tuple(range(3, 299, 8))
"""The rows of the sound study, from 0, in which the outcome was not measured."""
YOUNG = 7
"""The row of the sound study's one subject who is too young, and whose outcome was not measured either."""


def sound(study: str = SOUND) -> PreparedStudy:
    """Return a study in which nothing is wrong; one subject is excluded, and one in eight lacks the outcome."""
    made = PreparedStudy(study)
    change, age = list(made.texts["change"]), list(made.texts["age"])
    for row in (*UNMEASURED, YOUNG):
        change[row] = ""
    age[YOUNG] = "17.00000"
    criteria = [
        {"name": "Under 18", "column": "age", "operator": "at least", "value": 18},
        *made.protocol["eligibility"],
    ]
    planned = made.planned("eligibility", criteria).planned("contract.columns.8.required", value=False)
    return planned.column("change", change).column("age", age)


def waiting(study: str = WAITING) -> PreparedStudy:
    """Return a study that halts at two findings which a signature may answer: its variances differ a little."""
    return sound(study).planned("gates.variance_disagreement", 1e-6)


def named(made: PreparedStudy, study: str) -> PreparedStudy:
    """Return a study under another name, with data of its own: equal data of two studies are one object in the store."""
    shift = sum(map(ord, study)) / 1000
    return replace(made.column("week_4", (made.numbers("week_4") + shift).tolist()), study=study)


def month_house(folder: Path) -> WholeHouse:
    """Return a house in which the month of the four studies has been run, and nothing is decided."""
    whole = found_whole_house(folder)
    whole.prepare(sound(), waiting(), faulty.unknown_arm(), faulty.one_arm())
    for study in (SOUND, WAITING, BROKEN, FAILING):
        whole.run(study)
    return whole
