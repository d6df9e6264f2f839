"""The simulated EDC: the same bytes every time, months that only add, and a true effect that is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import pdtr

from medicore.edc.delivery_folder import DeliveryFolder
from medicore.edc.simulated.simulator import STUDIES, deliver, simulate, true_effect
from medicore.edc.simulated.study_plan import Counted
from medicore.errors import ProtocolError
from medicore.records.canonical import sha256
from medicore.records.delivery.delimited import read_delimited
from medicore.records.protocol.calendar import last_day
from medicore.stats.models.logistic import fit_logistic

MONTHS = ("2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06")
EVERY = sorted(STUDIES)
PINNED = {
    "MED-2024-0147": "ec259c243e767f90",
    "MED-2024-0163": "279720b95cef9e4b",
    "MED-2024-0181": "b3b94aa8ebead16e",
    "MED-2024-0198": "49efa155b2a0fdca",
    "MED-2024-0212": "1b2241b941c5397e",
    "MED-2024-0226": "59ad4be5161a2411",
    "MED-2024-0239": "9f934af9aaf4275f",
    "MED-2024-0251": "f8f6b1b65c9cc14c",
}
"""The first digits of the SHA-256 of each study's export of 2025-01."""


def filled(value: object) -> bool:
    """Say whether a value is there."""
    return not pd.isna(value)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("study", EVERY)
def test_a_later_month_keeps_every_earlier_row(study: str) -> None:
    """From month to month subjects are added and gaps are filled; no value that was there changes."""
    earlier = simulate(study, "2025-01")
    for month in MONTHS[1:]:
        later = simulate(study, month)
        assert len(later) > len(earlier)
        for column in earlier.columns:
            pairs = zip(earlier[column], later[column], strict=False)
            assert all(old == new for old, new in pairs if filled(old)), (month, column)
        earlier = later


@pytest.mark.parametrize("study", EVERY)
def test_outcomes_are_completed_as_visits_come(study: str) -> None:
    """An outcome is there if and only if its visit is, no visit is after the month, and more come every month."""
    outcome = STUDIES[study].outcome
    counts = []
    for month in MONTHS:
        subjects = simulate(study, month)
        assert (subjects[outcome].notna() == subjects["visit"].notna()).all()
        assert max(subjects["visit"].dropna()) <= last_day(month)
        assert max(subjects["enrolled"]) <= last_day(month)
        counts.append(int(subjects[outcome].notna().sum()))
    assert counts == sorted(set(counts))


@pytest.mark.parametrize("study", EVERY)
def test_study_has_what_a_real_one_has(study: str) -> None:
    """500 to 5,000 subjects with the five common covariates, ineligible ones, missing treatments and outcomes."""
    plan = STUDIES[study]
    subjects = simulate(study, "2025-03")
    assert 500 <= len(subjects) <= 5000
    assert {"age", "sex", "bmi", "baseline_score", "comorbidity_index"} <= set(subjects.columns)
    assert subjects["subject_id"].is_unique
    assert (subjects["consent"] == "N").any()
    assert (subjects["age"] > 80).any() or (subjects["age"] < 18).any()
    assert subjects["arm"].isna().any()
    assert subjects[plan.outcome].isna().any()
    assert set(subjects["arm"].dropna()) == {plan.treated, plan.control} | (
        {plan.other} if plan.other else set()
    )


def test_a_rare_harm_is_flagged_from_its_day_on() -> None:
    """About one in 200 has it, within follow-up: the flags of a month stand in every later one, and more come."""
    counts = []
    before: set[str] = set()
    for month in (*MONTHS, "2027-01"):
        subjects = simulate("MED-2024-0163", month)
        flagged = set(subjects["subject_id"][subjects["angioedema"] == "Y"])
        assert subjects["angioedema"].isin(["Y", None]).all()
        assert before <= flagged
        before = flagged
        counts.append(len(flagged))
    assert counts[0] < counts[-1]
    assert abs(counts[-1] - 0.005 * len(subjects)) < 4 * np.sqrt(0.005 * len(subjects))


