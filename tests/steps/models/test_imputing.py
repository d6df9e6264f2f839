"""Missing baseline covariates are completed as planned, in every step alike, or refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.errors import DataError, ProtocolError
from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.stats.imputation.pooling import pooled
from medicore.steps.cohort import cohort
from medicore.steps.effect import analysed, effect
from medicore.steps.models.imputing import IMPUTATION, completed_sets, in_any_set
from medicore.steps.models.sample import Sample
from medicore.steps.models.seeds import derived_seed
from medicore.steps.primaries.primary import analyse_sample
from medicore.steps.propensity import propensity
from medicore.steps.sensitivity import sensitivity
from tests.steps.analysed_trial import extracted, protocol, section, subjects

ROUNDING = 1e-9
COMPLETE = {"missing": {"method": "complete cases"}}
SETS = 5


def incomplete(n: int = 240) -> pd.DataFrame:
    """Return the subjects, one in eight without an age, one in ten without a region."""
    frame, generator = subjects(n), np.random.default_rng(3)
    frame.loc[generator.random(n) < 1 / 8, "age"] = pd.NA
    frame.loc[generator.random(n) < 1 / 10, "region"] = None
    return frame


def planned(**changed: Any) -> Protocol:
    """Return a protocol that imputes, without criteria, and that analyses complete cases."""
    plan = {"method": "multiple", "number": SETS, "iterations": 5, "numbers": "matching"}
    return protocol(eligibility=[], outcome=COMPLETE, **{"imputation": plan, **changed})


def single(**changed: Any) -> Protocol:
    """Return the protocol of a randomised trial that fills each gap once."""
    return planned(design="randomised", imputation={"method": "single", **changed})


def test_missing_covariates_are_refused_without_a_plan(tmp_path: Path) -> None:
    """By default a missing covariate stops the run, and the message says that imputation can be planned."""
    files = extracted(tmp_path, incomplete())
    with pytest.raises(DataError, match=r"'age' is missing for 22 eligible .*, or plan the imputation of"):
        cohort(files, protocol(eligibility=[]))


@pytest.mark.parametrize("plan", [planned(), single()])
def test_missing_outcomes_and_treatments_are_never_imputed(tmp_path: Path, plan: Protocol) -> None:
    """The plan is about covariates: a subject without outcome is left out, and one without arm stops the run."""
    frame = incomplete()
    frame.loc[7, "change"] = None
    files = extracted(tmp_path / "change", frame)
    cohort(files, plan)
    assert section(files, "cohort")["analysed"] == len(frame) - 1
    assert files.read_table("analysis.parquet")["outcome"].notna().all()
    frame.loc[7, "arm"] = None
    with pytest.raises(DataError, match="'arm' is missing for 1 eligible"):
        cohort(extracted(tmp_path / "arm", frame), plan)


def test_multiple_imputation_numbers_its_data_sets(tmp_path: Path) -> None:
    """The analysis set holds every completed data set: observed values untouched, gaps filled, and differently."""
    files = extracted(tmp_path, incomplete())
    cohort(files, planned())
    table = files.read_table("analysis.parquet")
    assert sorted(set(table[IMPUTATION])) == [1, 2, 3, 4, 5]
    sets = completed_sets(table)
    missing = incomplete()["age"].isna().to_numpy()
    for one in sets:
        assert one["subject_id"].tolist() == incomplete()["subject_id"].tolist()
        assert not one.isna().any(axis=None)
        assert one["age"][~missing].tolist() == incomplete()["age"][~missing].tolist()
        assert set(one["region"]) == {"north", "south", "west"}
    assert len({tuple(one["age"][missing]) for one in sets}) == SETS


def test_section_counts_the_gaps_and_compares_what_filled_them(tmp_path: Path) -> None:
    """The section names covariates with gaps, counts them by arm, and sets imputed beside observed values."""
    frame = incomplete()
    files = extracted(tmp_path, frame)
    cohort(files, planned())
    made = section(files, "cohort")["imputation"]
    assert (made["method"], made["imputations"], made["numbers"]) == ("multiple", SETS, "matching")
    age, region = made["covariates"]
    active = frame["arm"] == "active"
    missing = frame["age"].isna()
    assert age["missing"] == {
        "treated": int((missing & active).sum()),
        "control": int((missing & ~active).sum()),
    }
    assert (age["observed"], age["level"], age["filled_with"]) == (int((~missing).sum()), None, None)
    assert abs(age["mean_observed"] - frame["age"].dropna().astype(float).mean()) < ROUNDING
    imputed = np.mean(
        [one["age"][missing].mean() for one in completed_sets(files.read_table("analysis.parquet"))]
    )
    assert abs(age["mean_imputed"] - imputed) < ROUNDING
    assert region["level"] == frame["region"].value_counts().index[0]
    share = 100 * (frame["region"].dropna() == region["level"]).mean()
    assert abs(region["mean_observed"] - share) < ROUNDING


def test_baseline_table_describes_what_was_observed(tmp_path: Path) -> None:
    """Means and counts are of observed values, and a row says how many are missing in each arm."""
    frame = incomplete()
    files = extracted(tmp_path, frame)
    cohort(files, planned())
    rows = section(files, "cohort")["baseline"]
    ages = frame["age"].dropna().astype(float)
    mean, missing = [row for row in rows if row["label"] == "Age"]
    assert abs(mean["overall"]["mean"] - ages.mean()) < ROUNDING
    assert abs(mean["overall"]["sd"] - ages.std(ddof=1)) < ROUNDING
    assert (missing["kind"], missing["level"]) == ("missing", "Missing")
    assert missing["overall"] == {"count": 240 - len(ages), "percent": 100 * (240 - len(ages)) / 240}
    assert [row["label"] for row in rows if row["kind"] == "missing"] == ["Age", "Region"]


def test_primary_estimate_is_pooled_by_rubins_rules(tmp_path: Path) -> None:
    """Estimate, standard error and interval are Rubin's over the sets analysed alone, confirmed a second time."""
    files = extracted(tmp_path, incomplete())
    cohort(files, planned())
    assert propensity(files, planned()) == ()
    assert effect(files, planned()) == ()
    primary = section(files, "effect")["primary"]
    sets, retained = analysed(files)
    assert retained.all()
    seeds = [7, *(derived_seed(7, "bootstrap", index) for index in range(1, SETS))]
    samples = [Sample.of(planned(), one) for one in sets]
    alone = [analyse_sample(planned(), one, seed=seed) for one, seed in zip(samples, seeds, strict=True)]
    expected = pooled([part.effect(planned()).inference for part in alone])
    assert primary["estimate"] == pytest.approx(expected.estimate.value, abs=ROUNDING)
    assert primary["standard_error"] == pytest.approx(expected.estimate.standard_error, abs=ROUNDING)
    assert (primary["ci_low"], primary["ci_high"]) == pytest.approx(expected.estimate.interval(0.95))
    assert primary["degrees_of_freedom"] == pytest.approx(expected.degrees_of_freedom)
    assert primary["degrees_of_freedom"] < len(sets[0]) - 8
    direct = pooled([part.result.influence_function for part in alone])
    assert primary["standard_errors"]["influence"] == pytest.approx(direct.estimate.standard_error)
    assert primary["standard_error"] > direct.estimate.standard_error
    assert primary["imputation"]["between"] == pytest.approx(expected.between)
    assert primary["imputation"]["between"] > 0
    within = np.mean([part.bootstrap.standard_error**2 for part in alone])
    total = within + (1 + 1 / SETS) * expected.between
    assert primary["bootstrap"]["standard_error"] == pytest.approx(np.sqrt(total))
    ends = np.quantile(np.concatenate([part.bootstrap.estimates for part in alone]), [0.025, 0.975])
    assert (primary["bootstrap"]["ci_low"], primary["bootstrap"]["ci_high"]) == pytest.approx(tuple(ends))
    assert primary["bootstrap"]["replicates"] == SETS * 200
    assert primary["verification"]["relative_difference"] <= primary["verification"]["tolerance"]
    assert primary["n"] == len(sets[0])


