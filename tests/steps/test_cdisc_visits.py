"""The CDISC pilot's visits through the steps, from the study's own files, against R's mmrm and rbmi."""

from dataclasses import replace
from typing import Any

import pytest

from medicore.records.delivery.transfer import RawFile
from medicore.records.protocol.parsing import parse_protocol
from medicore.steps.check import check
from medicore.steps.cohort import cohort
from medicore.steps.effect import effect
from medicore.steps.extract import extract, freeze
from medicore.steps.propensity import propensity
from medicore.steps.sensitivity import sensitivity
from medicore.stores.files import FolderFiles
from tests.conftest import ROOT
from tests.reference.reference import FOLDER, MISSING
from tests.steps.analysed_trial import section
from tests.steps.delivered_trial import transfer

PLANNED = ROOT / "examples" / "cdisc_pilot" / "REF-CDISCVISITS01.yaml"
MIXED = {
    "change_8": (0.196612, 0.666767, 219.336),
    "change_16": (-0.648185, 1.007630, 161.472),
    "change_24": (-0.828198, 1.061902, 167.449),
}
"""Difference, standard error and degrees of freedom by R's mmrm 0.3.18 with Kenward and Roger's method, over three arms."""
COMPLETED = {
    "at random": -0.832,
    "by jump to reference": -0.455,
    "by copy reference": -0.440,
    "by copy increments": -0.496,
}
"""Week 24 with conditional means by R's rbmi 1.5.2, whose models leave out the sites."""

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the sensitivity step's document after every step before it, no finding of which stops a run."""
    plan = parse_protocol(PLANNED.read_text(encoding="utf-8"), PLANNED.name)
    files = FolderFiles(tmp_path_factory.mktemp("cdisc"))
    held = tuple(
        RawFile(name, kind, (FOLDER / "cdisc" / name).read_bytes(), rows)
        for name, kind, rows in (("adsl.xpt", "xport", 254), ("adam_adqsadas.csv", "csv", 12463))
    )
    freeze(files, replace(transfer(b""), files=held), None)
    assert extract(files, plan) == ()
    for step in (check, cohort, propensity, effect, sensitivity):
        assert [one for one in step(files, plan) if not one.overridable] == []
    return section(files, "sensitivity")


def test_every_visit_has_the_numbers_of_mmrm(analysed: dict[str, Any]) -> None:
    """Observed values of three visits of the efficacy set give R's difference, standard error and degrees of freedom."""
    visits = analysed["visits"]
    assert (visits["subjects"], visits["arms"]) == (234, 3)
    assert sum(one["treated"] + one["control"] for one in visits["rows"]) < 539
    for one in visits["rows"]:
        value, error, freedom = MIXED[one["visit"]]
        assert one["estimate"] == pytest.approx(value, abs=0.0002)
        assert one["standard_error"] == pytest.approx(error, abs=0.00022)
        assert one["degrees_of_freedom"] == pytest.approx(freedom, abs=0.05)
    assert visits["verification"]["relative_difference"] < 1e-6


def test_completed_visits_are_near_those_of_rbmi(analysed: dict[str, Any]) -> None:
    """With the group of sites in the models, every rule is within a fifth of a standard error of R's number without it."""
    rows = {one["name"]: one for one in analysed["sensitivity"]}
    for rule, value in COMPLETED.items():
        found = rows[f"Visits completed {rule}"]
        assert abs(found["estimate"] - value) < found["standard_error"] / 5
