"""The application object, and what its verbs share."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medicore.kernels import require_address_space
from medicore.stores.bundle_target import is_within, require_free, require_outside

if TYPE_CHECKING:
    from medicore.ports.house import House
    from medicore.settings import Settings

app = typer.Typer(
    name="medicore",
    no_args_is_help=True,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    help="Regulated causal analysis that anyone can check.",
    epilog=(
        "Exit codes: 0 done, 1 other, 2 usage, 3 protocol, 4 data, 5 estimation, 6 integrity, 7 review, 8 archive, "
        "9 configuration, 10 halted at findings, 11 busy."
    ),
)


def _version(asked: bool) -> None:
    """Print the version of the program and end."""
    if asked:
        from importlib.metadata import version

        typer.echo(f"medicore {version('medicore')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Regulated causal analysis that anyone can check."""
    require_address_space()


edc = typer.Typer(
    no_args_is_help=True, help="Deliveries: their manifest, and the simulated EDC of the portfolio studies."
)
app.add_typer(edc, name="edc")


def _fingerprint(text: str | None) -> str | None:
    """Return the fingerprint in an option; a malformed one is wrong usage."""
    from medicore.errors import ProtocolError
    from medicore.records.identifiers import fingerprint_id

    try:
        return None if text is None else fingerprint_id(text)
    except ProtocolError as error:
        raise typer.BadParameter(str(error)) from error


Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
Asker = Annotated[str | None, typer.Option("--as", help="The requester; by default the setting 'person'.")]
Reason = Annotated[str, typer.Option(help="Why this is requested.")]
Trusted = Annotated[
    str | None,
    typer.Option(
        "--authority",
        metavar="SHA256",
        callback=_fingerprint,
        help="The fingerprint of the authority that you trust; any other authority fails.",
    ),
]
Seer = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Who looks, where a study's comparative results are closed; by default the setting 'person'.",
    ),
]
RunText = Annotated[str, typer.Argument(metavar="RUN", help="A run, such as MED-2024-0147/2025-03/1.")]


def settings() -> "Settings":
    """Return the settings of this call, and give Prefect's client the password of our own server.

    The client writes only into the state folder, since the account may have no home folder.
    """
    from flows.serving.password import find_password
    from medicore.settings import read_settings

    chosen = read_settings()
    os.environ.setdefault("PREFECT_HOME", str(chosen.home / "prefect"))
    find_password(chosen.home)
    return chosen


def house(chosen: "Settings") -> "House":
    """Return the house; its progress goes to stderr."""
    from flows.shown.progress import show_progress
    from medicore.wiring import open_house

    return open_house(chosen, show_progress)


def require_seen(chosen: "Settings", opened: "House", person: str | None, what: str, *runs: str) -> None:
    """Let results of ``runs`` be shown; where they are closed, only to a person who may see them and signs that."""
    from medicore.cases.people.seeing import Viewer
    from medicore.cases.people.seeing import require_seen as seen
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import RunId

    seen(
        opened, [RunId.parse(run) for run in runs], Viewer(person or chosen.person or "", passphrase_of), what
    )


@contextlib.contextmanager
def prefect(command: typer.Context, home: "Path") -> Iterator[None]:
    """Provide a Prefect API within the block, and note the session, so that ``main`` knows what was not delivered."""
    from flows.shown.progress import show_waiting

    show_waiting("starting Prefect (some seconds)")
    from flows.serving.server import prefect_server

    with prefect_server(home) as session:
        command.obj.append(session)
        yield


def new_target(chosen: "Settings", name: str, folder: Path | None, kept: str) -> Path:
    """Return the new file or folder ``name`` in ``folder``, by default in the working directory.

    If that lies in the checkout, the default is the folder ``kept`` of the state folder. Raises ConfigurationError as
    ``require_new`` does.
    """
    here = Path()
    if folder is None and is_within(here, chosen.root):
        here = chosen.home / kept
    return require_new(chosen, (folder or here) / name)


def require_new(chosen: "Settings", target: Path) -> Path:
    """Return ``target``; raise ConfigurationError when it exists already or lies in the checkout."""
    require_outside(target, chosen.root, chosen.home)
    require_free(target)
    return target
