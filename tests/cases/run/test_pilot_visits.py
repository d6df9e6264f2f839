"""The CDISC pilot's ADAS-Cog by the mixed model as primary runs from its own files, and gives the numbers of R's mmrm."""

from typing import Any

import pytest

from tests.cases.run.pilot import run_pilot
from tests.reference.missing_outcomes import MIXED
from tests.reference.reference import FOLDER
from tests.reference.second_set import MISSING, available, topic_rows

STUDY = "REF-CDISCMMRM01"
FILES = {"adsl.xpt": ("xport", 254), "adam_adqsadas.csv": ("csv", 12463)}

pytestmark = pytest.mark.skipif(not available() or not (FOLDER / "cdisc").is_dir(), reason=MISSING)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The results of the study's month."""
    return run_pilot(tmp_path_factory.mktemp("pilot"), STUDY, FILES)[2]


@pytest.mark.parametrize(
    ("estimator", "quantity", "places"),
    [
        ("MMRM REML", "diff_High_week24", ("estimate",)),
        ("MMRM REML", "se_diff_High_week24", ("standard_errors", "influence")),
        ("MMRM REML Kenward-Roger", "se_diff_High_week24", ("standard_error",)),
        ("MMRM REML Kenward-Roger", "df_diff_High_week24", ("degrees_of_freedom",)),
        ("MMRM REML Kenward-Roger", "p_val_diff_High_week24", ("p_value",)),
    ],
)
def test_the_primary_is_that_of_other_software(
    results: dict[str, Any], estimator: str, quantity: str, places: tuple[str, ...]
) -> None:
    """Estimate, standard errors, degrees of freedom and p-value at week 24 are the reference's within its tolerance."""
    (row,) = [
        one for one in topic_rows() if (one.case, one.estimator, one.quantity) == (MIXED, estimator, quantity)
    ]
    found: Any = results["primary"]
    for place in places:
        found = found[place]
    assert found == pytest.approx(row.value, abs=row.tolerance)


def test_the_arms_of_the_contrast_are_counted(results: dict[str, Any]) -> None:
    """The model is of three arms, n counts the two that are compared, and a third of them has no week 24."""
    primary = results["primary"]
    assert results["sensitivity"]["visits"]["arms"] == 3
    assert primary["n"] < results["sensitivity"]["visits"]["subjects"]
    assert 0.5 * primary["n"] < primary["observed"] < 0.8 * primary["n"]
    assert primary["estimate"] == pytest.approx(results["sensitivity"]["visits"]["rows"][2]["estimate"])
