"""A month that has been run once: the reference study, one that breaks its contract, one that is imbalanced."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests import session
from tests.conftest import Project, copied_project, found_project, git

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

    def results(self, study: str) -> dict[str, Any]:
        """Return the results in the sealed record of a study, as git has them."""
        place = f"run/{self.run(study)}:records/{study}/{MONTH}/results.json"
        found: dict[str, Any] = json.loads(git("show", place, folder=self.project.home / "records.git"))
        return found


@pytest.fixture(scope="session")
def built_month(prefect_url: str) -> Month:
    """Deliver and run the month of four studies, once a session; the two troubled ones make the exit code 10."""

    def build(folder: Path) -> dict[str, Any]:
        project = found_project(folder / "built", prefect_url)
        project.medicore("edc", "deliver", MONTH)
        answer = project.medicore(
            "portfolio", MONTH, REFERENCE, BROKEN, IMBALANCED, CLEAN, "--json", expected=10
        )
        copied_project(project, folder / "kept")
        rows = {row["run"].split("/")[0]: row for row in answer.json()}
        return {"folder": str(folder), "rows": rows, "environment": project.environment}

    made = session.once("month", build)
    built = Path(made["folder"]) / "built"
    return Month(Project(built / "project", built / "state", made["environment"]), made["rows"])


@pytest.fixture(scope="session")
def kept_month(built_month: Month) -> Month:
    """The month as its run left it: to be copied from, never written to."""
    kept = built_month.project.root.parent.with_name("kept")
    return replace(
        built_month, project=replace(built_month.project, root=kept / "project", home=kept / "state")
    )


@pytest.fixture(scope="session")
def kept_release(built_month: Month) -> Month:
    """The month with its reference study released, where it was built: to be read and copied from, never written to."""
    session.once("release", lambda _: built_month.project.sign(built_month.run(REFERENCE), "approve").json())
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
    """Return a copy of the released month's project, to be damaged."""
    return copied_project(released.project, tmp_path)
