"""Requests for a run: signed at the command line, through the REST interface and by a schedule, also after a power cut; refused otherwise."""

import json
import os
import signal
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml

from medicore.records.protocol.calendar import local_date, month_after
from medicore.steps.way import STEP_NAMES
from medicore.stores.clock import SystemClock
from tests.conftest import ROOT, Project, found_project, git
from tests.line.ended_run import require_one_record
from tests.line.told import last_about
from tests.line.worker import Server, children, refusal, serving, signed_request, working
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, prepare

STUDY = faulty.sound().study
PLUG = replace(faulty.sound(), study="TEST-PLUG")
"""A study whose run is cut off."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project with two sound studies and no run; its checkout is a commit further than its studies."""
    made = found_project(tmp_path_factory.mktemp("requests"), prefect_url)
    prepare(made, faulty.sound(), PLUG)
    with (made.root / "README.md").open("a") as readme:
        readme.write("\nA later version.\n")
    git("commit", "--quiet", "--all", "--message", "A later version", folder=made.root)
    return made


@pytest.fixture(scope="module")
def cut_off(project: Project) -> str:
    """The flow run at which server, worker and run were gone in an instant, as by a power cut."""
    run = f"{PLUG.study}/{MONTH}/1"
    with serving(project) as (first, process):
        # A study's own deployment lets one run at a time: the one that is cut off must not hold its place.
        asked = first.send("analysis/REF-NHEFS", signed_request(project, PLUG.study, MONTH))
        while not project.events(run):
            time.sleep(0.2)
        for number in tree(process.pid):
            with suppress(ProcessLookupError):  # git, as a run calls it, has ended by itself meanwhile
                os.kill(number, signal.SIGKILL)
        process.communicate()
    assert project.events(run)[-1]["action"] != "run.sealed", "the run was to be cut off"
    return asked


@pytest.fixture(scope="module")
def server(project: Project, cut_off: str) -> Iterator[Server]:  # noqa: ARG001 - what was cut off comes first
    """The project's deployments, with a worker, served again after the power cut."""
    with working(project) as served:
        yield served


def tree(process: int) -> list[int]:
    """Return a process with all that came from it."""
    return [process, *(number for child in children(process) for number in tree(child))]


def asked(project: Project, *more: str) -> dict[str, Any]:
    """Return a signed request, as ``medicore request --print`` prints it for the REST interface."""
    return signed_request(project, STUDY, MONTH, *more)


def runs(project: Project) -> list[dict[str, Any]]:
    """Return the runs of the study."""
    found: list[dict[str, Any]] = project.medicore("status", STUDY, "--json").json()
    return found


def require_shown(server: Server, project: Project, flow_run: str, run: str) -> None:
    """Assert that Prefect shows a run's results, and its lineage with the digests that the ledger has; no patient."""
    key = run.lower().replace("/", "-")
    named = server.ask(f"flow_runs/{flow_run}")
    assert named["name"] == f"{STUDY} · {MONTH} · run {run.rpartition('/')[2]}"
    assert {STUDY, MONTH, "medicore"} <= set(named["tags"])
    shown = server.artifacts(flow_run)
    assert set(shown) == {f"{key}-{kind}" for kind in ("result", "consort", "report", "progress")}
    assert shown[f"{key}-progress"]["data"] == 100
    assets = server.assets("medicore://r", f"medicore://records/{run}")
    sealed = project.events(run)[-2]
    record = assets[f"medicore://records/{run}"]
    assert record["payload"] == {
        "commit": sealed["details"]["commit"],
        "tag": f"run/{run}",
        "state": "candidate",
    }
    steps = {name: f"medicore://runs/{run}/{name}" for name in STEP_NAMES}
    assert {found["prefect.resource.id"] for found in record["related"]} >= set(steps.values())
    for event in project.events(run):
        step, _, word = event["action"].partition(".")
        if step in steps and word == "completed":
            assert assets[steps[step]]["payload"]["sha256"] == event["details"]["outputs"]
    first = assets[steps["extract"]]
    assert first["payload"]["data_version"] == "1"
    assert f"medicore://edc/{run.rpartition('/')[0]}" in {r["prefect.resource.id"] for r in first["related"]}
    told = json.dumps([shown, assets])
    assert faulty.sound().told_in(told) == []


def last_run(project: Project) -> str:
    """Return the last run of the month that is asked for; a schedule asks for another."""
    return str([row["run"] for row in runs(project) if f"/{MONTH}/" in row["run"]][-1])


def test_the_plug_is_pulled(server: Server, project: Project, cut_off: str) -> None:
    """Served again, the run goes on by itself to one record, and is begun again once (FAULTS 65, 72)."""
    assert server.ended(cut_off)["type"] == "COMPLETED"
    states = server.ask(f"flow_run_states/?flow_run_id={cut_off}")
    assert [state["message"] for state in states if state["name"] == "Resuming"] == [
        "its process or its worker had ended abruptly"
    ]
    require_one_record(project, f"{PLUG.study}/{MONTH}/1")


def test_a_signed_request_becomes_a_run_of_its_commit(server: Server, project: Project) -> None:
    """What ``medicore request`` signs and sends is run by the worker, by the code of the commit alone, and is the analyst's own; its replay is bit for bit the same."""
    commit = git("rev-parse", "HEAD~1", folder=project.root)
    send = ("request", STUDY, MONTH, "--as", "analyst", "--reason", "Rerun after a query", "--commit", commit)
    flow_run = project.medicore(*send, "--json", **server.environment).json()["flow_run"]
    state = server.ended(flow_run)
    assert state["type"] == "COMPLETED", state["message"]
    run = last_run(project)
    require_shown(server, project, flow_run, run)
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


