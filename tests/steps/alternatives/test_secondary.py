"""Secondary endpoints: the primary's estimator on another column, its own schedule and its own missing outcomes."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.records.canonical import document
from medicore.records.protocol.protocol import Protocol
from medicore.steps.sensitivity import sensitivity
from tests.steps.analysed_trial import compared, estimated, protocol, section, subjects

FRAME = subjects()
ACTIVE = (FRAME["arm"] == "active").to_numpy(dtype=bool)
AGAIN: dict[str, Any] = {
    "name": "again", "column": "again", "unit": "points", "label": "Change, again", "assessed": "none",
    "missing": {"method": "weighted"},
}  # fmt: skip
COLUMNS: tuple[dict[str, Any], ...] = (
    {"name": "again", "type": "number", "timing": "follow-up", "unit": "points", "required": False},
    {"name": "event", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1, "required": False},
    {"name": "second_event", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1, "required": False},
    {"name": "visit", "type": "date", "timing": "follow-up", "required": False},
)  # fmt: skip
SAME = (
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "p_value",
    "n",
    "estimand",
    "estimator",
    "variance",
)
HOLES = np.arange(len(FRAME)) % 11 == 3


def planned(*endpoints: dict[str, Any], **changed: Any) -> Protocol:
    """Return the small study's protocol with these secondary endpoints, and the columns that they name."""
    contract = protocol().as_json()["contract"]
    contract["columns"] += [dict(column) for column in COLUMNS]
    lean = {"trimming": [], "clipping": [], "leave_one_out": False, "subgroups": []}
    return protocol(contract=contract, secondary=list(endpoints), sensitivity=lean, **changed)


def frame(**columns: Any) -> pd.DataFrame:
    """Return the subjects with the further columns, empty where ``columns`` does not give them."""
    empty = pd.array([pd.NA] * len(FRAME), dtype="Int64")
    made = FRAME.assign(
        again=FRAME["change"], event=empty, second_event=empty, visit=pd.Series([None] * len(FRAME))
    )
    return made.assign(**columns)


def endpoint_row(folder: Path, data: pd.DataFrame, plan: Protocol) -> dict[str, Any]:
    """Return the row of the one secondary endpoint."""
    (row,) = compared(folder, data, plan)["secondary"]
    return dict(row)


@pytest.mark.parametrize(
    ("method", "changed"),
    [
        ("weighted", {}),
        ("weighted", {"estimand": {"target": "ATT"}}),
        ("weighted", {"estimand": {"target": "ATO"}}),
        ("complete cases", {}),
        ("complete cases", {"trimming": {"method": "discard", "lower": 0.3, "upper": 0.7}}),
        ("multiple imputation", {}),
    ],
)
def test_an_endpoint_is_estimated_as_the_primary(
    tmp_path: Path, method: str, changed: dict[str, Any]
) -> None:
    """The primary outcome under another name gives the primary's own numbers, with holes and without."""
    missing = {"method": method, "number": 5} if method == "multiple imputation" else {"method": method}
    holed = FRAME["change"].where(~HOLES)
    plan = planned({**AGAIN, "missing": missing}, outcome={"missing": missing}, **changed)
    files, _ = estimated(tmp_path, frame(change=holed, again=holed), plan)
    assert sensitivity(files, plan) == ()
    primary = section(files, "effect")["primary"]
    (row,) = section(files, "sensitivity")["secondary"]
    expected = {key: primary[key] for key in SAME} | {"estimand": row["estimand"]}
    assert {key: row[key] for key in SAME} == expected
    assert (row["mean_treated"], row["mean_control"]) == (primary["mean_treated"], primary["mean_control"])
    assert row["verification"] == primary["verification"]
    assert row["outcomes"]["missing_share"]["overall"] == HOLES.mean()


def test_an_endpoint_has_its_own_missing_outcomes_and_subjects(tmp_path: Path) -> None:
    """Where the primary is complete and the endpoint has holes, complete cases are fewer by the holes, and it is weighted else."""
    holed = frame(again=FRAME["change"].where(~HOLES))
    cases = endpoint_row(
        tmp_path / "cases", holed, planned({**AGAIN, "missing": {"method": "complete cases"}})
    )
    assert cases["n"] == len(FRAME) - HOLES.sum()
    assert cases["outcomes"]["arms"]["treated"]["missing"] == (HOLES & ACTIVE).sum()
    weighted = endpoint_row(tmp_path / "weighted", holed, planned(AGAIN))
    assert weighted["n"] == len(FRAME)
    assert weighted["estimate"] != cases["estimate"]


