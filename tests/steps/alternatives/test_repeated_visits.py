"""Repeated visits in the steps: the mixed model, the completed visits, and what cannot be estimated."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.stats.effect.ancova import ancova
from medicore.stats.verification import TOLERANCE, Verification
from medicore.steps.alternatives import repeated_visits
from medicore.steps.gates.visit_gates import visit_findings
from medicore.stores.files import FolderFiles
from tests.stats.repeated_samples import dense
from tests.steps.analysed_trial import compared_once, estimated_once, section
from tests.steps.visited_trial import VISITS, visited_plan, visited_subjects

COMPLETED = (
    "Visits completed at random",
    "Visits completed by jump to reference",
    "Visits completed by copy reference",
    "Visits completed by copy increments",
)


def rows(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the sensitivity rows by name."""
    return {row["name"]: row for row in found["sensitivity"]}


def test_the_mixed_model_is_of_everybody_with_a_visit(tmp_path: Path) -> None:
    """Rows of every visit count who was seen; the last is the row of the table, with those whose outcome is missing."""
    frame = visited_subjects()
    found = compared_once(tmp_path, frame, visited_plan({"by_visit": ["age"]}))
    visits = found["visits"]
    active = frame["arm"] == "active"
    for one, name in zip(visits["rows"], VISITS, strict=True):
        assert one["visit"] == name
        assert one["treated"] == int(frame.loc[active, name].notna().sum())
        assert one["control"] == int(frame.loc[~active, name].notna().sum())
        assert one["mean_treated"] - one["mean_control"] == pytest.approx(one["estimate"], abs=1e-9)
    mixed = rows(found)["MMRM over visits"]
    last = visits["rows"][-1]
    assert (mixed["estimate"], mixed["standard_error"]) == (last["estimate"], last["standard_error"])
    assert (mixed["n"], visits["subjects"], visits["arms"]) == (len(frame), len(frame), 2)
    assert mixed["n"] > section_of_effect(tmp_path)["primary"]["n"]
    assert visits["verification"]["relative_difference"] < TOLERANCE / 10


def section_of_effect(folder: Path) -> dict[str, Any]:
    """Return the effect step's document."""
    return section(FolderFiles(folder), "effect")


def test_the_likelihood_is_that_of_the_design_in_words(tmp_path: Path) -> None:
    """Arm and age act by visit, weight alike at all: the printed likelihood is that design's, written out."""
    frame = visited_subjects()
    found = compared_once(tmp_path, frame, visited_plan({"by_visit": ["age"]}))["visits"]
    n, size = len(frame), len(VISITS)
    age = frame["age"].to_numpy(dtype=float)
    z = np.column_stack([np.ones(n), frame["arm"] == "active", age - age.mean(), age**2 - (age**2).mean()])
    design = np.einsum("iq,tu->itqu", z.astype(float), np.eye(size)).reshape(n, size, -1)
    weight = frame["weight"].to_numpy() - frame["weight"].mean()
    design = np.concatenate([design, np.repeat(weight[:, None, None], size, axis=1)], axis=2)
    spread = np.array([one["sd"] for one in found["covariance"]])
    covariance = np.outer(spread, spread) * np.array([one["correlations"] for one in found["covariance"]])
    value = dense(covariance, design, frame[list(VISITS)].to_numpy())
    assert found["log_likelihood"] == pytest.approx(value, abs=1e-6)


def test_the_last_visit_is_completed_under_every_rule(tmp_path: Path) -> None:
    """Four rows complete the last visit; jump to reference brings the arms together, copy increments less so."""
    found = rows(compared_once(tmp_path, visited_subjects(), visited_plan()))
    at_random, jump, copy, increments = (abs(found[name]["estimate"]) for name in COMPLETED)
    assert jump < increments < at_random
    assert jump < copy < at_random
    for name in COMPLETED:
        assert found[name]["standard_error"] > 0
        assert "without the last visit" in found[name]["note"]
    assert found[COMPLETED[0]]["estimate"] == pytest.approx(found["MMRM over visits"]["estimate"], abs=0.1)


def test_without_a_gap_there_is_nothing_to_complete(tmp_path: Path) -> None:
    """With every outcome observed the mixed model stands alone, and with covariates by visit it is ANCOVA of the last visit."""
    frame = visited_subjects()
    frame = frame.assign(change=frame["week4"] + 1.0 * (frame["arm"] == "active"), week8=frame["week4"] ** 2)
    frame["change"] += np.random.default_rng(3).normal(0, 1, len(frame))
    found = rows(compared_once(tmp_path, frame, visited_plan({"by_visit": ["age", "weight"]})))
    assert not set(COMPLETED) & set(found)
    age = frame["age"].to_numpy(dtype=float)
    x = np.column_stack([frame["weight"], age, age**2])
    plain = ancova(x, (frame["arm"] == "active").to_numpy(), frame["change"].to_numpy(), covariance="model")
    assert found["MMRM over visits"]["estimate"] == pytest.approx(plain.value, rel=1e-6)
    assert found["MMRM over visits"]["standard_error"] == pytest.approx(plain.standard_error, rel=1e-6)


