"""The CDISC pilot study from its sponsors' own files, through the command line, as the example's README says."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from medicore.stores.report.pdf_text import text_of
from tests.conftest import ROOT, Project, found_project, git
from tests.reference.reference import FOLDER, MISSING

STUDY, MONTH = "REF-CDISCPILOT01", "2025-07"
FILES = ("adsl.xpt", "adam_adqsadas.csv")
VISITS = "REF-CDISCVISITS01"
PLANNED = ROOT / "examples" / "cdisc_pilot"
PUBLISHED = {"estimate": -1.006, "standard_error": 0.841, "p_value": 0.233}
"""Xanomeline high dose against placebo at week 24, table 14-3.01 of the study's report, as R regenerates it."""
MIXED = {"estimate": -0.828198, "standard_error": 1.061902, "degrees_of_freedom": 167.449}
"""The same at week 24 as observed, over the visits of three arms, by R's mmrm 0.3.18 with Kenward and Roger's method."""

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> tuple[Project, dict[str, Any]]:
    """Return the project with both protocols committed and their deliveries announced, and the manifest as shown."""
    project = found_project(tmp_path_factory.mktemp("pilot"), prefect_url)
    for study in (STUDY, VISITS):
        shutil.copy(PLANNED / f"{study}.yaml", project.root / "studies")
    git("add", "--all", folder=project.root)
    git("commit", "--quiet", "--message", "Protocols of the CDISC pilot study", folder=project.root)
    shown = {study: announced(project, study) for study in (STUDY, VISITS)}
    return project, shown[STUDY]


def announced(project: Project, study: str) -> dict[str, Any]:
    """Let the manifest of a delivery be written, and return it as shown."""
    arguments = ("--system", "CDISC pilot project", "--source", study, "--version", "ADaM of 2013")
    shown = project.medicore(
        "edc", "manifest", str(delivered(project, study)), *arguments,
        "--exported-at", "2025-07-31T12:00:00-04:00", "--json",
    )  # fmt: skip
    found: dict[str, Any] = shown.json()
    return found


def delivered(project: Project, study: str) -> Path:
    """Put the published files into the inbox, as they are."""
    folder = project.home / "inbox" / study / MONTH
    (folder / "raw").mkdir(parents=True)
    for name in FILES:
        shutil.copy(FOLDER / "cdisc" / name, folder / "raw")
    return folder


def test_the_published_difference(pilot: tuple[Project, dict[str, Any]]) -> None:
    """The pilot's own files give its published difference, standard error and p-value over three arms; two arms give theirs."""
    project, _ = pilot
    row = project.medicore("run", STUDY, MONTH, "--json").json()[0]
    assert row["state"] == "sealed, awaiting approval"
    run = row["run"]
    results = project.medicore("explain", run, "sensitivity.sensitivity", "--json").json()
    (found,) = (one for one in results["value"] if one["name"] == "ANCOVA over all arms")
    for key, value in PUBLISHED.items():
        assert found[key] == pytest.approx(value, abs=0.0005)
    assert found["n"] == 234
    assert project.medicore("verify", run, "--json").json()[0]["failed"] == {}
    patient = project.medicore("subject", STUDY, "01-701-1028", "--as", "reviewer", "--json").json()
    assert patient["box"]["arm"] == "Xanomeline High Dose"
    assert [place["file"] for place in (patient["source"], *patient["source"]["joined"])] == [
        f"lock/raw/{name}" for name in FILES
    ]


@pytest.mark.deep
@pytest.mark.timeout(3000)
def test_the_visits_are_analysed_as_other_software_does(
    pilot: tuple[Project, dict[str, Any]], tmp_path: Path
) -> None:
    """ADAS-Cog at three visits, by commands alone: week 24 of the mixed model is R's, and is explained, verified and shown."""
    project, _ = pilot
    row = project.medicore("run", VISITS, MONTH, "--json").json()[0]
    assert row["state"] == "sealed, awaiting approval", row
    run = row["run"]
    told = project.medicore("explain", run, "sensitivity.visits.rows.2", "--json").json()
    assert told["value"]["visit"] == "change_24"
    for key, value in MIXED.items():
        assert told["value"][key] == pytest.approx(value, abs=0.05 if key == "degrees_of_freedom" else 0.0003)
    one = project.medicore("explain", run, "sensitivity.visits.rows.2.standard_error", "--json").json()
    assert one["recomputed"] == one["value"] == told["value"]["standard_error"]
    assert "analysis.parquet" in one["inputs"]
    assert project.medicore("verify", run, "--json").json()[0]["failed"] == {}
    project.medicore("report", "tables", run, str(tmp_path / "tables"))
    (rows,) = (tmp_path / "tables").rglob("14.2.14_visits.csv")
    assert repr(told["value"]["estimate"]) in rows.read_text("utf-8")
    (report,) = (project.home / "reports" / VISITS).rglob("*.pdf")
    assert "MMRMovervisits" in "".join(text_of(report.read_bytes()).split())


def test_the_manifest_counts_and_describes(pilot: tuple[Project, dict[str, Any]]) -> None:
    """Rows are counted, and labels and kinds are those that the files give."""
    _, shown = pilot
    assert {file["name"]: (file["format"], file["rows"]) for file in shown["manifest"]["files"]} == {
        "adsl.xpt": ("xport", 254),
        "adam_adqsadas.csv": ("csv", 12463),
    }
    columns = {column["name"]: column for column in shown["columns"]["adsl.xpt"]}
    assert (columns["TRTSDT"]["label"], columns["TRTSDT"]["kind"]) == (
        "Date of First Exposure to Treatment",
        "date",
    )
