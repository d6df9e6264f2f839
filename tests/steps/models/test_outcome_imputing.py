"""Missing outcomes are drawn as planned, in every step alike, and held against a second implementation."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.errors import EstimationError, ProtocolError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.contrasts import difference
from medicore.stats.imputation import outcome_draws
from medicore.stats.imputation.pooling import pooled
from medicore.steps.cohort import cohort
from medicore.steps.effect import analysed
from medicore.steps.models import outcome_imputing
from medicore.steps.models.sample import Sample
from medicore.steps.sensitivity import sensitivity
from tests.steps.analysed_trial import compared, estimated, extracted, protocol, section, subjects

ROUNDING = 1e-9
SETS = 5


def lacking(n: int = 240) -> pd.DataFrame:
    """Return the subjects, one in five without the outcome."""
    frame, generator = subjects(n), np.random.default_rng(5)
    frame.loc[generator.random(n) < 1 / 5, "change"] = np.nan
    return frame


def gappy() -> pd.DataFrame:
    """Return the same, one in eight without an age as well."""
    frame = lacking()
    frame.loc[np.random.default_rng(6).random(len(frame)) < 1 / 8, "age"] = pd.NA
    return frame


def planned(method: str = "multiple imputation", **changed: Any) -> Protocol:
    """Return a protocol that draws missing outcomes, without criteria."""
    return protocol(eligibility=[], outcome={"missing": {"method": method, "number": SETS}}, **changed)


def test_every_set_is_analysed_in_full_and_the_estimates_are_pooled(tmp_path: Path) -> None:
    """The primary is Rubin's estimate over the sets, confirmed by the second implementation, over everybody."""
    files, _ = estimated(tmp_path, lacking(), planned())
    primary = section(files, "effect")["primary"]
    sets, retained = analysed(files)
    samples = [Sample.of(planned(), one[retained]) for one in sets]
    assert len(samples) == SETS
    found = pooled([difference(sample.inferred()) for sample in samples])
    assert abs(primary["estimate"] - found.estimate.value) < ROUNDING
    assert abs(primary["standard_error"] - found.estimate.standard_error) < ROUNDING
    assert primary["imputation"]["imputations"] == SETS
    assert primary["observation"] is None
    assert primary["n"] == 240
    assert primary["observed"] == int(lacking()["change"].notna().sum())
    assert primary["verification"]["relative_difference"] < primary["verification"]["tolerance"]


def test_observed_outcomes_never_change(tmp_path: Path) -> None:
    """The sets differ where the outcome is missing, and nowhere else; covariates are the same in all."""
    files, _ = estimated(tmp_path, lacking(), planned())
    sets, _ = analysed(files)
    observed = sets[0]["observed"].to_numpy(dtype=bool)
    outcomes = np.array([one["outcome"].to_numpy(dtype=np.float64) for one in sets])
    assert (outcomes[:, observed] == outcomes[0, observed]).all()
    assert (outcomes[:, ~observed].std(axis=0) > 0).all()
    assert all(one["age"].equals(sets[0]["age"]) for one in sets)


def test_covariates_and_outcomes_are_drawn_together(tmp_path: Path) -> None:
    """With both missing, one run of chained equations fills both, as often as the protocol says once."""
    plan = planned(imputation={"method": "multiple", "number": SETS, "iterations": 5})
    files, _ = estimated(tmp_path, gappy(), plan)
    sets, _ = analysed(files)
    held = section(files, "cohort")
    assert len(sets) == held["imputation"]["imputations"] == SETS
    assert held["outcomes"]["imputation"]["seed"] == held["imputation"]["seed"]
    assert not any(one[["age", "outcome"]].isna().any().any() for one in sets)


def test_covariates_filled_once_stay_filled(tmp_path: Path) -> None:
    """With single imputation of covariates only the outcome is drawn, and the marks of gaps enter its model."""
    plan = planned(design="randomised", imputation={"method": "single", "indicators": True})
    files, _ = estimated(tmp_path, gappy(), plan)
    sets, _ = analysed(files)
    held = section(files, "cohort")
    assert held["imputation"]["imputations"] == 1
    assert all(one["age"].equals(sets[0]["age"]) for one in sets)
    assert all("age:missing" in one for one in sets)


