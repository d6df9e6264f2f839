"""The worker: ``python -m flows.serving.worker POOL`` executes the deployments of its own checkout, and nothing else.

Prefect's own worker does what the API says: command, environment, working directory and steps that fetch code come
from pool, deployment and flow run. This worker takes only three things from the API: the deployment's name, its flow
run, and a commit. A flow run that continues an open run gets the commit with which that run began.
"""

import abc
import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import anyio
from anyio.abc import TaskStatus
from anyio.to_thread import run_sync
from httpx import HTTPError
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, State, WorkPool
from prefect.client.schemas.responses import DeploymentResponse, WorkerFlowRunResponse
from prefect.runner._flow_run_executor import FlowRunExecutorContext
from prefect.runner._process_manager import ProcessHandle
from prefect.runner._starter_engine import EngineCommandStarter
from prefect.utilities.processutils import command_to_string, setup_signal_handlers_worker
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from flows.serving.arrivals import Arrivals
from flows.serving.known import Job, Known
from flows.serving.taken import Taken
from flows.serving.worker_environment import (
    HEARTBEAT_S,
    cloned,
    engine_of,
    require_own_checkout,
    surroundings,
)
from medicore.errors import MediCoreError
from medicore.kernels import require_address_space
from medicore.settings import Settings, read_settings
from medicore.stores.content.pinned_code import PinnedCode
from medicore.stores.git.workspace import code_of, running_from
from medicore.stores.surroundings import ask_this_machine_directly, leave_out_socks

_LOOK_S = 20.0


class OwnJob(ProcessJobConfiguration):
    """A job's configuration that ignores pool, deployment and flow run."""

    @classmethod
    async def resolve_for_flow_run(
        cls,
        flow_run: FlowRun,
        *,
        client: PrefectClient,  # noqa: ARG003 - Prefect's signature
        work_pool: WorkPool,
        worker_name: str,
        worker_id: UUID | None = None,
        deployment: DeploymentResponse | None = None,
    ) -> Self:
        """Return the configuration of a job with this process's environment and the flow run's identifier."""
        job = cls()
        job.prepare_for_flow_run(flow_run, deployment, None, work_pool, worker_name, worker_id)
        return job


class NoHooks:
    """Runs no hook when a flow run crashes or is cancelled: Prefect would fetch the hook's code from where the API says."""

    async def run_cancellation_hooks(self, flow_run: FlowRun, state: State[Any]) -> None:
        """Do nothing."""

    async def run_crashed_hooks(self, flow_run: FlowRun, state: State[Any]) -> None:
        """Do nothing."""


