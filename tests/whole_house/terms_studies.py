"""Studies with the terms and models that analysis plans ask for, delivered and run in the whole house."""

import numpy as np

from tests.whole_house.prepared_study import SEED, SIZE, PreparedStudy


def curved() -> PreparedStudy:
    """Return a study in which arm and outcome depend on a curve of age; age is a spline, with an interaction with smoking."""
    study = PreparedStudy("TEST-CURVED")
    chance = np.random.default_rng(SEED + 11)
    age = study.numbers("age")
    bend = np.abs((age - 55) / 9) - 0.8
    active = chance.random(SIZE) < 1 / (1 + np.exp(-0.8 * bend))
    change = 2.0 * active + 3.0 * bend + chance.normal(0, 1.5, SIZE)
    covariates = [
        {"column": "age", "label": "Age", "terms": ["spline"], "knots": 4},
        *study.protocol["covariates"][1:],
    ]
    return (
        study.column("arm", np.where(active, "active", "control").tolist())
        .column("change", [float(one) for one in change])
        .planned("covariates", covariates)
        .planned("models.interactions", [["age", "smoker"]])
        .planned("sensitivity", {"trimming": [0.05], "leave_one_out": True, "subgroups": ["smoker"]})
    )
