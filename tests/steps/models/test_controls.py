"""Negative controls in the steps: estimated as the outcome is, fitted, and what they leave of the primary estimate."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import norm

from medicore.stats.calibration.error_distribution import fit_error_distribution
from medicore.stats.calibration.expected_error import expected_error
from medicore.steps.cohort import cohort
from medicore.steps.models.controls import control_section
from medicore.steps.models.imputing import completed_sets
from medicore.steps.models.sample import Sample
from medicore.steps.models.terms import model_terms
from medicore.steps.primaries.primary import estimate_primary
from medicore.steps.propensity import propensity
from tests.steps.analysed_trial import estimated, extracted, section, weighed
from tests.steps.controlled_trial import controlled, controlled_protocol

SAME = 1e-9
"""Two ways to one number."""

FRAME, COLUMNS, DECLARED = controlled()
PLAN = controlled_protocol(COLUMNS, DECLARED)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The sections of propensity and effect of the study with twelve controls."""
    files, _ = estimated(tmp_path_factory.mktemp("controls"), FRAME, PLAN)
    return {name: section(files, name) for name in ("propensity", "effect")}


def test_a_control_is_estimated_as_the_outcome_is(made: dict[str, dict[str, Any]]) -> None:
    """The study whose outcome is the control has its estimate and standard error, divided by its deviation within the arms."""
    found = made["propensity"]["negative_controls"]
    for place, column in ((2, "number2"), (9, "flag1")):
        row = found["controls"][place]
        values = FRAME[column].to_numpy(dtype=float)
        active = (FRAME["arm"] == "active").to_numpy()
        binary = column.startswith("flag")
        other = PLAN.model_copy(
            update={
                "outcome": PLAN.outcome.model_copy(
                    update={"column": column, "type": "binary" if binary else "continuous"}
                )
            }
        )
        analysis = FRAME.assign(treated=active, outcome=values, observed=True)
        primary, _ = estimate_primary(other, [Sample.of(other, analysis)])
        unit = np.sqrt(
            sum((values[arm].size - 1) * values[arm].var(ddof=1) for arm in (active, ~active)) / 238
        )
        assert row["estimate"] == pytest.approx(primary["estimate"] / unit, rel=SAME)
        assert row["standard_error"] == pytest.approx(primary["standard_error"] / unit, rel=SAME)
        assert row["p_value"] == pytest.approx(primary["p_value"], rel=SAME)
        assert (row["n"], row["observed"], row["note"]) == (240, 240, "")


def test_a_control_agrees_with_the_estimating_equations_of_statsmodels(
    made: dict[str, dict[str, Any]],
) -> None:
    """AIPW of a number by the scores and least-squares predictions of statsmodels is the estimate."""
    row = made["propensity"]["negative_controls"]["controls"][0]
    y, a = FRAME["number0"].to_numpy(dtype=float), (FRAME["arm"] == "active").to_numpy(dtype=float)
    x = sm.add_constant(model_terms(PLAN, PLAN.models.propensity, FRAME).matrix)
    z = sm.add_constant(model_terms(PLAN, PLAN.models.outcome, FRAME).matrix)
    score = sm.Logit(a, x).fit(disp=0).predict(x)
    one, zero = (sm.OLS(y[a == arm], z[a == arm]).fit().predict(z) for arm in (1, 0))
    psi = one - zero + a * (y - one) / score - (1 - a) * (y - zero) / (1 - score)
    unit = np.sqrt(sum(((y[a == arm] - y[a == arm].mean()) ** 2).sum() for arm in (0, 1)) / 238)
    assert row["estimate"] == pytest.approx(psi.mean() / unit, rel=1e-6)


def test_the_section_fits_its_own_controls(made: dict[str, dict[str, Any]]) -> None:
    """Error distribution, expected error with interval and the share that differs are those of the printed rows."""
    found = made["propensity"]["negative_controls"]
    y, s, p = (
        np.array([row[key] for row in found["controls"]]) for key in ("estimate", "standard_error", "p_value")
    )
    null, error = fit_error_distribution(y, s), expected_error(y, s, 0.95)
    assert found["null"] == {"mean": null.mean, "deviation": null.deviation}
    assert found["systematic_error"] == {"value": error.value, "ci_low": error.low, "ci_high": error.high}
    assert (found["estimated"], found["differing"]) == (12, int((p < 0.05).sum()))
    assert found["share"] == found["differing"] / 12
    assert found["too_few"] is None
    assert found["scale"] == "difference in standard deviations within the arms"


