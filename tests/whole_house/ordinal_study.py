"""Studies with an ordinal outcome: five states at the end, cut from a latent score that covariates and arm move."""

import numpy as np

from tests.whole_house.prepared_study import SEED, SIZE, PreparedStudy

LEVELS = (
    {"value": 4, "label": "Dead"},
    {"value": 3, "label": "In intensive care"},
    {"value": 2, "label": "In hospital"},
    {"value": 1, "label": "At home, unwell"},
    {"value": 0, "label": "At home, well"},
)
"""From the worst to the best: the codes fall."""


def ordinal(study: str = "TEST-ORDINAL", measure: str = "win odds", *, size: int = SIZE) -> PreparedStudy:
    """Return a study whose outcome is the state at day 28; the active arm's latent score is half a unit better."""
    made = PreparedStudy(study)
    chance = np.random.default_rng(SEED + 23)
    score = (
        0.5 * made.active
        - 0.04 * (made.numbers("severity") - 50)
        - 0.02 * (made.numbers("age") - 55)
        + chance.normal(size=SIZE)
    )
    codes = 4 - (score[:, None] > np.array([-1.6, -0.9, -0.1, 0.8])).sum(axis=1)
    columns = [
        column
        for column in made.protocol["contract"]["columns"]
        if column["name"] not in ("week_4", "change")
    ]
    columns.append(
        {
            "name": "state",
            "type": "integer",
            "minimum": 0,
            "maximum": 4,
            "timing": "follow-up",
            "locked": False,
            "required": False,
        }
    )
    outcome = {
        "column": "state",
        "type": "ordinal",
        "levels": [dict(level) for level in LEVELS],
        "unit": "level",
        "label": "State at day 28",
        "assessed": "none",
        "missing": {"method": "complete cases"},
    }
    made = (
        made.planned("contract.columns", columns)
        .planned("outcome", outcome)
        .planned("estimand.measure", measure)
        .planned("estimand.variable", "State at day 28")
        .planned("estimand.summary_measure", "Win odds")
        .column("state", codes.tolist())
    )
    texts = {name: values[:size] for name, values in made.texts.items() if name not in ("week_4", "change")}
    return PreparedStudy(made.study, made.protocol, texts)