def test_what_nobody_signed_is_refused(server: Server, project: Project) -> None:
    """Whoever reaches the API without the service's key begins nothing in its name, and the ledger holds the attempt."""
    before = runs(project)
    unsigned = asked(project) | {"requester": "medicore", "signature": "", "month": "2025-06"}
    state = server.trigger("analysis/study", unsigned)
    assert state["type"] == "FAILED"
    assert "request of medicore for" in state["message"]
    refused = project.medicore("ledger", "show", "--action", "run.refused", "--json").json()
    events = [event for event in refused if "request of medicore for" in event["reason"]]
    assert "medicore" in [event["details"]["claimed"] for event in events]
    assert {event["actor"] for event in events} == {"medicore"}
    assert runs(project) == before


def test_a_key_that_no_request_has_is_refused(server: Server, project: Project) -> None:
    """The server itself refuses, before a flow run exists."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.trigger("analysis/study", asked(project) | {"approve": True})
    code, text = refusal(refused.value)
    assert code == 409
    assert "approve" in text


@contextmanager
def scheduled(server: Server, deployment: str, parameters: dict[str, Any]) -> Iterator[str]:
    """Yield the flow run of a daily schedule, which is gone afterwards; one whose moment passed meanwhile is set again."""
    for wait in (2, 10, 60):
        anchor = SystemClock().now() + timedelta(seconds=wait)
        schedule = {"interval": 86400, "anchor_date": anchor.isoformat()}
        asked = [{"active": True, "schedule": schedule, "parameters": parameters}]
        (made,) = server.ask(f"deployments/{deployment}/schedules", asked)
        try:
            # What the server's scheduler does every minute, now.
            server.ask(f"deployments/{deployment}/schedule", {"min_runs": 1, "max_runs": 1, "min_time": 1})
            limit = anchor + timedelta(hours=1)
            for run in server.flow_runs("analysis/study"):
                if run["auto_scheduled"] and datetime.fromisoformat(run["expected_start_time"]) < limit:
                    yield run["id"]
                    return
        finally:
            server.ask(f"deployments/{deployment}/schedules/{made['id']}", method="DELETE")
    raise AssertionError("the server scheduled no run for the near moment")


def test_a_schedule_asks_as_the_service(server: Server, project: Project) -> None:
    """What a schedule begins is of the month before, and signed by the service in its own name; nobody needs to be there."""
    deployment = server.deployment("analysis/study")
    zone = faulty.sound().protocol["calendar"]["timezone"]
    month = month_after(f"{local_date(SystemClock().now(), zone):%Y-%m}", -1)
    faulty.sound().deliver(project, month)
    request = {"study": STUDY, "requester": "medicore", "reason": "Monthly schedule"}
    with scheduled(server, deployment, {"request": request}) as first:
        assert server.ended(first)["type"] == "COMPLETED"
    run = f"{STUDY}/{month}/1"
    event = project.events(run)[0]
    assert (event["actor"], event["role"], event["reason"]) == ("medicore", "service", "Monthly schedule")
    (found,) = project.medicore("verify", run, "--json").json()
    assert found["failed"] == {}


def test_every_study_has_its_deployment(server: Server) -> None:
    """Each study of the portfolio is scheduled for the first of the month in its own time zone, one run at a time."""
    for path in sorted((ROOT / "studies").glob("*.yaml")):
        found = server.ask(f"deployments/name/analysis/{path.stem}")
        (planned,) = found["schedules"]
        zone = yaml.safe_load(path.read_text("utf-8"))["calendar"]["timezone"]
        assert (planned["schedule"]["cron"], planned["schedule"]["timezone"]) == ("0 6 1 * *", zone)
        assert planned["active"]
        assert (
            found["parameters"]["request"] | {"study": path.stem, "requester": "medicore"}
            == (found["parameters"]["request"])
        )
        assert found["global_concurrency_limit"]["limit"] == 1


def test_the_archive_is_read_week_by_week(server: Server, project: Project) -> None:
    """A deployment reads what is due of the archive every week, through the worker, and the ledger says so."""
    found = server.ask("deployments/name/surveillance/weekly")
    (planned,) = found["schedules"]
    assert (planned["schedule"]["cron"], planned["active"]) == ("0 3 * * 0", True)
    flow_run = server.ask(f"deployments/{found['id']}/create_flow_run", {"parameters": {"every": 30}})["id"]
    state = server.ended(flow_run)
    assert (state["type"], state["message"]) == ("COMPLETED", "0 of 0 archived runs read and found intact")
    assert last_about(project, "archive")["action"] == "archive.surveyed"
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.ask(f"deployments/{found['id']}/create_flow_run", {"parameters": {"every": 366}})
    assert refusal(refused.value)[0] in {409, 422}


def test_late_months_are_looked_for_every_day(server: Server) -> None:
    """A deployment tells late months every day; what it says is proved where flow runs are attacked."""
    found = server.ask("deployments/name/lateness/daily")
    (planned,) = found["schedules"]
    assert (planned["schedule"]["cron"], planned["active"]) == ("0 8 * * *", True)