def test_every_analysis_is_pooled(tmp_path: Path) -> None:
    """Each row of the sensitivity tables is estimated in every completed data set, and says that it is pooled."""
    files = extracted(tmp_path, incomplete())
    cohort(files, planned())
    propensity(files, planned())
    effect(files, planned())
    assert sensitivity(files, planned()) == ()
    made = section(files, "sensitivity")
    rows = {row["name"]: row for kind in ("sensitivity", "supplementary") for row in made[kind]}
    unadjusted = rows.pop("No adjustment")
    assert "Rubin" not in unadjusted["variance"]
    for name, row in rows.items():
        assert row["estimate"] is not None, (name, row["note"])
        assert row["variance"].startswith(f"Rubin's rules over {SETS} imputations"), name
    assert made["evalue"]["point"] > 1


def test_imputation_does_not_depend_on_the_order_of_the_extract(tmp_path: Path) -> None:
    """Subjects in another order are given the same values."""
    one, other = extracted(tmp_path / "1", incomplete()), extracted(tmp_path / "2", incomplete().iloc[::-1])
    cohort(one, planned())
    cohort(other, planned())
    first, second = (
        files.read_table("analysis.parquet").sort_values([IMPUTATION, "subject_id"], ignore_index=True)
        for files in (one, other)
    )
    pd.testing.assert_frame_equal(first, second)


