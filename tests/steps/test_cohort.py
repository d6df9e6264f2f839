"""Every subject is analysed, or excluded for one reason that is counted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.errors import DataError
from medicore.records.protocol.intercurrent import Criterion
from medicore.steps.cohort import cohort
from medicore.steps.data.satisfying import satisfies
from tests.steps.analysed_trial import extracted, protocol, section, subjects, with_column

PERCENT_TOLERANCE = 1e-12


def changed(column: str, values: dict[int, Any]) -> pd.DataFrame:
    """Return the subjects with some values of one column changed, by row."""
    frame = subjects()
    for row, value in values.items():
        frame.loc[row, column] = value
    return frame


def reasons(files: Any) -> list[str]:
    """Return the reason of each subject in order."""
    return [str(reason) for reason in files.read_table("disposition.parquet")["reason"]]


def test_first_criterion_that_fails_is_the_reason(tmp_path: Path) -> None:
    """Criteria are applied in order, each excluded subject has one reason, and those left are counted."""
    frame = subjects()
    frame.loc[[0, 1, 2], "age"] = 17
    frame.loc[[2, 3], "weight"] = 200.0
    files = extracted(tmp_path, frame)
    assert cohort(files, protocol()) == ()
    made = section(files, "cohort")
    assert made["criteria"] == [
        {"name": "Under 18", "excluded": 3, "remaining": 237},
        {"name": "Too heavy", "excluded": 1, "remaining": 236},
    ]
    assert (made["assessed"], made["analysed"], made["not_in_contrast"]) == (240, 236, 0)
    expected = ["Under 18", "Under 18", "Under 18", "Too heavy"]
    assert reasons(files) == expected + [""] * 236
    assert len(files.read_table("analysis.parquet")) == 236


def test_criterion_that_excludes_nobody_is_kept(tmp_path: Path) -> None:
    """The flow names every declared criterion, with a count of zero where it has one."""
    files = extracted(tmp_path, subjects())
    cohort(files, protocol())
    assert [(row["excluded"], row["remaining"]) for row in section(files, "cohort")["criteria"]] == [
        (0, 240)
    ] * 2


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("present", None, [True, True, True, False]),
        ("at least", 2.0, [False, True, True, False]),
        ("at most", 2.0, [True, True, False, False]),
        ("above", 2.0, [False, False, True, False]),
        ("below", 2.0, [True, False, False, False]),
    ],
)
def test_missing_number_satisfies_nothing(operator: str, value: float | None, expected: list[bool]) -> None:
    """Each comparison includes or excludes its bound as its name says, and a missing value never passes."""
    criterion = Criterion.model_validate({"name": "c", "column": "x", "operator": operator, "value": value})
    for series in (pd.Series([1.0, 2.0, 3.0, np.nan]), pd.Series([1, 2, 3, None], dtype="Int64")):
        assert satisfies(series, criterion).tolist() == expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("present", None, [True, True, True, False]),
        ("equals", "a", [True, False, False, False]),
        ("not equals", "a", [False, True, True, False]),
        ("one of", ("a", "nan"), [True, False, True, False]),
        ("one of", ("a", "b"), [True, True, False, False]),
    ],
)
def test_missing_category_satisfies_nothing(operator: str, value: Any, expected: list[bool]) -> None:
    """A missing category passes no criterion, not even being different, nor one for the text ``nan``."""
    criterion = Criterion.model_validate({"name": "c", "column": "x", "operator": operator, "value": value})
    assert satisfies(pd.Series(["a", "b", "nan", None]), criterion).tolist() == expected


@pytest.mark.parametrize(
    ("only", "empty"), [("active", "control"), ("control", "active"), ("other", "active")]
)
def test_one_arm_only_halts(tmp_path: Path, only: str, empty: str) -> None:
    """Without a subject in an arm there is nothing to compare, and the empty arm is named (FAULTS 48)."""
    files = extracted(tmp_path, with_column(subjects(), "arm", only))
    with pytest.raises(
        DataError,
        match=f"^arm '{empty}' has no eligible subject whose outcome is due, so there is nothing to compare",
    ):
        cohort(files, protocol())
    assert not files.exists("cohort.json")


def test_nobody_eligible_halts(tmp_path: Path) -> None:
    """Criteria that exclude everyone leave no arm."""
    files = extracted(tmp_path, with_column(subjects(), "age", 17))
    with pytest.raises(DataError, match="has no eligible subject"):
        cohort(files, protocol())


def test_third_arm_is_counted_outside_the_contrast(tmp_path: Path) -> None:
    """Eligible subjects of another arm are apart from criteria; ineligible ones keep their reason (FAULTS 49)."""
    frame = changed("arm", {0: "other", 1: "other"})
    frame.loc[1, "age"] = 17
    files = extracted(tmp_path, frame)
    cohort(files, protocol())
    made = section(files, "cohort")
    assert (made["not_in_contrast"], made["analysed"]) == (1, 238)
    assert reasons(files)[:3] == ["Arm outside the declared contrast", "Under 18", ""]


@pytest.mark.parametrize("column", ["sex", "arm", "region"])
def test_missing_value_of_an_eligible_subject_is_refused(tmp_path: Path, column: str) -> None:
    """Column and count are named, and no value of any subject; a missing arm is no other arm."""
    files = extracted(tmp_path, changed(column, {3: None, 5: None}))
    expected = rf"^column '{column}' is missing for 2 eligible subject\(s\); complete the data, or declare a "
    with pytest.raises(DataError, match=expected) as caught:
        cohort(files, protocol())
    assert not any(subject in str(caught.value) for subject in ("003", "005"))


def test_missing_value_of_an_excluded_subject_is_none_of_our_business(tmp_path: Path) -> None:
    """A subject excluded by a criterion may lack treatment and covariates."""
    frame = changed("age", {3: 17})
    frame.loc[3, ["sex", "arm"]] = None
    files = extracted(tmp_path, frame)
    assert cohort(files, protocol()) == ()
    assert section(files, "cohort")["analysed"] == 239


def test_analysis_set_is_treatment_outcome_and_covariates(tmp_path: Path) -> None:
    """The set has a row per analysed subject in order of the extract, and no other column than it needs."""
    frame = changed("age", {0: 17})
    frame.loc[5, "change"] = np.nan
    files = extracted(tmp_path, frame)
    cohort(files, protocol())
    analysis = files.read_table("analysis.parquet")
    assert list(analysis.columns) == [
        "subject_id", "treated", "outcome", "observed", "age", "weight", "sex", "region",
    ]  # fmt: skip
    assert analysis["subject_id"].tolist() == frame["subject_id"].tolist()[1:]
    assert analysis["treated"].tolist() == (frame["arm"] == "active").tolist()[1:]
    assert analysis["outcome"].equals(frame["change"].iloc[1:].reset_index(drop=True).rename("outcome"))
    assert analysis["observed"].tolist() == frame["change"].notna().tolist()[1:]
    arms = section(files, "cohort")["arms"]
    assert arms["treated"] == {"label": "active", "n": int(analysis["treated"].sum())}
    assert arms["control"] == {"label": "control", "n": int((~analysis["treated"]).sum())}


def test_baseline_table_is_by_arm_and_overall(tmp_path: Path) -> None:
    """Numbers have mean, SD (ddof 1), quantiles and SMD, categories a row per allowed value, also one that nobody has."""
    frame = subjects()
    frame.loc[frame["region"] == "west", "region"] = "south"
    files = extracted(tmp_path, frame)
    cohort(files, protocol())
    rows = section(files, "cohort")["baseline"]
    assert [(row["label"], row["kind"], row["level"]) for row in rows] == [
        ("Age", "mean", None),
        ("Weight", "mean", None),
        ("Sex", "count", "F"),
        ("Sex", "count", "M"),
        ("Region", "count", "north"),
        ("Region", "count", "south"),
        ("Region", "count", "west"),
    ]
    treated = frame[frame["arm"] == "active"]
    assert abs(rows[1]["treated"]["mean"] - treated["weight"].mean()) < PERCENT_TOLERANCE * 100
    assert abs(rows[1]["treated"]["sd"] - treated["weight"].std()) < PERCENT_TOLERANCE * 100
    for name, at in (
        ("lower_quartile", 0.25),
        ("median", 0.5),
        ("upper_quartile", 0.75),
        ("minimum", 0),
        ("maximum", 1),
    ):
        assert abs(rows[1]["treated"][name] - treated["weight"].quantile(at)) < PERCENT_TOLERANCE * 100
    assert (rows[1]["treated"]["n"], rows[1]["treated"]["missing"]) == (len(treated), 0)
    control = frame[frame["arm"] == "control"]
    pooled = np.sqrt((treated["weight"].var() + control["weight"].var()) / 2)
    smd = (treated["weight"].mean() - control["weight"].mean()) / pooled
    assert abs(rows[1]["smd"] - smd) < PERCENT_TOLERANCE
    assert abs(rows[2]["smd"] + rows[3]["smd"]) < PERCENT_TOLERANCE
    assert (rows[0]["unit"], rows[2]["unit"]) == ("years", None)
    assert rows[2]["overall"]["count"] + rows[3]["overall"]["count"] == 240
    assert abs(rows[2]["treated"]["percent"] - 100 * (treated["sex"] == "F").mean()) < PERCENT_TOLERANCE * 100
    assert rows[6]["overall"] == {"count": 0, "percent": 0.0}


def test_arm_of_one_has_no_standard_deviation(tmp_path: Path) -> None:
    """One subject has a mean, and 0 where others have a standard deviation: the document stays readable."""
    files = extracted(tmp_path, changed("arm", dict.fromkeys(range(1, 240), "control") | {0: "active"}))
    cohort(files, protocol())
    row = section(files, "cohort")["baseline"][0]
    assert (row["treated"]["sd"], section(files, "cohort")["arms"]["treated"]["n"]) == (0.0, 1)


def test_same_extract_gives_the_same_bytes(tmp_path: Path) -> None:
    """Applying the criteria twice writes the same files, to the byte."""
    made = []
    for name in ("1", "2"):
        files = extracted(tmp_path / name, subjects())
        cohort(files, protocol())
        made.append([files.read(file) for file in ("cohort.json", "disposition.parquet", "analysis.parquet")])
    assert made[0] == made[1]
    assert json.loads(made[0][0])["findings"] == []


@pytest.mark.parametrize("method", ["single", "multiple"])
def test_a_covariate_that_a_whole_arm_lacks_halts_before_imputation(tmp_path: Path, method: str) -> None:
    """Nothing of an arm can fill a covariate that nobody in it has; the arm and its size are told."""
    active = (subjects()["arm"] == "active").to_numpy(dtype=bool)
    frame = with_column(subjects(), "weight", np.where(active, np.nan, subjects()["weight"]))
    stored = protocol().as_json()
    design = "randomised" if method == "single" else "observational"
    plan = protocol(
        imputation={"method": method},
        eligibility=stored["eligibility"][:1],
        design=design,
        outcome={"missing": {"method": "complete cases"}},
    )
    files = extracted(tmp_path, frame)
    (finding,) = cohort(files, plan)
    assert (finding.gate, finding.subject, finding.overridable) == ("covariate of an arm", "weight", False)
    assert f"missing for all {int(active.sum())} subjects of arm 'active'" in finding.message
    assert files.read_table("analysis.parquet")["weight"].isna().sum() == active.sum()