def test_the_detectable_effect_is_that_of_the_primary_standard_error(made: dict[str, dict[str, Any]]) -> None:
    """It is known before the estimate, with the standard error that the effect step finds; calibrated it is larger."""
    found, primary = made["propensity"]["negative_controls"], made["effect"]["primary"]
    detectable = found["detectable"]
    assert detectable["standard_error"] == pytest.approx(primary["standard_error"], rel=SAME)
    z = norm.ppf(0.975) + norm.ppf(0.8)
    assert detectable["effect"] == pytest.approx(z * primary["standard_error"], rel=SAME)
    spread = found["null"]["deviation"] * found["outcome_deviation"]
    assert detectable["calibrated"] == pytest.approx(
        z * np.hypot(primary["standard_error"], spread), rel=SAME
    )


def test_the_primary_estimate_is_calibrated_in_its_own_unit(made: dict[str, dict[str, Any]]) -> None:
    """A difference loses the mean error, in deviations of the outcome, and gains its spread; the primary result stays as it was."""
    found, primary, effect = (
        made["propensity"]["negative_controls"],
        made["effect"]["primary"],
        made["effect"]["calibration"],
    )
    unit, null = found["outcome_deviation"], found["null"]
    centre = primary["estimate"] - null["mean"] * unit
    error = np.hypot(primary["standard_error"], null["deviation"] * unit)
    assert effect["estimate"] == pytest.approx(centre, rel=SAME)
    assert effect["standard_error"] == pytest.approx(error, rel=SAME)
    assert (effect["ci_low"], effect["ci_high"]) == pytest.approx(
        norm.interval(0.95, centre, error), rel=SAME
    )
    assert effect["p_value"] == pytest.approx(2 * norm.sf(abs(centre) / error), rel=1e-6)
    assert effect["level"] == 0.95


def test_a_study_without_controls_has_the_same_numbers(tmp_path: Path) -> None:
    """Scores and primary result are the same to the last bit with controls and without, where both sections are empty."""
    plain = controlled_protocol(COLUMNS, [])
    files, _ = estimated(tmp_path / "plain", FRAME, plain)
    other, _ = estimated(tmp_path / "controls", FRAME, PLAN)
    assert section(files, "propensity")["negative_controls"] is None
    assert section(files, "effect")["calibration"] is None
    assert section(files, "effect")["primary"] == section(other, "effect")["primary"]
    assert files.read("scores.parquet") == other.read("scores.parquet")
    assert "number0" not in files.read_table("analysis.parquet")


def test_a_bias_of_the_controls_is_taken_out(tmp_path: Path) -> None:
    """An error of one deviation in every control is found as such, and leaves the estimate."""
    frame, columns, declared = controlled(bias=1.0, flags=0, numbers=10)
    files, _ = estimated(tmp_path, frame, controlled_protocol(columns, declared))
    found = section(files, "propensity")["negative_controls"]
    assert found["null"]["mean"] == pytest.approx(0.93, abs=0.15)
    assert (found["differing"], found["share"]) == (10, 1.0)
    effect = section(files, "effect")
    shift = effect["primary"]["estimate"] - effect["calibration"]["estimate"]
    assert shift == pytest.approx(found["null"]["mean"] * found["outcome_deviation"], rel=SAME)


