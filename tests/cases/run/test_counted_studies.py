"""A study with a count of events runs from the delivery to the sealed record; its numbers are right, traced and reproduced."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from medicore.records.results.result_tables import result_tables
from tests.whole_house.analysed_study import Analysed, analysed, grown
from tests.whole_house.counted_study import RATIO, counted
from tests.whole_house.house import found_whole_house

EXACT = 1e-9


@pytest.fixture(scope="module")
def ratio(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The month of a study whose effect is a ratio of rates, with every kind of row."""
    planned = {"trimming": [0.05], "clipping": [0.05], "leave_one_out": True, "subgroups": ["smoker"]}
    return analysed(tmp_path_factory.mktemp("counted") / "house", counted().planned("sensitivity", planned))


def test_the_primary_result_is_a_ratio_of_rates(ratio: Analysed) -> None:
    """Measure, arms, interval and p-value belong together, and the second implementation confirms them."""
    primary = ratio.results["primary"]
    assert (primary["estimand"], primary["measure"], primary["scale"]) == (
        "ATE, rate ratio",
        "rate ratio",
        "logarithm",
    )
    assert (primary["null"], primary["unit"]) == (1.0, "")
    assert primary["estimate"] == pytest.approx(primary["mean_treated"] / primary["mean_control"], rel=EXACT)
    quantile = t.ppf(0.975, primary["degrees_of_freedom"])
    ends = np.log(primary["estimate"]) + quantile * primary["standard_error"] * np.array([-1, 1])
    assert (primary["ci_low"], primary["ci_high"]) == pytest.approx(tuple(np.exp(ends)), rel=EXACT)
    assert primary["ci_low"] < RATIO < primary["ci_high"]
    assert primary["degrees_of_freedom"] == 300 - 2 * 7
    assert primary["verification"]["relative_difference"] < 1e-6
    assert primary["bootstrap"]["expected_spread"] == primary["standard_error"]
    assert primary["observed"] == ratio.study.numbers("exacerbations").sum()
    apart = primary["absolute_difference"]["estimate"]
    assert apart == pytest.approx(primary["mean_treated"] - primary["mean_control"], abs=EXACT)
    assert ratio.results["tipping"] is None


def test_events_and_exposure_are_those_of_the_delivery(ratio: Analysed) -> None:
    """Sums and crude rates of each arm, and the ratio of these without adjustment."""
    events, years = ratio.study.numbers("exacerbations"), ratio.study.numbers("years")
    crude = []
    for arm, inside in (("treated", ratio.study.active), ("control", ~ratio.study.active)):
        found = ratio.results["cohort"]["outcomes"]["exposure"]["arms"][arm]
        assert (found["events"], found["subjects"]) == (events[inside].sum(), inside.sum())
        assert found["exposure"] == pytest.approx(years[inside].sum())
        crude.append(events[inside].sum() / years[inside].sum())
        assert found["crude_rate"] == pytest.approx(crude[-1])
        told = ratio.results["rates"]["arms"][arm]
        assert told["crude"] == pytest.approx(crude[-1])
        assert told["crude_ci_low"] < told["crude"] < told["crude_ci_high"]
        assert told["adjusted"] == pytest.approx(ratio.results["primary"][f"mean_{arm}"], rel=EXACT)
        assert told["dispersion"] > 1.2
        assert ratio.results["primary"]["exposure"]["arms"][arm]["lowest_expected"] > 0
    rows = {row["name"]: row for row in ratio.results["sensitivity"]["sensitivity"]}
    assert rows["No adjustment"]["estimate"] == pytest.approx(crude[0] / crude[1])
    evalue = ratio.results["evalue"]
    assert evalue["risk_ratio"] == pytest.approx(ratio.results["primary"]["estimate"], rel=EXACT)


def test_every_planned_row_is_there_and_keeps_the_question(ratio: Analysed) -> None:
    """Sensitivity rows keep the estimand; trimming and subgroups are supplementary."""
    section = ratio.results["sensitivity"]
    names = [row["name"] for row in section["sensitivity"]]
    assert names[:5] == [
        "Rate models alone",
        "One rate model of both arms alone",
        "Weights for treatment and exposure alone",
        "One rate model for both arms",
        "Negative binomial model alone",
    ]
    assert [name for name in names if name.startswith("Without ")] == [
        f"Without {covariate['label']}" for covariate in ratio.study.protocol["covariates"]
    ]
    for row in section["sensitivity"]:
        assert row["estimand"] == "ATE, rate ratio"
        assert row["ci_low"] < RATIO + 0.2 < row["ci_high"] + 0.2, row["name"]
    others = {row["name"]: row for row in section["supplementary"]}
    assert set(others) == {"Scores outside 0.05 to 0.95 discarded", "Smoking: never", "Smoking: current"}
    assert others["Smoking: never"]["n"] + others["Smoking: current"]["n"] == 300
    assert 0 < others["Smoking: never"]["interaction_p_value"] < 1


