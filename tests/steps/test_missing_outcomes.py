"""Missing outcomes on the way from cohort to sensitivity: who is analysed, by which estimator, and what is told."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.records.canonical import document
from medicore.records.protocol.protocol import Protocol
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.observation_weights import observed_arms
from medicore.stats.missing.weighted import augmented_observed
from medicore.steps.cohort import LEFT_OUT, NOT_DUE, cohort
from medicore.steps.effect import effect
from medicore.steps.models import observing
from medicore.steps.models.sample import Sample
from medicore.steps.sensitivity import sensitivity
from tests.steps.analysed_trial import (
    compared,
    estimated,
    extracted,
    protocol,
    section,
    subjects,
    weighed,
    with_column,
)
from tests.steps.data.test_outcome_states import DATES

EXACT = 1e-12
FRAME = subjects()
ACTIVE = (FRAME["arm"] == "active").to_numpy(dtype=bool)


def gaps(share: float = 0.12, seed: int = 4) -> pd.DataFrame:
    """Return the subjects, some without an outcome: the older the likelier."""
    generator = np.random.default_rng(seed)
    chance = share * FRAME["age"].to_numpy(dtype=float) / FRAME["age"].mean()
    lost = generator.random(len(FRAME)) < chance
    return with_column(FRAME, "change", np.where(lost, np.nan, FRAME["change"]))


GAPS = gaps()
LOST = GAPS["change"].isna().to_numpy()


def complete_cases(**changed: Any) -> Protocol:
    """Return the plan that analyses complete cases."""
    return protocol(outcome={"missing": {"method": "complete cases"}}, **changed)


def rows(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the sensitivity and supplementary rows by name."""
    return {row["name"]: row for kind in ("sensitivity", "supplementary") for row in made[kind]}


def test_the_primary_is_weighted_for_being_observed(tmp_path: Path) -> None:
    """Everybody is analysed, the estimate is the weighted estimator's, and the second one confirms it (FAULTS 88)."""
    files, findings = estimated(tmp_path, GAPS, protocol())
    primary = section(files, "effect")["primary"]
    assert findings == ()
    analysis = files.read_table("analysis.parquet")
    sample = Sample.of(protocol(), analysis)
    expected = augmented_observed(
        sample.x_outcome,
        sample.treated,
        sample.outcome,
        sample.observed,
        sample.fit,
        fit_observation(sample.x_outcome, sample.treated, sample.observed),
    )
    assert abs(primary["estimate"] - expected.influence_function.value) < EXACT
    assert (primary["n"], primary["observed"]) == (240, 240 - LOST.sum())
    assert primary["estimator"] == "AIPW for treatment and observation"
    assert primary["verification"]["relative_difference"] < primary["verification"]["tolerance"]
    assert section(files, "propensity")["balance"] == balance_of_everybody(tmp_path / "whole")
    told = primary["observation"]
    assert told["covariates"] == ["weight", "age"]
    assert told["arms"]["treated"]["missing"] == (LOST & ACTIVE).sum()
    assert 0 < told["arms"]["control"]["effective_sample_size"] < (~LOST & ~ACTIVE).sum()
    assert abs(told["worst"]["control"]["smd"]) < 0.2


def balance_of_everybody(folder: Path) -> Any:
    """Return the balance that the study has when nobody's outcome is missing."""
    files, _ = estimated(folder, FRAME, protocol())
    return section(files, "propensity")["balance"]


def test_covariates_of_the_observation_model_are_the_declared_ones(tmp_path: Path) -> None:
    """Declared covariates replace those of the outcome model, and give another estimate."""
    plan = protocol(outcome={"missing": {"method": "weighted", "covariates": ["sex"]}})
    primary = [
        section(estimated(tmp_path / name, GAPS, made)[0], "effect")["primary"]
        for name, made in (("declared", plan), ("default", protocol()))
    ]
    assert primary[0]["observation"]["covariates"] == ["sex"]
    assert primary[0]["estimate"] != primary[1]["estimate"]


def test_with_every_outcome_nothing_is_weighted_for_it(tmp_path: Path) -> None:
    """Under either method, a study without missing outcomes has the estimate that it has without the method."""
    found = [
        section(estimated(tmp_path / name, FRAME, plan)[0], "effect")["primary"]
        for name, plan in (("weighted", protocol()), ("complete", complete_cases()))
    ]
    assert found[0] == found[1]
    assert (found[0]["estimator"], found[0]["observation"]) == ("AIPW", None)


