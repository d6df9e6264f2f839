"""A job of our worker is configured by nothing that the API holds."""

import os
from functools import partial
from uuid import uuid4

import anyio
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, WorkPool
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.workers.base import BaseWorker
from prefect.workers.process import ProcessWorker

from flows.serving.worker import KnownWorker, OwnJob


def test_neither_pool_nor_flow_run_configures_a_job(
    prefect_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever template and job variables say, the job has this process's environment, and no command or folder."""
    monkeypatch.setenv("OURS", "kept")
    hostile = {"command": "evil", "env": {"PYTHONPATH": "evil", "OURS": "evil"}, "working_dir": "/"}
    run = FlowRun(id=uuid4(), flow_id=uuid4(), name="run", job_variables=hostile)
    pool = WorkPool(
        name="medicore", type="process", base_job_template={"job_configuration": hostile, "variables": {}}
    )

    async def configured() -> OwnJob:
        async with get_client() as client:
            return await OwnJob.resolve_for_flow_run(run, client=client, work_pool=pool, worker_name="worker")

    with temporary_settings({PREFECT_API_URL: prefect_url}):
        job = anyio.run(partial(configured))
    assert (job._command_configured, job.working_dir) == (False, None)
    assert job.env["OURS"] == "kept"
    assert job.env.get("PYTHONPATH") == os.environ.get("PYTHONPATH")
    assert job.env["PREFECT__FLOW_RUN_ID"] == str(run.id)


def test_prefects_own_worker_stays_what_it_is() -> None:
    """Our worker does not take the place of Prefect's for pools of others."""
    assert issubclass(KnownWorker, ProcessWorker)
    assert BaseWorker.get_worker_class_from_type("process") is ProcessWorker