def test_the_draws_are_near_what_a_second_implementation_expects(tmp_path: Path) -> None:
    """Each arm has counts, means of observed and imputed outcomes, and the distance from the conditional mean."""
    files, _ = estimated(tmp_path, lacking(), planned())
    held = section(files, "cohort")["outcomes"]
    assert held["imputation"]["method"] == "multiple imputation"
    for arm, told in held["imputation"]["arms"].items():
        assert told["imputed"] == held["arms"][arm]["missing"]
        assert told["observed"] == held["arms"][arm]["observed"]
        assert abs(told["distance"]) < 3
        assert abs(told["mean_imputed"] - told["mean_expected"]) < 1


def test_draws_off_their_expectation_stop_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the draws are farther from the second implementation than allowed, nothing is analysed."""
    monkeypatch.setattr(outcome_imputing, "FARTHEST", 1e-6)
    files = extracted(tmp_path, lacking())
    with pytest.raises(EstimationError, match="standard errors from what a second implementation expects"):
        cohort(files, planned())


def test_reference_based_draws_take_the_treated_towards_the_controls(tmp_path: Path) -> None:
    """Jump to reference lowers the effect's size, and leaves the controls' draws with their own regression."""
    random, _ = estimated(tmp_path / "random", lacking(), planned())
    jump, _ = estimated(tmp_path / "jump", lacking(), planned("jump to reference"))
    copy, _ = estimated(tmp_path / "copy", lacking(), planned("copy reference"))
    effects = [section(files, "effect")["primary"]["estimate"] for files in (random, jump, copy)]
    assert abs(effects[1]) < abs(effects[0])
    assert effects[1] == effects[2]
    arms = section(jump, "cohort")["outcomes"]["imputation"]["arms"]
    assert abs(arms["treated"]["distance"]) < 3


def test_the_draws_do_not_depend_on_the_order_of_the_extract(tmp_path: Path) -> None:
    """The same subjects in another order have the same draws."""
    frame = lacking()
    values = []
    for name, one in (("a", frame), ("b", frame.iloc[::-1].reset_index(drop=True))):
        files = extracted(tmp_path / name, one)
        cohort(files, planned())
        table = files.read_table("analysis.parquet")
        subject = planned().contract.subject
        values.append(table.sort_values(["imputation", subject])["outcome"].to_numpy())
    assert np.array_equal(*values)


def test_without_missing_outcomes_nothing_is_drawn(tmp_path: Path) -> None:
    """There is one data set, and the document says that nothing was drawn."""
    files, _ = estimated(tmp_path, subjects(), planned())
    held = section(files, "cohort")["outcomes"]["imputation"]
    assert (held["imputations"], held["seed"], held["arms"]) == (1, None, {})
    assert section(files, "effect")["primary"]["imputation"] is None


def test_sensitivity_keeps_the_draws_and_shows_the_analyses_without_them(tmp_path: Path) -> None:
    """Rows pool the completed sets; two rows stand beside them, weighted for observation and of complete cases."""
    found = compared(tmp_path, lacking(), planned())
    rows = {row["name"]: row for row in found["sensitivity"]}
    missing = int(lacking()["change"].isna().sum())
    assert rows["Complete cases instead of imputed outcomes"]["n"] == 240 - missing
    assert (
        f"{missing} without an outcome left out" in rows["Complete cases instead of imputed outcomes"]["note"]
    )
    assert (
        "for treatment and observation"
        in rows["Weighted for observation instead of imputed outcomes"]["estimator"]
    )
    assert "Rubin" in rows["No adjustment"]["variance"]
    assert "Rubin" in rows["IPW instead of AIPW"]["variance"]


def test_analyses_without_the_draws_are_those_of_the_other_methods(tmp_path: Path) -> None:
    """Estimate, error and limits are those of the primary analysis where the other method is declared."""
    found = compared(tmp_path / "drawn", lacking(), planned())
    rows = {row["name"]: row for row in found["sensitivity"]}
    for method, name in (
        ("weighted", "Weighted for observation instead of imputed outcomes"),
        ("complete cases", "Complete cases instead of imputed outcomes"),
    ):
        plan = protocol(eligibility=[], outcome={"missing": {"method": method}})
        primary = section(estimated(tmp_path / method, lacking(), plan)[0], "effect")["primary"]
        for key in ("estimate", "standard_error", "ci_low", "ci_high", "p_value"):
            assert rows[name][key] == pytest.approx(primary[key], rel=1e-10), (name, key)
        assert rows[name]["variance"] == primary["variance"]


NAME = "Conditional means instead of drawn outcomes"


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("multiple imputation", "beside the primary's by Rubin's rules"),
        ("jump to reference", "information-anchored"),
        ("copy reference", "information-anchored"),
    ],
)
def test_an_interval_over_repeated_samples_stands_beside_the_pooled_one(
    tmp_path: Path, method: str, words: str
) -> None:
    """One row has the conditional means: a value that the draws tend to, its own variance, and what the primary's is called."""
    plan = planned(method)
    files, _ = estimated(tmp_path, lacking(), plan)
    sensitivity(files, plan)
    primary = section(files, "effect")["primary"]
    (beside,) = [row for row in section(files, "sensitivity")["sensitivity"] if row["name"] == NAME]
    assert "over repeated samples" in beside["variance"]
    assert "conditional means" in beside["estimator"]
    assert words in beside["note"]
    assert beside["n"] == 240
    within = 4 * primary["imputation"]["monte_carlo_error"]
    assert abs(beside["estimate"] - primary["estimate"]) < within
    assert beside["ci_low"] < beside["estimate"] < beside["ci_high"]
    if method != "multiple imputation":
        assert beside["standard_error"] < primary["standard_error"]


