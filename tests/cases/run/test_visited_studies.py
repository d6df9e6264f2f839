"""A study with repeated visits runs from the delivery to the sealed record; its numbers are right, traced and reproduced."""

from pathlib import Path

import numpy as np
import pytest

from medicore.cases.answers.explain import explain
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.errors import ProtocolError
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.origin import matching
from medicore.records.results.paths import leaves_of
from medicore.records.results.result_tables import result_tables
from medicore.records.results.trace import ORIGINS
from medicore.stats.repeated.verification_mixed import verify_mixed
from tests.whole_house.analysed_study import Analysed, analysed
from tests.whole_house.house import found_whole_house
from tests.whole_house.prepared_study import SIZE, PreparedStudy
from tests.whole_house.visited_study import VISITS, visited

EXACT = 1e-6


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The month of a study with three visits."""
    return analysed(tmp_path_factory.mktemp("visited") / "house", visited())


def numbers(study: PreparedStudy, name: str) -> np.ndarray:
    """Return the numbers of a column, NaN where there is none."""
    return np.array([float(text or "nan") for text in study.texts[name]])


def test_the_mixed_model_is_that_of_the_delivered_visits(sealed: Analysed) -> None:
    """Built from the delivery by hand and fitted by the EM algorithm, the difference at the last visit is the row's."""
    outcome = np.column_stack([numbers(sealed.study, name) for name in VISITS])
    active = np.array(sealed.study.texts["arm"]) == "active"
    severity = sealed.study.numbers("severity")
    z = np.column_stack([np.ones(SIZE), active, severity - severity.mean()])
    design = np.einsum("iq,tu->itqu", z, np.eye(3)).reshape(SIZE, 3, 9)
    alike = np.column_stack(
        [
            sealed.study.numbers("age"),
            sealed.study.numbers("bmi"),
            np.array(sealed.study.texts["smoker"]) == "current",
            *(np.array(sealed.study.texts["region"]) == one for one in ("south", "east")),
        ]
    )
    design = np.concatenate([design, np.repeat((alike - alike.mean(axis=0))[:, None], 3, axis=1)], axis=2)
    second = verify_mixed(design, outcome, np.eye(14)[5])
    rows = {row["name"]: row for row in sealed.results["sensitivity"]["sensitivity"]}
    assert rows["MMRM over visits"]["estimate"] == pytest.approx(second.value, abs=EXACT)
    assert rows["MMRM over visits"]["n"] == SIZE > sealed.results["primary"]["n"]
    visits = sealed.results["sensitivity"]["visits"]
    assert visits["verification"]["standard_error"] == pytest.approx(second.standard_error, abs=EXACT)
    assert [one["visit"] for one in visits["rows"]] == list(VISITS)
    assert [name for name in rows if name.startswith("Visits completed")] == [
        "Visits completed at random",
        "Visits completed by jump to reference",
        "Visits completed by copy reference",
        "Visits completed by copy increments",
    ]


def test_every_number_has_an_origin_a_table_and_a_place_in_the_standard(sealed: Analysed) -> None:
    """No leaf of the visits is without a function of its own, and the rows are exported in both forms."""
    leaves = [path for path, _ in leaves_of(sealed.results) if path.startswith("sensitivity.visits")]
    assert len(leaves) > 50
    for path in leaves:
        assert matching(ORIGINS, path).pattern.startswith("sensitivity.visits")
    table = result_tables(sealed.results)["14.2.14_visits.csv"].decode()
    assert "sensitivity.visits.rows.2" in table
    event = reporting_event(
        str(sealed.run), sealed.results, {"treatment": {"column": "arm"}, "outcome": {"column": "change"}}
    )
    (analysis,) = [one for one in event["analyses"] if one["name"] == "Repeated visits"]
    visit = [one for one in analysis["results"] if one["resultGroups"]]
    assert {one["resultGroups"][0]["groupValue"] for one in visit} == set(VISITS)


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("sensitivity.visits.rows.2.standard_error", "contrast"),
        ("sensitivity.visits.covariance.1.sd", "fit_mixed"),
        ("sensitivity.visits.verification.estimate", "verify_mixed"),
    ],
)
def test_a_number_is_explained_and_comes_out_the_same(
    sealed: Analysed, tmp_path: Path, path: str, function: str
) -> None:
    """Explain names the function, and computes the value again."""
    found = explain(sealed.house.house, sealed.run, path, tmp_path / "scratch")
    assert found.value == found.recomputed is not None
    assert found.origin.function.endswith(f":{function}")


def test_the_record_verifies_and_reproduces(sealed: Analysed, tmp_path: Path) -> None:
    """A second computation gives the same bytes."""
    checks = verify(sealed.house.house, sealed.run)
    assert [check.subject for check in checks if not check.passed] == []
    assert all(one.identical for one in reproduce(sealed.house.house, sealed.run, tmp_path / "again").files)


def test_an_observational_study_with_visits_is_refused(tmp_path: Path) -> None:
    """The protocol is refused by the name of what is not offered, and nothing runs."""
    house = found_whole_house(tmp_path / "house")
    study = visited("TEST-REFUSED").planned("design", "observational").planned("gates", {})
    house.prepare(study.planned("inference.estimator", "aipw"))
    with pytest.raises(ProtocolError, match=r"outcome\.visits is for a randomised study"):
        house.run(study.study)
    assert ProtocolError.exit_code == 3
