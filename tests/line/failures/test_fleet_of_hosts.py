"""A month of eight studies on a fleet of six hosts, whose hosts, server and cables fail one after the other."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from flows.serving.server import free_port
from tests import postgres as database
from tests.conftest import Project, found_project
from tests.hosts import Host, absent, network, tunnel, wait_for
from tests.line.ended_run import require_one_record
from tests.line.worker import Server, tree
from tests.s3 import S3Server, moto_server  # noqa: F401 - a fixture
from tests.session import PASSWORD
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, PreparedStudy, prepare

AWAY_S = 30
SOUND = tuple(PreparedStudy(f"TEST-FLEET{number}") for number in range(1, 8))
HALTING = faulty.perfect_separation()
STUDIES = tuple(study.study for study in (*SOUND, HALTING))
PATIENCE = ("--limit", "4", "--heartbeat", "3", "--silence", "20", "--pending", "120")


@contextmanager
def kept(folder: Path, port: int, store: str) -> Iterator[Server]:
    """Run Prefect's server as docs/operate.md says; what the machine's supervisor does is done here: it is started again."""
    folder.mkdir()
    around = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_API")} | {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://{store.partition('://')[2]}",
        "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    start = ("-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    with (
        (folder / "server.log").open("ab") as log,
        subprocess.Popen(
            ["/bin/sh", "-c", 'while :; do "$@"; sleep 2; done', "sh", sys.executable, *start],
            env=around, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        ) as supervisor,
    ):  # fmt: skip
        server = Server(f"http://127.0.0.1:{port}/api", PASSWORD, supervisor.pid)
        try:
            assert server.ask("health") is True
            yield server
        finally:
            kill(supervisor.pid)


def kill(process: int, *, alone: bool = False) -> None:
    """End a process and all that it started at once; with ``alone``, it stays."""
    for number in tree(process)[1 if alone else 0 :]:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def reached(hosts: dict[str, Host], ports: dict[str, int], folder: Path, stack: ExitStack) -> None:
    """Have every worker's host reach the servers at its own loopback address, through the cables of both."""
    for name, port in ports.items():
        way = str(folder / name)
        outer = stack.enter_context(subprocess.Popen(tunnel(way, f"127.0.0.1:{port}")))
        stack.callback(outer.kill)
        hosts[name].tunnel(f"{hosts[name].address}:{port}", way, folder / "tunnels.log")
        for worker in ("first", "second"):
            hosts[worker].tunnel(f"127.0.0.1:{port}", f"{hosts[name].address}:{port}", folder / "tunnels.log")


def actions(project: Project, *names: str) -> int:
    """Return how many events of the month's runs have one of these actions."""
    return sum(
        event["action"] in names for study in STUDIES for event in project.events(f"{study}/{MONTH}/1")
    )


@pytest.mark.deep
def test_a_month_of_a_fleet_ends_by_itself(
    tmp_path: Path,
    prefect_url: str,
    postgres: database.Server,
    moto_server: S3Server,  # noqa: F811
) -> None:
    """A worker's power cut, kill -9 of Prefect's server, database and bucket away for 30 s: each run ends in one record or one finding, without a hand."""
    if why := absent():
        pytest.skip(why)
    port = free_port()
    project = found_project(
        tmp_path / "fleet",
        prefect_url,
        PREFECT_API_URL=f"http://127.0.0.1:{port}/api",
        MEDICORE_LEDGER=postgres.url(postgres.database()),
        MEDICORE_CONTENT_REMOTE=f"s3://{moto_server.bucket(lock=False)}/content",
        MEDICORE_ARCHIVE=f"s3://{moto_server.bucket()}",
        MEDICORE_S3_ENDPOINT=moto_server.endpoint,
        AWS_EC2_METADATA_DISABLED="true",
        PREFECT_WORKER_QUERY_SECONDS="1",
        **moto_server.environment,
    )
    prepare(project, *SOUND, HALTING)
    ports = {
        "database": postgres.port,
        "bucket": int(moto_server.endpoint.rpartition(":")[2]),
        "prefect": port,
    }
    with ExitStack() as stack:
        server = stack.enter_context(kept(tmp_path / "server", port, postgres.url(postgres.database())))
        hosts = stack.enter_context(network("first", "second", *ports))
        reached(hosts, ports, tmp_path, stack)
        project.command("fleet", "setup", *PATIENCE)
        around = project.surroundings(PYTHONPATH=str(project.root))
        deploy = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--name", "study"]
        subprocess.run(deploy, cwd=project.root, env=around, check=True, capture_output=True)
        worker = (
            sys.executable,
            "-m",
            "flows.serving.worker",
            "medicore",
            "--limit",
            "2",
            "--heartbeat",
            "3",
        )
        for name in ("first", "second"):
            hosts[name].start(*worker, log=tmp_path / f"{name}.log", folder=project.root, around=around)
        asked = project.command("portfolio", MONTH, *STUDIES, "--send", "--json", "--as", "analyst").json()
        assert [row["study"] for row in asked] == list(STUDIES)
        wait_for("runs at work on both hosts", lambda: actions(project, "extract.completed") >= 3, 300)
        hosts["first"].cut_power()
        for number, fault in enumerate(("prefect", "database", "bucket"), start=1):
            wait_for("a further run", lambda: actions(project, "run.sealed", "run.halted") >= number, 600)  # noqa: B023
            if fault == "prefect":
                kill(server.process, alone=True)
                continue
            hosts[fault].unplug()
            time.sleep(AWAY_S)
            hosts[fault].plug()
        ended = {row["study"]: server.ended(row["flow_run"]) for row in asked}
    assert ended[HALTING.study]["type"] == "PAUSED", "a person decides"
    assert {ended[study.study]["type"] for study in SOUND} == {"COMPLETED"}, ended
    assert actions(project, "run.failed") == 0, "nothing of this says anything about data or statistics"
    for study in SOUND:
        assert ended[study.study]["message"] == f"{study.study}/{MONTH}/1 is candidate"
        require_one_record(project, f"{study.study}/{MONTH}/1")
    (halted,) = project.medicore("status", HALTING.study, "--json").json()
    assert (halted["run"], halted["state"]) == (f"{HALTING.study}/{MONTH}/1", "halted, awaiting a decision")
    signed = [
        next(event["details"]["envelope"] for event in project.events(f"{study}/{MONTH}/1"))
        for study in STUDIES
    ]
    assert all(envelope == signed[0] for envelope in signed), "one signature for the month"
    assert project.medicore("ledger", "verify", "--json").json()["intact"]
