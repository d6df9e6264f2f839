"""What the service does: requests and schedules become runs, also through a power cut, and nothing foreign is executed."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from medicore.records.protocol.calendar import local_date, month_after
from medicore.stores.clock import SystemClock
from tests.command_line import as_command
from tests.conftest import Project, found_project, git
from tests.line.conftest import REFERENCE
from tests.line.ended_run import require_one_record
from tests.line.foreign import CODE, TEMPLATE, counted, foreign_variables, require_refused, rewritten, shell
from tests.line.shown_run import require_shown
from tests.line.told import last_about
from tests.line.worker import Server, Service, refusal, service, signed_request
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, prepare

STUDY = faulty.sound().study
PLUG = replace(faulty.sound(), study="TEST-PLUG")
"""A study whose run is cut off."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project with two sound studies and no run; its checkout is a commit further than its studies."""
    made = found_project(tmp_path_factory.mktemp("served"), prefect_url)
    prepare(made, faulty.sound(), PLUG)
    declared = made.root / "prefect.yaml"
    declared.write_text(of_one_study(declared.read_text("utf-8")), "utf-8")
    git("commit", "--quiet", "--all", "--message", "A later version", folder=made.root)
    return made


def of_one_study(declared: str) -> str:
    """Return prefect.yaml with the monthly deployment of one study alone: to deploy those of all takes seconds."""
    head, *deployments = declared.split("\n  - ")
    named = f"\n    name: {REFERENCE}\n"
    return "\n  - ".join([head, *(one for one in deployments if "*monthly" not in one or named in one)])


@pytest.fixture(scope="module")
def served(project: Project) -> Iterator[Service]:
    """The project's deployments, with a worker."""
    with service(project) as running:
        yield running


@pytest.fixture
def server(served: Service) -> Server:
    """The server that serves them now."""
    return served.server


@pytest.fixture
def foreign(tmp_path: Path) -> dict[str, Any]:
    """Job variables that execute an attacker's code."""
    return foreign_variables(tmp_path)


def runs(project: Project) -> list[dict[str, Any]]:
    """Return the runs of the study."""
    found: list[dict[str, Any]] = project.medicore("status", STUDY, "--json").json()
    return found


def test_a_scheduled_run_outlives_a_power_cut(served: Service, project: Project) -> None:
    """What a schedule begins is of the month before, and signed by the service; cut off, it goes on by itself to one record, begun again once (FAULTS 65, 72)."""
    zone = PLUG.protocol["calendar"]["timezone"]
    month = month_after(f"{local_date(SystemClock().now(), zone):%Y-%m}", -1)
    if month != MONTH:
        PLUG.deliver(project, month)
    run = f"{PLUG.study}/{month}/1"
    request = {"study": PLUG.study, "requester": "medicore", "reason": "Monthly schedule"}
    with served.server.scheduled("analysis/study", {"request": request}) as asked:
        while not project.events(run):
            time.sleep(0.2)
    served.cut_off()
    assert "run.sealed" not in [event["action"] for event in project.events(run)], "the run was to be cut off"
    assert served.server.ended(asked)["type"] == "COMPLETED"
    states = served.server.ask(f"flow_run_states/?flow_run_id={asked}")
    assert [state["message"] for state in states if state["name"] == "Resuming"] == [
        "its process or its worker had ended abruptly"
    ]
    event = project.events(run)[0]
    assert (event["actor"], event["role"], event["reason"]) == ("medicore", "service", "Monthly schedule")
    require_one_record(project, run)


def test_a_signed_request_becomes_a_run_of_its_commit(server: Server, project: Project) -> None:
    """What ``medicore request`` signs and sends is run by the worker, by the code of the commit alone, and is the analyst's own; its replay is bit for bit the same."""
    commit = git("rev-parse", "HEAD~1", folder=project.root)
    send = ("request", STUDY, MONTH, "--as", "analyst", "--reason", "Rerun after a query", "--commit", commit)
    flow_run = project.medicore(*send, "--json", **server.environment).json()["flow_run"]
    state = server.ended(flow_run)
    assert state["type"] == "COMPLETED", state["message"]
    run = runs(project)[-1]["run"]
    require_shown(server, project, faulty.sound(), flow_run, run)
    first = project.events(run)[0]
    assert (first["action"], first["actor"], first["reason"]) == (
        "run.requested",
        "analyst",
        "Rerun after a query",
    )
    assert first["details"]["identity"]["code_commit"] == commit, "the checkout is at a later one"
    (found,) = project.medicore("verify", run, "--json").json()
    assert found["failed"] == {}
    (attributable,) = [score for score in found["alcoa"] if score["principle"] == "Attributable"]
    assert attributable["holds"]
    assert "asked for by analyst; 1 signed request(s)" in attributable["evidence"]
    replayed = server.send("replay/commit", {"run": run}, commit=commit)
    state = server.ended(replayed)
    assert state["type"] == "COMPLETED", state["message"]
    assert state["message"].endswith(f"files of {run} are the same bit for bit")
    (table,) = server.artifacts(replayed).values()
    assert {row["identical"] for row in json.loads(table["data"])} == {True}