class KnownWorker(ProcessWorker, abc.ABC):  # an abstract class does not replace Prefect's own in its register
    """Prefect's process worker, limited to the deployments of a checkout; it refuses all other flow runs."""

    job_configuration = OwnJob

    def __init__(self, pool: str, settings: Settings, limit: int, heartbeat: float) -> None:
        super().__init__(work_pool_name=pool, create_pool_if_not_found=False, limit=limit)
        self._settings, self._heartbeat = settings, heartbeat
        self._known = Known(settings.root)
        self._executing: set[UUID] = set()
        self._arrivals, self._look = Arrivals(pool, settings), 0.0

    async def run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        task_status: TaskStatus[int] | None = None,
    ) -> ProcessWorkerResult:
        """Execute the flow run in a process of its own, or refuse it; return how its process ended."""
        self._executing.add(flow_run.id)
        try:
            return await self._taken(flow_run, configuration, task_status or anyio.TASK_STATUS_IGNORED)
        finally:
            self._executing.discard(flow_run.id)

    async def _taken(
        self, flow_run: FlowRun, configuration: ProcessJobConfiguration, status: TaskStatus[int]
    ) -> ProcessWorkerResult:
        taken = Taken(self.client, flow_run, self._settings)
        try:
            if await taken.ends_or_waits():
                status.started(0)
                return ProcessWorkerResult(status_code=0, identifier="not begun")
            job = self._known.job(await taken.told(), flow_run.job_variables or {})
            async with self._code(taken, job) as code:
                return await self._execute(flow_run, configuration, job.entrypoint, code, status)
        except MediCoreError as refusal:
            await taken.refuse(str(refusal))
            status.started(0)
            return ProcessWorkerResult(status_code=0, identifier="refused")

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Take up flow runs as Prefect's worker does, and record the signed requests of those that wait."""
        taken = await super().get_and_submit_flow_runs()
        if time.monotonic() > self._look:
            self._look = time.monotonic() + _LOOK_S
            try:
                await self._arrivals.record(self.client)
            except (HTTPError, MediCoreError, OSError):  # the next look finds the same
                self._logger.exception("the requests that wait could not be recorded")
        return taken

    async def _submit_scheduled_flow_runs(
        self, flow_run_response: list[WorkerFlowRunResponse]
    ) -> list[FlowRun]:
        """Take up the flow runs of an answer, except those that this worker executes still.

        A silent one may have been started again while its process lives; Prefect's limiter would end the worker.
        """
        new = [one for one in flow_run_response if one.flow_run.id not in self._executing]
        return await super()._submit_scheduled_flow_runs(new)

    @asynccontextmanager
    async def _code(self, taken: Taken, job: Job) -> AsyncIterator[PinnedCode]:
        """Yield the code that is executed: that of the checkout, or a clone that is removed afterwards."""
        commit = job.commit or await run_sync(taken.own_commit)
        if commit is None:
            root = self._settings.root
            yield PinnedCode(root, running_from(root), Path(sys.executable))
            return
        with tempfile.TemporaryDirectory(prefix="medicore-commit-") as scratch:
            yield await run_sync(cloned, self._settings, commit, Path(scratch))

    async def _execute(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        entrypoint: str,
        code: PinnedCode,
        status: TaskStatus[int],
    ) -> ProcessWorkerResult:
        async with FlowRunExecutorContext() as context:
            starter = EngineCommandStarter(
                command=command_to_string([str(code.python), "-P", str(engine_of(code))]),
                entrypoint=entrypoint,
                cwd=code.root,
                env={
                    **configuration.env,
                    **surroundings(self._settings.home, code),
                    "MEDICORE_HEARTBEAT": str(self._heartbeat),
                },
                stream_output=configuration.stream_output,
                control_channel=context.control_channel,
            )
            executor = context.create_executor(
                flow_run, starter, hook_runner=NoHooks(), propose_submitting=False
            )
            ended = await executor.submit(_Began(status))
        if ended is None or ended.status_code is None:
            raise RuntimeError("the flow run's process did not start; see the log of the worker")
        return ProcessWorkerResult(status_code=ended.status_code, identifier=str(ended.handle.pid))


class _Began(TaskStatus[ProcessHandle]):
    """Tells the worker the number of a flow run's process as soon as the process has begun."""

    def __init__(self, status: TaskStatus[int]) -> None:
        self._status = status

    def started(self, value: ProcessHandle | None = None) -> None:
        """Pass on the number of the process."""
        if value is not None and value.pid is not None:
            self._status.started(value.pid)


def main(words: list[str]) -> None:
    """Work until this process is ended."""
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(prog="python -m flows.serving.worker", description=__doc__)
    parser.add_argument("pool", help="The work pool, 'medicore'.")
    parser.add_argument(
        "--limit",
        type=int,
        default=cores,
        help="Runs at a time; by default the cores, since a run fills one.",
    )
    parser.add_argument(
        "--heartbeat",
        type=float,
        default=HEARTBEAT_S,
        help="Seconds between heartbeats of a run; 0 for none.",
    )
    asked = parser.parse_args(words)
    require_address_space()
    ask_this_machine_directly()
    leave_out_socks()
    setup_signal_handlers_worker(os.getpid(), "the worker", print)
    settings = read_settings()
    require_own_checkout(os.environ.get("MEDICORE_CHECKOUT"), settings.root)
    commit = code_of(settings.root).commit()
    print(  # noqa: T201 - for its log
        f"worker of pool {asked.pool}: {settings.root} at commit {commit[:12]}, {asked.limit} run(s) at a time",
        flush=True,
    )
    worker = KnownWorker(asked.pool, settings, asked.limit, asked.heartbeat)
    asyncio.run(worker.start())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except MediCoreError as error:
        print(f"medicore: {error}", file=sys.stderr)  # noqa: T201 - the one message of a worker that does not begin
        sys.exit(error.exit_code)