def test_negative_controls_lean_on_covariates_and_not_on_treatment() -> None:
    """About their share have each; it goes with the chance of treatment, and given that chance the arms have it alike."""
    plan = STUDIES["MED-2024-0163"]
    assert len(plan.controls) == 12
    subjects = simulate(plan.study, "2027-01")
    treated = (subjects["arm"] == plan.treated).to_numpy()
    columns = [
        subjects["age"], subjects["sex"] == "F", subjects["bmi"], subjects["baseline_score"], subjects["comorbidity_index"],
    ]  # fmt: skip
    x = np.column_stack([np.asarray(column, dtype=float) for column in columns])
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    score = fit_logistic(x, treated).fitted
    leaning, affected = [], []
    for control in plan.controls:
        flags = subjects[control.name]
        assert flags.isin(["Y", None]).all()
        had = (flags == "Y").to_numpy()
        assert abs(had.mean() - control.share) < 0.05
        fit = fit_logistic(np.column_stack([treated, np.log(score / (1 - score))]), had)
        affected.append(fit.coefficients[1] / fit.standard_errors[1])
        leaning.append((fit.coefficients[2] - control.confounding) / fit.standard_errors[2])
    assert np.abs(affected).max() < 3.5
    assert np.abs(leaning).max() < 4


def test_enrolment_ends_at_the_planned_size() -> None:
    """A study grows month by month up to its planned number of subjects and no further."""
    plan = STUDIES["MED-2024-0251"]
    assert len(simulate(plan.study, "2025-02")) == plan.initial + plan.monthly
    assert len(simulate(plan.study, "2040-01")) == plan.planned


def test_treatment_follows_baseline_values_unless_it_is_randomised() -> None:
    """Treated subjects differ from untreated ones at baseline, except in the randomised study."""
    differences = {}
    for study, plan in STUDIES.items():
        subjects = simulate(study, "2025-03")
        treated = (subjects["arm"] == plan.treated).to_numpy()
        control = (subjects["arm"] == plan.control).to_numpy()
        values = subjects["baseline_score"].to_numpy(dtype=float)
        differences[study] = abs(values[treated].mean() - values[control].mean()) / values.std()
    randomised = differences.pop("MED-2024-0212")
    assert randomised < 0.05
    assert min(differences.values()) > 0.2


def test_replicas_are_other_studies_of_the_same_kind() -> None:
    """Another seed offset draws other subjects, and the same offset draws the same ones."""
    first, again, other = (simulate("MED-2024-0181", "2025-01", offset) for offset in (0, 0, 1))
    assert first.equals(again)
    assert (first["age"] != other["age"]).mean() > 0.5


def test_true_effect_is_that_of_the_plan() -> None:
    """Every study states its effect, none of which is zero."""
    assert {study: true_effect(study) for study in STUDIES} == {s: p.effect for s, p in STUDIES.items()}
    assert all(true_effect(study) for study in STUDIES)


def test_effect_that_differs_by_sex_averages_to_the_true_one() -> None:
    """Where women gain more than men by design, women are half of the subjects, so the average is the truth."""
    modified = [plan for plan in STUDIES.values() if plan.modification]
    assert modified
    for plan in modified:
        sex = next(covariate for covariate in plan.covariates if covariate.name == "sex")
        assert sex.shares == (0.5, 0.5)  # type: ignore[union-attr]


@pytest.mark.parametrize("study", EVERY)
def test_delivery_is_complete_and_the_same_every_time(study: str, tmp_path: Path) -> None:
    """Delivering twice gives the same bytes, which the connector proves complete."""
    month = "2025-03"
    first = deliver(study, month, tmp_path / "a" / study / month)
    assert first == tmp_path / "a" / study / month
    transfer = DeliveryFolder(tmp_path / "a", by_month=True).pull(study, month)
    deliver(study, month, tmp_path / "a" / study / month)
    deliver(study, month, tmp_path / "b" / study / month)
    assert DeliveryFolder(tmp_path / "a", by_month=True).pull(study, month) == transfer
    assert DeliveryFolder(tmp_path / "b", by_month=True).pull(study, month) == transfer
    assert transfer.version == f"{study}@{month}"
    left = sorted(p.relative_to(first).as_posix() for p in first.rglob("*") if p.is_file())
    assert left == ["raw/subjects.csv", "transfer.json"]


def test_delivery_replaces_what_is_not_the_export(tmp_path: Path) -> None:
    """A damaged delivery is mended by delivering again."""
    folder = deliver("MED-2024-0251", "2025-01", tmp_path / "x")
    whole = (folder / "raw" / "subjects.csv").read_bytes()
    (folder / "raw" / "subjects.csv").write_bytes(whole[:100])
    deliver("MED-2024-0251", "2025-01", tmp_path / "x")
    assert (folder / "raw" / "subjects.csv").read_bytes() == whole


