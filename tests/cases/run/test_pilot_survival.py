"""The CDISC pilot's time to first dermatologic event runs from its own files, and gives the numbers of other software."""

import math
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.answers.explain import explain
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import read_provenance
from medicore.records.identifiers import RunId
from tests.cases.run.pilot import run_pilot
from tests.reference.reference import FOLDER
from tests.reference.second_set import MISSING, available, topic_rows
from tests.whole_house.house import WholeHouse

STUDY = "REF-CDISCPILOT01TTDE"
CASE = "cdisc_adtte_high"
FILES = {"adsl.xpt": ("xport", 254), "adtte.xpt": ("xport", 254)}
ARMS = {"A0": "control", "A1": "treated"}
ROWS = 15
"""Rows of the reference that the line computes too: curves, events, medians, log-rank test and unadjusted difference."""

pytestmark = pytest.mark.skipif(not available() or not (FOLDER / "cdisc").is_dir(), reason=MISSING)


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> tuple[WholeHouse, RunId, dict[str, Any]]:
    """The house in which the study was run, its run, and the results."""
    return run_pilot(tmp_path_factory.mktemp("pilot"), STUDY, FILES)


def computed(results: dict[str, Any], estimator: str, quantity: str) -> float | None:
    """Return what the line says of a quantity of the reference; None where it computes no such thing."""
    name, _, rest = quantity.partition("_")
    arm, _, day = rest.partition("_t")
    if estimator == "Kaplan-Meier" and arm in ARMS:
        curve = results["survival"]["curves"]["arms"][ARMS[arm]]
        if name == "S":
            times = results["survival"]["curves"]["times"]
            return float(curve["survival"][times.index(float(day))])
        if name == "median":
            return math.inf if curve["median"] is None else float(curve["median"])
        if name == "events":
            return float(results["cohort"]["outcomes"]["follow_up"]["arms"][ARMS[arm]]["events"])
    if (estimator, quantity) == ("log-rank", "chisq"):
        return float(results["survival"]["log_rank"]["statistic"])
    if estimator == "RMST":
        (plain,) = (row for row in results["sensitivity"]["sensitivity"] if row["name"] == "No adjustment")
        keys = {
            "difference_tau150": "estimate", "difference_ci_low_tau150": "ci_low",
            "difference_ci_high_tau150": "ci_high", "difference_p_tau150": "p_value",
        }  # fmt: skip
        return float(plain[keys[quantity]])
    return None


def test_the_numbers_of_other_software_come_out(pilot: tuple[WholeHouse, RunId, dict[str, Any]]) -> None:
    """Curves, events, median, log-rank statistic and the unadjusted difference of restricted means are those of R."""
    _, _, results = pilot
    compared = 0
    for row in topic_rows():
        if row.case == CASE and (found := computed(results, row.estimator, row.quantity)) is not None:
            assert found == pytest.approx(row.value, abs=row.tolerance), row.quantity
            compared += 1
    assert compared == ROWS


def test_the_adjusted_difference_is_near_and_confirmed(
    pilot: tuple[WholeHouse, RunId, dict[str, Any]],
) -> None:
    """The primary estimate counts the safety set, lies within a standard error of the unadjusted one, and is confirmed."""
    _, _, results = pilot
    primary = results["primary"]
    assert (primary["n"], primary["observed"]) == (170, 90)
    assert primary["measure"] == "difference of restricted mean survival to 150 days"
    assert abs(primary["estimate"] + 67.45) < primary["standard_error"]
    assert primary["ci_high"] < 0
    assert primary["verification"]["relative_difference"] < primary["verification"]["tolerance"]


def test_the_record_is_verified_explained_and_reproduced(
    pilot: tuple[WholeHouse, RunId, dict[str, Any]], tmp_path: Path
) -> None:
    """The record made from the transport files holds, and its numbers come out again."""
    house, run, results = pilot
    assert all(check.passed for check in verify(house.house, run))
    told = explain(house.house, run, "survival.log_rank.statistic", tmp_path / "explained")
    assert told.value == told.recomputed == results["survival"]["log_rank"]["statistic"]
    assert "lock/raw/adtte.xpt" in provenance_of(house, run)
    assert all(one.identical for one in reproduce(house.house, run, tmp_path / "again").files)


def provenance_of(house: WholeHouse, run: RunId) -> set[str]:
    """Return the names of the files of the record."""
    found = read_provenance(house.house, run, sealed_commit(house.house, run))
    return {str(file["name"]) for file in found["files"]}
