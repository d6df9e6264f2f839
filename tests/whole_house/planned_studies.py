"""Studies whose plans differ from the common one: gaps to be imputed, other measures and targets, a third arm."""

import numpy as np

from tests.whole_house.prepared_study import SEED, SIZE, PreparedStudy

EFFECT = 2.0
"""The effect on the score that every prepared study has, in points."""


def imputed() -> PreparedStudy:
    """One in seven has no age, one in ten no smoking status; both are imputed, and nothing else may be missing."""
    study = _optional(PreparedStudy("TEST-IMPUTED"), "age", "smoker")
    chance = np.random.default_rng(SEED)
    for column, share in (("age", 1 / 7), ("smoker", 1 / 10)):
        gaps = chance.random(SIZE) < share
        study = study.column(
            column, ["" if gap else text for gap, text in zip(gaps, study.texts[column], strict=True)]
        )
    return study.planned("imputation", {"method": "multiple", "number": 5, "iterations": 5}).planned(
        "outcome.missing", {"method": "complete cases"}
    )


def drawn() -> PreparedStudy:
    """One in ten has no outcome, which is drawn several times within its arm."""
    study = _optional(PreparedStudy("TEST-DRAWN"), "change")
    gone = np.random.default_rng(SEED + 1).random(SIZE) < 0.1
    texts = ["" if gap else text for gap, text in zip(gone, study.texts["change"], strict=True)]
    return study.column("change", texts).planned(
        "outcome.missing", {"method": "multiple imputation", "number": 5}
    )


def flexible() -> PreparedStudy:
    """Beside the usual alternatives, both learners of flexible models in two splits; one in ten has no outcome."""
    study = _optional(PreparedStudy("TEST-FLEXIBLE"), "change")
    gone = np.random.default_rng(SEED + 1).random(SIZE) < 0.1
    texts = ["" if gap else text for gap, text in zip(gone, study.texts["change"], strict=True)]
    plan = {"learners": ["penalised", "boosting"], "folds": 5, "repeats": 2, "truncation": 0.02}
    return study.column("change", texts).planned("sensitivity.flexible", plan)


def risk_ratio_in_the_treated() -> PreparedStudy:
    """The outcome is a response, and the estimand its risk ratio in the treated."""
    study = PreparedStudy("TEST-RISKRATIO")
    responded = (study.numbers("change") > 0).astype(int)
    last = len(study.protocol["contract"]["columns"])
    return (
        study.planned(
            "contract.columns",
            [
                *study.protocol["contract"]["columns"],
                {"name": "responded", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1},
            ],
        )
        .column("responded", responded.tolist())
        .planned(
            "outcome",
            {
                **study.protocol["outcome"],
                "column": "responded",
                "type": "binary",
                "unit": "responders",
                "label": "Response",
            },
        )
        .planned("estimand.measure", "risk ratio")
        .planned("estimand.target", "ATT")
        .planned(f"contract.columns.{last}.required", True)
    )


def three_arms() -> PreparedStudy:
    """A high dose is compared with control; the low dose is a third arm, outside the contrast."""
    study = PreparedStudy("TEST-THREEARMS")
    high = np.random.default_rng(SEED).random(SIZE) < 0.6
    doses = ["high dose" if one else "low dose" for one in high]
    arms = [dose if arm == "active" else arm for dose, arm in zip(doses, study.texts["arm"], strict=True)]
    return (
        study.column("arm", arms)
        .planned("contract.columns.6.values", ["low dose", "high dose", "control"])
        .planned("treatment", {"column": "arm", "treated": "high dose", "control": "control"})
    )


def moving() -> PreparedStudy:
    """A sound study whose outcomes may be corrected from month to month."""
    study = PreparedStudy("TEST-MOVING")
    return study.planned("contract.columns.8.locked", False)


def moved(points: float) -> PreparedStudy:
    """The same study a month later: every treated subject's outcome is so many points higher."""
    study = moving()
    return study.column("change", (study.numbers("change") + points * study.active).tolist())


def amended() -> PreparedStudy:
    """A sound study whose protocol will be amended."""
    return PreparedStudy("TEST-AMENDED").planned("gates.estimate_change", 9.0)


def amendment() -> PreparedStudy:
    """The same study under a new version of its protocol, with another limit."""
    return amended().planned("gates.smd", 0.2).planned("version", "1.1")


def _optional(study: PreparedStudy, *names: str) -> PreparedStudy:
    """Return the study with columns that may be missing."""
    for place, column in enumerate(study.protocol["contract"]["columns"]):
        if column["name"] in names:
            study = study.planned(f"contract.columns.{place}.required", False)
    return study
