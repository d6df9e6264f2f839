"""The steps on a randomised study: its primary, its hypothesis, its randomisation, and what its design leaves out."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.formula.api as smf
from scipy.stats import t

from medicore.stats.models.outcome_model import fit_outcome_models
from medicore.stats.randomisation import adjusted_means
from medicore.stats.verification import TOLERANCE
from medicore.steps.effect import effect as run_effect
from medicore.steps.sensitivity import sensitivity
from medicore.stores.files import FolderFiles
from tests.steps.analysed_trial import compared, estimated, section, weighed, with_column
from tests.steps.randomised_trial import RESPONDED, allocated, randomised

SAME = 1e-9
NON_INFERIOR = {"hypothesis": "non-inferiority", "margin": 0.5, "benefit": "higher"}
SPENDING = {
    "method": "alpha spending",
    "function": "obrien-fleming",
    "alpha": 0.05,
    "maximum_information": 400,
    "first_subjects": 20,
}


def effect(folder: Path, plan: Any, frame: Any = None) -> dict[str, Any]:
    """Return the effect step's document, which no finding may have stopped."""
    files, findings = estimated(folder, allocated() if frame is None else frame, plan)
    assert [finding for finding in findings if finding.gate != "monitoring"] == []
    return section(files, "effect")


def test_ancova_is_the_primary_and_confirmed(tmp_path: Path) -> None:
    """Under simple randomisation estimate, standard error and interval are those of statsmodels with HC2 and t."""
    frame = allocated()
    found = effect(tmp_path, randomised(randomisation=None), frame)["primary"]
    numbers = frame.assign(active=(frame["arm"] == "active").astype(float), age=frame["age"].astype(float))
    fit = smf.ols("change ~ active + age + I(age**2) + weight", numbers).fit(cov_type="HC2", use_t=True)
    assert found["estimator"] == "ANCOVA"
    assert found["variance"] == "HC2, Student's t"
    assert found["estimate"] == pytest.approx(fit.params["active"], rel=SAME)
    assert found["standard_error"] == pytest.approx(fit.bse["active"], rel=SAME)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(fit.conf_int().loc["active"], rel=1e-7)
    assert found["degrees_of_freedom"] == fit.df_resid
    assert found["verification"]["relative_difference"] < TOLERANCE / 1000
    assert found["bootstrap"]["replicates"] == 200


def test_the_models_of_a_sample_are_fitted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimate, interval and expected spread are of one fit of the outcome models; the bootstrap's start is another."""
    files, _ = weighed(tmp_path, allocated(), randomised())
    fits: list[int] = []

    def counted(*arguments: Any) -> Any:
        fits.append(1)
        return fit_outcome_models(*arguments)

    monkeypatch.setattr(adjusted_means, "fit_outcome_models", counted)
    assert [finding for finding in run_effect(files, randomised()) if finding.gate != "monitoring"] == []
    assert len(fits) == 2


def test_the_scheme_makes_the_interval_narrower(tmp_path: Path) -> None:
    """Blocks within strata that matter, and are in no model, gain precision over the same analysis without them."""
    stratified = effect(tmp_path / "a", randomised())["primary"]
    simple = effect(tmp_path / "b", randomised(randomisation={"scheme": "simple", "strata": []}))["primary"]
    assert stratified["estimate"] == simple["estimate"]
    assert stratified["variance"] == "HC2, stratified, Student's t"
    assert stratified["standard_error"] < 0.95 * simple["standard_error"]
    assert stratified["bootstrap"]["spread"] < simple["bootstrap"]["spread"]
    assert stratified["verification"]["relative_difference"] < TOLERANCE / 1000


@pytest.mark.parametrize("measure", ["difference", "risk ratio", "odds ratio"])
def test_g_computation_gives_every_measure(tmp_path: Path, measure: str) -> None:
    """Of a binary outcome the measure is made of the standardised risks, and confirmed a second time."""
    plan = randomised(
        outcome=RESPONDED,
        estimand={"measure": measure},
        inference={"estimator": "g-computation"},
        randomisation={"scheme": "minimisation"},
    )
    found = effect(tmp_path, plan)["primary"]
    one, zero = found["mean_treated"], found["mean_control"]
    expected = {
        "difference": one - zero,
        "risk ratio": one / zero,
        "odds ratio": one / (1 - one) / (zero / (1 - zero)),
    }
    assert found["estimate"] == pytest.approx(expected[measure], rel=SAME)
    assert found["estimator"] == "g-computation, joint model, calibrated in strata"
    assert found["verification"]["relative_difference"] < TOLERANCE / 1000
    assert found["ci_low"] < found["estimate"] < found["ci_high"]


