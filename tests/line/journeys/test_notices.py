"""Who is told how a run ended, through the command line."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.conftest import Project, found_project
from tests.whole_house import faulty_deliveries as faulty
from tests.whole_house.prepared_study import MONTH, PreparedStudy, prepare

TOLD, UNTOLD = (replace(faulty.empty(), study=name) for name in ("TEST-TOLD", "TEST-UNTOLD"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own with two studies that halt."""
    made = found_project(tmp_path_factory.mktemp("notices"), prefect_url)
    prepare(made, TOLD, UNTOLD)
    return made


def test_who_is_told_learns_gates_and_no_value(project: Project) -> None:
    """A halted run is told to the address of ``notify``; when nobody is there, the run ends as it would (FAULTS 71)."""
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take what comes."""
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/hook"
        row = told_run(project, TOLD, address)
        server.shutdown()
        thread.join()
    (message,) = (json.loads(data) for data in taken)
    assert (message["run"], message["gates"]) == (row["run"], ["contract"])
    assert [e["action"] for e in project.events(row["run"])][-1] == "notice.sent"
    row = told_run(project, UNTOLD, address)
    assert [e["action"] for e in project.events(row["run"])][-1] == "notice.failed"
    refused = project.medicore("status", MEDICORE_NOTIFY="http://elsewhere.invalid/hook", expected=9)
    assert "expected https://" in refused.err


def told_run(project: Project, study: PreparedStudy, address: str) -> dict[str, Any]:
    """Run a study that halts, somebody being told, and return its line."""
    (row,) = project.medicore(
        "run", study.study, MONTH, "--json", expected=10, MEDICORE_NOTIFY=address
    ).json()
    return dict(row)
