"""The CDISC pilot study from its sponsors' own files, through the command line, as the example's README says."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Project, found_project, git
from tests.reference.reference import FOLDER, MISSING

STUDY, MONTH = "REF-CDISCPILOT01", "2025-07"
FILES = ("adsl.xpt", "adam_adqsadas.csv")
PLANNED = ROOT / "examples" / "cdisc_pilot" / f"{STUDY}.yaml"
PUBLISHED = {"estimate": -1.006, "standard_error": 0.841, "p_value": 0.233}
"""Xanomeline high dose against placebo at week 24, table 14-3.01 of the study's report, as R regenerates it."""

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> tuple[Project, dict[str, Any]]:
    """Return the project with the study's protocol committed and its delivery announced, and the manifest as shown."""
    project = found_project(tmp_path_factory.mktemp("pilot"), prefect_url)
    shutil.copy(PLANNED, project.root / "studies")
    git("add", "--all", folder=project.root)
    git("commit", "--quiet", "--message", "Protocol of the CDISC pilot study", folder=project.root)
    folder = delivered(project)
    arguments = ("--system", "CDISC pilot project", "--source", STUDY, "--version", "ADaM of 2013")
    shown = project.medicore(
        "edc", "manifest", str(folder), *arguments, "--exported-at", "2025-07-31T12:00:00-04:00", "--json"
    )
    return project, shown.json()


def delivered(project: Project) -> Path:
    """Put the published files into the inbox, as they are."""
    folder = project.home / "inbox" / STUDY / MONTH
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