def test_complete_cases_leave_out_who_has_no_outcome(tmp_path: Path) -> None:
    """Declared, complete cases are analysed alone: the rest are counted as missing, and are no exclusion."""
    files, _ = estimated(tmp_path / "gaps", GAPS, complete_cases())
    alone, _ = estimated(tmp_path / "alone", GAPS[~LOST].reset_index(drop=True), complete_cases())
    primary = section(files, "effect")["primary"]
    assert primary["estimate"] == section(alone, "effect")["primary"]["estimate"]
    made = section(files, "cohort")
    assert (made["analysed"], sum(row["excluded"] for row in made["criteria"])) == (240 - LOST.sum(), 0)
    assert made["outcomes"]["arms"]["treated"]["missing"] == (LOST & ACTIVE).sum()
    reasons = files.read_table("disposition.parquet")["reason"]
    assert (reasons == LEFT_OUT).tolist() == LOST.tolist()


def test_each_method_has_the_other_as_sensitivity_analysis(tmp_path: Path) -> None:
    """The first row is the other method's estimate, as it is the primary one where that method is declared."""
    weighted = compared(tmp_path / "w", GAPS, protocol())
    complete = compared(tmp_path / "c", GAPS, complete_cases())
    first, second = (made["sensitivity"][0] for made in (weighted, complete))
    primaries = [
        section(estimated(tmp_path / name, GAPS, plan)[0], "effect")["primary"]["estimate"]
        for name, plan in (("pw", protocol()), ("pc", complete_cases()))
    ]
    assert first["name"] == "Complete cases instead of weighting for observation"
    assert second["name"] == "Weighted for observation instead of complete cases"
    assert first["estimate"] == pytest.approx(primaries[1], rel=EXACT)
    assert second["estimate"] == pytest.approx(primaries[0], rel=EXACT)
    assert f"{LOST.sum()} without an outcome left out" in first["note"]
    assert second["note"] == f"with {LOST.sum()} whose outcome is missing"
    assert compared(tmp_path / "all", FRAME, protocol())["sensitivity"][0]["name"] == "IPW instead of AIPW"