def test_covariates_that_are_drawn_leave_no_conditional_mean(tmp_path: Path) -> None:
    """With covariates drawn several times the row says that it has no number; without gaps there is no row."""
    plan = planned(imputation={"method": "multiple", "number": SETS, "iterations": 5})
    (beside,) = [row for row in compared(tmp_path / "a", gappy(), plan)["sensitivity"] if row["name"] == NAME]
    assert beside["estimate"] is None
    assert "covariates of some subjects are imputed" in beside["note"]
    whole = compared(tmp_path / "b", subjects(), planned())["sensitivity"]
    assert NAME not in {row["name"] for row in whole}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"method": "copy increments"}, "computed by nothing yet"),
        ({"method": "multiple imputation", "number": 2}, "greater than or equal to 5"),
    ],
)
def test_what_nothing_computes_is_refused(changed: dict[str, Any], words: str) -> None:
    """Copy increments need visits between, and too few draws have no variance between them."""
    with pytest.raises(ProtocolError, match=words):
        protocol(eligibility=[], outcome={"missing": changed})


def test_unequal_numbers_of_draws_are_refused() -> None:
    """Covariates and outcomes are drawn together, so that their numbers must agree."""
    with pytest.raises(ProtocolError, match="expected one number"):
        planned(imputation={"method": "multiple", "number": SETS + 1})


def responders() -> tuple[pd.DataFrame, Protocol]:
    """Return the subjects with an outcome of 0 and 1, and a protocol that draws the missing ones."""
    frame = lacking(400)
    values = frame["change"].to_numpy(dtype=float)
    frame["change"] = np.where(np.isnan(values), np.nan, values > np.nanmedian(values))
    columns = [
        {**column, "type": "integer", "minimum": 0, "maximum": 1, "unit": None}
        if column["name"] == "change"
        else column
        for column in protocol().as_json()["contract"]["columns"]
    ]
    missing = {"method": "multiple imputation", "number": SETS}
    plan = protocol(
        eligibility=[], contract={"columns": columns}, outcome={"type": "binary", "missing": missing}
    )
    frame["change"] = frame["change"].astype("Int64")
    return frame, plan


def test_draws_of_0_and_1_are_held_against_a_second_implementation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each arm has the share that is expected; draws that are turned round stop the run."""
    frame, plan = responders()
    files = extracted(tmp_path / "right", frame)
    cohort(files, plan)
    for told in section(files, "cohort")["outcomes"]["imputation"]["arms"].values():
        assert 0 < told["mean_expected"] < 1
        assert abs(told["distance"]) < 3
    right = outcome_draws.draw_levels
    monkeypatch.setattr(outcome_draws, "draw_levels", lambda *given: 1 - right(*given))
    with pytest.raises(EstimationError, match="standard errors from what a second implementation expects"):
        cohort(extracted(tmp_path / "wrong", frame), plan)
