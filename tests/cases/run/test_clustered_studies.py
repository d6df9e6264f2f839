"""A study of sites runs from the delivery to the sealed record with errors by clusters, confirmed, traced and reproduced."""

from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit
from scipy.stats import t

from medicore.cases.answers.explain import explain
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.errors import ProtocolError
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.result_tables import result_tables
from tests.whole_house.analysed_study import Analysed, analysed
from tests.whole_house.house import found_whole_house
from tests.whole_house.terms_studies import SITES, clustered, few_clusters

EXACT = 1e-9
FITTED = 1e-6


@pytest.fixture(scope="module")
def sited(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The month of a study of 24 sites."""
    return analysed(tmp_path_factory.mktemp("clustered") / "house", clustered())


def _influence(done: Analysed) -> np.ndarray:
    """Return each subject's influence by statsmodels' regressions and the textbook's formula."""
    study = done.study
    smoker = (np.array(study.texts["smoker"]) == "current").astype(float)
    region = [(np.array(study.texts["region"]) == one).astype(float) for one in ("south", "east")]
    numbers = [study.numbers(name) for name in ("age", "bmi", "severity")]
    x = sm.add_constant(np.column_stack([*numbers, smoker, *region]))
    arm, outcome = study.active, study.numbers("change")
    scores = expit(x @ sm.Logit(arm.astype(float), x).fit(disp=0, tol=1e-12).params)
    one, zero = (x @ sm.OLS(outcome[inside], x[inside]).fit().params for inside in (arm, ~arm))
    made: np.ndarray = one - zero + arm * (outcome - one) / scores - ~arm * (outcome - zero) / (1 - scores)
    return made


def test_the_standard_error_is_that_of_a_regression_clustered_by_statsmodels(sited: Analysed) -> None:
    """The influence's mean by statsmodels with cov_type cluster has the standard error of the influence function."""
    influence, primary = _influence(sited), sited.results["primary"]
    site = np.unique(sited.study.texts["site"], return_inverse=True)[1]
    n = len(influence)
    fit = sm.OLS(influence, np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": site})
    assert primary["estimate"] == pytest.approx(float(fit.params[0]), rel=FITTED)
    # statsmodels multiplies by G/(G − 1) · (n − 1)/(n − 1); here the divisor of the influence is n(n − 1).
    assert primary["standard_errors"]["influence"] == pytest.approx(
        float(fit.bse[0]) * np.sqrt(n / (n - 1)), rel=FITTED
    )


def test_interval_and_bootstrap_are_of_clusters(sited: Analysed) -> None:
    """Student's t has the clusters less one, the bootstrap agrees, and ignoring the sites would claim too much or too little."""
    primary = sited.results["primary"]
    assert primary["clusters"]["number"] == SITES
    assert primary["degrees_of_freedom"] == SITES - 1
    quantile = t.ppf(0.975, SITES - 1)
    ends = primary["estimate"] + quantile * primary["standard_error"] * np.array([-1, 1])
    assert (primary["ci_low"], primary["ci_high"]) == pytest.approx(tuple(ends), abs=EXACT)
    assert primary["variance"].startswith(f"cluster-robust, {SITES} clusters")
    assert primary["verification"]["relative_difference"] < FITTED
    assert primary["bootstrap"]["spread"] == pytest.approx(primary["standard_error"], rel=0.2)
    alone = _influence(sited).std(ddof=1) / np.sqrt(300)
    assert abs(primary["standard_error"] / alone - 1) > 0.05


def test_every_row_is_by_clusters(sited: Analysed) -> None:
    """Every sensitivity and supplementary analysis has its variance by clusters; matching, which has none, says so."""
    section = sited.results["sensitivity"]
    rows = [*section["sensitivity"], *section["supplementary"]]
    assert {row["name"] for row in rows} >= {"No adjustment", "Outcome models alone", "Without Age"}
    for row in rows:
        if row["name"] == "1:1 matching on the score":
            assert "has no sum by the clusters" in row["note"]
            continue
        assert row["estimate"] is not None, row["note"]
        assert row["variance"].startswith("cluster-robust"), row["name"]


def test_a_clustered_number_is_explained_and_tabled(sited: Analysed, tmp_path: Path) -> None:
    """Explain names the sum by clusters and computes it again; the clusters have a table and a place in the standard."""
    for path, function in (
        ("primary.standard_error", "clustered_means"),
        ("primary.standard_errors.bootstrap", "draw_clusters"),
        ("primary.clusters.largest", "clusters_section"),
    ):
        found = explain(sited.house.house, sited.run, path, tmp_path / path)
        assert found.value == found.recomputed is not None
        assert found.origin.function.endswith(f":{function}")
    assert "14.2.11_clusters.csv" in result_tables(sited.results)
    event = reporting_event(
        str(sited.run), sited.results, {"treatment": {"column": "arm"}, "outcome": {"column": "change"}}
    )
    assert any(one["name"].startswith("Clusters of subjects") for one in event["analyses"])


def test_the_record_is_reproduced_and_verified(sited: Analysed, tmp_path: Path) -> None:
    """Every file of the record is computed again, byte for byte, and every check of the record passes."""
    assert all(one.identical for one in reproduce(sited.house.house, sited.run, tmp_path / "again").files)
    assert [check.subject for check in verify(sited.house.house, sited.run) if not check.passed] == []


def test_too_few_clusters_halt_and_nobody_overrides_it(tmp_path: Path) -> None:
    """Eight clusters are a finding before anything is fitted, which names column and number."""
    study = few_clusters()
    house = found_whole_house(tmp_path / "house")
    house.prepare(study)
    outcome = house.run(study.study)
    assert outcome.state == "halted"
    (finding,) = outcome.findings
    assert (finding.gate, finding.statistic, finding.overridable) == ("clusters", "8", False)
    assert "8 clusters of column 'site'; expected 10 or more" in finding.message


def test_a_plan_without_variance_by_clusters_is_refused_by_name(tmp_path: Path) -> None:
    """A confidence sequence beside clusters is refused before anything is extracted."""
    study = clustered().planned(
        "monitoring",
        {"method": "confidence sequence", "alpha": 0.05, "tuned_at": 300, "first": 20, "action": "none"},
    )
    house = found_whole_house(tmp_path / "house")
    house.prepare(study)
    with pytest.raises(ProtocolError, match="monitoring by a confidence sequence is not offered with"):
        house.run(study.study)
