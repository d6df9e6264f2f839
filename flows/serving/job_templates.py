"""Job templates for pools of containers: what an operator names is put in; a flow run may change the commit alone."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.serving.service import TEMPLATE
from medicore.errors import ConfigurationError
from medicore.records.identifiers import commit_id

RELEASE = "MEDICORE_RELEASE"
"""The variable that holds the default commit in a container: its prefect.yaml says which deployments there are."""

_FOLDER = Path(__file__).parent
_PLACE = re.compile(r"\$\{([a-z_]+)\}")
KINDS = tuple(sorted(path.name.split(".")[1] for path in _FOLDER.glob("pool.*.json")))
"""The kinds of pools for which there is a template."""


def places(kind: str) -> tuple[str, ...]:
    """Return the names that an operator must give for a template, in the order of the alphabet."""
    return tuple(sorted(set(_PLACE.findall(_text(kind)))))


def job_template(kind: str, values: Mapping[str, str], commit: str = "") -> dict[str, Any]:
    """Return the base job template of a pool of this kind, with these values in their places.

    ``commit`` is the default of the job variable of that name: the code of flow runs that name none. No other variable can
    be set by a flow run, so whoever may use the API changes neither image nor command nor mounts.

    Raises
    ------
    ConfigurationError
        When there is no template of the kind, or a value is missing, unknown or empty.
    ProtocolError
        When the commit is none.
    """
    wanted = places(kind)
    missing = [name for name in wanted if not values.get(name)]
    unknown = sorted(set(values) - set(wanted))
    if missing or unknown:
        found = f"no value for {', '.join(missing)}" if missing else f"a value for {unknown[0]!r}"
        raise ConfigurationError(
            f"the template for {kind} got {found}; expected one for each of: {', '.join(wanted)}; give them as --set NAME=VALUE"
        )
    # JSON's own escapes, since a value stands within a JSON text.
    filled = _PLACE.sub(lambda place: json.dumps(values[place[1]])[1:-1], _text(kind))
    template: dict[str, Any] = json.loads(filled)
    pinned = dict(json.loads(TEMPLATE.read_text(encoding="utf-8"))["variables"]["properties"]["commit"])
    if commit:
        pinned["default"] = commit_id(commit)
        template["job_configuration"]["env"][RELEASE] = commit
    template["variables"]["properties"]["commit"] = pinned
    return template


def _text(kind: str) -> str:
    if kind not in KINDS:
        raise ConfigurationError(
            f"there is no job template for a pool of type {kind!r}; expected one of: {', '.join(KINDS)}; for type process "
            "'medicore fleet setup' brings its own"
        )
    return (_FOLDER / f"pool.{kind}.json").read_text(encoding="utf-8")
