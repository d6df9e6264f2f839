"""A study whose primary estimator is the mixed model of visits, from the delivery to the sealed record."""

from pathlib import Path

import numpy as np
import pytest

from medicore.errors import ProtocolError
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.tracing import Trace
from medicore.stats.repeated.mixed_contrasts import contrast
from medicore.stats.repeated.mixed_model import fit_mixed
from medicore.stats.repeated.verification_mixed import verify_mixed
from tests.whole_house.analysed_study import Analysed, analysed
from tests.whole_house.house import found_whole_house
from tests.whole_house.mixed_study import mixed
from tests.whole_house.prepared_study import SIZE
from tests.whole_house.visited_study import VISITS

EXACT = 1e-9
SECOND = 1e-6


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The month of a study with three visits and the mixed model as its primary estimator."""
    return analysed(tmp_path_factory.mktemp("mixed") / "house", mixed())


def _delivered(sealed: Analysed) -> tuple[np.ndarray, np.ndarray]:
    """Return predictors and outcomes, built from the delivery by hand."""
    texts = sealed.study.texts
    outcome = np.array([[float(one or "nan") for one in texts[name]] for name in VISITS]).T
    active = np.array(texts["arm"]) == "active"
    severity = sealed.study.numbers("severity")
    z = np.column_stack([np.ones(SIZE), active, severity - severity.mean()])
    crossed = np.einsum("iq,tu->itqu", z, np.eye(3)).reshape(SIZE, 3, 9)
    alike = np.column_stack(
        [
            sealed.study.numbers("age"),
            sealed.study.numbers("bmi"),
            np.array(texts["smoker"]) == "current",
            *(np.array(texts["region"]) == one for one in ("south", "east")),
        ]
    )
    alike = np.repeat((alike - alike.mean(axis=0))[:, None], 3, axis=1)
    return np.concatenate([crossed, alike], axis=2), outcome


def test_the_primary_is_the_mixed_model_of_the_delivered_visits(sealed: Analysed) -> None:
    """Estimate, standard error, degrees of freedom and means are those of a model built by hand, confirmed by the EM algorithm."""
    design, outcome = _delivered(sealed)
    found = contrast(fit_mixed(design, outcome), np.eye(14)[5])
    primary = sealed.results["primary"]
    assert primary["estimate"] == pytest.approx(found.value, abs=EXACT)
    assert primary["standard_error"] == pytest.approx(found.standard_error, abs=EXACT)
    assert primary["degrees_of_freedom"] == pytest.approx(found.degrees_of_freedom, abs=1e-6)
    assert primary["mean_treated"] - primary["mean_control"] == pytest.approx(found.value, abs=EXACT)
    second = verify_mixed(design, outcome, np.eye(14)[5])
    assert primary["verification"]["estimate"] == pytest.approx(second.value, abs=SECOND)
    assert primary["verification"]["relative_difference"] < primary["verification"]["tolerance"]
    assert primary["standard_errors"]["influence"] == pytest.approx(second.standard_error, abs=SECOND)


def test_who_was_seen_at_a_visit_is_analysed(sealed: Analysed) -> None:
    """Subjects without the last visit count in n and not among the observed, and nobody is left out for it."""
    primary, cohort = sealed.results["primary"], sealed.results["cohort"]
    assert primary["n"] == SIZE == cohort["analysed"]
    assert 0.6 * SIZE < primary["observed"] < 0.9 * SIZE
    assert cohort["outcomes"]["method"] == "mixed model"


def test_look_hypothesis_and_randomisation_stand_beside_it(sealed: Analysed) -> None:
    """The look claims by the mixed model's standard error, the hypothesis is held against it, and the allocation is told."""
    results = sealed.results
    assert results["monitoring"]["ci_low"] < results["primary"]["ci_low"]
    assert (
        results["monitoring"]["verification"]["difference"]
        < results["monitoring"]["verification"]["tolerance"]
    )
    assert results["hypothesis"]["kind"] == "superiority"
    assert results["randomisation"]["arms"]["treated"]["planned"] == 0.5


def test_other_assumptions_are_rows_beside_it(sealed: Analysed) -> None:
    """The last visit alone, weights, completed visits and omitted covariates keep the estimand; subgroups do not."""
    rows = {row["name"]: row for row in sealed.results["sensitivity"]["sensitivity"]}
    for name in (
        "AIPW weighted for observation instead of MMRM",
        "AIPW of complete cases instead of MMRM",
        "ANCOVA of the last visit instead of MMRM",
        "Visits completed by jump to reference",
        "Without Age",
        "Without Severity at baseline",
    ):
        assert rows[name]["estimate"] is not None, rows[name]
    assert "MMRM over visits" not in rows
    assert rows["Without Age"]["estimator"].startswith("MMRM")
    groups = [row for row in sealed.results["sensitivity"]["supplementary"] if "Smoking" in row["name"]]
    assert [row["estimator"][:4] for row in groups] == ["MMRM", "MMRM"]
    assert sum(row["n"] for row in groups) == SIZE
    assert 0 < groups[0]["interaction_p_value"] < 1


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("primary.estimate", "contrast"),
        ("primary.standard_error", "contrast"),
        ("primary.standard_errors.sandwich", "subject_influence"),
        ("primary.standard_errors.bootstrap", "VisitResamples"),
        ("primary.verification.estimate", "verify_mixed"),
    ],
)
def test_a_number_is_explained_and_comes_out_the_same(
    sealed: Analysed, tmp_path: Path, path: str, function: str
) -> None:
    """Explain names the function, and computes the value again."""
    sealed.require_explained(path, function, tmp_path / "scratch")


def test_the_record_is_traced_exported_and_reproduced(sealed: Analysed, tmp_path: Path) -> None:
    """Every leaf has an origin, the standard form names the estimator, and a second computation gives the same bytes."""
    trace = Trace.of(sealed.results)
    assert trace.mixed
    assert trace.origin("primary.estimate").pattern == "mixed.**"
    sealed.require_traced()
    event = reporting_event(
        str(sealed.run), sealed.results, {"treatment": {"column": "arm"}, "outcome": {"column": "change"}}
    )
    assert "MMRM" in str([one for one in event["analyses"] if one["name"].startswith("Primary")])
    sealed.require_reproduced(tmp_path / "again")


def test_the_mixed_model_without_visits_is_refused(tmp_path: Path) -> None:
    """The protocol is refused by the names of both keys, and nothing runs."""
    house = found_whole_house(tmp_path / "house")
    study = mixed("TEST-REFUSED")
    del study.protocol["outcome"]["visits"]
    house.prepare(study)
    with pytest.raises(ProtocolError, match=r"inference\.estimator 'mmrm' needs the visits"):
        house.run(study.study)
