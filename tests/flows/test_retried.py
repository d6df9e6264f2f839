"""A flow run that is executed again, and one whose request is refused: how they end, and what they are called."""

from dataclasses import replace
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
)
from prefect.client.schemas.objects import StateType

from flows.analysis import _named, analysis
from flows.portfolio import portfolio
from medicore.records.identifiers import RunId
from tests.command_line import as_command
from tests.conftest import Project, found_project
from tests.flows.executed import executed
from tests.whole_house import faulty_deliveries as faulty
from tests.whole_house.prepared_study import MONTH, prepare

HALTING = replace(faulty.empty(), study="TEST-RETRIED")
OTHER = replace(HALTING, study="TEST-PORTFOLIO")
RUN = f"{HALTING.study}/{MONTH}/1"
DECIDE = f"{RUN}-decide".lower().replace("/", "-")
CONSOLE = "http://127.0.0.1:4280"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, with studies that halt."""
    made = found_project(tmp_path_factory.mktemp("retried"), prefect_url)
    prepare(made, HALTING, OTHER)
    return replace(made, environment=made.environment | {"MEDICORE_CONSOLE": CONSOLE})


def asked(project: Project, **changed: str) -> dict[str, str]:
    """Return a signed request as the REST interface takes it, parts of it changed afterwards."""
    body = project.medicore("request", HALTING.study, MONTH, "--as", "analyst", "--print").json()
    return dict(body["parameters"]["request"]) | changed


def created(project: Project, client: SyncPrefectClient, request: dict[str, str]) -> UUID:
    """Return a new flow run of a deployment with these parameters."""
    with as_command(project.root, project.surroundings()):
        made = client.create_deployment(client.create_flow(analysis), name="retried")
        return client.create_flow_run_from_deployment(made, parameters={"request": request}).id


def test_a_halted_flow_run_is_amber_until_it_is_decided(project: Project, client: SyncPrefectClient) -> None:
    """A link leads to its page in the console; Prefect's "Resume" ends in the same run; the decision ends the flow run."""
    request = asked(project)
    flow_run = created(project, client, request)
    assert executed(project, client.read_flow_run(flow_run)).name == "Halted"
    (link,) = client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[DECIDE])))
    assert f"{CONSOLE}/runs/{RUN})" in str(link.data)
    before = project.events(RUN)
    client.resume_flow_run(flow_run)
    state = executed(project, client.read_flow_run(flow_run))
    assert (state.type, state.name) == (StateType.PAUSED, "Halted")
    assert state.message == (
        f"{RUN} is halted, awaiting a decision; nothing was done again; see 'medicore review {RUN}'"
    )
    assert client.read_flow_run(flow_run).name == f"{HALTING.study} · {MONTH} · run 1"
    assert project.events(RUN) == before
    refused = executed(project, client.read_flow_run(created(project, client, request)))
    assert refused.type is StateType.FAILED
    assert f"is that of run {RUN}, which has ended" in str(refused.message)
    project.sign(RUN, "reject")
    decided = client.read_flow_run(flow_run).state
    assert decided is not None
    assert (decided.type, decided.name) == (StateType.COMPLETED, "Decided")


def test_a_halted_study_of_a_portfolio_waits_in_no_flow_run(
    project: Project, client: SyncPrefectClient
) -> None:
    """No worker could resume the flow run of one study in a portfolio's, so both are complete."""
    (body,) = project.medicore("portfolio", MONTH, OTHER.study, "--as", "analyst", "--print").json()
    request = {**body["parameters"]["request"], "studies": [OTHER.study]}
    del request["study"]
    with as_command(project.root, project.surroundings()):
        made = client.create_deployment(client.create_flow(portfolio), name="months")
        flow_run = client.create_flow_run_from_deployment(made, parameters={"request": request})
    state = executed(project, flow_run, portfolio)
    assert (state.type, state.message) == (StateType.COMPLETED, "1 studies")
    (below,) = client.read_flow_runs(
        flow_run_filter=FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[flow_run.id]))
    )
    assert below.state is not None
    assert (below.state.type, below.state.name) == (StateType.COMPLETED, "Halted")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (f"{HALTING.study} · {MONTH} · run 12", 12),
        (f"TEST-OTHER · {MONTH} · run 12", None),
        (f"{HALTING.study} · {MONTH} · refused", None),
        (f"review · {HALTING.study} · {MONTH} · run 1", None),
        ("quick-otter", None),
    ],
)
def test_a_schedules_flow_run_names_its_run(name: str, number: int | None) -> None:
    """A schedule signs again each time, so its flow run knows its run by the name that it was given, of its own study."""
    found = _named(name, HALTING.study)
    assert found == (None if number is None else RunId(HALTING.study, MONTH, number))


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"signature": ""}, f"{HALTING.study} · {MONTH} · refused"),
        ({"month": "2099-01"}, f"{HALTING.study} · 2099-01 · refused"),
        ({"study": "no study's name"}, f"{MONTH} · refused"),
    ],
)
def test_a_refused_request_is_called_after_study_and_month(
    project: Project, client: SyncPrefectClient, changed: dict[str, str], name: str
) -> None:
    """What asked for a run and got none is found by study and month; nothing that is no identifier becomes a name."""
    flow_run = created(project, client, asked(project, **changed))
    assert executed(project, client.read_flow_run(flow_run)).type is StateType.FAILED
    found = client.read_flow_run(flow_run)
    assert found.name == name
    assert set(found.tags) == set(name.split(" · ")[:-1])
