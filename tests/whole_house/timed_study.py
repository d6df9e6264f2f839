"""Studies with a time to event: follow-up of each subject, censored at random given the covariates, and a true effect."""

import numpy as np

from tests.whole_house.prepared_study import SEED, SIZE, PreparedStudy

HORIZON = 365
"""The day at which survival is compared."""


def timed(
    study: str = "TEST-TIMED",
    measure: str = "survival difference",
    *,
    competing: bool = False,
    size: int = SIZE,
) -> PreparedStudy:
    """Return a study whose outcome is the time to a first event, in days; the active arm has half the hazard."""
    made = PreparedStudy(study)
    chance = np.random.default_rng(SEED + 7)
    severity, age = made.numbers("severity"), made.numbers("age")
    hazard = np.exp(0.03 * (severity - 50) - 0.7 * made.active) / 400
    event, other = chance.exponential(1 / hazard), chance.exponential(np.full(SIZE, 2500.0))
    left = np.minimum(chance.exponential(900 * np.exp(-0.01 * (age - 55))), chance.uniform(300, 800, SIZE))
    first = np.minimum(event, other) if competing else event
    time = np.ceil(np.minimum(first, left))
    status = np.where(left < first, 0, np.where(event <= first, 1, 2))
    columns = [
        column
        for column in made.protocol["contract"]["columns"]
        if column["name"] not in ("week_4", "change")
    ]
    columns += [
        {
            "name": "days",
            "type": "number",
            "timing": "follow-up",
            "unit": "days",
            "minimum": 0,
            "locked": False,
        },
        {
            "name": "status",
            "type": "integer",
            "timing": "follow-up",
            "minimum": 0,
            "maximum": 2 if competing else 1,
            "locked": False,
        },
    ]
    outcome = {
        "column": "days",
        "type": "time to event",
        "event": "status",
        "horizon": HORIZON,
        "unit": "days",
        "label": "First dermatologic event",
    }
    if competing:
        outcome["competing"] = "Death without the event"
    made = (
        made.planned("contract.columns", columns)
        .planned("outcome", outcome)
        .planned("estimand.measure", measure)
        .planned("estimand.variable", "Time to the first event")
        .planned("estimand.summary_measure", f"Difference of survival at day {HORIZON}")
        .column("days", time.tolist())
        .column("status", status.tolist())
    )
    texts = {name: values[:size] for name, values in made.texts.items() if name not in ("week_4", "change")}
    return PreparedStudy(made.study, made.protocol, texts)
