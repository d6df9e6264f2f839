"""A database that crashes while a run works: the run goes on or is resumed, and ends in exactly one record."""

import pytest

from tests.conftest import Project, found_project
from tests.line.ended_run import require_one_record
from tests.postgres import Server
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, prepare

RUN = f"{faulty.sound().study}/{MONTH}/1"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str, postgres: Server) -> Project:
    """A project with its ledger in PostgreSQL, and one sound study."""
    url = postgres.url(postgres.database())
    made = found_project(tmp_path_factory.mktemp("restarts"), prefect_url, MEDICORE_LEDGER=url)
    prepare(made, faulty.sound())
    return made


def test_the_database_crashes_during_a_run(project: Project, postgres: Server) -> None:
    """Crashed and started again after each of three steps, the ledger loses and doubles nothing (FAULTS 72)."""
    crashed = []
    for _ in range(6):
        with project.start("run", RUN.split("/")[0], MONTH, "--as", "analyst") as process:
            assert process.stderr is not None
            for line in process.stderr:
                step = next((word for word in ("cohort", "effect", "report") if f" {word}" in line), None)
                if step is not None and step not in crashed:
                    crashed.append(step)
                    postgres.restart()
            if process.wait(300) == 0:
                break
    assert crashed == ["cohort", "effect", "report"]
    require_one_record(project, RUN)
    (row,) = project.medicore("status", RUN.split("/")[0], "--json").json()
    assert (row["run"], row["state"]) == (RUN, "sealed, awaiting approval")
    assert project.medicore("ledger", "verify", "--json").json()["intact"]
