"""A flow run executes a deployment of prefect.yaml as it stands there, or is refused with one line."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.serving.known import Deployment, Job, Known, claimed, refused_name
from medicore.errors import ConfigurationError
from medicore.records.workspace.files import deployments_of
from tests.conftest import ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567"
STUDY = Deployment(
    "analysis",
    "study",
    "flows/analysis.py:analysis",
    ("flows.serving.pulling.own_code",),
    {},
)
PINNED = replace(STUDY, name="pinned", pull=("flows.serving.pulling.pinned_code",))


@pytest.fixture(scope="module")
def known() -> Known:
    """The deployments of this checkout."""
    return Known(ROOT)


def test_what_is_declared_is_executed(known: Known) -> None:
    """A deployment as declared is its entrypoint: by the checkout's code, or by that of the commit which the flow run names."""
    assert known.job(STUDY, {}) == Job("flows/analysis.py:analysis", None)
    assert known.job(STUDY, {"commit": COMMIT}) == Job("flows/analysis.py:analysis", COMMIT)
    assert known.job(PINNED, {"commit": COMMIT}) == Job("flows/analysis.py:analysis", COMMIT)


def test_every_deployment_can_be_pinned(known: Known) -> None:
    """Whatever is deployed, review too, a flow run can name the commit whose code it executes."""
    entries = yaml.load((ROOT / "prefect.yaml").read_text("utf-8"), yaml.CSafeLoader)
    for entry in entries["deployments"]:
        file, _, flow = entry["entrypoint"].partition(":")
        steps = tuple(step for step_ in entry.get("pull", entries["pull"]) for step in step_)
        told = Deployment(flow, entry["name"], f"{file}:{flow}", steps, {})
        assert known.job(told, {"commit": COMMIT}).commit == COMMIT


def test_nothing_of_the_machine_that_deploys_is_kept() -> None:
    """No variable of an environment becomes part of a deployment, and no other worker executes its code."""
    declared = yaml.load((ROOT / "prefect.yaml").read_text("utf-8"), yaml.CSafeLoader)
    assert "$" not in str(declared)
    steps = {step: inputs for entry in (declared, *declared["deployments"]) for one in entry.get("pull", ())
             for step, inputs in one.items()}  # fmt: skip
    assert not any(steps.values())
    for step in steps:
        module, _, function = step.rpartition(".")
        with pytest.raises(
            ConfigurationError, match=r"a worker of another kind has taken it; expected MediCore's own"
        ):
            getattr(import_module(module), function)()


def test_flows_of_a_workspace_are_modules(tmp_path: Path) -> None:
    """In a workspace a deployment names module and function of the product, and is recognised as one of a checkout is."""
    text = (ROOT / "prefect.yaml").read_text("utf-8")
    (tmp_path / "prefect.yaml").write_text(deployments_of(text), "utf-8")
    declared = Known(tmp_path)
    module = "flows.analysis.analysis"
    assert declared.job(replace(STUDY, entrypoint=module), {}) == Job(module, None)
    assert declared.job(replace(PINNED, entrypoint=module), {"commit": COMMIT}) == Job(module, COMMIT)


def test_every_study_is_declared_monthly() -> None:
    """Each study of the portfolio is scheduled for the first of the month in its own time zone, one run at a time."""
    declared = yaml.load((ROOT / "prefect.yaml").read_text("utf-8"), yaml.CSafeLoader)["deployments"]
    monthly = {entry["name"]: entry for entry in declared if "schedules" in entry and "request" in str(entry)}
    studies = {
        path.stem: yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        for path in (ROOT / "studies").glob("*.yaml")
    }
    assert monthly.keys() == studies.keys()
    for study, entry in monthly.items():
        zone = studies[study]["calendar"]["timezone"]
        assert entry["schedules"] == [{"cron": "0 6 1 * *", "timezone": zone}]
        request = entry["parameters"]["request"]
        assert (request["study"], request["requester"]) == (study, "medicore")
        assert entry["concurrency_limit"] == 1
        assert entry["entrypoint"] == "flows/analysis.py:analysis"


def test_flows_have_the_name_of_their_function() -> None:
    """Deployments are recognised by the name of their flow, which prefect.yaml says by the function alone."""
    declared = yaml.load((ROOT / "prefect.yaml").read_text("utf-8"), yaml.CSafeLoader)["deployments"]
    for entrypoint in {entry["entrypoint"] for entry in declared}:
        path, _, function = entrypoint.partition(":")
        module = import_module(path.removesuffix(".py").replace("/", "."))
        assert getattr(module, function).name == function


