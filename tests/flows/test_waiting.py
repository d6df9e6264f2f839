"""A flow run that the infrastructure interrupts: Prefect executes it again, and the run continues under its number."""

from datetime import timedelta
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Scheduled

from flows.analysis import analysis
from flows.waiting import _BEGINS, _may_wait
from medicore.errors import BusyError, InfrastructureError, UnavailableError
from medicore.stores.clock import SystemClock
from tests.command_line import as_command
from tests.conftest import Project, found_project
from tests.flows.executed import executed
from tests.whole_house import faulty_deliveries as faulty
from tests.whole_house.prepared_study import MONTH, prepare

STUDY = faulty.empty().study
RUN = f"{STUDY}/{MONTH}/1"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, with a study that halts."""
    made = found_project(tmp_path_factory.mktemp("waiting"), prefect_url)
    prepare(made, faulty.empty())
    return made


def asked(project: Project, client: SyncPrefectClient, *, deployed: bool) -> UUID:
    """Return a new flow run for a signed request, of a deployment or of none."""
    request = project.medicore("request", STUDY, MONTH, "--as", "analyst", "--print").json()
    parameters = request["parameters"]
    with as_command(project.root, project.surroundings()):
        if not deployed:
            return client.create_flow_run(analysis, parameters=parameters).id
        made = client.create_deployment(client.create_flow(analysis), name="waits")
        return client.create_flow_run_from_deployment(made, parameters=parameters).id


def test_a_deployment_s_flow_run_waits_and_continues(project: Project, client: SyncPrefectClient) -> None:
    """While the content store is lost the flow run waits for Prefect; then the run ends under its number, and none failed."""
    store, away = project.home / "dvc" / "remote", project.home / "dvc" / "away"
    store.rename(away)
    store.write_bytes(b"no folder")
    by_hand, deployed = (asked(project, client, deployed=of) for of in (False, True))
    lost = executed(project, client.read_flow_run(by_hand))
    assert (lost.type, "Not a directory; mend /" in str(lost.message)) == (StateType.FAILED, True)
    before = SystemClock().now()
    state = executed(project, client.read_flow_run(deployed))
    assert (state.type, state.name) == (StateType.SCHEDULED, "AwaitingRetry")
    assert "nothing has failed, and the flow run continues in 1 min" in str(state.message)
    known = client.read_flow_run(deployed)
    assert known.state is not None
    assert known.state.type is StateType.SCHEDULED
    planned = known.state.state_details.scheduled_time
    assert planned is not None
    assert timedelta(seconds=50) < planned - before < timedelta(seconds=90)
    assert known.name == f"{STUDY} · {MONTH} · run 1"
    store.unlink()
    away.rename(store)
    client.set_flow_run_state(deployed, Scheduled(), force=True)  # its time has come
    assert executed(project, client.read_flow_run(deployed)).name == "Halted"
    actions = [event["action"] for event in project.events(RUN)]
    assert [actions.count(name) for name in ("run.requested", "run.resumed", "run.halted")] == [1, 2, 1]
    assert "run.failed" not in actions


@pytest.mark.parametrize(
    ("error", "count", "waits"),
    [
        (UnavailableError("gone"), 1, True),
        (InfrastructureError("full"), _BEGINS - 1, True),
        (InfrastructureError("full"), _BEGINS, False),
        (BusyError("another request is at work"), 1, False),
        (BusyError("the lease of the interrupted run lasts"), 2, True),
    ],
)
def test_how_long_a_flow_run_waits(
    error: InfrastructureError | BusyError, count: int, *, waits: bool
) -> None:
    """Faults are waited for up to a number of executions; another worker only by a flow run that was interrupted."""
    some = UUID(int=1)
    known = FlowRun(flow_id=some, deployment_id=some, run_count=count)
    assert _may_wait(known, error) is waits
    assert not _may_wait(known.model_copy(update={"deployment_id": None}), error)
