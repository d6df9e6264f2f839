"""Eight studies at once, each in a process of its own, on either ledger: every run ends in exactly one record or finding."""

import pytest

from tests.conftest import found_project
from tests.postgres import Server
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, PreparedStudy, prepare

SOUND = tuple(PreparedStudy(f"TEST-ATONCE{number}") for number in range(1, 7))
HALTING = (faulty.perfect_separation(), faulty.imbalanced())
ALL = (*SOUND, *HALTING)


@pytest.mark.deep
@pytest.mark.parametrize("ledger", ["sqlite", "postgresql"])
def test_eight_at_once(
    ledger: str, tmp_path_factory: pytest.TempPathFactory, prefect_url: str, request: pytest.FixtureRequest
) -> None:
    """Six are sealed and two halt, as alone; nothing is lost, doubled or out of order."""
    more = {}
    if ledger == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        more = {"MEDICORE_LEDGER": server.url(server.database())}
    project = found_project(tmp_path_factory.mktemp(ledger), prefect_url, **more)
    prepare(project, *ALL)
    processes = {study.study: project.start("run", study.study, MONTH, "--as", "analyst") for study in ALL}
    ended = {
        name: (*process.communicate(timeout=900), process.returncode) for name, process in processes.items()
    }
    unexpected = {
        study.study: ended[study.study]
        for study in ALL
        if ended[study.study][2] != (10 if study in HALTING else 0)
    }
    assert not unexpected
    rows = {row["run"]: row["state"] for row in project.medicore("status", "--json").json()}
    assert rows == {
        f"{study.study}/{MONTH}/1": "halted, awaiting a decision"
        if study in HALTING
        else "sealed, awaiting approval"
        for study in ALL
    }
    for study in ALL:
        actions = [event["action"] for event in project.events(f"{study.study}/{MONTH}/1")]
        for once in ("run.requested", "lock.frozen", "extract.completed"):
            assert actions.count(once) == 1, (study.study, once)
        assert actions.count("run.sealed") + actions.count("run.halted") == 1
    assert project.medicore("ledger", "verify", "--json").json()["intact"]
    verified = project.medicore("verify", "--all", "--json").json()
    assert {row["run"]: row["failed"] for row in verified if row["run"]} == {run: {} for run in rows}