def test_another_seed_imputes_otherwise(tmp_path: Path) -> None:
    """The draws are a function of the protocol's seed, and not those of the bootstrap."""
    one, other = extracted(tmp_path / "1", incomplete()), extracted(tmp_path / "2", incomplete())
    cohort(one, planned())
    cohort(other, planned(seed=8))
    assert one.read("analysis.parquet") != other.read("analysis.parquet")
    seeds = [derived_seed(7, purpose, index) for purpose in ("imputation", "bootstrap") for index in range(9)]
    assert len({7, *seeds}) == 19


def test_single_imputation_fills_means_and_frequent_levels(tmp_path: Path) -> None:
    """In a randomised trial a gap takes the mean of both arms, or the most frequent level, and is reported."""
    frame = incomplete()
    files = extracted(tmp_path, frame)
    cohort(files, single())
    table = files.read_table("analysis.parquet")
    assert IMPUTATION not in table
    missing = frame["age"].isna().to_numpy()
    mean = frame["age"].dropna().astype(float).mean()
    assert np.abs(table["age"][missing] - mean).max() < ROUNDING
    age, region = section(files, "cohort")["imputation"]["covariates"]
    assert abs(age["filled_with"] - mean) < ROUNDING
    assert region["filled_with"] == frame["region"].value_counts().index[0]
    propensity(files, single())
    effect(files, single())
    assert section(files, "effect")["primary"]["imputation"] is None


def test_missing_indicators_enter_both_models(tmp_path: Path) -> None:
    """With indicators, whether a value was missing is a term of the models that the covariate is in."""
    files = extracted(tmp_path, incomplete())
    cohort(files, single(indicators=True))
    propensity(files, single(indicators=True))
    terms = [row["term"] for row in section(files, "propensity")["balance"]["terms"]]
    assert [term for term in terms if term.endswith(":missing")] == ["age:missing", "region:missing"]


def test_plan_without_gaps_changes_nothing(tmp_path: Path) -> None:
    """Where nothing is missing, the plan gives the analysis that there is without it."""
    files, without = extracted(tmp_path / "1", subjects()), extracted(tmp_path / "2", subjects())
    cohort(files, planned())
    cohort(without, protocol(eligibility=[]))
    assert files.read("analysis.parquet") == without.read("analysis.parquet")
    assert section(files, "cohort")["imputation"] == {
        "method": "multiple",
        "imputations": 1,
        "covariates": [],
    }


def test_gates_watch_every_completed_data_set(tmp_path: Path) -> None:
    """A gate that fires in some of the sets halts, and says in how many and of which the statistic is."""
    files = extracted(tmp_path, incomplete())
    strict = planned(gates={"smd": 0.001})
    cohort(files, strict)
    finding = propensity(files, strict)[0]
    assert finding.gate == "SMD (weighted)"
    assert "of 5 completed data sets; the statistic is of number 1)" in finding.message
    assert finding.false_alarm_rate is not None


def test_findings_of_the_sets_are_counted() -> None:
    """One finding stands for the same gate and subject in several sets, and no set is overlooked."""
    first = Finding("effect", "gate", "treated", "2", "1", "two")
    second = Finding("effect", "gate", "control", "3", "1", "three")
    made = in_any_set([(), (first,), (first, second)])
    assert [finding.subject for finding in made] == ["treated", "control"]
    assert made[0].message == "two (in 2 of 3 completed data sets; the statistic is of number 2)"
    assert made[1].message == "three (in 1 of 3 completed data sets; the statistic is of number 3)"
    assert in_any_set([(first,)]) == (first,)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"imputation": {"method": "single"}}, "single imputation leaves confounding behind"),
        (
            {"imputation": {"method": "multiple", "indicators": True}},
            "indicators belong to single imputation",
        ),
        (
            {"imputation": {"method": "multiple"}, "trimming": {"method": "discard"}},
            "declare no trimming with multiple imputation",
        ),
        (
            {"imputation": {"method": "multiple"}, "inference": {"interval": "BCa"}},
            "a BCa interval is not defined",
        ),
    ],
)
def test_plans_that_are_not_valid_are_refused(changed: dict[str, Any], words: str) -> None:
    """A plan that would bias the estimate, or is not defined, is refused with the protocol."""
    with pytest.raises(ProtocolError, match=words):
        protocol(**changed)
