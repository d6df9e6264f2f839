"""A study with a time to event runs from the delivery to the sealed record; its numbers are right, traced and reproduced."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from medicore.records.results.result_tables import result_tables
from medicore.stats.survival.kaplan_meier import kaplan_meier
from tests.whole_house.analysed_study import Analysed, analysed, grown
from tests.whole_house.house import found_whole_house
from tests.whole_house.prepared_study import PreparedStudy
from tests.whole_house.timed_study import HORIZON, timed

EXACT = 1e-9


@pytest.fixture(scope="module")
def competing(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The month of a study whose event competes with death."""
    return analysed(tmp_path_factory.mktemp("timed") / "house", _with_subgroups(timed(competing=True)))


def _with_subgroups(study: PreparedStudy) -> PreparedStudy:
    planned = {"trimming": [0.05], "clipping": [0.05], "leave_one_out": True, "subgroups": ["smoker"]}
    return study.planned("sensitivity", planned).planned(
        "outcome.censoring", {"covariates": ["age", "severity"]}
    )


def test_the_primary_result_is_of_survival_at_the_horizon(competing: Analysed) -> None:
    """Measure, arms, interval and p-value belong together, and the second implementation confirms them."""
    primary = competing.results["primary"]
    assert (primary["estimand"], primary["measure"]) == ("ATE", f"difference of survival at {HORIZON} days")
    assert primary["estimate"] == pytest.approx(primary["mean_treated"] - primary["mean_control"], abs=EXACT)
    quantile = t.ppf(0.975, primary["degrees_of_freedom"])
    ends = primary["estimate"] + quantile * primary["standard_error"] * np.array([-1, 1])
    assert (primary["ci_low"], primary["ci_high"]) == pytest.approx(tuple(ends), abs=EXACT)
    assert primary["degrees_of_freedom"] == 300 - 2 * 6 - 2
    assert primary["verification"]["relative_difference"] < 1e-6
    assert primary["standard_errors"]["influence"] < primary["standard_error"]
    assert primary["bootstrap"]["expected_spread"] == primary["standard_error"]
    assert primary["censoring"]["covariates"] == ["age", "severity"]
    assert competing.results["tipping"] is None


def test_follow_up_is_counted_by_how_it_ended(competing: Analysed) -> None:
    """Events, competing events and ends of follow-up are those of the delivery, by arm."""
    status, time = np.array(competing.study.texts["status"]), competing.study.numbers("days")
    for arm, inside in (("treated", competing.study.active), ("control", ~competing.study.active)):
        found = competing.results["cohort"]["outcomes"]["follow_up"]["arms"][arm]
        assert [found[key] for key in ("censored", "events", "competing")] == [
            int((status[inside] == code).sum()) for code in ("0", "1", "2")
        ]
        assert found["followed_to_horizon"] == int((time[inside] >= HORIZON).sum())
        assert found["events_by_horizon"] == int(((status != "0") & (time <= HORIZON))[inside].sum())
        of_arm = competing.results["primary"]["censoring"]["arms"][arm]
        assert of_arm["followed"] + of_arm["censored"] == inside.sum()


def test_what_stands_beside_the_effect_belongs_to_it(competing: Analysed) -> None:
    """Unweighted, the curves' difference is that of Kaplan and Meier; incidences and survival are one together."""
    found = competing.results["survival"]
    rows = {row["name"]: row for row in competing.results["sensitivity"]["sensitivity"]}
    either = np.array(competing.study.texts["status"]) != "0"
    at = [
        kaplan_meier(competing.study.numbers("days")[inside], either[inside]).at(HORIZON)
        for inside in (competing.study.active, ~competing.study.active)
    ]
    assert rows["No adjustment"]["estimate"] == pytest.approx(at[0] - at[1], abs=EXACT)
    curves = found["curves"]["arms"]
    weighted = rows["Weighted Kaplan–Meier curves"]["estimate"]
    last = {arm: curves[arm]["survival"][-1] for arm in ("treated", "control")}
    assert last["treated"] - last["control"] == pytest.approx(weighted, abs=EXACT)
    for arm, survival in last.items():
        incidences = sum(found["competing"]["kinds"][kind][arm] for kind in ("event", "competing"))
        assert incidences + survival == pytest.approx(1.0, abs=EXACT)
        assert found["at_risk"][arm][0] == competing.results["cohort"]["arms"][arm]["n"]
    assert found["hazard_ratio"]["estimate"] < 1
    assert found["competing"]["name"] == "Death without the event"