def test_imputed_outcomes_are_pooled(tmp_path: Path) -> None:
    """Drawn several times, each completed data set is analysed by ANCOVA, and the surface starts at the pooled estimate."""
    frame = allocated()
    gaps = np.where(np.arange(len(frame)) % 9 == 0, np.nan, frame["change"])
    plan = randomised(outcome={"missing": {"method": "multiple imputation", "number": 5}})
    found = compared(tmp_path, with_column(frame, "change", gaps), plan)
    surface = found["tipping"]["surface"]
    (centre,) = [cell for cell in surface["cells"] if cell["treated"] == cell["control"] == 0]
    primary = section(FolderFiles(tmp_path), "effect")["primary"]
    assert primary["imputation"]["imputations"] == 5
    assert centre["estimate"] == pytest.approx(primary["estimate"], rel=SAME)
    assert centre["standard_error"] == pytest.approx(primary["standard_error"], rel=SAME)


def test_the_randomisation_is_described(tmp_path: Path) -> None:
    """Scheme, strata and shares stand beside the planned allocation, with the exact test of it."""
    allocation = {"active": 1, "control": 1, "other": 2}
    found = effect(tmp_path, randomised(randomisation={"allocation": allocation}))["randomisation"]
    arms = allocated()["arm"].value_counts()
    assert (found["scheme"], found["strata"]) == ("stratified", ["Sex", "Region"])
    assert (found["number_of_strata"], found["without_an_arm"]) == (6, 0)
    assert found["arms"]["treated"] == {"n": arms["active"], "share": arms["active"] / 240, "planned": 0.5}
    assert 0 < found["p_value"] <= 1
    simple = effect(tmp_path / "s", randomised(randomisation={"scheme": "simple", "strata": []}))
    assert simple["randomisation"]["number_of_strata"] is None
    assert "randomisation" not in effect(tmp_path / "n", randomised(randomisation=None))


@pytest.mark.parametrize(
    ("hypothesis", "concluded", "limits"),
    [
        (NON_INFERIOR, True, (-0.5, None)),
        ({**NON_INFERIOR, "benefit": "lower"}, False, (None, 0.5)),
        ({"hypothesis": "superiority", "benefit": "higher"}, True, (0.0, None)),
        ({"hypothesis": "equivalence", "margin": 0.5}, False, (-0.5, 0.5)),
        ({"hypothesis": "equivalence", "margin": 3.0}, True, (-3.0, 3.0)),
    ],
)
def test_the_hypothesis_is_held_against_the_interval_of_the_look(
    tmp_path: Path, hypothesis: dict[str, Any], concluded: bool, limits: tuple[float | None, float | None]
) -> None:
    """Limits, the ends that are held against them, and the verdict, which the ends give."""
    document = effect(tmp_path, randomised(inference=hypothesis, monitoring=SPENDING))
    found, monitoring = document["hypothesis"], document["monitoring"]
    assert (found["limit_low"], found["limit_high"]) == limits
    assert found["concluded"] is concluded
    assert found["interval"] == "valid at every look"
    ends = [monitoring["ci_low"] if limits[0] is not None else None, None]
    ends[1] = monitoring["ci_high"] if limits[1] is not None else None
    assert [found["bound_low"], found["bound_high"]] == ends
    assert found["alpha"] == 0.025
    assert (found["p_value"] < 0.025) == concluded


def test_one_side_and_one_look_use_the_whole_level(tmp_path: Path) -> None:
    """With one look and one side the bound is that of the interval at 90 %; at a month that nobody planned nothing is concluded."""
    single = {"method": "single", "month": "2025-03"}
    plan = randomised(inference={**NON_INFERIOR, "sides": 1}, monitoring=single)
    document = effect(tmp_path, plan)
    found, primary = document["hypothesis"], document["primary"]
    reach = t.ppf(0.95, primary["degrees_of_freedom"]) * primary["standard_error"]
    assert found["bound_low"] == pytest.approx(primary["estimate"] - reach, rel=SAME)
    assert (found["interval"], found["alpha"]) == ("pointwise", 0.05)
    assert found["concluded"] is None or document["monitoring"]["controlled"]


def test_the_margin_of_a_ratio_is_a_ratio(tmp_path: Path) -> None:
    """A margin of 1.25 is 0.8 on the other side, and ends and p-values are those of the logarithm."""
    plan = randomised(
        outcome=RESPONDED,
        estimand={"measure": "risk ratio"},
        inference={"estimator": "g-computation", "hypothesis": "equivalence", "margin": 1.25},
        monitoring=SPENDING,
    )
    found = effect(tmp_path, plan)["hypothesis"]
    assert (found["limit_low"], found["limit_high"]) == pytest.approx((0.8, 1.25))
    assert found["p_value"] == max(found["p_below"], found["p_above"])
    early = {**SPENDING, "first_subjects": 1000}
    infinite = effect(
        tmp_path / "early",
        randomised(
            outcome=RESPONDED,
            estimand={"measure": "risk ratio"},
            inference={"estimator": "g-computation", "hypothesis": "equivalence", "margin": 1.25},
            monitoring=early,
        ),
    )["hypothesis"]
    assert (infinite["bound_low"], infinite["bound_high"]) == (0.0, "inf")
    assert infinite["concluded"] is False


