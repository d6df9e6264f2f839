"""A flow run that is executed in this process, as the worker's process does."""

from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_engine import run_flow

from flows.analysis import analysis
from tests.command_line import as_command
from tests.conftest import Project


def executed(project: Project, known: FlowRun, flow: Flow[..., Any] = analysis) -> State[object]:
    """Execute a flow run with the parameters that the server has, and return its state."""
    with as_command(project.root, project.surroundings()):
        made = run_flow(flow, flow_run=known, parameters=known.parameters, return_type="state")
    assert isinstance(made, State)
    return made
