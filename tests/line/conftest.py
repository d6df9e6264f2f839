"""A month that has been run once: the reference study, one that breaks its contract, one that is imbalanced."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import Project, copied_project, found_project

MONTH = "2025-03"
REFERENCE = "REF-NHEFS"
BROKEN = "MED-2024-0239"
IMBALANCED = "MED-2024-0251"
CLEAN = "MED-2024-0181"


@dataclass(frozen=True)
class Month:
    """The project after the month, and what the portfolio printed."""

    project: Project
    rows: dict[str, dict[str, object]]

    def run(self, study: str) -> str:
        """Return the run of a study."""
        return f"{study}/{MONTH}/1"


@pytest.fixture(scope="session")
def built_month(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Month:
    """Deliver and run the month of four studies, once; the two troubled ones make the exit code 10."""
    project = found_project(tmp_path_factory.mktemp("built"), prefect_url)
    studies = (REFERENCE, BROKEN, IMBALANCED, CLEAN)
    project.medicore("edc", "deliver", MONTH)
    answer = project.medicore("portfolio", MONTH, *studies, "--json", expected=10)
    return Month(project, {row["run"].split("/")[0]: row for row in answer.json()})


@pytest.fixture(scope="session")
def kept_month(built_month: Month, tmp_path_factory: pytest.TempPathFactory) -> Month:
    """The month as its run left it, to be copied from."""
    project = copied_project(built_month.project, tmp_path_factory.mktemp("kept-month"))
    return replace(built_month, project=project)


@pytest.fixture(scope="session")
def kept_release(built_month: Month, kept_month: Month) -> Month:
    """The month with its reference study released, where it was built: to be read and copied from, never written to."""
    assert kept_month.project != built_month.project
    built_month.project.sign(built_month.run(REFERENCE), "approve")
    return built_month


@pytest.fixture(scope="module")
def month(kept_month: Month, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    """The month after its run: a copy for the tests of one file."""
    folder = tmp_path_factory.mktemp("month")
    yield replace(kept_month, project=copied_project(kept_month.project, folder))
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def released(kept_release: Month, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    """The month with its reference study approved, released and archived: a copy for the tests of one file."""
    folder = tmp_path_factory.mktemp("released")
    yield replace(kept_release, project=copied_project(kept_release.project, folder))
    shutil.rmtree(folder)


@pytest.fixture
def copied(released: Month, tmp_path: Path) -> Project:
    """Return a copy of the released month's project, to be spoiled."""
    return copied_project(released.project, tmp_path)