def test_what_the_design_leaves_out_and_what_it_adds(tmp_path: Path) -> None:
    """No E-value, no leaving out one by one, no clipped scores; AIPW, the other form and the uncorrected variance beside it."""
    found = compared(tmp_path, allocated(), randomised())
    names = [row["name"] for row in found["sensitivity"]]
    assert found["evalue"] is None
    assert names == [
        "IPW instead of ANCOVA",
        "Outcome models alone",
        "TMLE instead of ANCOVA",
        "AIPW instead of ANCOVA",
        "ANCOVA with interactions of treatment and covariates",
        "ANCOVA, variance of randomisation without correction",
        "No adjustment",
    ]
    assert all(row["estimate"] is not None for row in found["sensitivity"])
    per_arm = compared(tmp_path / "h", allocated(), randomised(inference={"heterogeneous": True}))
    assert "ANCOVA without interactions of treatment and covariates" in [
        row["name"] for row in per_arm["sensitivity"]
    ]


def test_what_a_randomised_protocol_declares_is_done(tmp_path: Path) -> None:
    """With a limit of imbalance the gate fires as ever; with leaving out declared the rows are there."""
    frame = allocated()
    frame["age"] = frame["age"] + 20 * (frame["arm"] == "active").astype("Int64")
    plan = randomised(gates={"smd": 0.1, "smd_sample": "unweighted"}, sensitivity={"leave_one_out": True})
    _, findings = weighed(tmp_path, frame, plan)
    assert "SMD (unweighted)" in [finding.gate for finding in findings]
    files, findings = weighed(tmp_path / "n", frame, randomised())
    assert [finding.gate for finding in findings if finding.gate.startswith("SMD")] == []
    balance = section(files, "propensity")["balance"]
    assert (balance["threshold"], balance["expected_false_alarm_rate"]) == (None, None)
    names = [row["name"] for row in compared(tmp_path / "l", allocated(), plan)["sensitivity"]]
    assert "Without Age" in names


def test_every_contrast_of_three_arms(tmp_path: Path) -> None:
    """Each two arms have a row, and the differences add up."""
    frame = allocated(300, arms=("active", "control", "other"))
    plan = randomised(treatment={"contrasts": "all"})
    rows = {
        row["name"]: row
        for row in compared(tmp_path, frame, plan)["supplementary"]
        if row["name"].startswith("Contrast")
    }
    names = [
        "Contrast: active against control",
        "Contrast: other against control",
        "Contrast: other against active",
    ]
    assert list(rows) == names
    one, two, three = (rows[name]["estimate"] for name in names)
    assert two - one == pytest.approx(three, rel=SAME)
    assert {row["n"] for row in rows.values()} == {300}
    assert "not adjusted for the number of contrasts" in rows[names[0]]["note"]


def test_contrasts_that_cannot_be_estimated_say_why(tmp_path: Path) -> None:
    """Without anybody in an arm each contrast says so."""
    plan = randomised(treatment={"contrasts": "all"})
    rows = [
        row
        for row in compared(tmp_path, allocated(), plan)["supplementary"]
        if row["name"].startswith("Contrast")
    ]
    assert len(rows) == 3
    assert all("2 of 3 arms have subjects" in row["note"] for row in rows)


@pytest.mark.parametrize("estimator", ["ancova", "g-computation"])
def test_a_secondary_endpoint_is_confirmed_as_the_primary_is(tmp_path: Path, estimator: str) -> None:
    """The primary outcome declared again gives the primary's own numbers, by the second implementation too."""
    endpoint = {
        "name": "again", "column": "again", "unit": "points", "label": "Change, again", "assessed": "none",
        "missing": {"method": "complete cases"},
    }  # fmt: skip
    contract = randomised().as_json()["contract"]
    contract["columns"].append(
        {"name": "again", "type": "number", "timing": "follow-up", "unit": "points", "required": False}
    )
    plan = randomised(contract=contract, secondary=[endpoint], inference={"estimator": estimator})
    frame = allocated()
    files, _ = estimated(tmp_path, frame.assign(again=frame["change"]), plan)
    assert sensitivity(files, plan) == ()
    primary = section(files, "effect")["primary"]
    (row,) = section(files, "sensitivity")["secondary"]
    for key in ("estimate", "standard_error", "ci_low", "ci_high", "estimator", "variance", "verification"):
        assert row[key] == primary[key], key
