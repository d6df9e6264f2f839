"""The deployments of this checkout, and what a flow run may ask of them: nothing foreign is executed.

Everyone who may use Prefect's API can make deployments, change existing ones, and give a flow run their own job
variables. So only ``prefect.yaml`` of the checkout says what is executed. The API only says which of its deployments
is meant, and which commit, where that is not the checkout's own.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from medicore.errors import ConfigurationError, ProtocolError
from medicore.records.identifiers import RunId, commit_id, month_id, person_id, study_id

COMMIT = "commit"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PINNED = "flows.serving.pulling.pinned_code"
_SHOWN = 80
_MOST = 100
_FORMS: Mapping[str, Callable[[str], object]] = {
    "requester": person_id,
    "study": study_id,
    "month": month_id,
    "run": RunId.parse,
    "commit": commit_id,
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment by Prefect's API or by ``prefect.yaml``.

    ``flow`` and ``name`` identify it, ``entrypoint`` is the file and function that it runs, ``pull`` names the steps
    that fetch its code, and ``variables`` are those of its jobs.
    """

    flow: str
    name: str
    entrypoint: str
    pull: tuple[str, ...]
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """The code of a flow run: an entrypoint of this checkout, or of the ``commit`` that the flow run names."""

    entrypoint: str
    commit: str | None


class Known:
    """The deployments that ``prefect.yaml`` of a checkout declares."""

    def __init__(self, root: Path) -> None:
        try:
            declared = yaml.load((root / "prefect.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
            read = [_declared(entry, declared.get("pull") or []) for entry in declared["deployments"]]
        except (OSError, UnicodeDecodeError, yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                "prefect.yaml of the checkout cannot be read; expected the deployments of its commit: restore it with git"
            ) from error
        self._all = {(found.flow, found.name): found for found in read}

    def job(self, told: Deployment | None, asked: Mapping[str, Any]) -> Job:
        """Return the code that a flow run of the deployment executes, given its job variables.

        Raises
        ------
        ConfigurationError
            When the checkout does not declare the deployment, or declares another one, or does not allow the job
            variables.
        """
        if told is None:
            raise ConfigurationError("it has no deployment; expected one that prefect.yaml declares")
        name = f"{told.flow}/{told.name}"
        known = self._all.get((told.flow, told.name))
        if known is None:
            raise ConfigurationError(
                f"its deployment {_shown(name)} is unknown; expected one that prefect.yaml declares"
            )
        for part in ("entrypoint", "pull", "variables"):
            if (found := getattr(told, part)) != getattr(known, part):
                # Only the names of variables: a value may be a secret, and the message reaches the ledger.
                shown = sorted(found) if isinstance(found, Mapping) else found
                raise ConfigurationError(
                    f"the {part} of its deployment {_shown(name)} was changed to {_shown(shown)}; expected what "
                    "prefect.yaml declares: start 'medicore serve' again, which deploys it again"
                )
        return Job(known.entrypoint, _commit_of(asked, required=_PINNED in known.pull))


def step_names(steps: Sequence[Mapping[str, Any]] | None) -> tuple[str, ...]:
    """Return the names of a deployment's pull steps; their inputs differ from machine to machine."""
    return tuple(name for step in steps or () for name in step)


def claimed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims in the parameters of a flow run that have the form of identifiers; only these are safe to store.

    They are the requester, the studies, the month, the run and the commit. Free text, such as a reason, may hold a
    secret.
    """
    request = parameters.get("request")
    asked = request if isinstance(request, Mapping) else {}
    found = {name: text for name, form in _FORMS.items() if (text := _formed(asked.get(name), form))}
    many = asked.get("studies")
    studies = (
        [text for one in many[:_MOST] if (text := _formed(one, study_id))] if isinstance(many, list) else []
    )
    return {**found, "studies": studies} if studies else found


def refused_name(asked: Mapping[str, Any]) -> str:
    """Return the name for a refused flow run: the study and month, or the run, that it claims.

    ``asked`` is what ``claimed`` returns, so nothing else of a foreign request becomes a name.
    """
    about = [asked.get("study"), asked.get("month")]
    if "run" in asked:
        run = RunId.parse(asked["run"])
        about = [run.study, run.month, f"run {run.number}"]
    return " · ".join([*filter(None, about), "refused"])


def _formed(value: object, form: Callable[[str], object]) -> str:
    """Return the text if it has the form, otherwise an empty one."""
    if not isinstance(value, str):
        return ""
    try:
        form(value)
    except ProtocolError:
        return ""
    return value


def _declared(entry: Mapping[str, Any], pull: Sequence[Mapping[str, Any]]) -> Deployment:
    entrypoint = str(entry["entrypoint"])
    variables = entry["work_pool"].get("job_variables") or {}
    steps = step_names(entry.get("pull", pull))
    *_, flow = re.split("[:.]", entrypoint)  # file:function, or module.function of an installed product
    return Deployment(flow, str(entry["name"]), entrypoint, steps, variables)


def _commit_of(asked: Mapping[str, Any], *, required: bool) -> str | None:
    """Return the commit in a flow run's job variables; None when there is none, and none is ``required``."""
    foreign = sorted(set(asked) - {COMMIT})
    if foreign:
        raise ConfigurationError(f"it gives the job variable {_shown(foreign[0])}; expected {COMMIT!r} alone")
    if COMMIT not in asked and not required:
        return None
    commit = asked.get(COMMIT)
    if not isinstance(commit, str) or _COMMIT.fullmatch(commit) is None:
        raise ConfigurationError(
            f"its job variable {COMMIT!r} is {_shown(commit)}; expected 40 hexadecimal digits in lower case"
        )
    return commit


def _shown(found: object) -> str:
    """Return a foreign text shortened to one short line."""
    text = ascii(found)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"