@pytest.mark.parametrize(
    ("study", "exported_at"),
    [
        ("MED-2024-0147", "2025-04-01T06:00:00+02:00"),
        ("MED-2024-0163", "2025-04-01T06:00:00-04:00"),
        ("MED-2024-0198", "2025-04-01T06:00:00+13:00"),
        ("MED-2024-0212", "2025-04-01T06:00:00-10:00"),
        ("MED-2024-0251", "2025-04-01T06:00:00+05:30"),
    ],
)
def test_export_comes_after_the_month_where_the_study_is(
    study: str, exported_at: str, tmp_path: Path
) -> None:
    """The EDC exports in the morning after the month, in the study's own time zone (FAULTS 69)."""
    deliver(study, "2025-03", tmp_path)
    assert DeliveryFolder(tmp_path, by_month=False).pull(study, "2025-03").exported_at == exported_at


@pytest.mark.parametrize(("study", "digest"), PINNED.items())
def test_export_of_a_known_month_never_changes(study: str, digest: str, tmp_path: Path) -> None:
    """The bytes of an export are pinned: whoever changes the generator changes the portfolio's history."""
    data = (deliver(study, "2025-01", tmp_path) / "raw" / "subjects.csv").read_bytes()
    assert sha256(data)[:16] == digest


def test_mishap_changes_a_unit_and_repeats_a_subject_in_one_month_only(tmp_path: Path) -> None:
    """In its bad month the study exports new laboratory values in another unit and one subject twice."""
    study, column = "MED-2024-0239", "haemoglobin"
    tables = {}
    for month in ("2025-02", "2025-03", "2025-04"):
        data = (deliver(study, month, tmp_path / month) / "raw" / "subjects.csv").read_bytes()
        tables[month] = read_delimited(data, month)
    low = {month: sum(float(v) < 20 for v in table.column(column)) for month, table in tables.items()}
    repeated = {
        month: len(table.rows) - len(set(table.column("subject_id"))) for month, table in tables.items()
    }
    plan = STUDIES[study]
    assert low == {"2025-02": 0, "2025-03": plan.monthly + 1, "2025-04": 0}
    assert repeated == {"2025-02": 0, "2025-03": 1, "2025-04": 0}


@pytest.mark.parametrize("study", ["REF-NHEFS", "MED-2024-9999", "../x"])
def test_unknown_study_is_refused(study: str, tmp_path: Path) -> None:
    """The simulated EDC plays its eight studies and no other."""
    with pytest.raises(ProtocolError, match="has no simulated EDC"):
        deliver(study, "2025-03", tmp_path / "out")
    with pytest.raises(ProtocolError, match="has no simulated EDC"):
        true_effect(study)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("month", "problem"), [("2024-12", "before the first"), ("2025-3", "malformed")])
def test_month_without_data_is_refused(month: str, problem: str) -> None:
    """There is no export before the first month."""
    with pytest.raises(ProtocolError, match=problem):
        simulate("MED-2024-0147", month)


def test_counts_follow_the_poisson_distribution() -> None:
    """The thresholds of a counted covariate are the Poisson distribution function."""
    counted = Counted("x", 1.7, 12)
    assert np.abs(counted.thresholds() - pdtr(np.arange(12), 1.7)).max() < 1e-15


@pytest.mark.parametrize("study", EVERY)
def test_intercurrent_events_come_before_the_visit_and_leave_the_outcome_alone(study: str) -> None:
    """Every event is dated between enrolment and visit, about its share have it, and a fatal one has no outcome after it."""
    plan = STUDIES[study]
    subjects = simulate(study, "2025-06")
    for event in plan.events:
        had = subjects[event.name].notna()
        happened = subjects[had]
        assert (happened[event.name] > happened["enrolled"]).all()
        seen = happened[happened["visit"].notna()]
        assert (seen[event.name] <= seen["visit"]).all()
        if event.fatal:
            assert seen.empty
        else:
            expected = event.share * (subjects["visit"].notna()).sum()
            assert abs(len(seen) - expected) < 5 * expected**0.5
        assert had.any()
