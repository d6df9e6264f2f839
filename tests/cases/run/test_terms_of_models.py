"""Splines and interactions run from the delivery to the sealed record; their numbers are right, traced and reproduced."""

from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit

from medicore.cases.answers.explain import explain
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.result_tables import result_tables
from tests.whole_house.analysed_study import Analysed, analysed
from tests.whole_house.terms_studies import curved

EXACT = 1e-9
FITTED = 1e-6


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The month of a study with a spline and an interaction."""
    return analysed(tmp_path_factory.mktemp("curved") / "house", curved())


def test_the_knots_are_in_the_results(bent: Analysed) -> None:
    """The knots are percentiles of the analysed subjects, with covariate and unit."""
    (found,) = bent.results["cohort"]["splines"]
    assert found["knots"] == pytest.approx(
        np.percentile(bent.study.numbers("age"), [5, 35, 65, 95]), rel=EXACT
    )
    assert (found["column"], found["label"], found["unit"]) == ("age", "Age", "years")


def test_scores_and_estimate_are_those_of_another_route(bent: Analysed) -> None:
    """Columns written down here, statsmodels' regressions and the textbook's formula give the estimate of the report."""
    study, knots = bent.study, bent.results["cohort"]["splines"][0]["knots"]
    age = study.numbers("age")
    cube = [np.clip(age - knot, 0, None) ** 3 for knot in knots]
    wide = knots[3] - knots[2]
    curves = [
        (cube[j] - cube[2] * (knots[3] - knots[j]) / wide + cube[3] * (knots[2] - knots[j]) / wide)
        / (knots[3] - knots[0]) ** 2
        for j in (0, 1)
    ]
    smoker = (np.array(study.texts["smoker"]) == "current").astype(float)
    region = [(np.array(study.texts["region"]) == one).astype(float) for one in ("south", "east")]
    bent_age = [age, *curves]
    columns = [*bent_age, study.numbers("bmi"), study.numbers("severity"), smoker, *region]
    x = sm.add_constant(np.column_stack([*columns, *(one * smoker for one in bent_age)]))
    arm, outcome = study.active, study.numbers("change")
    scores = expit(x @ sm.Logit(arm.astype(float), x).fit(disp=0, maxiter=200, tol=1e-12).params)
    means = [x @ sm.OLS(outcome[inside], x[inside]).fit().params for inside in (arm, ~arm)]
    value = np.mean(
        means[0] - means[1] + arm * (outcome - means[0]) / scores - ~arm * (outcome - means[1]) / (1 - scores)
    )
    primary = bent.results["primary"]
    assert primary["estimate"] == pytest.approx(value, rel=FITTED)
    assert primary["verification"]["relative_difference"] < FITTED
    assert abs(primary["estimate"] - 2.0) < 3 * primary["standard_error"]


def test_the_terms_are_named(bent: Analysed) -> None:
    """Balance and coefficients name the curves and the products of both covariates."""
    names = [row["term"] for row in bent.results["balance"]["terms"]]
    assert names[:3] == ["age", "age'", "age''"]
    assert names[-3:] == ["age × smoker=current", "age' × smoker=current", "age'' × smoker=current"]
    told = [row["term"] for row in bent.results["propensity"]["coefficients"]]
    assert told == ["(Intercept)", *names]


def test_other_samples_have_the_same_knots_and_fewer_interactions(bent: Analysed) -> None:
    """Trimmed samples, subgroups and models without one covariate are estimated like the primary."""
    section = bent.results["sensitivity"]
    rows = {row["name"]: row for row in (*section["sensitivity"], *section["supplementary"])}
    assert all(row["estimate"] is not None for row in rows.values()), [
        row["note"] for row in rows.values() if row["estimate"] is None
    ]
    assert "Without Age" in rows


def test_a_knot_is_explained_and_tabled(bent: Analysed, tmp_path: Path) -> None:
    """A knot has its function, comes out the same, and has a table and a place in the standard."""
    found = explain(bent.house.house, bent.run, "cohort.splines.0.knots.1", tmp_path / "scratch")
    assert found.value == found.recomputed is not None
    assert found.origin.function == "medicore.stats.models.spline:spline_knots"
    assert "14.1.2.3_splines.csv" in result_tables(bent.results)
    event = reporting_event(
        str(bent.run), bent.results, {"treatment": {"column": "arm"}, "outcome": {"column": "change"}}
    )
    assert any(one["name"].startswith("Knots of splines") for one in event["analyses"])


def test_the_record_is_reproduced_and_verified(bent: Analysed, tmp_path: Path) -> None:
    """Every file of the record is computed again, byte for byte, and every check of the record passes."""
    assert all(one.identical for one in reproduce(bent.house.house, bent.run, tmp_path / "again").files)
    assert [check.subject for check in verify(bent.house.house, bent.run) if not check.passed] == []
