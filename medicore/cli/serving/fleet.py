"""Verbs for a fleet: workers on several machines, with a Prefect server of one's own."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from medicore.cli.app import Json, app, settings
from medicore.cli.show import emit, say

fleet = typer.Typer(
    no_args_is_help=True, help="Workers on several machines, with a Prefect server of your own."
)
app.add_typer(fleet, name="fleet")


@fleet.command()
def setup(
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Runs of all workers at a time: the sum of their cores; by default the pool's own."
        ),
    ] = None,
    silence: Annotated[
        float, typer.Option(min=10, help="Seconds without a heartbeat after which a run counts as lost.")
    ] = 95.0,
    heartbeat: Annotated[
        float, typer.Option(min=1, help="Seconds between heartbeats, as the workers have it (--heartbeat).")
    ] = 30.0,
    pending: Annotated[
        float, typer.Option(min=10, help="Seconds after which a run that a worker took must have begun.")
    ] = 180.0,
    kind: Annotated[
        str, typer.Option("--type", help="Kind of the pool's workers: process, ecs or kubernetes.")
    ] = "process",
    template_file: Annotated[
        Path | None,
        typer.Option("--template", help="Job template of the pool; by default that of our own worker."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make work pool, limit and automations on the server of PREFECT_API_URL, so that a lost host holds up nobody."""
    import os

    from flows.serving.server import require_given_server
    from medicore.errors import ConfigurationError

    if not os.environ.get("PREFECT_API_URL"):
        raise ConfigurationError(
            "no Prefect server is named; expected the address of your own in PREFECT_API_URL; on one machine 'medicore serve' "
            "needs no fleet"
        )
    if silence < 3 * heartbeat:
        raise ConfigurationError(
            f"a silence of {silence:g} s is less than three heartbeats of {heartbeat:g} s, so a busy host would count as lost; "
            "expected more; raise --silence"
        )
    require_given_server()
    settings()
    wanted = _template(template_file)

    from flows.serving.fleet import Patience, Pool, set_up
    from flows.serving.service import POOL

    pool = Pool(POOL, kind, wanted, limit)
    changed = set_up(pool, Patience(silence, pending), len(os.sched_getaffinity(0)))
    if as_json:
        emit({"changed": list(changed)})
        return
    for line in changed or ("Nothing was changed: pool, limit and automations are as asked.",):
        say(line)
    say(
        "Next: prefect deploy --all, and on each machine: python -m flows.serving.worker medicore --limit CORES"
    )


@fleet.command()
def template(
    kind: Annotated[str, typer.Argument(help="Kind of the pool's workers: ecs or kubernetes.")],
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A value of the template; the message names those that are missing.",
        ),
    ] = None,
    commit: Annotated[
        str,
        typer.Option(
            help="The full commit that runs where a flow run names none, such as the validated release."
        ),
    ] = "",
) -> None:
    """Print the job template of a pool of containers as JSON, for 'fleet setup --type KIND --template FILE'."""
    from flows.serving.job_templates import job_template
    from medicore.errors import ConfigurationError

    pairs = [value.partition("=") for value in values or ()]
    if loose := [name for name, mark, _ in pairs if not mark]:
        raise ConfigurationError(f"--set {loose[0][:60]!r} has no '='; expected NAME=VALUE; correct it")
    emit(job_template(kind, {name: value for name, _, value in pairs}, commit))


def _template(path: Path | None) -> dict[str, Any]:
    """Return the job template in a file, or that of our own worker."""
    from flows.serving.service import TEMPLATE
    from medicore.errors import ConfigurationError

    try:
        found = json.loads((path or TEMPLATE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{(path or TEMPLATE).name} cannot be read as a job template; expected JSON as 'medicore fleet template' prints it"
        ) from error
    if not isinstance(found, dict) or not {"variables", "job_configuration"} <= found.keys():
        raise ConfigurationError(
            f"{(path or TEMPLATE).name} has no 'variables' or no 'job_configuration'; expected JSON as 'medicore fleet template' "
            "prints it"
        )
    return found


def examined_fleet(home: Path) -> str:
    """Return a sentence on the fleet of the server that PREFECT_API_URL names.

    Raises ConfigurationError when that is a server of one's own whose work pool is not set up, or when it is not reached.
    The server of 'medicore serve', which is known by its password in the state folder, watches its flow runs itself.
    """
    import os

    from flows.serving.password import is_own_server
    from flows.serving.server import require_given_server

    if not os.environ.get("PREFECT_API_URL"):
        return "none: PREFECT_API_URL names no server"
    if is_own_server(home):
        return "none: PREFECT_API_URL names the server of 'medicore serve', which watches its runs itself"
    require_given_server()

    from flows.serving.fleet import examine
    from flows.serving.service import POOL

    return examine(POOL)
