"""E-value and tipping point of a study's primary estimate."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medicore.steps.cohort import cohort
from tests.steps.analysed_trial import (
    compared,
    estimated,
    extracted,
    protocol,
    section,
    subjects,
    with_column,
)

FRAME = subjects()
ACTIVE = (FRAME["arm"] == "active").to_numpy(dtype=bool)
ROUNDING = 1e-9


def risk_plan() -> Any:
    """Return the study's plan with a binary outcome."""
    columns = [
        {**column, "type": "integer", "minimum": 0, "maximum": 1, "unit": None}
        if column["name"] == "change"
        else column
        for column in protocol().as_json()["contract"]["columns"]
    ]
    return protocol(contract={"columns": columns}, outcome={"type": "binary"})


def risk_frame() -> Any:
    """Return the study's extract with an outcome of 0 and 1 that treatment makes more frequent."""
    generator = np.random.default_rng(3)
    return with_column(
        FRAME, "change", (generator.random(240) < np.where(ACTIVE, 0.6, 0.35)).astype(np.int64)
    )


def test_e_value_of_a_difference(tmp_path: Path) -> None:
    """The E-value is RR + √(RR(RR − 1)) of RR = exp(0.91 d), d the estimate in standard deviations of the outcome."""
    files, _ = estimated(tmp_path / "primary", FRAME, protocol())
    primary = section(files, "effect")["primary"]
    found = compared(tmp_path / "all", FRAME, protocol())["evalue"]
    ratio = math.exp(0.91 * primary["estimate"] / FRAME["change"].std(ddof=1))
    above = max(ratio, 1 / ratio)
    assert abs(found["point"] - (above + math.sqrt(above * (above - 1)))) < ROUNDING
    assert 1 <= found["limit"] <= found["point"]


def test_missing_outcomes_of_the_treated_are_counted(tmp_path: Path) -> None:
    """The tipping point rests on the treated subjects whose outcome is missing, and on no others."""
    lacking = np.where(ACTIVE)[0][:7].tolist() + np.where(~ACTIVE)[0][:4].tolist()
    values = FRAME["change"].to_numpy(copy=True)
    values[lacking] = np.nan
    found = compared(tmp_path, with_column(FRAME, "change", values), protocol())["tipping"]
    assert (found["missing"], found["treated"]) == (7, int(ACTIVE.sum()))
    assert found["missing_share"] == 7 / ACTIVE.sum()


def test_without_missing_outcomes_nothing_tips(tmp_path: Path) -> None:
    """Where every treated subject has the outcome, there is no tipping point."""
    found = compared(tmp_path, FRAME, protocol())["tipping"]
    assert (found["missing"], found["delta"]) == (0, None)


def test_binary_outcome_is_modelled_as_one(tmp_path: Path) -> None:
    """A binary outcome gives a risk difference by logistic models, confirmed by the second implementation."""
    files, findings = estimated(tmp_path / "primary", risk_frame(), risk_plan())
    primary = section(files, "effect")["primary"]
    assert findings == ()
    assert primary["measure"] == "risk difference"
    assert 0 < primary["mean_control"] < primary["mean_treated"] < 1
    assert primary["verification"]["relative_difference"] < primary["verification"]["tolerance"]
    made = compared(tmp_path / "all", risk_frame(), risk_plan())
    assert made["evalue"]["conversion"] == "none: a risk ratio"
    assert abs(made["evalue"]["risk_ratio"] - primary["mean_treated"] / primary["mean_control"]) < ROUNDING
    rows = {row["name"]: row["estimate"] for row in made["sensitivity"]}
    assert abs(rows["TMLE instead of AIPW"] - primary["estimate"]) < primary["standard_error"]


def test_binary_trial_has_its_own_adjusted_row(tmp_path: Path) -> None:
    """A randomised trial with a binary outcome shows standardisation with the variance of randomisation."""
    columns = risk_plan().as_json()["contract"]["columns"]
    plan = protocol(contract={"columns": columns}, outcome={"type": "binary"}, design="randomised")
    names = [row["name"] for row in compared(tmp_path, risk_frame(), plan)["sensitivity"]]
    assert "Standardisation, variance of randomisation" in names


def test_binary_outcome_must_be_coded_so() -> None:
    """A binary outcome that the contract does not hold to 0 and 1 is refused."""
    with pytest.raises(Exception, match="integer with minimum 0 and maximum 1"):
        protocol(outcome={"type": "binary"})


def test_arm_without_events_is_told(tmp_path: Path) -> None:
    """Where nobody under control has the event, the cohort halts with the counts, and no model is fitted."""
    frame = with_column(
        risk_frame(), "change", np.where(ACTIVE & (np.arange(240) % 3 > 0), 1, 0).astype(np.int64)
    )
    files = extracted(tmp_path, frame)
    (finding,) = cohort(files, risk_plan())
    assert (finding.gate, finding.statistic, finding.overridable) == ("events of an arm", "0 of 95", False)
    assert "arm 'control' has 0 events of 95 in outcome 'change' (arm 'active' " in finding.message
    assert section(files, "cohort")["analysed"] == 240
