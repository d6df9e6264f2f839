"""What the API says of a flow run's result is never loaded, and so never executed."""

import base64
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import flow
from prefect._internal.result_records import ResultRecordMetadata
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.filesystems import LocalFileSystem
from prefect.serializers import PickleSerializer
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Completed

from flows.ending import own_result
from flows.serving import engine
from medicore.errors import ConfigurationError

FLOW = """
from pathlib import Path
from prefect import flow

@flow(persist_result=False)
def asked() -> None:
    Path("executed").touch()
"""


@flow(name="asked")
def asked() -> None:
    """Stand for the flow of the file, whose name it has; it is never run."""


class Planted:
    """What executes somebody's code when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._trace,)


@pytest.fixture
def planted(tmp_path: Path, prefect_url: str) -> ResultRecordMetadata:
    """The description of a stored result that leaves the file ``trace`` when it is loaded."""
    with temporary_settings({PREFECT_API_URL: prefect_url}):
        block = LocalFileSystem(basepath=str(tmp_path))
        block.save(f"planted-{uuid4()}", _sync=True)  # type: ignore[call-arg] # Prefect's own way to say so
    told = ResultRecordMetadata(
        storage_key=str(tmp_path / "result"),
        serializer=PickleSerializer(),
        storage_block_id=block._block_document_id,
    )
    bytes_ = base64.encodebytes(pickle.dumps(Planted(tmp_path / "trace"))).decode()
    (tmp_path / "result").write_text(json.dumps({"metadata": told.model_dump(mode="json"), "result": bytes_}))
    return told


def made(client: SyncPrefectClient, told: ResultRecordMetadata | None) -> UUID:
    """Return a flow run, which has ended with that result where one is told."""
    run = client.create_flow_run(asked)
    if told is not None:
        state = {"type": "COMPLETED", "data": told.model_dump(mode="json")}
        client.request(
            "POST",
            "/flow_runs/{id}/set_state",
            path_params={"id": run.id},
            json={"state": state, "force": True},
        )
    return run.id


def executed(command: list[str], folder: Path, run: UUID, url: str) -> list[str]:
    """Execute a flow run in a process of its own, and return which traces it left."""
    (folder / "asked.py").write_text(FLOW)
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={
            **os.environ,
            "PREFECT_API_URL": url,
            "PREFECT__FLOW_RUN_ID": str(run),
            "PREFECT__FLOW_ENTRYPOINT": "asked.py:asked",
        },
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [name for name in ("executed", "trace") if (folder / name).exists()]


def test_a_flow_run_is_executed_and_a_planted_result_is_not(
    tmp_path: Path, planted: ResultRecordMetadata, prefect_url: str
) -> None:
    """Our engine runs the flow, and ends where the API says that it has ended; Prefect's own would load the result."""
    ours = ["-P", str(engine.__file__)]
    with temporary_settings({PREFECT_API_URL: prefect_url}), get_client(sync_client=True) as client:
        assert executed(ours, tmp_path, made(client, planted), prefect_url) == []
        assert executed(["-m", "prefect.engine"], tmp_path, made(client, planted), prefect_url) == ["trace"]
        (tmp_path / "trace").unlink()
        run = made(client, None)
        assert executed(ours, tmp_path, run, prefect_url) == ["executed"]
        assert client.read_flow_run(run).state_name == "Completed"


def test_a_planted_result_of_a_flow_within_a_flow_is_not_loaded(
    tmp_path: Path, planted: ResultRecordMetadata
) -> None:
    """The result that the API names for a study of a portfolio is an error that says so."""
    found = own_result(Completed(data=planted))
    assert isinstance(found, ConfigurationError)
    assert "names a stored result" in str(found)
    assert not (tmp_path / "trace").exists()
    assert own_result(Completed(data=7)) == 7