def test_every_planned_row_is_there_and_keeps_the_question(competing: Analysed) -> None:
    """Sensitivity rows keep the estimand; trimming and subgroups are supplementary."""
    section = competing.results["sensitivity"]
    names = [row["name"] for row in section["sensitivity"]]
    assert names[:5] == [
        "Hazard models alone",
        "Weights for treatment and censoring alone",
        "One hazard model for both arms",
        "Pseudo-observations instead of censoring weights",
        "Weighted Kaplan–Meier curves",
    ]
    assert [name for name in names if name.startswith("Without ")] == [
        f"Without {covariate['label']}" for covariate in competing.study.protocol["covariates"]
    ]
    primary = competing.results["primary"]
    for row in section["sensitivity"]:
        assert row["estimand"] == "ATE"
        assert abs(row["estimate"] - primary["estimate"]) < 2 * primary["standard_error"], row["name"]
    others = {row["name"]: row for row in section["supplementary"]}
    assert set(others) == {"Scores outside 0.05 to 0.95 discarded", "Smoking: never", "Smoking: current"}
    assert others["Smoking: never"]["n"] + others["Smoking: current"]["n"] == 300
    assert 0 < others["Smoking: never"]["interaction_p_value"] < 1
    evalue = competing.results["evalue"]
    risks = [1 - primary[f"mean_{arm}"] for arm in ("treated", "control")]
    assert evalue["risk_ratio"] == pytest.approx(risks[0] / risks[1], rel=EXACT)


def test_every_number_has_an_origin_a_table_and_a_place_in_the_standard(competing: Analysed) -> None:
    """No leaf of the results is without a function behind it, and the parts of survival are exported."""
    competing.require_traced()
    assert {"14.1.1.1_follow_up.csv", "14.2.1.3_censoring.csv", "14.2.10_survival.csv"} <= set(
        result_tables(competing.results)
    )
    parts = {"Follow-up", "Survival curves", "Hazard ratio", "Competing events"}
    assert parts <= competing.analyses("days")


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("primary.standard_error", "jackknifed"),
        ("survival.hazard_ratio.estimate", "fit_cox"),
        ("cohort.outcomes.follow_up.arms.control.median_follow_up", "follow_up_section"),
        ("balance.worst.weighted.smd", "standardised_mean_differences"),
    ],
)
def test_a_number_is_explained_and_comes_out_the_same(
    competing: Analysed, tmp_path: Path, path: str, function: str
) -> None:
    """Explain names the function of a time to event, and computes the value again."""
    competing.require_explained(path, function, tmp_path / "scratch")


def test_a_printed_number_is_found_with_its_definition(competing: Analysed) -> None:
    """A number as printed leads to its path, with the definition for a time to event."""
    primary = competing.results["primary"]
    assert "jackknife" in competing.definition("primary.standard_error", f"{primary['standard_error']:.8f}")


def test_a_restricted_mean_reproduces_and_verifies(tmp_path: Path) -> None:
    """The difference of restricted means is in the unit of time, and a second computation gives the same bytes."""
    done = analysed(tmp_path / "house", timed("TEST-RMST", "rmst difference"))
    primary = done.results["primary"]
    assert (primary["measure"], primary["unit"]) == (
        f"difference of restricted mean survival to {HORIZON} days",
        "days",
    )
    assert 0 < primary["mean_control"] < primary["mean_treated"] < HORIZON
    assert primary["verification"]["relative_difference"] < 1e-6
    assert "no risk ratio" in done.results["evalue"]["note"]
    assert done.results["survival"]["competing"] is None
    done.require_reproduced(tmp_path / "again")


def test_monitoring_goes_by_information(tmp_path: Path) -> None:
    """Two months of a growing study are two looks, each with the information of its estimate, and the change is told."""
    found = grown(tmp_path / "house", timed)
    looks, primary = found["monitoring"]["looks"], found["primary"]
    assert [look["n"] for look in looks] == [200, 300]
    assert found["monitoring"]["information"] == pytest.approx(1 / primary["standard_error"] ** 2)
    assert found["change"]["previous_n"] == 200
    assert found["change"]["unit"] == primary["unit"] == ""


@pytest.mark.parametrize(
    ("gate", "change"),
    [
        ("events of an arm", "status"),
        ("follow-up of an arm", "days"),
    ],
)
def test_an_arm_that_cannot_be_followed_halts_and_nobody_overrides_it(
    tmp_path: Path, gate: str, change: str
) -> None:
    """An arm without event, or without follow-up to the horizon, is a finding before anything is fitted."""
    study = timed("TEST-SHORT")
    status, days = np.array(study.texts["status"]), study.numbers("days")
    if change == "status":
        status[study.active] = "0"
    else:
        days[study.active] = np.minimum(days[study.active], 200.0)
        status[study.active & (days == 200.0)] = "0"
    study = study.column("status", status.tolist()).column("days", days.tolist())
    house = found_whole_house(tmp_path / "house")
    house.prepare(study)
    outcome = house.run(study.study)
    assert outcome.state == "halted"
    (finding,) = [one for one in outcome.findings if one.gate == gate]
    assert not finding.overridable
    assert "'active'" in finding.message


def test_a_subject_whose_ending_is_not_recorded_stops_the_run(tmp_path: Path) -> None:
    """An eligible subject without time or ending is no censored one: the column and the number are told."""
    study = timed("TEST-UNRECORDED")
    place = [column["name"] for column in study.protocol["contract"]["columns"]].index("status")
    study = study.planned(f"contract.columns.{place}.required", False)
    study = study.column("status", ["", *study.texts["status"][1:]])
    house = found_whole_house(tmp_path / "house")
    house.prepare(study)
    outcome = house.run(study.study)
    assert outcome.state == "failed"
    assert "column 'status' is missing for 1 eligible subject(s)" in outcome.message