def test_what_nobody_signed_is_refused(project: Project) -> None:
    """Whoever has a flow run without the service's key begins nothing in its name, and the ledger holds the attempt."""
    before = runs(project)
    with as_command(project.root, project.surroundings()):
        # Prefect is imported once its settings are in the environment.
        from flows.analysis import analysis
        from flows.requests import AnalysisRequest

        asked = AnalysisRequest(study=STUDY, month="2025-06", requester="medicore", reason="Rerun")
        state = analysis(asked, return_state=True)
    assert state.is_failed()
    assert "request of medicore for" in str(state.message)
    refused = project.medicore("ledger", "show", "--action", "run.refused", "--json").json()
    events = [event for event in refused if "request of medicore for" in event["reason"]]
    assert "medicore" in [event["details"]["claimed"] for event in events]
    assert {event["actor"] for event in events} == {"medicore"}
    assert runs(project) == before


def test_a_key_that_no_request_has_is_refused(server: Server, project: Project) -> None:
    """The server itself refuses, before a flow run exists."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.trigger("analysis/study", signed_request(project, STUDY, MONTH) | {"approve": True})
    code, text = refusal(refused.value)
    assert code == 409
    assert "approve" in text


def test_a_study_has_its_deployment(server: Server) -> None:
    """The server has a study's schedule as prefect.yaml declares it; that all studies are declared, test_known.py proves."""
    found = server.ask(f"deployments/name/analysis/{REFERENCE}")
    (planned,) = found["schedules"]
    assert (planned["schedule"]["cron"], planned["schedule"]["timezone"]) == ("0 6 1 * *", "America/New_York")
    assert planned["active"]
    request = found["parameters"]["request"]
    assert (request["study"], request["requester"]) == (REFERENCE, "medicore")
    assert found["global_concurrency_limit"]["limit"] == 1


def test_the_archive_is_read_week_by_week(server: Server, project: Project) -> None:
    """A deployment has our flow read what is due of the archive every week; the ledger says so, and no interval exceeds a year."""
    found = server.ask("deployments/name/surveillance/weekly")
    (planned,) = found["schedules"]
    assert (planned["schedule"]["cron"], planned["active"]) == ("0 3 * * 0", True)
    module, _, name = found["entrypoint"].partition(":")
    with as_command(project.root, project.surroundings()):
        flow = getattr(import_module(module.removesuffix(".py").replace("/", ".")), name)
        state = flow(every=30, return_state=True)
    assert (state.is_completed(), state.message) == (True, "0 of 0 archived runs read and found intact")
    assert last_about(project, "archive")["action"] == "archive.surveyed"
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.ask(f"deployments/{found['id']}/create_flow_run", {"parameters": {"every": 366}})
    assert refusal(refused.value)[0] in {409, 422}


def test_late_months_are_looked_for_every_day(server: Server) -> None:
    """A deployment tells late months every day; what it says is proved where flow runs are attacked."""
    found = server.ask("deployments/name/lateness/daily")
    (planned,) = found["schedules"]
    assert (planned["schedule"]["cron"], planned["active"]) == ("0 8 * * *", True)


def test_without_the_password_nothing_is_answered(server: Server, project: Project) -> None:
    """Any user of this machine reads and posts nothing, neither without a password nor with a wrong one (FAULTS 79)."""
    for path in ("deployments/filter", "flow_runs/filter", "work_pools/filter", "block_documents/filter"):
        request = urllib.request.Request(f"{server.url}/{path}", b"{}")  # noqa: S310 - loopback
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)  # noqa: S310 - loopback
        assert refusal(refused.value)[0] == 401
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.ask(path, {}, credentials="medicore:a guess")
        assert refusal(refused.value)[0] == 401
    assert counted(project, "401 POST work_pools") > 0


def test_the_password_is_in_its_file_alone(server: Server, project: Project) -> None:
    """No log, no database of Prefect and no argument of a process holds it; the file is its owner's alone."""
    word = server.credentials.partition(":")[2].encode()
    port = server.url.split(":")[2].partition("/")[0]
    held = [path for path in project.home.rglob("*") if path.is_file() and word in path.read_bytes()]
    assert held == [project.home / "prefect" / f"password.{port}"]
    assert held[0].stat().st_mode & 0o777 == 0o600
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            told = process.read_bytes()
        except OSError:  # it has ended
            continue
        assert word not in told


