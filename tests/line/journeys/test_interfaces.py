"""Studies whose data come over HTTP, through the command line: `edc serve` in one process, the runs in others."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any

import pytest

from flows.serving.server import free_port
from medicore.edc import http
from medicore.edc.simulated.faults import Faults
from medicore.edc.simulated.served import Deliveries, project_number
from medicore.edc.simulated.server import EdcSimulator
from tests.conftest import Project, found_project
from tests.line.ended_run import EndedRun, portfolio, require_failed, require_halted, run
from tests.whole_house.prepared_study import MONTH, SIZE, PreparedStudy, prepare

TOKEN = "C0FFEE" * 5 + "00"
IGNORED = ["projectid", "environmentName", "SubjectKey", "subjects_complete"]


PORT = free_port()
ADDRESS = f"http://127.0.0.1:{PORT}"


def study(name: str, **source: Any) -> PreparedStudy:
    """Return a prepared study whose source is an interface of the simulated EDC."""
    return PreparedStudy(name).planned("edc", {"ignored": IGNORED, **source})


RAVE = study(
    "TEST-RAVE", system="rave", address=f"{ADDRESS}/RaveWebServices", project="TEST-RAVE", form="SUBJECTS"
)
ODM = study(
    "TEST-ODM",
    system="rave",
    address=f"{ADDRESS}/RaveWebServices",
    project="TEST-ODM",
    form="SUBJECTS",
    format="odm",
)
JSON = study(
    "TEST-JSON", system="dataset-json-api", address=f"{ADDRESS}/dataset-json", project="TEST-JSON", dataset="SUBJECTS",
    page=100,
)  # fmt: skip
REDCAP = study(
    "TEST-REDCAP", system="redcap", address=f"{ADDRESS}/redcap/TEST-REDCAP/api/", project=project_number("TEST-REDCAP"),
    batch=200,
)  # fmt: skip

BLINDED = study(
    "TEST-BLINDED",
    system="dataset-json-api",
    address=f"{ADDRESS}/dataset-json",
    project="TEST-BLINDED",
    dataset="SUBJECTS",
)
"""A study of its own: a run that halted is not run again."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, whose studies come by every interface, with the secrets in the environment."""
    secrets = {
        "MEDICORE_EDC_SECRET": TOKEN,
        "MEDICORE_EDC_SECRET_TEST_RAVE": f"user:{TOKEN}",
        "MEDICORE_EDC_SECRET_TEST_ODM": f"user:{TOKEN}",
    }
    made = found_project(tmp_path_factory.mktemp("interfaces"), prefect_url, **secrets)
    prepare(made, RAVE, ODM, JSON, REDCAP, BLINDED)
    return made


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between the attempts of a request: noted, and not waited for."""
    noted: list[float] = []
    monkeypatch.setattr(http, "EdcServer", partial(http.EdcServer, pause=noted.append))
    return noted


@contextmanager
def served(project: Project, *faults: str) -> Iterator[list[dict[str, Any]]]:
    """Serve the month as an operator does, with these faults, and yield what the command says of its interfaces."""
    options = [part for fault in faults for part in ("--fault", fault)]
    process = project.start("edc", "serve", MONTH, "--port", str(PORT), "--json", *options)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.rstrip() == "]":
            break
    try:
        yield json.loads("".join(lines))
    finally:
        os.kill(process.pid, signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


@contextmanager
def simulated(project: Project, fault: str) -> Iterator[None]:
    """Serve the month with a fault in a thread, as ``edc serve`` does in a process."""
    with EdcSimulator.open(
        Deliveries(project.home / "inbox", MONTH, Faults.of((fault,))), TOKEN, PORT
    ) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def told(ended: EndedRun) -> str:
    """Return all that the ledger and the table of runs say of a run."""
    return json.dumps([ended.row, ended.events])


def test_faults_of_the_source_fail_before_anything_is_frozen(project: Project) -> None:
    """A cut view, an entity bomb and data that change between pages end each run in one line (FAULTS 33, 41, 46)."""
    with served(project, "cut-end", "entity-bomb", "changed"):
        ended = portfolio(project, RAVE, ODM, JSON, expected=4)
    messages = {
        "TEST-RAVE": f"TEST-RAVE/{MONTH}/SUBJECTS.csv does not end with the line EOF: the export was cut; expected "
        "that line last; have it exported again",
        "TEST-ODM": f"TEST-ODM/{MONTH}/SUBJECTS.xml has a document type, in which entities could be declared; expected "
        "a whole document in ODM 1.3; look at what the source sends",
        "TEST-JSON": f"TEST-JSON/{MONTH}: the data changed while they were pulled, twice in a row; expected one state "
        "of them; run again when nobody enters data",
    }
    for name, message in messages.items():
        require_failed(ended[name], project, "extract", 4, message)
        assert TOKEN not in told(ended[name])


def test_a_source_that_refuses(project: Project, pauses: list[float]) -> None:
    """Refused credentials end at once, in one line (FAULTS 42)."""
    with simulated(project, "401"):
        ended = run(project, JSON, expected=9)
    message = (
        "the EDC refuses the credentials (status 401); expected an account that may export this study; set its secret, "
        "see docs/edc.md"
    )
    require_failed(ended, project, "extract", 9, f"TEST-JSON/{MONTH}/SUBJECTS-0001.json: {message}")
    assert pauses == []


def test_an_unblinding_column_halts_whatever_the_interface(project: Project) -> None:
    """A column that the contract does not know comes over HTTP as by file, and halts the check (FAULTS 38)."""
    with simulated(project, "unblinding"):
        ended = run(project, BLINDED, expected=10)
    require_halted(ended, project, "check")
    assert "dose" in json.dumps(ended.findings)
    assert "17.31" not in told(ended)


def test_a_month_comes_over_http_to_its_report(project: Project) -> None:
    """What is served is named; after trouble that passes a study is analysed to its report; raw answers are in the lock (FAULTS 42)."""
    with served(project, "503=1", "429=1") as interfaces:
        ended = run(project, REDCAP, expected=0)
    named = {(row["study"], row["system"]): (row["address"], row["project"]) for row in interfaces}
    assert len(named) == 15
    planned = REDCAP.protocol["edc"]
    assert named["TEST-REDCAP", "redcap"] == (planned["address"], planned["project"])
    assert named["TEST-RAVE", "rave"] == (f"{ADDRESS}/RaveWebServices", "TEST-RAVE")
    assert ended.row["n"] == SIZE
    (frozen,) = (event for event in ended.events if event["action"] == "lock.frozen")
    assert {name for name in frozen["details"]["files"] if "/raw/" in name} == {
        f"lock/raw/{name}"
        for name in ("records-0001.json", "records-0002.json", "metadata.json", "project.json")
    }
    assert TOKEN not in told(ended)
    last = REDCAP.texts["subject_id"][-1]
    answer = project.medicore("subject", REDCAP.study, last, "--as", "reviewer", "--json").json()
    source = answer["source"]
    assert (source["file"], source["row"], source["line"]) == ("lock/raw/records-0002.json", SIZE - 200, None)
    assert source["values"]["age"] == REDCAP.texts["age"][-1]
    assert last in project.medicore("subject", REDCAP.study, last, "--as", "reviewer").out
    unknown = ("subject", REDCAP.study, "NOBODY-1", "--as", "reviewer")
    assert "has no such subject" in project.medicore(*unknown, expected=4).err
    held = [path for path in project.home.rglob("*") if path.is_file() and path.stat().st_size < 10_000_000]
    assert len(held) > 20
    assert [path.name for path in held if TOKEN.encode() in path.read_bytes()] == []


def test_without_a_secret_nothing_is_asked(project: Project) -> None:
    """A run without the account's secret says which variable is missing, with the exit code of the configuration."""
    answer = project.medicore("run", JSON.study, MONTH, "--json", expected=9, MEDICORE_EDC_SECRET="")
    (row,) = answer.json()
    assert row["messages"] == [
        "no secret for the EDC of TEST-JSON; expected MEDICORE_EDC_SECRET_TEST_JSON or MEDICORE_EDC_SECRET in the "
        "environment, or 'edc_credentials' with the name of Prefect Secret blocks; set one"
    ]
