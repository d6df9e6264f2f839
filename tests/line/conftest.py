"""A month that has been run once: the reference study, one that breaks its contract, one that is imbalanced."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import Project

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
def month(project: Project) -> Month:
    """Deliver and run the month of four studies; the two troubled ones make the exit code 10."""
    studies = (REFERENCE, BROKEN, IMBALANCED, CLEAN)
    project.medicore("edc", "deliver", MONTH)
    answer = project.medicore("portfolio", MONTH, *studies, "--json", expected=10)
    return Month(project, {row["run"].split("/")[0]: row for row in answer.json()})


@pytest.fixture(scope="session")
def released(month: Month) -> Month:
    """The month with its reference study approved, released and archived."""
    month.project.sign(month.run(REFERENCE), "approve")
    return month


@pytest.fixture
def copied(released: Month, tmp_path: Path) -> Project:
    """Return the month with a copy of its state folder, to be spoiled."""
    shutil.copytree(released.project.home, tmp_path / "state", symlinks=True)
    return replace(released.project, home=tmp_path / "state")
