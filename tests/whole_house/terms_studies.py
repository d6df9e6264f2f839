"""Studies with the terms and models that analysis plans ask for, delivered and run in the whole house."""

import numpy as np

from tests.whole_house.prepared_study import SEED, SIZE, PreparedStudy
from tests.whole_house.randomised_studies import SPENDING


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


SITES = 24


def clustered() -> PreparedStudy:
    """Return a study of 24 sites of unequal size, each with an effect of its own on the outcome and its share of treated."""
    study = PreparedStudy("TEST-CLUSTERED")
    chance = np.random.default_rng(SEED + 12)
    site = np.sort(chance.choice(SITES, SIZE, p=np.arange(12, 12 + SITES) / np.arange(12, 12 + SITES).sum()))
    shift, leaning = chance.normal(0, 2, SITES)[site], chance.normal(0, 0.4, SITES)[site]
    severity = study.numbers("severity")
    active = chance.random(SIZE) < 1 / (1 + np.exp(-leaning - 0.02 * (severity - 50)))
    change = 2.0 * active - 0.1 * (severity - 50) + shift + chance.normal(0, 2, SIZE)
    columns = [
        *study.protocol["contract"]["columns"],
        {"name": "site", "type": "identifier", "timing": "administrative"},
    ]
    return (
        study.column("arm", np.where(active, "active", "control").tolist())
        .column("change", [float(one) for one in change])
        .column("site", [f"S{one:02}" for one in site])
        .planned("contract.columns", columns)
        .planned("outcome.missing", {"method": "complete cases"})
        .planned("inference.cluster", "site")
        .planned("monitoring", SPENDING)
        .planned("gates", {"smd": 0.5, "weight_share": 0.2})
        .planned("sensitivity", {"trimming": [0.05], "leave_one_out": True, "subgroups": []})
    )


def few_clusters() -> PreparedStudy:
    """Return the same study with its sites gathered in eight regions."""
    study = clustered()
    return study.column("site", [f"R{int(one[1:]) % 8}" for one in study.texts["site"]])


def rare(fit: str = "firth") -> PreparedStudy:
    """Return a study whose control arm has no event, and whose outcome models are fitted by ``fit``."""
    study = PreparedStudy("TEST-RARE")
    chance = np.random.default_rng(SEED + 13)
    risk = 0.12 / (1 + np.exp(-0.05 * (study.numbers("severity") - 50)))
    event = (study.active & (chance.random(SIZE) < risk)).astype(int)
    columns = [
        *study.protocol["contract"]["columns"],
        {"name": "event", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1},
    ]
    outcome = {
        "column": "event",
        "type": "binary",
        "unit": "subjects with the event",
        "label": "Serious infection",
        "assessed": "none",
        "missing": {"method": "complete cases"},
    }
    return (
        study.planned("contract.columns", columns)
        .column("event", event.tolist())
        .planned("outcome", outcome)
        .planned("models.outcome_fit", fit)
        .planned("gates", {"variance_disagreement": 0.9})
        .planned("sensitivity", {"trimming": [0.05], "leave_one_out": True, "subgroups": ["smoker"]})
    )


def everything() -> PreparedStudy:
    """Return a study of sites with few events, a spline of age and an interaction of it."""
    study, sites = rare(), clustered()
    site = next(one for one in sites.protocol["contract"]["columns"] if one["name"] == "site")
    return (
        study.planned("contract.columns", [*study.protocol["contract"]["columns"], site])
        .column("site", sites.texts["site"])
        .planned("inference.cluster", "site")
        .planned("monitoring", SPENDING)
        .planned("covariates", curved().protocol["covariates"])
        .planned("models.interactions", [["age", "smoker"]])
        .planned("sensitivity", {"trimming": [], "leave_one_out": False, "subgroups": []})
    )
