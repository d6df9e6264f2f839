"""The example on counts: its delivery is the same at every writing, and its study runs to the truth that it was made with."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from examples.exacerbations.delivery import HEADER, RATIO, SUBJECTS, rows, write
from medicore.cases.proof.verify import verify
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from tests.conftest import ROOT
from tests.whole_house.house import WholeHouse, found_whole_house

STUDY, MONTH = "REF-EXACERBATIONS", "2025-04"
FOLDER = ROOT / "examples" / "exacerbations"


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> tuple[WholeHouse, RunId, dict[str, Any]]:
    """The house in which the study was run as its README says, its run, and the results."""
    house = found_whole_house(tmp_path_factory.mktemp("counts") / "house")
    shutil.copy(FOLDER / f"{STUDY}.yaml", house.root / "studies")
    house.commit("Protocol of the example on counts")
    folder = house.home / "inbox" / STUDY / MONTH
    data = write(folder / "raw").read_bytes()
    file = {
        "name": "subjects.csv",
        "format": "csv",
        "rows": SUBJECTS,
        "sha256": sha256(data),
        "size": len(data),
    }
    manifest = {
        "system": "Example", "source": STUDY, "exported_at": "2025-04-30T12:00:00+02:00", "version": "1", "files": [file],
    }  # fmt: skip
    (folder / "transfer.json").write_text(json.dumps(manifest), "utf-8")
    house.clock.time = datetime(2025, 5, 2, 8, tzinfo=UTC)
    outcome = house.run(STUDY, MONTH)
    assert outcome.state == "candidate", outcome.message
    run = RunId.parse(outcome.run)
    return house, run, read_results(house.house, run, sealed_commit(house.house, run)).document


def test_the_estimate_is_near_the_truth_and_what_statsmodels_finds(
    analysed: tuple[WholeHouse, RunId, dict[str, Any]],
) -> None:
    """The interval holds the true ratio; a log-linear model of all subjects by statsmodels is within a third of an error."""
    house, run, results = analysed
    primary = results["primary"]
    assert primary["measure"] == "rate ratio"
    assert primary["n"] == SUBJECTS
    assert primary["ci_low"] < RATIO < primary["ci_high"]
    table = dict(zip(HEADER, map(np.array, zip(*rows(), strict=True)), strict=True))
    x = np.column_stack(
        [
            np.ones(SUBJECTS),
            table["arm"] == "ferolast",
            table["age"],
            table["fev1"],
            table["earlier"],
            table["smoker"] == "current",
        ]
    )
    model = sm.GLM(table["exacerbations"], x, family=sm.families.Poisson(), offset=np.log(table["years"]))
    apart = abs(np.log(primary["estimate"]) - model.fit().params[1])
    assert apart < primary["standard_error"] / 3
    assert all(check.passed for check in verify(house.house, run))
    told = (FOLDER / "README.md").read_text("utf-8")
    for key in ("estimate", "ci_low", "ci_high"):
        assert f"{primary[key]:.3f}" in told, primary


def test_the_delivery_is_the_same_at_every_writing(tmp_path: Path) -> None:
    """Two writings are equal byte for byte, and have the columns of the contract."""
    first, second = (write(tmp_path / name).read_bytes() for name in ("first", "second"))
    assert first == second
    assert first.startswith(",".join(HEADER).encode())
