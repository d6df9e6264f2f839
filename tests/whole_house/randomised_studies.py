"""Randomised studies with an estimator, a scheme and a hypothesis of their own, delivered and run in the whole house."""

from typing import Any

import numpy as np

from tests.whole_house.prepared_study import SEED, SIZE, PreparedStudy

EFFECT = 2.0
"""The effect on the score that every study here has, in points."""

SPENDING: dict[str, Any] = {
    "method": "alpha spending",
    "function": "obrien-fleming",
    "alpha": 0.05,
    "maximum_information": 50,
    "first_subjects": 20,
    "action": "none",
}


def non_inferior() -> PreparedStudy:
    """ANCOVA after randomisation in blocks within smoking and region, to show that the active arm is not 1 point worse."""
    study = _balanced(_trial("TEST-NONINFERIOR"), ("active", "control"))
    return (
        study.planned("randomisation", {"scheme": "stratified", "strata": ["smoker", "region"]})
        .planned("inference.estimator", "ancova")
        .planned("inference.hypothesis", "non-inferiority")
        .planned("inference.margin", 1.0)
        .planned("inference.benefit", "higher")
        .planned("monitoring", SPENDING)
    )


def minimised() -> PreparedStudy:
    """A response by g-computation as an odds ratio, calibrated in strata, with every contrast of three arms."""
    study = _balanced(_trial("TEST-MINIMISED"), ("active", "control", "low dose"))
    responded = (study.numbers("change") > np.median(study.numbers("change"))).astype(int)
    columns = [
        *study.protocol["contract"]["columns"],
        {"name": "responded", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1},
    ]
    columns[6] = {**columns[6], "values": ["active", "control", "low dose"]}
    return (
        study.planned("contract.columns", columns)
        .column("responded", responded.tolist())
        .planned(
            "outcome",
            {
                "column": "responded",
                "type": "binary",
                "unit": "responders",
                "label": "Response",
                "assessed": "none",
                "missing": {"method": "complete cases"},
            },
        )
        .planned("estimand.measure", "odds ratio")
        .planned("treatment.contrasts", "all")
        .planned("randomisation", {"scheme": "minimisation", "strata": ["smoker"]})
        .planned("inference.estimator", "g-computation")
        .planned("inference.heterogeneous", True)
    )


def refused() -> PreparedStudy:
    """The same trial with an estimator that its scheme has no variance for."""
    return non_inferior().planned("inference.estimator", "aipw")


def _trial(name: str) -> PreparedStudy:
    """Return the common study as a randomised one, without any declaration about imbalance or leaving out."""
    study = PreparedStudy(name).planned("design", "randomised")
    return study.planned("sensitivity", {"trimming": [], "subgroups": []}).planned(
        "outcome.missing", {"method": "complete cases"}
    )


def _balanced(study: PreparedStudy, arms: tuple[str, ...]) -> PreparedStudy:
    """Return the study with arms in blocks within smoking and region, and an effect of the active arm alone."""
    chance = np.random.default_rng(SEED)
    strata = np.array(
        [f"{one} {two}" for one, two in zip(study.texts["smoker"], study.texts["region"], strict=True)]
    )
    arm = np.empty(SIZE, dtype=object)
    for stratum in sorted(set(strata)):
        inside = np.flatnonzero(strata == stratum)
        blocks = [chance.permutation(arms) for _ in range(len(inside) // len(arms) + 1)]
        arm[inside] = np.concatenate(blocks)[: len(inside)]
    # The prepared outcome has the effect of the arm that it was prepared with.
    change = study.numbers("change") - EFFECT * study.active + EFFECT * (arm == "active")
    return study.column("arm", arm.tolist()).column("change", [float(one) for one in change])