def test_missing_values_of_a_control_are_weighted_for(tmp_path: Path) -> None:
    """Who lacks a value stays in the analysis: n counts everybody, observed those with a value."""
    frame = FRAME.copy()
    lacking = np.arange(len(frame)) % 5 == 0
    frame.loc[lacking, "number3"] = np.nan
    frame.loc[lacking, "flag2"] = pd.NA
    files, _ = weighed(tmp_path, frame, PLAN)
    rows = {row["name"]: row for row in section(files, "propensity")["negative_controls"]["controls"]}
    for name in ("number3", "flag2"):
        assert (rows[name]["n"], rows[name]["observed"]) == (240, 192)
    sample = Sample.of(PLAN, completed_sets(files.read_table("analysis.parquet"))[0])
    values = frame["number3"].to_numpy(dtype=float)
    x = sample.x_observation
    seen = sm.Logit((~lacking).astype(float), sm.add_constant(np.column_stack([sample.treated, x]))).fit(
        disp=0
    )
    chance = seen.predict()
    a, known = sample.treated, ~lacking
    fits = [sm.OLS(values[known & arm], sm.add_constant(x[known & arm])).fit() for arm in (a, ~a)]
    one, zero = (fit.predict(sm.add_constant(x)) for fit in fits)
    y = np.where(known, values, 0.0)
    score = sample.fit.fitted
    psi = one - zero + known / chance * (a * (y - one) / score - (1 - a) * (y - zero) / (1 - score))
    unit = np.sqrt(
        sum(((values[known & arm] - values[known & arm].mean()) ** 2).sum() for arm in (a, ~a)) / 190
    )
    assert rows["number3"]["estimate"] == pytest.approx(psi.mean() / unit, rel=1e-5)


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("number0", np.full(240, 3.0), "it has no two different values"),
        ("number0", np.full(240, np.nan), "it has no two different values"),
        ("number0", FRAME["age"].to_numpy(dtype=float), "it has no variance beside arm and covariates"),
        ("flag0", (FRAME["age"].to_numpy(dtype=float) > 75).astype(float), "its outcome model separates"),
    ],
)
def test_a_control_that_cannot_be_estimated_says_why(
    column: str, values: Any, words: str, tmp_path: Path
) -> None:
    """It has no numbers and counts for nothing; the others are fitted without it."""
    files, _ = weighed(tmp_path, FRAME.assign(**{column: values}), PLAN)
    found = section(files, "propensity")["negative_controls"]
    row = next(row for row in found["controls"] if row["column"] == column)
    assert row["note"].startswith(f"not estimable: {words}")
    assert row["estimate"] is None
    assert found["estimated"] == 11
    assert found["null"] is not None


def test_fewer_than_ten_calibrate_nothing(tmp_path: Path) -> None:
    """The section says that they are too few, nothing is fitted, no gate judges them, and nothing is calibrated."""
    frame, columns, declared = controlled(bias=2.0, numbers=9, flags=0)
    files, findings = estimated(tmp_path, frame, controlled_protocol(columns, declared))
    found = section(files, "propensity")["negative_controls"]
    assert found["too_few"].startswith("9 of 9 negative controls could be estimated; expected 10 or more")
    assert (found["null"], found["systematic_error"]) == (None, None)
    assert found["detectable"]["calibrated"] is None
    assert section(files, "effect")["calibration"] is None
    assert findings == ()


def test_several_completed_data_sets_are_pooled(tmp_path: Path) -> None:
    """With covariates imputed five times every control is pooled by Rubin's rules, over as many fits."""
    frame = FRAME.copy()
    frame.loc[np.arange(240) % 7 == 0, "weight"] = np.nan
    plan = controlled_protocol(
        COLUMNS,
        DECLARED,
        imputation={"method": "multiple", "number": 5},
        outcome={"missing": {"method": "complete cases"}},
        eligibility=[],
    )
    files = extracted(tmp_path, frame)
    assert cohort(files, plan) == ()
    propensity(files, plan)
    sets = completed_sets(files.read_table("analysis.parquet"))
    assert len(sets) == 5
    found = section(files, "propensity")["negative_controls"]
    assert found == control_section(plan, list(sets))
    singles = [control_section(plan, [one]) for one in sets]
    row = found["controls"][1]
    each = [single["controls"][1] for single in singles if single is not None]
    assert row["estimate"] == pytest.approx(np.mean([one["estimate"] for one in each]), rel=SAME)
    between = np.var([one["estimate"] for one in each], ddof=1)
    within = np.mean([one["standard_error"] ** 2 for one in each])
    assert row["standard_error"] == pytest.approx(np.sqrt(within + 1.2 * between), rel=SAME)


def test_subjects_without_scores_leave_no_control() -> None:
    """Where no propensity model can be fitted, every control says so, and no effect is detectable."""
    alone = FRAME.assign(treated=True, outcome=FRAME["change"], observed=True)
    found = control_section(PLAN, [alone])
    assert found is not None
    (note,) = {row["note"] for row in found["controls"]}
    assert note == "not estimable: no control subject is left"
    assert (found["estimated"], found["share"]) == (0, None)
    assert (found["outcome_deviation"], found["detectable"]) == (None, None)
    assert found["too_few"].startswith("0 of 12")
