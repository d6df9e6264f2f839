"""Flexible models as sensitivity analysis: rows, splits, guard rails and notes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.cross_fitted import cross_fitted_means
from medicore.stats.effect.cross_fitting import cross_fit, strata_of, stratified_folds
from medicore.stats.models.learners import LEARNERS
from medicore.steps.effect import analysed
from medicore.steps.models.sample import Sample
from medicore.steps.models.seeds import derived_seed
from tests.steps.alternatives.test_robustness import risk_frame, risk_plan
from tests.steps.analysed_trial import compared, estimated, protocol, subjects, with_column

FRAME = subjects(480)
GONE = np.random.default_rng(8).random(480) < 0.15
LACKING = with_column(FRAME, "change", FRAME["change"].where(~GONE))
NAMES = {
    "penalised": "Flexible models: penalised regression",
    "boosting": "Flexible models: gradient boosting",
}
EXACT = 1e-12


def planned(*learners: str, **more: Any) -> Any:
    """Return the sensitivity section of a protocol with these learners, two splits of three folds."""
    return {
        "leave_one_out": False,
        "trimming": [],
        "subgroups": [],
        "flexible": {"learners": learners, "folds": 3, "repeats": 2, **more},
    }


def risky(**changed: Any) -> Any:
    """Return the plan of a binary outcome, with some keys changed."""
    stored = risk_plan().as_json()
    return protocol(
        contract={"columns": stored["contract"]["columns"]}, outcome={"type": "binary"}, **changed
    )


def rows(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the rows of flexible models by name."""
    return {row["name"]: row for row in made["sensitivity"] if row["name"].startswith("Flexible")}


def test_each_learner_has_a_row_and_its_splits(tmp_path: Path) -> None:
    """Rows are the medians over the splits, in the order of the plan; splits have seeds derived from the protocol's."""
    made = compared(tmp_path, FRAME, protocol(sensitivity=planned("penalised", "boosting")))
    assert list(rows(made)) == list(NAMES.values())
    splits = made["flexible"]
    assert [(one["learner"], one["split"]) for one in splits] == [
        ("penalised", 1), ("penalised", 2), ("boosting", 1), ("boosting", 2),
    ]  # fmt: skip
    assert [one["seed"] for one in splits] == 2 * [derived_seed(7, "folds", turn) for turn in range(2)]
    for learner, name in NAMES.items():
        row, mine = rows(made)[name], [one for one in splits if one["learner"] == learner]
        values, errors = (np.array([one[key] for one in mine]) for key in ("estimate", "standard_error"))
        middle = np.median(values)
        assert row["estimate"] == pytest.approx(middle, rel=EXACT)
        squared = np.median(errors**2 + (values - middle) ** 2)
        assert row["standard_error"] == pytest.approx(np.sqrt(squared), rel=EXACT)
        assert abs(row["estimate"] - 2) < 4 * row["standard_error"]
        assert (row["estimand"], row["n"], row["note"]) == ("ATE", 480, "")
        assert row["estimator"] == "AIPW, cross-fitted in 3 folds"
        assert row["variance"] == "influence function, ddof 1, median of 2 splits"
        assert all(0 < one["lowest_score"] < one["highest_score"] < 1 for one in mine)
        assert {(one["lowest_observed"], one["truncated"], one["reason"]) for one in mine} == {(1.0, 0, "")}


@pytest.mark.parametrize("target", ["ATE", "ATT"])
def test_a_split_is_the_cross_fitted_estimate_of_the_sample(tmp_path: Path, target: str) -> None:
    """A split is what the statistics give on the analysed subjects with folds of its seed, weighted for being observed."""
    plan = protocol(sensitivity=planned("penalised"), estimand={"target": target})
    split = compared(tmp_path / "all", LACKING, plan)["flexible"][1]
    (table,), _ = analysed(estimated(tmp_path / "primary", LACKING, plan)[0])
    one = Sample.of(plan, table)
    arrays = one.treated, one.outcome, one.known
    fold = stratified_folds(strata_of(*arrays, "gaussian"), 3, derived_seed(7, "folds", 1))
    designs = one.x_propensity, one.x_outcome, one.x_observation
    nuisance = cross_fit(*designs, *arrays, fold, LEARNERS["penalised"])
    found = difference(cross_fitted_means(*arrays, nuisance, target=target))  # type: ignore[arg-type]
    assert split["estimate"] == pytest.approx(found.value, rel=EXACT)
    assert split["standard_error"] == pytest.approx(found.standard_error, rel=EXACT)
    assert split["lowest_observed"] < 1


def test_missing_outcomes_are_weighted_for(tmp_path: Path) -> None:
    """Everybody whose outcome was due is in the row, and its estimator says that it weights for observation."""
    made = compared(tmp_path, LACKING, protocol(sensitivity=planned("penalised")))
    row = rows(made)[NAMES["penalised"]]
    assert (row["n"], row["note"]) == (480, "")
    assert row["estimator"] == "AIPW for treatment and observation, cross-fitted in 3 folds"


def test_without_a_plan_nothing_is_added(tmp_path: Path) -> None:
    """A study that plans no flexible models has neither rows nor splits, and its other rows are the same to the bit."""
    plain = compared(tmp_path / "plain", FRAME, protocol())
    flexible = planned("penalised")["flexible"]
    made = compared(tmp_path / "with", FRAME, protocol(sensitivity={"flexible": flexible}))
    assert "flexible" not in plain
    assert rows(plain) == {}
    assert len(made.pop("flexible")) == 2
    made["sensitivity"] = [row for row in made["sensitivity"] if not row["name"].startswith("Flexible")]
    assert made == plain