def test_job_variables_are_refused_by_server_and_worker(
    server: Server, project: Project, foreign: dict[str, Any], tmp_path: Path
) -> None:
    """Command, environment and working directory are refused by the pool's template, and by the worker without it (FAULTS 79)."""
    path = f"deployments/{server.deployment('lateness/daily')}/create_flow_run"
    analysis = f"deployments/{server.deployment('analysis/study')}/create_flow_run"
    asked = {"request": {"study": REFERENCE, "requester": "analyst", "reason": "Monthly run"}}
    for name, value in foreign.items():
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.ask(analysis, {"job_variables": {name: value}, "parameters": asked})
        code, text = refusal(refused.value)
        assert (code, f"'{name}' was unexpected" in text) == (422, True)
    with rewritten(server, TEMPLATE):
        sent = {
            name: server.ask(analysis, {"job_variables": {name: value}, "parameters": asked})["id"]
            for name, value in foreign.items()
        }
        for name, flow_run in sent.items():
            reason = f"it gives the job variable '{name}'; expected 'commit' alone"
            require_refused(server, project, flow_run, reason, claimed="analyst")
    defaults = json.loads(json.dumps(TEMPLATE))
    for name in ("command", "env", "working_dir"):
        defaults["variables"]["properties"][name]["default"] = foreign[name]
    with rewritten(server, defaults):
        state = server.ended(server.ask(path, {})["id"])
    told = ("COMPLETED", "0 month(s) became late")
    assert (state["type"], state["message"]) == told, "our own flow was executed"
    assert not (tmp_path / "trace").exists()


def test_foreign_deployments_are_refused(server: Server, project: Project, tmp_path: Path) -> None:
    """A deployment of somebody's own, one of ours that was changed, and a flow run without one execute nothing (FAULTS 79)."""
    (tmp_path / "evil.py").write_text(CODE.format(str(tmp_path / "trace")))
    evil = {
        "work_pool_name": "medicore",
        "entrypoint": str(tmp_path / "evil.py:evil"),
        "pull_steps": [shell(tmp_path)],
    }
    flow = server.ask("flows/", {"name": "evil"})["id"]
    made = server.ask("deployments/", {**evil, "name": "evil", "flow_id": flow})["id"]
    asked = server.ask(f"deployments/{made}/create_flow_run", {})["id"]
    require_refused(server, project, asked, "its deployment 'evil/evil' is unknown; expected")
    ours = server.ask("deployments/name/portfolio/month")
    server.ask("deployments/", {**evil, "name": "month", "flow_id": ours["flow_id"]})
    request = {"month": MONTH, "requester": "analyst", "reason": "Monthly run"}
    path = f"deployments/{ours['id']}/create_flow_run"
    asked = server.ask(path, {"parameters": {"request": request}})["id"]
    reason = "the entrypoint of its deployment 'portfolio/month' was changed to "
    require_refused(server, project, asked, reason, claimed="analyst")
    alone = {"flow_id": flow, "work_pool_name": "medicore", "state": {"type": "SCHEDULED"}}
    require_refused(server, project, server.ask("flow_runs/", alone)["id"], "it has no deployment; expected")
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("commit", "reason"),
    [
        ("a" * 40, "commit aaaaaaaaaa"),
        ("main", "its job variable 'commit' is 'main'; expected 40"),
        (None, "its job variable 'commit' is None; expected 40"),
    ],
)
def test_a_commit_is_forty_digits_of_this_repository(
    server: Server, project: Project, commit: str | None, reason: str
) -> None:
    """A commit that the repository lacks, or a word that is none, is refused without a clone being executed."""
    with rewritten(server, {}):
        asked = server.send("replay/commit", {"run": "REF-NHEFS/2025-03/1"}, commit)
        require_refused(server, project, asked, reason)


def test_an_open_state_folder_is_not_served(project: Project) -> None:
    """While others may look into the state folder, ``serve`` does not begin, and ``doctor`` says what to do."""
    project.home.chmod(0o755)
    try:
        answer = project.medicore("serve", expected=9)
        (told,) = answer.err.splitlines()
        assert "state has mode 0755, so that other users may look into it; expected 0700: 'chmod 700" in told
        found = project.medicore("doctor", "--json", expected=9).json()
    finally:
        project.home.chmod(0o700)
    (part,) = [part for part in found if part["subject"] == "permissions"]
    assert not part["healthy"]