def test_every_number_has_an_origin_a_table_and_a_place_in_the_standard(ratio: Analysed) -> None:
    """No leaf of the results is without a function behind it, and the parts of a count are exported."""
    ratio.require_traced()
    assert {"14.1.1.1_exposure.csv", "14.2.1.5_exposure.csv", "14.2.12_counts.csv"} <= set(
        result_tables(ratio.results)
    )
    assert {"Events and exposure", "Primary effect, exposure", "Rates"} <= ratio.analyses("exacerbations")


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("primary.standard_error", "RateSample"),
        ("primary.mean_control", "augmented_rates"),
        ("rates.arms.control.dispersion", "rates_section"),
        ("cohort.outcomes.exposure.arms.treated.crude_rate", "exposure_section"),
        ("balance.worst.weighted.smd", "standardised_mean_differences"),
    ],
)
def test_a_number_is_explained_and_comes_out_the_same(
    ratio: Analysed, tmp_path: Path, path: str, function: str
) -> None:
    """Explain names the function of a count, and computes the value again."""
    ratio.require_explained(path, function, tmp_path / "scratch")


def test_a_printed_number_is_found_with_its_definition(ratio: Analysed) -> None:
    """A number as printed leads to its path, with the definition for a count."""
    primary = ratio.results["primary"]
    assert "Events per unit of exposure" in ratio.definition(
        "primary.mean_control", f"{primary['mean_control']:.8f}"
    )


def test_a_difference_of_rates_reproduces_and_verifies(tmp_path: Path) -> None:
    """The difference is in the declared unit, and a second computation gives the same bytes."""
    done = analysed(tmp_path / "house", counted("TEST-RATES", "rate difference"))
    primary = done.results["primary"]
    assert (primary["measure"], primary["unit"]) == ("rate difference", "exacerbations per year")
    assert primary["estimate"] == pytest.approx(primary["mean_treated"] - primary["mean_control"], abs=EXACT)
    assert primary["verification"]["relative_difference"] < 1e-6
    done.require_reproduced(tmp_path / "again")


def test_monitoring_goes_by_information(tmp_path: Path) -> None:
    """Two months of a growing study are two looks, each with the information of the logarithm of its ratio."""
    found = grown(tmp_path / "house", counted)
    looks, primary = found["monitoring"]["looks"], found["primary"]
    assert [look["n"] for look in looks] == [200, 300]
    assert found["monitoring"]["information"] == pytest.approx(1 / primary["standard_error"] ** 2)
    assert found["change"]["previous_n"] == 200


def test_an_arm_without_events_halts_and_nobody_overrides_it(tmp_path: Path) -> None:
    """No rate can be modelled where nothing happened: a finding before anything is fitted."""
    study = counted("TEST-NONE")
    events = np.where(study.active, 0, study.numbers("exacerbations")).astype(int)
    house = found_whole_house(tmp_path / "house")
    house.prepare(study.column("exacerbations", events.tolist()))
    outcome = house.run(study.study)
    assert outcome.state == "halted"
    (finding,) = [one for one in outcome.findings if one.gate == "events of an arm"]
    assert not finding.overridable
    assert "'active'" in finding.message


def test_a_level_without_events_is_a_finding_in_place_of_the_estimate(tmp_path: Path) -> None:
    """Where the model of an arm's rate separates and leaves no jackknife or bootstrap, the finding says so and stays."""
    study = counted("TEST-APART")
    quiet = study.active & (np.array(study.texts["smoker"]) == "current")
    events = np.where(quiet, 0, study.numbers("exacerbations")).astype(int)
    house = found_whole_house(tmp_path / "house")
    house.prepare(study.column("exacerbations", events.tolist()))
    outcome = house.run(study.study)
    assert outcome.state == "halted"
    (finding,) = [one for one in outcome.findings if one.gate == "outcome separation"]
    assert "no estimate follows" in finding.message
    assert not finding.overridable


def test_a_subject_whose_exposure_is_not_recorded_stops_the_run(tmp_path: Path) -> None:
    """An eligible subject without count or exposure has no rate: the column and the number are told."""
    study = counted("TEST-UNRECORDED")
    place = [column["name"] for column in study.protocol["contract"]["columns"]].index("years")
    study = study.planned(f"contract.columns.{place}.required", False)
    study = study.column("years", ["", *study.texts["years"][1:]])
    house = found_whole_house(tmp_path / "house")
    house.prepare(study)
    outcome = house.run(study.study)
    assert outcome.state == "failed"
    assert "column 'years' is missing for 1 eligible subject(s)" in outcome.message