def test_an_endpoint_is_analysed_in_those_whose_own_outcome_is_due(tmp_path: Path) -> None:
    """Who has no visit yet is left out of the endpoint alone, and counted."""
    waiting = np.arange(len(FRAME)) % 7 == 0
    days = pd.Series([None if one else pd.Timestamp("2025-01-05").date() for one in waiting])
    data = frame(again=FRAME["change"].where(~waiting), visit=days)
    row = endpoint_row(tmp_path, data, planned({**AGAIN, "assessed": {"visit": "visit"}}))
    assert row["n"] == len(FRAME) - waiting.sum()
    assert row["outcomes"]["arms"]["control"]["not_yet_due"] == (waiting & ~ACTIVE).sum()
    assert row["outcomes"]["missing_share"]["overall"] == 0


def test_a_window_is_judged_at_the_day_of_the_lock(tmp_path: Path) -> None:
    """With an anchor, whose window is over at the export and has no value is missing, and the others are not yet due."""
    contract_of_anchor = {"anchor": "visit", "day": 10, "window": [-2, 3]}
    early = np.arange(len(FRAME)) % 2 == 0
    start = pd.Series([pd.Timestamp("2025-03-02" if one else "2025-03-25").date() for one in early])
    plan = planned({**AGAIN, "assessed": contract_of_anchor})
    files, _ = estimated(tmp_path, frame(again=FRAME["change"].where(~HOLES), visit=start), plan)
    files.write("extract.json", document({"exported_at": "2025-03-31T18:00:00+00:00", "findings": []}))
    assert sensitivity(files, plan) == ()
    (row,) = section(files, "sensitivity")["secondary"]
    arms = row["outcomes"]["arms"].values()
    assert sum(arm["missing"] for arm in arms) == (HOLES & early).sum()
    assert sum(arm["not_yet_due"] for arm in arms) == (HOLES & ~early).sum()


def test_a_binary_endpoint_has_its_own_measure(tmp_path: Path) -> None:
    """Beside a difference of means, an endpoint of 0 and 1 is told by its risk ratio, confirmed by the second route."""
    draws = np.random.default_rng(5).random(len(FRAME))
    event = pd.array((draws < np.where(ACTIVE, 0.5, 0.3)).astype(int), dtype="Int64")
    binary = {**AGAIN, "column": "event", "type": "binary", "measure": "risk ratio"}
    row = endpoint_row(tmp_path, frame(event=event), planned(binary))
    assert row["estimate"] == pytest.approx(row["mean_treated"] / row["mean_control"], rel=1e-12)
    assert (row["measure"], row["null"], row["unit"]) == ("risk ratio", 1.0, "")
    assert row["verification"]["relative_difference"] <= row["verification"]["tolerance"]


@pytest.mark.parametrize(
    ("data", "endpoint", "reason"),
    [
        (frame(again=pd.Series(np.full(len(FRAME), 3.0))), AGAIN, "one and the same value in every analysed subject"),
        (frame(again=FRAME["change"].where(ACTIVE)), AGAIN, "no outcome is observed among"),
        (
            frame(again=FRAME["change"].where(ACTIVE)),
            {**AGAIN, "missing": {"method": "complete cases"}},
            "no control subject is left",
        ),
        (
            frame(event=pd.array((FRAME["weight"] > FRAME["weight"].median()).astype(int), dtype="Int64")),
            {**AGAIN, "column": "event", "type": "binary"},
            "predicts the endpoint perfectly for some subjects (separation)",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_estimated_says_why(
    tmp_path: Path, data: pd.DataFrame, endpoint: dict[str, Any], reason: str
) -> None:
    """The row stays, without numbers, and the run goes on."""
    row = endpoint_row(tmp_path, data, planned(endpoint))
    assert row["note"].startswith("not estimable: ")
    assert reason in row["note"]
    assert [row[key] for key in ("estimate", "p_value", "mean_treated", "verification")] == [None] * 4


def test_a_separated_propensity_model_of_the_endpoint_is_not_estimable(tmp_path: Path) -> None:
    """Where those with the endpoint are told apart by a covariate, there is no estimate."""
    apart = (FRAME["sex"] == "M").to_numpy(dtype=bool) == ACTIVE
    cases = {**AGAIN, "missing": {"method": "complete cases"}}
    row = endpoint_row(tmp_path, frame(again=FRAME["change"].where(apart)), planned(cases))
    assert "(separation)" in row["note"]
    assert row["estimate"] is None


def test_a_study_without_endpoints_has_neither_rows_nor_families(tmp_path: Path) -> None:
    """Both parts are empty lists."""
    made = compared(tmp_path, FRAME, protocol())
    assert (made["secondary"], made["families"]) == ([], [])
