"""The primary estimate is confirmed by a second one, or the run stops."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medicore.errors import EstimationError
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.settings import read_settings
from medicore.steps.check import check
from medicore.steps.cohort import cohort
from medicore.steps.effect import analysed, effect
from medicore.steps.extract import extract, freeze
from medicore.steps.models.sample import Sample
from medicore.steps.primaries.primary import estimate_primary
from medicore.steps.propensity import propensity
from medicore.steps.sensitivity import sensitivity
from medicore.stores.files import FolderFiles
from medicore.wiring import connector
from tests.conftest import ROOT
from tests.steps.analysed_trial import estimated, protocol, section, subjects, weighed, with_column

FRAME = subjects()
ACTIVE = (FRAME["arm"] == "active").to_numpy(dtype=bool)
TRUTH = 2.0
# Estimates of a correct model lie within this many standard errors of the truth, but for one sample in 15,000.
FAR = 4.0


def test_effect_is_found_and_confirmed(tmp_path: Path) -> None:
    """The estimate is near the truth, its three standard errors agree, and the second implementation confirms it."""
    files, findings = estimated(tmp_path, FRAME, protocol())
    assert findings == ()
    primary = section(files, "effect")["primary"]
    assert abs(primary["estimate"] - TRUTH) < FAR * primary["standard_error"]
    assert primary["ci_low"] < primary["estimate"] < primary["ci_high"]
    assert primary["bootstrap"]["ci_low"] < primary["estimate"] < primary["bootstrap"]["ci_high"]
    assert primary["estimate"] == primary["mean_treated"] - primary["mean_control"]
    assert primary["verification"]["relative_difference"] <= primary["verification"]["tolerance"]
    assert (primary["estimand"], primary["n"], primary["unit"]) == ("ATE", 240, "points")
    assert (primary["bootstrap"]["seed"], primary["bootstrap"]["replicates"]) == (7, 200)


def test_same_inputs_give_the_same_bytes_and_another_seed_another_bootstrap(tmp_path: Path) -> None:
    """The document is a function of data and protocol; the seed moves the bootstrap alone."""
    files, _ = estimated(tmp_path / "1", FRAME, protocol())
    again, _ = estimated(tmp_path / "2", FRAME, protocol())
    assert files.read("effect.json") == again.read("effect.json")
    other, _ = estimated(tmp_path / "3", FRAME, protocol(seed=8))
    first, second = section(files, "effect")["primary"], section(other, "effect")["primary"]
    assert first["estimate"] == second["estimate"]
    assert first["bootstrap"]["standard_error"] != second["bootstrap"]["standard_error"]


def test_trimmed_subjects_are_not_estimated_on(tmp_path: Path) -> None:
    """After trimming the estimand says so, and those discarded have no part in the estimate."""
    plan = protocol(trimming={"method": "discard", "lower": 0.35, "upper": 0.65})
    files, _ = estimated(tmp_path, FRAME, plan)
    (everyone,), retained = analysed(files)
    primary = section(files, "effect")["primary"]
    assert primary["estimand"] == "ATE (trimmed)"
    assert primary["n"] == retained.sum() < len(everyone)
    changed = everyone.assign(outcome=np.where(retained, everyone["outcome"], 1e6))
    files.write_table("analysis.parquet", changed)
    effect(files, plan)
    assert section(files, "effect")["primary"]["estimate"] == primary["estimate"]


@pytest.mark.parametrize("value", [0.0, 1.5, 1e6])
def test_constant_outcome_halts(tmp_path: Path, value: float) -> None:
    """An outcome that is the same in everyone is refused by name, and nothing is written (FAULTS 55)."""
    files, _ = weighed(tmp_path, with_column(FRAME, "change", value), protocol())
    expected = "^outcome 'change' has one and the same value in every analysed subject, .*check the column"
    with pytest.raises(EstimationError, match=expected):
        effect(files, protocol())
    assert not files.exists("effect.json")


@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_outcome_without_residual_variance_halts(tmp_path: Path, slope: float) -> None:
    """An outcome computed from arm and covariates has no standard error, and the message says why."""
    outcome = 1.5 * ACTIVE + slope * FRAME["weight"]
    files, _ = weighed(tmp_path, with_column(FRAME, "change", outcome), protocol())
    with pytest.raises(EstimationError, match="'change' has no variance beside arm and covariates"):
        effect(files, protocol())


def test_outcome_constant_in_one_arm_is_estimated(tmp_path: Path) -> None:
    """One arm without events is a result, not a fault."""
    frame = with_column(FRAME, "change", np.where(ACTIVE, FRAME["change"], 0.0))
    files, _ = estimated(tmp_path, frame, protocol())
    assert section(files, "effect")["primary"]["standard_error"] > 0


@pytest.mark.parametrize(
    ("column", "control", "treated", "spread"),
    [("age", 30, 50, 20), ("age", 30, 60, 7), ("weight", 50.0, 150.0, 40)],
)
def test_separated_arms_give_no_number(
    tmp_path: Path, column: str, control: float, treated: float, spread: int
) -> None:
    """Where scores are 0 and 1, accepted or not, the run ends with what to do and without NaN (FAULTS 51, 54)."""
    frame = with_column(FRAME, column, np.where(ACTIVE, treated, control) + np.arange(240) % spread)
    plan = protocol(models={"propensity": [column, "sex", "region"]})
    files, findings = weighed(tmp_path, frame, plan)
    assert findings
    with pytest.raises(EstimationError, match=r"simplify the propensity model|use fewer covariates"):
        effect(files, plan)
    assert not files.exists("effect.json")


def test_bootstrap_without_a_replicate_is_told(tmp_path: Path) -> None:
    """Where no resample can carry the outcome model, the run ends before any is drawn, and names the levels."""
    levels = [f"site{number}" for number in range(21)]
    stored = protocol().as_json()["contract"]
    columns = [{**c, "values": levels} if c["name"] == "region" else c for c in stored["columns"]]
    models = {"propensity": ["weight"], "outcome": ["region"]}
    plan = protocol(contract={"columns": columns}, models=models)
    # One treated subject in every site but the first: a resample without any one of them loses rank.
    place = np.where(ACTIVE, np.maximum(np.cumsum(ACTIVE) - ACTIVE.sum() + 20, 0), np.arange(240) % 21)
    frame = with_column(FRAME, "region", [levels[number] for number in place])
    files, _ = weighed(tmp_path, frame, plan)
    with pytest.raises(
        EstimationError,
        match=r"^all but a few of the bootstrap's resamples .*region=site1 \(1 in the treated arm\)",
    ):
        effect(files, plan)


def test_too_few_subjects_in_an_arm_are_told(tmp_path: Path) -> None:
    """An arm that cannot carry its outcome model ends the run with one line."""
    frame = FRAME[~ACTIVE | (np.cumsum(ACTIVE) <= 2)]
    with pytest.raises(EstimationError) as caught:
        estimated(tmp_path, frame, protocol())
    assert "\n" not in str(caught.value)


NHEFS = {"IPW (Hájek)": (3.44053542965, 3.5e-6), "g-computation": (3.43579903046, 3.5e-6)}
"""Case nhefs_wi of the reference numbers: complete cases, with the tolerances that are published with them."""


def test_reference_study_has_its_published_result(tmp_path: Path) -> None:
    """On the public NHEFS data the way to the effect is free of findings and gives the numbers of other software.

    Data and models of Hernán & Robins (2020), Causal Inference: What If, section 12.4; the AIPW estimate of complete
    cases with both analytic standard errors is that of an independent derivation on the same models, weighting alone and
    outcome models alone are those of R, Stata and Python.
    """
    text = (ROOT / "studies" / "REF-NHEFS.yaml").read_text(encoding="utf-8")
    fewer = text.replace("replicates: 1000", "replicates: 200")
    plan = parse_protocol(fewer.replace("{method: weighted}", "{method: complete cases}"), "REF-NHEFS.yaml")
    files = FolderFiles(tmp_path)
    settings = read_settings({"MEDICORE_HOME": str(tmp_path / "home")})
    freeze(files, connector(settings, plan).pull("REF-NHEFS", "2025-01"), None)
    for step in (extract, check, cohort, propensity, effect):
        assert step(files, plan) == (), step.__name__
    made = section(files, "cohort")
    assert (made["assessed"], made["analysed"]) == (1629, 1566)
    primary = section(files, "effect")["primary"]
    assert (primary["n"], round(primary["estimate"], 4)) == (1566, 3.3733)
    errors = primary["standard_errors"]
    assert (round(errors["influence"], 4), round(errors["sandwich"], 4)) == (0.4728, 0.4802)
    sensitivity(files, plan)
    rows = {row["estimator"]: row["estimate"] for row in section(files, "sensitivity")["sensitivity"]}
    for estimator, (value, tolerance) in NHEFS.items():
        assert abs(rows[estimator] - value) <= tolerance, estimator


def test_subjects_may_come_in_any_order(tmp_path: Path) -> None:
    """The point estimate does not depend on the order of the rows but for rounding."""
    files, _ = weighed(tmp_path, FRAME, protocol())
    (analysis,), _ = analysed(files)
    orders = (analysis, analysis.iloc[::-1].reset_index(drop=True))
    first, second = (
        estimate_primary(protocol(), [Sample.of(protocol(), one)])[0]["estimate"] for one in orders
    )
    assert abs(first - second) < 1e-10


def separated_outcome() -> tuple[Protocol, pd.DataFrame]:
    """Return a protocol and subjects with which the outcome model separates and the bootstrap has no replicate."""
    stored = protocol().as_json()["contract"]
    levels = [f"site{number}" for number in range(21)]
    kinds = {
        "region": {"values": levels},
        "change": {"type": "integer", "minimum": 0, "maximum": 1, "unit": None},
    }
    columns = [{**column, **kinds.get(column["name"], {})} for column in stored["columns"]]
    plan = protocol(
        contract={"columns": columns},
        outcome={"type": "binary"},
        models={"propensity": ["weight"], "outcome": ["region"]},
    )
    place = np.where(ACTIVE, np.maximum(np.cumsum(ACTIVE) - ACTIVE.sum() + 20, 0), np.arange(240) % 21)
    frame = with_column(FRAME, "region", [levels[number] for number in place])
    events = np.where(ACTIVE & (place > 0), 1, np.arange(240) % 2).astype(np.int64)
    return plan, with_column(frame, "change", events)


def test_a_separated_outcome_model_is_told_although_no_estimate_follows(tmp_path: Path) -> None:
    """The finding is written before the bootstrap can raise, and no decision overrides what gives no number."""
    plan, frame = separated_outcome()
    files, _ = weighed(tmp_path, frame, plan)
    findings = effect(files, plan)
    assert {(finding.gate, finding.overridable) for finding in findings} == {("outcome separation", False)}
    assert "region=site1" in findings[0].message
    assert "no estimate follows: " in findings[0].message
    assert section(files, "effect")["primary"] is None
