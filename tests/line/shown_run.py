"""What Prefect shows of a run that a flow run began: its name, its artifacts, and its lineage."""

import json

from medicore.steps.way import STEP_NAMES
from tests.conftest import Project
from tests.line.worker import Server
from tests.whole_house.prepared_study import MONTH, PreparedStudy


def require_shown(server: Server, project: Project, study: PreparedStudy, flow_run: str, run: str) -> None:
    """Assert that Prefect shows a run's results, and its lineage with the digests that the ledger has; no patient."""
    key = run.lower().replace("/", "-")
    named = server.ask(f"flow_runs/{flow_run}")
    assert named["name"] == f"{study.study} · {MONTH} · run {run.rpartition('/')[2]}"
    assert {study.study, MONTH, "medicore"} <= set(named["tags"])
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
    assert study.told_in(told) == []
