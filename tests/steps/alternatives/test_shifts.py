"""The tipping surface of a study: which shifts it has, and that it begins at the primary."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medicore.stats.robustness.tipping import tipping_point
from tests.steps.alternatives.test_robustness import risk_frame, risk_plan
from tests.steps.analysed_trial import compared, estimated, protocol, section, subjects, with_column

ROUNDING = 1e-9
FRAME = subjects()
GONE = np.random.default_rng(8).random(240) < 0.12
LACKING = with_column(FRAME, "change", FRAME["change"].where(~GONE))


def declared(method: str) -> Any:
    """Return the study's protocol with a method for missing outcomes."""
    return protocol(outcome={"missing": {"method": method, "number": 5}})


@pytest.mark.parametrize("method", ["weighted", "multiple imputation", "jump to reference"])
def test_the_surface_begins_at_the_primary(tmp_path: Path, method: str) -> None:
    """Unshifted, its cell is the primary's difference; shifts reach one SD of the observed outcomes to either side."""
    plan = declared(method)
    files, _ = estimated(tmp_path / "primary", LACKING, plan)
    primary = section(files, "effect")["primary"]["absolute_difference"]
    found = compared(tmp_path / "all", LACKING, plan)["tipping"]["surface"]
    spread = float(LACKING["change"].std(ddof=1))
    assert found["shifts"] == pytest.approx([spread * one for one in (-1, -0.5, 0, 0.5, 1)], rel=ROUNDING)
    cells = {(cell["treated"], cell["control"]): cell for cell in found["cells"]}
    assert len(cells) == 25
    for key in ("estimate", "standard_error"):
        assert abs(cells[0, 0][key] - primary[key]) < ROUNDING
    assert abs(cells[0, 0]["low"] - primary["ci_low"]) < ROUNDING
    up, down = found["shifts"][-1], found["shifts"][0]
    assert cells[up, 0]["estimate"] > primary["estimate"] > cells[down, 0]["estimate"]
    assert cells[0, up]["estimate"] < primary["estimate"]
    assert found["method"] == method
    assert found["concluded"]
    assert found["shift_unit"] == "points"
    assert found["words"].startswith("The interval excludes no effect")


def test_a_risk_is_shifted_in_its_own_unit(tmp_path: Path) -> None:
    """A binary outcome has shifts of the risk, and no unit."""
    frame = risk_frame().astype({"change": "Int64"})
    frame.loc[GONE, "change"] = None
    found = compared(tmp_path, frame, risk_plan())["tipping"]["surface"]
    assert found["shifts"] == [-0.4, -0.2, 0.0, 0.2, 0.4]
    assert found["shift_unit"] == ""


@pytest.mark.parametrize(("frame", "method"), [(FRAME, "weighted"), (LACKING, "complete cases")])
def test_without_missing_outcomes_in_the_analysis_there_is_no_surface(
    tmp_path: Path, frame: Any, method: str
) -> None:
    """Nothing is shifted where every analysed outcome is observed."""
    plan = protocol(outcome={"missing": {"method": method}})
    assert compared(tmp_path, frame, plan)["tipping"]["surface"] is None


@pytest.mark.parametrize("method", ["weighted", "multiple imputation"])
def test_the_tipping_point_is_the_frontier_of_the_surface(tmp_path: Path, method: str) -> None:
    """Both shift by the estimator's own share, which is not that of the treated; beyond the grid the surface has no end."""
    found = compared(tmp_path, LACKING, declared(method))["tipping"]
    (alone,) = [one["treated"] for one in found["surface"]["frontier"] if one["control"] == 0]
    limit = max(found["surface"]["shifts"])
    assert alone == (found["delta"] if abs(found["delta"]) <= limit else None)
    assert found["shifted_share"] != found["missing_share"]
    assert found["shifted_share"] == pytest.approx(found["missing_share"], abs=0.03)
    origin = next(one for one in found["surface"]["cells"] if (one["treated"], one["control"]) == (0, 0))
    assert found["delta_of_estimate"] == pytest.approx(
        -origin["estimate"] / found["shifted_share"], rel=ROUNDING
    )


def test_complete_cases_tip_by_the_share_of_the_treated(tmp_path: Path) -> None:
    """Without a surface, shift and estimate are related by the share of the treated who lack an outcome."""
    plan = declared("complete cases")
    files, _ = estimated(tmp_path / "primary", LACKING, plan)
    primary = section(files, "effect")["primary"]["absolute_difference"]
    found = compared(tmp_path / "all", LACKING, plan)["tipping"]
    treated = (LACKING["arm"] == "active").to_numpy(dtype=bool)
    assert found["shifted_share"] == found["missing_share"] == GONE[treated].mean()
    expected = tipping_point(
        primary["estimate"], primary["standard_error"], treated=int(treated.sum()), missing=int(GONE[treated].sum()),
        degrees_of_freedom=primary["degrees_of_freedom"],
    )  # fmt: skip
    assert (found["delta"], found["delta_of_estimate"]) == (expected.delta, expected.delta_of_estimate)