@pytest.mark.parametrize("measure", ["difference", "risk ratio", "odds ratio"])
def test_an_outcome_of_0_and_1_is_on_its_measure(tmp_path: Path, measure: str) -> None:
    """Risks are compared on the measure of the protocol; the median of a ratio is taken of its logarithm."""
    plan = risky(sensitivity=planned("penalised"), estimand={"measure": measure})
    made = compared(tmp_path, risk_frame(), plan)
    row = rows(made)[NAMES["penalised"]]
    assert row["estimand"] == ("ATE" if measure == "difference" else f"ATE, {measure}")
    values = np.array([one["estimate"] for one in made["flexible"]])
    middle = np.median(values) if measure == "difference" else np.exp(np.median(np.log(values)))
    assert row["estimate"] == pytest.approx(middle, rel=EXACT)
    assert row["ci_low"] < row["estimate"] < row["ci_high"]


def test_truncation_is_declared_and_told(tmp_path: Path) -> None:
    """Scores move to the declared limits alone, and the row says how many; without a limit none moves."""
    made = compared(tmp_path, FRAME, protocol(sensitivity=planned("penalised", truncation=0.4)))
    counts = [one["truncated"] for one in made["flexible"]]
    assert min(counts) > 0
    assert {(one["lowest_score"], one["highest_score"]) for one in made["flexible"]} == {(0.4, 0.6)}
    told = f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else f"{counts[0]}"
    assert rows(made)[NAMES["penalised"]]["note"] == f"{told} score(s) truncated to 0.4 to 0.6"


def test_extreme_scores_are_named_by_split_and_fold(tmp_path: Path) -> None:
    """Folds with a score at or beyond the limits of the gates are in the note: three by name, the others by number."""
    limits = {"score_lower": 0.45, "score_upper": 0.55}
    made = compared(tmp_path, FRAME, protocol(sensitivity=planned("penalised"), gates=limits))
    row = rows(made)[NAMES["penalised"]]
    places = "; ".join(f"split 1, fold {fold}" for fold in (1, 2, 3))
    assert row["note"] == f"scores outside 0.45 to 0.55 in {places} and 3 more"
    assert row["estimate"] is not None
    one_side = protocol(sensitivity=planned("penalised"), gates={"score_lower": 0.45})
    found = compared(tmp_path / "lower", FRAME, one_side)
    assert "scores outside 0.45 to 0.999 in split 1" in rows(found)[NAMES["penalised"]]["note"]


def test_a_split_without_an_estimate_makes_the_row_not_estimable(tmp_path: Path) -> None:
    """Too few subjects for trees, or an event in one fold alone: split, fold and reason are named, and no number is shown."""
    small = compared(tmp_path / "small", subjects(120), protocol(sensitivity=planned("boosting")))
    row = rows(small)[NAMES["boosting"]]
    assert [row[key] for key in ("estimate", "standard_error", "ci_low", "ci_high", "p_value")] == [None] * 5
    assert row["note"].startswith("not estimable: split 1, fold 1: ")
    assert "left to fit boosted trees; expected at least 80" in row["note"]
    assert all(one["estimate"] is None and one["reason"].startswith("fold 1: ") for one in small["flexible"])
    rare = risk_frame().astype({"change": "Int64"})
    active = np.flatnonzero(rare["arm"] == "active")
    rare.loc[active, "change"] = 0
    rare.loc[active[[10, 50, 90]], "change"] = 1
    found = compared(tmp_path / "rare", rare, risky(sensitivity=planned("penalised")))
    note = rows(found)[NAMES["penalised"]]["note"]
    assert note.startswith(
        "not estimable: split 1, fold 1: 2 subject(s) treated with the event left to fit a model"
    )


def test_imputed_data_sets_have_splits_of_their_own(tmp_path: Path) -> None:
    """Each completed data set has its own splits, with seeds of their own, and the medians are pooled by Rubin's rules."""
    plan = protocol(
        sensitivity=planned("penalised"), outcome={"missing": {"method": "multiple imputation", "number": 5}}
    )
    made = compared(tmp_path, LACKING, plan)
    splits = made["flexible"]
    assert [(one["data_set"], one["split"]) for one in splits] == [
        (place, split) for place in range(1, 6) for split in (1, 2)
    ]
    assert [one["seed"] for one in splits] == [derived_seed(7, "folds", index) for index in range(10)]
    medians = np.array([one["estimate"] for one in splits]).reshape(5, 2).mean(axis=1)
    row = rows(made)[NAMES["penalised"]]
    assert row["estimate"] == pytest.approx(medians.mean(), rel=EXACT)
    assert (row["n"], row["estimator"]) == (480, "AIPW, cross-fitted in 3 folds")


def test_threads_change_no_bit_of_the_section(tmp_path: Path) -> None:
    """With one, two or four threads allowed the whole section is the same, numbers and words."""
    plan, made = protocol(sensitivity=planned("penalised", "boosting")), []
    for threads in (1, 2, 4):
        with threadpool_limits(limits=threads):
            found = compared(tmp_path / str(threads), FRAME, plan)
        made.append((found["flexible"], rows(found)))
    assert made[0] == made[1] == made[2]