@pytest.mark.parametrize(
    ("told", "asked", "message"),
    [
        (None, {}, "it has no deployment"),
        (replace(STUDY, flow="evil"), {}, "its deployment 'evil/study' is unknown"),
        (replace(STUDY, name="evil\nforged line"), {}, r"its deployment 'analysis/evil\\nforged line' is unknown"),
        (replace(STUDY, entrypoint="evil.py:evil"), {}, "the entrypoint of its deployment 'analysis/study' was"),
        (replace(STUDY, pull=("prefect.deployments.steps.run_shell_script",)), {}, "the pull of its deployment"),
        (replace(STUDY, variables={"env": {"PYTHONPATH": "evil"}}), {}, "the variables of its deployment"),
        (STUDY, {"command": "evil"}, "the job variable 'command'; expected 'commit' alone"),
        (STUDY, {"env.PYTHONPATH": "evil"}, r"the job variable 'env\.PYTHONPATH'; expected 'commit' alone"),
        (STUDY, {"commit": None}, "'commit' is None; expected 40"),
        (PINNED, {"commit": COMMIT, "working_dir": "evil"}, "'working_dir'; expected 'commit' alone"),
        (PINNED, {}, "'commit' is None; expected 40"),
        (PINNED, {"commit": "main"}, "'commit' is 'main'; expected 40"),
        (PINNED, {"commit": COMMIT.upper()}, "expected 40 hexadecimal digits in lower case"),
        (PINNED, {"commit": f"{COMMIT}\n"}, "expected 40"),
        (PINNED, {"commit": f"--upload-pack=evil{COMMIT}"}, "expected 40"),
        (PINNED, {"commit": [COMMIT]}, "expected 40"),
    ],
)  # fmt: skip
def test_what_is_foreign_is_refused(
    known: Known, told: Deployment | None, asked: dict[str, Any], message: str
) -> None:
    """A deployment that is not declared so, or a job variable that it does not take, is refused in one line."""
    with pytest.raises(ConfigurationError, match=message) as refused:
        known.job(told, asked)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", [None, "deployments: [", "- 1", "deployments: [{name: study}]"])
def test_declarations_that_cannot_be_read_are_told(tmp_path: Path, text: str | None) -> None:
    """Without a readable prefect.yaml nothing is executed, and the message says how to get it back."""
    if text is not None:
        (tmp_path / "prefect.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match="restore it with git"):
        Known(tmp_path)


def test_a_changed_variable_is_named_without_its_value(known: Known) -> None:
    """What a foreign job variable holds may be a secret: the message, which the ledger keeps, has its name alone."""
    changed = replace(STUDY, variables={"env": {"PASSWORD": "a secret"}})
    with pytest.raises(ConfigurationError, match=r"was changed to \['env'\]") as refused:
        known.job(changed, {})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, {}),
        ({"request": "month"}, {}),
        ({"request": {"requester": "ana", "month": "2025-03", "study": "REF-NHEFS", "reason": "a secret"}},
         {"requester": "ana", "month": "2025-03", "study": "REF-NHEFS"}),
        ({"request": {"requester": "A secret!", "month": 3, "commit": COMMIT, "run": "REF-NHEFS/2025-03/1"}},
         {"commit": COMMIT, "run": "REF-NHEFS/2025-03/1"}),
        ({"request": {"studies": ["REF-NHEFS", "a secret", 7], "signature": "a secret"}}, {"studies": ["REF-NHEFS"]}),
        ({"request": {"studies": "REF-NHEFS"}, "password": "a secret"}, {}),
    ],
)  # fmt: skip
def test_of_a_refused_request_identifiers_alone_are_kept(
    parameters: dict[str, Any], found: dict[str, Any]
) -> None:
    """Who asked for what is kept where it has the form of an identifier; free text may hold a secret."""
    assert claimed(parameters) == found


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"study": "REF-NHEFS", "month": "2025-03", "requester": "ana"}, "REF-NHEFS · 2025-03 · refused"),
        ({"month": "2025-03", "studies": ["REF-NHEFS"]}, "2025-03 · refused"),
        ({"run": "REF-NHEFS/2025-03/12"}, "REF-NHEFS · 2025-03 · run 12 · refused"),
        ({}, "refused"),
    ],
)
def test_a_refused_flow_run_is_called_after_what_it_claims(asked: dict[str, Any], name: str) -> None:
    """Study and month, or the run, and that it was refused; what claims nothing is called refused."""
    assert refused_name(asked) == name
