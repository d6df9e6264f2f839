"""Job templates have the shape that the workers of their pools read, and let a flow run choose the commit alone."""

import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import jsonschema
import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.templating import apply_values, find_placeholders
from prefect_aws.workers.ecs_worker import ECSJobConfiguration, ECSWorker

from flows.serving.job_templates import KINDS, job_template, places
from medicore.errors import ConfigurationError, ProtocolError
from tests.conftest import ROOT

COMMIT, OTHER = "0123456789abcdef0123456789abcdef01234567", "f" * 40
COMMAND = ["python", "-P", "-m", "flows.serving.container"]
KUBERNETES = json.loads(
    (Path(__file__).parent / "kubernetes" / "default_base_job_template.json").read_text("utf-8")
)


def filled(kind: str, commit: str = "") -> dict[str, Any]:
    """Return the template with a value in each place."""
    return job_template(kind, {name: f'the "{name}"' for name in places(kind)}, commit)


def paths(node: Any, above: str = "") -> Iterator[str]:
    """Yield the path of everything in a document; the members of a list have one path."""
    yield above
    if isinstance(node, dict):
        for name, value in node.items():
            yield from paths(value, f"{above}/{name}")
    elif isinstance(node, list):
        for value in node:
            yield from paths(value, f"{above}[]")


def defaults() -> dict[str, dict[str, Any]]:
    """Return the base job template that the worker of each kind brings."""
    return {"ecs": ECSWorker.get_default_base_job_template(), "kubernetes": KUBERNETES}


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_has_the_parts_that_its_worker_reads(kind: str) -> None:
    """Every part of the job is one that the worker's own template has, and every place is filled by a declared variable."""
    ours, theirs = filled(kind), defaults()[kind]
    assert ours.keys() == theirs.keys() == {"job_configuration", "variables"}
    assert ours["job_configuration"].keys() <= theirs["job_configuration"].keys()
    placed = {found.name for found in find_placeholders(json.dumps(ours["job_configuration"]))}
    assert placed == ours["variables"]["properties"].keys() == {"commit"}
    assert "${" not in json.dumps(ours)
    jsonschema.Draft202012Validator.check_schema(ours["variables"])


def test_a_manifest_has_all_that_kubernetes_needs() -> None:
    """What the worker's own manifest fixes is in ours with the same value; the rest of it is there or not needed."""
    ours, theirs = (
        filled("kubernetes")["job_configuration"]["job_manifest"],
        KUBERNETES["job_configuration"]["job_manifest"],
    )
    optional = {"env"}  # the worker adds them
    missing = {
        path for path in set(paths(theirs)) - set(paths(ours)) if path.rpartition("/")[2] not in optional
    }
    assert missing == set()
    for name in ("apiVersion", "kind"):
        assert ours[name] == theirs[name]
    pod = ours["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"] == COMMAND
    mounted = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert mounted.keys() == {volume["name"] for volume in pod["volumes"]} == {"state", "secrets"}
    assert (mounted["secrets"]["mountPath"], mounted["secrets"]["readOnly"]) == ("/run/secrets", True)
    assert pod["securityContext"]["runAsNonRoot"]
    assert apply_values(ours, {}) == ours, "no place of the manifest waits for a value"


@pytest.mark.parametrize(("asked", "runs"), [({}, COMMIT), ({"commit": OTHER}, OTHER)])
def test_the_ecs_worker_makes_a_task_of_it(asked: dict[str, str], runs: str, prefect_url: str) -> None:
    """Prefect's own code makes the task: image, command, mounts, the commit that is asked for or the default, and no secret."""

    async def configured() -> ECSJobConfiguration:
        template = filled("ecs", COMMIT)
        job: ECSJobConfiguration = await ECSJobConfiguration.from_template_and_values(template, asked)
        return job

    with warnings.catch_warnings(), temporary_settings({PREFECT_API_URL: prefect_url}):
        warnings.simplefilter("ignore", DeprecationWarning)
        job = anyio.run(configured)
        flow_run = FlowRun(id=uuid4(), flow_id=uuid4(), name="run")
        job.prepare_for_flow_run(flow_run)
        worker = ECSWorker("medicore")
        task = worker._prepare_task_definition(job, "eu-central-2", flow_run)
        request = worker._prepare_task_run_request(job, task, "arn:task", new_task_definition_registered=True)
    (container,) = task["containerDefinitions"]
    assert (container["image"], container["user"], task["networkMode"]) == (
        'the "image"',
        "10001:10001",
        "awsvpc",
    )
    assert {mount["containerPath"]: mount["readOnly"] for mount in container["mountPoints"]} == {
        "/state": False, "/run/secrets": True,
    }  # fmt: skip
    (override,) = request["overrides"]["containerOverrides"]
    assert override["command"] in (COMMAND, " ".join(COMMAND))
    given = {item["name"]: item["value"] for item in override["environment"]}
    assert (given["MEDICORE_COMMIT"], given["PREFECT__FLOW_RUN_ID"]) == (runs, str(flow_run.id))
    assert given["MEDICORE_RELEASE"] == COMMIT, "the deployments are those of the default"
    assert not [name for name in given if "AUTH_STRING" in name or "API_KEY" in name], "they are mounted"


@pytest.mark.parametrize("kind", KINDS)
def test_a_flow_run_chooses_the_commit_alone(kind: str) -> None:
    """Neither image nor command nor mounts can be given by whoever may use the API; a commit is forty digits."""
    schema = filled(kind)["variables"]
    for variables, valid in (
        ({}, True), ({"commit": COMMIT}, True), ({"commit": "main"}, False), ({"image": "evil"}, False),
        ({"command": "evil"}, False), ({"env": {}}, False),
    ):  # fmt: skip
        assert jsonschema.Draft202012Validator(schema).is_valid(variables) == valid


def test_what_is_missing_or_unknown_is_named() -> None:
    """A value that was forgotten or misspelt, a kind without a template and a commit that is none are one line each."""
    whole = dict.fromkeys(places("ecs"), "x")
    with pytest.raises(
        ConfigurationError, match=r"no value for cluster, execution_role, .*; give them as --set"
    ):
        job_template("ecs", {"image": "x"})
    with pytest.raises(ConfigurationError, match="a value for 'imaeg'; expected one for each of: cluster, "):
        job_template("ecs", {**whole, "imaeg": "x"})
    with pytest.raises(ConfigurationError, match="type 'docker'; expected one of: ecs, kubernetes"):
        job_template("docker", {})
    with pytest.raises(ProtocolError, match="commit 'main' is malformed"):
        job_template("ecs", whole, "main")


def test_the_image_holds_no_secret_and_is_not_root() -> None:
    """Only lock file, wheel and git's configuration are copied, packages by their hashes, and the account is not root."""
    lines = (ROOT / "Containerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY")]
    files = [word for words in copied for word in words if not word.startswith("--")]
    assert files == ["requirements.lock", "dist/medicore-*.whl", "container/gitconfig"]
    allowed = (ROOT / ".containerignore").read_text("utf-8").splitlines()
    assert [line[1:] for line in allowed if line.startswith("!")] == files
    assert "*" in allowed
    (first,) = (line for line in lines if "-r requirements.lock" in line)
    assert "--require-hashes" in first
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]
    (command,) = (line for line in lines if line.startswith("CMD"))
    assert json.loads(command.removeprefix("CMD ")) == COMMAND
    assert not re.search(r"(?i)password|passphrase|secret_|auth_string|token", "\n".join(lines))
