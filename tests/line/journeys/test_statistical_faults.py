"""An empty subgroup, through the command line: what its report and its review tell the reviewer."""

import pytest

from medicore.stores.report.pdf_text import text_of, tight
from tests.conftest import Project, found_project
from tests.line.ended_run import run
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, prepare

STUDY = "TEST-EMPTYGROUP"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own with the study."""
    made = found_project(tmp_path_factory.mktemp("subgroup"), prefect_url)
    prepare(made, faulty.empty_subgroup())
    return made


def test_empty_subgroup(project: Project) -> None:
    """An empty subgroup is not estimable, in report and review; the run waits for its reviewer (FAULTS 59)."""
    ended = run(project, faulty.empty_subgroup(), expected=0)
    assert ended.row["state"] == "sealed, awaiting approval"
    words = "not estimable: no analysed subject belongs to it"
    report = project.home / "reports" / STUDY / MONTH / f"{STUDY}_{MONTH}_1.pdf"
    assert tight(words) in text_of(report.read_bytes())
    assert f"Region: east: {words}" in project.medicore("review", ended.row["run"]).out
