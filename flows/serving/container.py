"""A container of the fleet: ``python -P -m flows.serving.container`` executes one flow run by the code of a commit.

The worker of a pool of containers is Prefect's own; this is the command of its containers. Like our worker
(``flows/serving/worker.py``) it takes from the API only the deployment's name, the flow run and a commit, and executes no
pull step. It clones MEDICORE_REPOSITORY at the default commit of the pool's job template (MEDICORE_RELEASE), which says what
the deployments are, unless MEDICORE_CHECKOUT is a workspace that is mounted. Then it becomes the engine of the flow run, by the
code of that commit or of the one that the flow run names (MEDICORE_COMMIT).
"""

import asyncio
import logging
import os
import re
import sys
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from medicore.errors import ConfigurationError, MediCoreError

if TYPE_CHECKING:
    from medicore.settings import Settings
    from medicore.stores.content.pinned_code import PinnedCode

SECRETS = Path("/run/secrets")
"""Where secrets are mounted: a file each, whose name is the variable that it becomes."""
_NAMES = re.compile(
    r"(PREFECT_API_(AUTH_STRING|KEY)|PGPASSWORD|AWS_[A-Z_]+|MEDICORE_(LEDGER|EDC_[A-Z0-9_]+))",
    re.ASCII,
)


def read_secrets(folder: Path, environment: MutableMapping[str, str]) -> None:
    """Put each mounted secret into the environment; a file of another name, such as git's credentials, is left alone.

    Raises ConfigurationError, which names the file, when one cannot be read.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if _NAMES.fullmatch(path.name) is None:
            continue
        try:
            environment[path.name] = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"secret {path.name} of {folder} cannot be read by this account; expected a text that it may read: set the "
                "mount's mode or its group"
            ) from error


def wanted_commit(environment: Mapping[str, str]) -> str:
    """Return the commit that the job template gives; raise ConfigurationError when it is none."""
    commit = environment.get("MEDICORE_COMMIT", "")
    if re.fullmatch(r"[0-9a-f]{40}", commit, re.ASCII) is None:
        raise ConfigurationError(
            f"MEDICORE_COMMIT is {commit[:60]!r}; expected 40 hexadecimal digits: give the flow run the job variable 'commit', or "
            "the pool's job template a default for it ('medicore fleet template --commit')"
        )
    return commit


def main() -> None:
    """Execute the flow run of this container, or refuse it."""
    read_secrets(SECRETS, os.environ)  # before Prefect reads its settings
    identifier = UUID(os.environ["PREFECT__FLOW_RUN_ID"])
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    command = asyncio.run(_prepared(identifier, Path(tempfile.mkdtemp(prefix="medicore-container-"))))
    if command:
        os.execve(command[0], command, os.environ)  # noqa: S606 - our own engine, in the place of this process


async def _prepared(identifier: UUID, scratch: Path) -> list[str]:
    """Return the command that executes the flow run, with its variables in the environment; nothing when it may not begin."""
    from prefect.client.orchestration import get_client

    from flows.serving.known import Known
    from flows.serving.taken import Taken
    from flows.serving.worker_environment import cloned, engine_of, surroundings
    from medicore.settings import read_settings

    settings = read_settings()
    async with get_client() as client:
        flow_run = await client.read_flow_run(identifier)
        taken = Taken(client, flow_run, settings)
        try:
            code, present = _code(settings, scratch)
            taken = Taken(client, flow_run, settings.model_copy(update={"root": code.root}))
            if await taken.ends_or_waits():
                return []
            job = Known(code.root).job(await taken.told(), flow_run.job_variables or {})
            wanted = job.commit or taken.own_commit()
            if wanted not in {None, present}:
                code = cloned(settings, str(wanted), _folder(scratch / "wanted"))
        except MediCoreError as refusal:
            await taken.refuse(str(refusal))
            return []
    os.environ.update(surroundings(settings.home, code))
    os.environ["PREFECT__FLOW_ENTRYPOINT"] = job.entrypoint
    os.chdir(code.root)
    return [str(code.python), "-P", str(engine_of(code))]


def _code(settings: "Settings", scratch: Path) -> "tuple[PinnedCode, str]":
    """Return the code of this container and its commit: the clone of the commit, or a mounted workspace, whose commit is empty."""
    from flows.serving.worker_environment import cloned
    from medicore.stores.content.pinned_code import PinnedCode
    from medicore.stores.git.workspace import is_workspace, running_from

    if is_workspace(settings.root):
        return PinnedCode(settings.root, running_from(settings.root), Path(sys.executable)), ""
    commit = os.environ.get("MEDICORE_RELEASE") or wanted_commit(os.environ)
    return cloned(settings, commit, _folder(scratch / "commit")), commit


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


if __name__ == "__main__":
    try:
        main()
    except MediCoreError as error:
        print(f"medicore: {error}", file=sys.stderr)  # noqa: T201 - the one message of a container that does not begin
        sys.exit(error.exit_code)
