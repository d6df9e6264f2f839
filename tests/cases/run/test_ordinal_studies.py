"""A study with an ordinal outcome runs from the delivery to the sealed record; its numbers are right, traced and reproduced."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, t

from medicore.records.results.result_tables import result_tables
from tests.whole_house.analysed_study import Analysed, analysed, grown
from tests.whole_house.house import found_whole_house
from tests.whole_house.ordinal_study import LEVELS, ordinal

EXACT = 1e-9


@pytest.fixture(scope="module")
def odds(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The month of a study whose effect is win odds, with every kind of row."""
    planned = {"trimming": [0.05], "clipping": [0.05], "leave_one_out": True, "subgroups": ["smoker"]}
    return analysed(tmp_path_factory.mktemp("ordinal") / "house", ordinal().planned("sensitivity", planned))


def test_the_primary_result_is_win_odds(odds: Analysed) -> None:
    """Odds, net benefit, chances, interval and p-value belong together, and the second implementation confirms them."""
    primary = odds.results["primary"]
    assert (primary["estimand"], primary["measure"]) == ("ATE, win odds", "win odds")
    assert (primary["scale"], primary["null"], primary["unit"]) == ("logarithm", 1.0, "")
    assert primary["mean_treated"] + primary["mean_control"] == pytest.approx(1, abs=EXACT)
    assert primary["estimate"] == pytest.approx(primary["mean_treated"] / primary["mean_control"], rel=EXACT)
    benefit = primary["absolute_difference"]["estimate"]
    assert benefit == pytest.approx(2 * primary["mean_treated"] - 1, abs=EXACT)
    quantile = t.ppf(0.975, primary["degrees_of_freedom"])
    ends = np.log(primary["estimate"]) + quantile * primary["standard_error"] * np.array([-1, 1])
    assert (primary["ci_low"], primary["ci_high"]) == pytest.approx(tuple(np.exp(ends)), rel=EXACT)
    assert 1 < primary["ci_low"] < 1.8 < primary["ci_high"]
    assert primary["verification"]["relative_difference"] < 1e-6
    assert primary["bootstrap"]["expected_spread"] == primary["standard_error"]
    assert (primary["n"], primary["observed"]) == (300, 300)
    assert primary["degrees_of_freedom"] == 300 - 2 * 7
    assert odds.results["tipping"] is None
    assert odds.results["evalue"] is None


def test_the_order_is_the_declared_one(odds: Analysed) -> None:
    """Codes fall from the worst to the best, so that who has the lower code wins; without adjustment it is Mann–Whitney."""
    codes, active = odds.study.numbers("state"), odds.study.active
    expected = mannwhitneyu(-codes[active], -codes[~active]).statistic / (active.sum() * (~active).sum())
    rows = {row["name"]: row for row in odds.results["sensitivity"]["sensitivity"]}
    assert rows["No adjustment"]["estimate"] == pytest.approx(expected / (1 - expected), rel=EXACT)


def test_the_levels_of_each_arm_are_those_of_the_delivery(odds: Analysed) -> None:
    """Subjects and shares by level and arm; adjusted shares add up to 1 and give the win probability."""
    codes, found = odds.study.numbers("state"), odds.results["wins"]["levels"]
    assert [(level["value"], level["level"]) for level in found] == [
        (level["value"], level["label"]) for level in LEVELS
    ]
    for arm, inside in (("treated", odds.study.active), ("control", ~odds.study.active)):
        for level in found:
            told = level[arm]
            assert told["n"] == (codes[inside] == level["value"]).sum()
            assert told["share"] == pytest.approx(told["n"] / inside.sum())
            assert 0 <= told["ci_low"] < told["adjusted"] < told["ci_high"] <= 1
    one, zero = (np.array([level[arm]["adjusted"] for level in found]) for arm in ("treated", "control"))
    assert (one.sum(), zero.sum()) == pytest.approx((1, 1))
    pairs = one @ (np.tri(5, k=-1) + np.eye(5) / 2) @ zero
    assert pairs == pytest.approx(odds.results["primary"]["mean_treated"], abs=EXACT)