def test_the_observation_model_is_fitted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimate, small-sample error, gate, diagnostics and rows of one sample share one fit; other samples have their own."""
    fitted: list[int] = []

    def counting(x: Any, treated: Any, observed: Any) -> Any:
        fitted.append(len(treated))
        return fit_observation(x, treated, observed)

    monkeypatch.setattr(observing, "fit_observation", counting)
    plan = protocol(sensitivity={"trimming": [], "subgroups": [], "leave_one_out": False})
    files, _ = weighed(tmp_path, GAPS, plan)
    assert fitted == [240]
    fitted.clear()
    effect(files, plan)
    assert fitted == [240]
    fitted.clear()
    sensitivity(files, plan)
    assert fitted == [240]


def test_diagnostics_are_those_of_the_core(tmp_path: Path) -> None:
    """Chances, sizes and the farthest term of each arm are what ``observed_arms`` gives."""
    files, _ = estimated(tmp_path, GAPS, protocol())
    told = section(files, "effect")["primary"]["observation"]
    sample = Sample.of(protocol(), files.read_table("analysis.parquet"))
    observation = fit_observation(sample.x_outcome, sample.treated, ~LOST)
    arms = observed_arms(sample.x_outcome, sample.treated, ~LOST, sample.fit, observation)
    for arm, expected in zip(("treated", "control"), arms, strict=True):
        assert told["arms"][arm] == {
            "observed": expected.observed,
            "missing": expected.subjects - expected.observed,
            "lowest_chance": expected.lowest_chance,
            "highest_chance": expected.highest_chance,
            "effective_sample_size": expected.effective_size,
            "largest_weight_share": expected.largest_share,
        }
        sizes = dict(
            zip(("age", "age^2", "weight"), (one.smd_weighted for one in expected.balance), strict=True)
        )
        worst = max(sizes, key=lambda name: abs(sizes[name]))
        assert told["worst"][arm]["smd"] == sizes[worst]
        assert told["worst"][arm]["term"] == worst


def test_only_covariate_of_the_observation_model_cannot_be_left_out(tmp_path: Path) -> None:
    """Leaving a covariate out leaves it out of every model, and says so where a model has no other."""
    plan = protocol(outcome={"missing": {"method": "weighted", "covariates": ["sex"]}})
    found = rows(compared(tmp_path, GAPS, plan))
    assert found["Without Sex"]["note"] == "not estimable: the covariate is the only one of a model"
    assert found["Without Age"]["estimate"] is not None


def test_not_yet_due_is_outside_the_month_and_no_exclusion(tmp_path: Path) -> None:
    """Whose window is not over at the lock has a reason of its own, is in no model, and counts as not yet due (FAULTS 87)."""
    lock = date(2025, 4, 1)
    late = LOST & (np.arange(len(GAPS)) % 2 == 0)
    frame = GAPS.assign(
        enrolled=[lock - timedelta(days=30 if one else 300) for one in late], seen=None, stopped=None
    )
    stored = protocol().as_json()
    plan = protocol(
        contract={"columns": [*stored["contract"]["columns"], *DATES]},
        outcome={"assessed": {"anchor": "enrolled", "day": 60, "window": [-7, 7]}},
    )
    files = extracted(tmp_path, frame)
    files.write("extract.json", document({"exported_at": "2025-03-31T18:00:00+00:00", "findings": []}))
    cohort(files, plan)
    made = section(files, "cohort")
    assert made["outcomes"]["locked_on"] == "2025-04-01"
    counts = made["outcomes"]["arms"]
    assert sum(arm["not_yet_due"] for arm in counts.values()) == late.sum()
    assert sum(arm["missing"] for arm in counts.values()) == (LOST & ~late).sum()
    assert made["analysed"] == made["outcomes"]["due"] == 240 - late.sum()
    table = files.read_table("disposition.parquet")
    assert (table["reason"] == NOT_DUE).tolist() == late.tolist()
    assert set(table["outcome"]) == {"observed", "missing", "not yet due"}


@pytest.mark.parametrize(("limit", "fires"), [(1.0, True), (1.0001, False)])
def test_a_large_share_of_missing_outcomes_halts(tmp_path: Path, limit: float, fires: bool) -> None:
    """At the limit the gate fires, above it does not; counts of both arms are told, and a signature may answer (FAULTS 88)."""
    share = float(LOST.mean())
    files = extracted(tmp_path, GAPS)
    findings = cohort(files, protocol(gates={"missing_share": share * limit}))
    assert [finding.gate for finding in findings] == ["missing share"] * fires
    if fires:
        (finding,) = findings
        assert finding.overridable
        assert f"{(LOST & ACTIVE).sum()} of {ACTIVE.sum()} treated" in finding.message
    assert section(files, "cohort")["outcomes"]["missing_share"]["overall"] == share


@pytest.mark.parametrize(("limit", "fires"), [(1.0, True), (1.0001, False)])
def test_a_difference_of_the_arms_halts(tmp_path: Path, limit: float, fires: bool) -> None:
    """Whichever arm lacks more outcomes, the difference of the shares is what the gate compares."""
    apart = abs(float(LOST[ACTIVE].mean()) - float(LOST[~ACTIVE].mean()))
    findings = cohort(extracted(tmp_path, GAPS), protocol(gates={"missing_difference": apart * limit}))
    assert [finding.gate for finding in findings] == ["missing difference"] * fires


def test_a_separated_observation_model_is_told(tmp_path: Path) -> None:
    """Where all of a region have an outcome, the model separates: missing and region are told in place of an estimate."""
    rare = (FRAME["region"] == "south").to_numpy()
    frame = with_column(FRAME, "change", np.where(LOST & ~rare, np.nan, FRAME["change"]))
    plan = protocol(outcome={"missing": {"method": "weighted", "covariates": ["region"]}})
    files, findings = estimated(tmp_path, frame, plan)
    assert [finding.gate for finding in findings] == ["observation separation"]
    assert f"with {(LOST & ~rare).sum()} outcomes missing" in findings[0].message
    assert "region=south does so alone" in findings[0].message
    assert (findings[0].overridable, section(files, "effect")["primary"]) == (False, None)


def test_a_heavy_weight_of_treatment_and_observation_is_told(tmp_path: Path) -> None:
    """The product of both weights is held to the limits of the weights for treatment, before the estimate exists."""
    files, _ = estimated(tmp_path / "first", GAPS, protocol())
    told = section(files, "effect")["primary"]["observation"]["arms"]["control"]
    limit = told["largest_weight_share"]
    size = told["effective_sample_size"] / told["observed"]
    plan = protocol(gates={"weight_share": limit, "effective_sample_size_share": size})
    files, findings = weighed(tmp_path / "second", GAPS, plan)
    assert not files.exists("effect.json")
    assert {finding.step for finding in findings} == {"propensity"}
    named = {(finding.gate, finding.subject) for finding in findings}
    assert {("weight share (observed)", "control"), ("effective sample size (observed)", "control")} <= named