def test_other_arms_share_the_covariance(tmp_path: Path) -> None:
    """Subjects of a third arm are in the model, with means of their own, and in no completed visit."""
    frame = visited_subjects(arms=("active", "control", "other"))
    found = compared_once(tmp_path, frame, visited_plan())
    assert found["visits"]["arms"] == 3
    mixed, completed = rows(found)["MMRM over visits"], rows(found)[COMPLETED[3]]
    others = int((frame["arm"] == "other").sum())
    assert (mixed["n"], completed["n"]) == (len(frame), len(frame) - others)
    assert f"{others} of them in arms outside the contrast" in mixed["note"]


def test_full_likelihood_and_the_methods_are_as_declared(tmp_path: Path) -> None:
    """Restricted and full likelihood, and the corrections, give the standard errors that their names say."""
    made = {}
    extract, disposition = (table.head(80) for table in tables(tmp_path, visited_subjects(), visited_plan()))
    assert extract["subject_id"].tolist() == disposition["subject_id"].tolist()
    for place, plan in enumerate(
        (
            {"degrees_of_freedom": "satterthwaite"},
            {"degrees_of_freedom": "kenward-roger"},
            {"degrees_of_freedom": "kenward-roger linear"},
            {"degrees_of_freedom": "satterthwaite", "likelihood": "full"},
        )
    ):
        found, _ = repeated_visits.repeated_visits(visited_plan(plan), extract, disposition)
        made[place] = found[0]
    assert made[3]["standard_error"] < made[0]["standard_error"] < made[2]["standard_error"]
    assert made[1]["standard_error"] < made[0]["standard_error"]
    assert "Satterthwaite" in made[0]["variance"]
    assert "Kenward" in made[2]["variance"]
    assert made[3]["estimator"].endswith("ML")


def tables(folder: Path, frame: pd.DataFrame, plan: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return extract and disposition as the sensitivity step reads them."""
    files = estimated_once(folder, frame, plan)
    return files.read_table("extract.parquet"), files.read_table("disposition.parquet")


def _nobody(_: pd.DataFrame, disposition: pd.DataFrame) -> None:
    disposition.loc[disposition["arm"] == "active", "reason"] = "Under 18"


def _apart(frame: pd.DataFrame, _: pd.DataFrame) -> None:
    frame.loc[frame["change"].notna(), "week8"] = np.nan


def _unknown(frame: pd.DataFrame, _: pd.DataFrame) -> None:
    frame.loc[0, "weight"] = np.nan


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_nobody, "no subject of arm 'active' has a visit"),
        (_apart, "observed at both visit 2 and visit 3"),
        (_unknown, "column 'weight' is missing for 1 eligible subject(s)"),
    ],
)
def test_what_cannot_be_estimated_says_why(
    tmp_path: Path, change: Callable[[pd.DataFrame, pd.DataFrame], None], words: str
) -> None:
    """The row and the section have the reason, and no number."""
    extract, disposition = tables(tmp_path, visited_subjects(), visited_plan())
    change(extract, disposition)
    (row,), found = repeated_visits.repeated_visits(visited_plan(), extract, disposition)
    assert row["estimate"] is None
    assert words in row["note"]
    assert found is not None
    assert (found["rows"], found["verification"], found["note"]) == ([], None, row["note"])
    assert list(visit_findings(found)) == []


def test_completed_visits_that_cannot_be_estimated_say_why(tmp_path: Path) -> None:
    """A level with one subject leaves the mixed model of all, and no jackknife: each rule has the reason."""
    frame = visited_subjects()
    frame["region"] = np.where(np.arange(len(frame)) == 7, "west", "north")
    plan = visited_plan(models={"propensity": ["sex"], "outcome": ["weight", "age", "region"]})
    extract, disposition = tables(tmp_path, visited_subjects(), plan)
    found, visits = repeated_visits.repeated_visits(plan, extract.assign(region=frame["region"]), disposition)
    assert visits is not None
    assert found[0]["estimate"] is not None
    assert [row["name"] for row in found[1:]] == list(COMPLETED)
    for row in found[1:]:
        assert "merge levels that few subjects have" in row["note"]


def test_a_second_implementation_that_disagrees_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody overrides a mixed model that the EM algorithm does not confirm."""
    extract, disposition = tables(tmp_path, visited_subjects(), visited_plan())
    monkeypatch.setattr(
        repeated_visits, "verify_mixed", lambda *_, **__: Verification(9.0, 1.0, "NumPy", "made up")
    )
    _, found = repeated_visits.repeated_visits(visited_plan(), extract, disposition)
    (finding,) = visit_findings(found)
    assert not finding.overridable
    assert "does not confirm the mixed model of the repeated visits" in finding.message


def test_a_study_without_visits_has_no_such_part(tmp_path: Path) -> None:
    """No row and no part of the section, so that its numbers and their digest are as before."""
    plan = visited_plan()
    plain = plan.model_copy(update={"outcome": plan.outcome.model_copy(update={"visits": None})})
    found = compared_once(tmp_path, visited_subjects(), plain)
    assert "visits" not in found
    assert "MMRM over visits" not in rows(found)
    assert list(visit_findings(None)) == []