def test_every_planned_row_is_there_and_keeps_the_question(odds: Analysed) -> None:
    """Sensitivity rows keep the estimand; trimming and subgroups are supplementary."""
    section = odds.results["sensitivity"]
    names = [row["name"] for row in section["sensitivity"]]
    assert names[:6] == [
        "IPW instead of AIPW",
        "Threshold models alone",
        "Threshold models of both arms alone",
        "One threshold model for both arms",
        "Logistic models of the thresholds",
        "Scores clipped to 0.05 to 0.95",
    ]
    assert [name for name in names if name.startswith("Without ")] == [
        f"Without {covariate['label']}" for covariate in odds.study.protocol["covariates"]
    ]
    for row in section["sensitivity"]:
        assert row["estimand"] == "ATE, win odds"
        assert abs(np.log(row["estimate"] / odds.results["primary"]["estimate"])) < 0.3, row["name"]
    others = {row["name"]: row for row in section["supplementary"]}
    assert set(others) == {"Scores outside 0.05 to 0.95 discarded", "Smoking: never", "Smoking: current"}
    assert others["Smoking: never"]["n"] + others["Smoking: current"]["n"] == 300
    assert 0 < others["Smoking: never"]["interaction_p_value"] <= 1


def test_every_number_has_an_origin_a_table_and_a_place_in_the_standard(odds: Analysed) -> None:
    """No leaf of the results is without a function behind it, and the levels are exported."""
    odds.require_traced()
    assert "14.2.13_ordinal.csv" in result_tables(odds.results)
    assert "Levels of the outcome" in odds.analyses("state")


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("primary.standard_error", "WinSample"),
        ("primary.mean_treated", "augmented_wins"),
        ("wins.levels.0.control.adjusted", "wins_section"),
        ("sensitivity.sensitivity.0.estimate", "same_wins"),
        ("balance.worst.weighted.smd", "standardised_mean_differences"),
    ],
)
def test_a_number_is_explained_and_comes_out_the_same(
    odds: Analysed, tmp_path: Path, path: str, function: str
) -> None:
    """Explain names the function of an ordinal outcome, and computes the value again."""
    odds.require_explained(path, function, tmp_path / "scratch")


def test_a_printed_number_is_found_with_its_definition(odds: Analysed) -> None:
    """A number as printed leads to its path, with the definition for an ordinal outcome."""
    primary = odds.results["primary"]
    assert "Win probability of the treated" in odds.definition(
        "primary.mean_treated", f"{primary['mean_treated']:.8f}"
    )


def test_a_net_benefit_reproduces_and_verifies_without_who_has_no_outcome(tmp_path: Path) -> None:
    """It is twice the win probability less 1, of complete cases, and a second computation gives the same bytes."""
    study = ordinal("TEST-BENEFIT", "net benefit")
    study = study.column("state", ["", *study.texts["state"][1:]])
    done = analysed(tmp_path / "house", study)
    primary = done.results["primary"]
    assert (primary["measure"], primary["scale"], primary["null"]) == ("net benefit", "identity", 0.0)
    assert primary["estimate"] == pytest.approx(2 * primary["mean_treated"] - 1, abs=EXACT)
    assert (primary["n"], primary["observed"]) == (299, 299)
    assert primary["verification"]["relative_difference"] < 1e-6
    done.require_reproduced(tmp_path / "again")


def test_monitoring_goes_by_information(tmp_path: Path) -> None:
    """Two months of a growing study are two looks, each with the information of the logarithm of its odds."""
    found = grown(tmp_path / "house", ordinal)
    assert [look["n"] for look in found["monitoring"]["looks"]] == [200, 300]
    assert found["monitoring"]["information"] == pytest.approx(1 / found["primary"]["standard_error"] ** 2)


def test_one_level_alone_halts_and_nobody_overrides_it(tmp_path: Path) -> None:
    """Nobody fares better than another where all are in one state: a finding before anything is fitted."""
    study = ordinal("TEST-NONE")
    house = found_whole_house(tmp_path / "house")
    house.prepare(study.column("state", [2] * len(study.active)))
    outcome = house.run(study.study)
    assert outcome.state == "halted"
    (finding,) = [one for one in outcome.findings if one.gate == "levels of the outcome"]
    assert not finding.overridable
