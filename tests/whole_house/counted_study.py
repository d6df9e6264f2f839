"""Studies with a count of events: exposures that end early for some, counts that vary more than Poisson's, a true ratio."""

import numpy as np

from tests.whole_house.prepared_study import SEED, SIZE, PreparedStudy

RATIO = 0.6
"""The true ratio of the rates: the model has no interaction of arm and covariates."""


def counted(study: str = "TEST-COUNTED", measure: str = "rate ratio", *, size: int = SIZE) -> PreparedStudy:
    """Return a study whose outcome is the number of exacerbations in up to two years; the active arm has 0.6 of the rate."""
    made = PreparedStudy(study)
    chance = np.random.default_rng(SEED + 11)
    severity, age = made.numbers("severity"), made.numbers("age")
    rate = np.exp(0.4 + 0.02 * (severity - 50) + np.log(RATIO) * made.active)
    years = np.minimum(chance.exponential(4 * np.exp(-0.01 * (age - 55))), chance.uniform(1.0, 2.0, SIZE))
    years = np.round(np.maximum(years, 0.05), 5)
    events = chance.poisson(rate * years * chance.gamma(2.0, 0.5, SIZE))
    columns = [
        column
        for column in made.protocol["contract"]["columns"]
        if column["name"] not in ("week_4", "change")
    ]
    followed = {"timing": "follow-up", "locked": False}
    columns += [
        {"name": "exacerbations", "type": "integer", "minimum": 0, **followed},
        {"name": "years", "type": "number", "unit": "years", "minimum": 0.01, **followed},
    ]
    outcome = {
        "column": "exacerbations",
        "type": "count",
        "exposure": "years",
        "unit": "exacerbations per year",
        "label": "Exacerbations",
    }
    made = (
        made.planned("contract.columns", columns)
        .planned("outcome", outcome)
        .planned("estimand.measure", measure)
        .planned("estimand.variable", "Number of exacerbations")
        .planned("estimand.summary_measure", "Ratio of rates per year")
        .column("exacerbations", events.tolist())
        .column("years", years.tolist())
    )
    texts = {name: values[:size] for name, values in made.texts.items() if name not in ("week_4", "change")}
    return PreparedStudy(made.study, made.protocol, texts)
