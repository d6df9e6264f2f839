"""The verb that makes a workspace: new."""

from pathlib import Path
from typing import Annotated

import typer

from medicore.cli.app import Json, app
from medicore.cli.show import emit, pairs, say


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="A new or an empty folder.")],
    wheel: Annotated[
        Path | None,
        typer.Option(
            help="The wheel of the running product; by default the one from which it was installed."
        ),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Bring an existing workspace to the running product instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a workspace: a git repository for studies of your own, with this product pinned in it by its hash."""
    from medicore.workspace import make_workspace, update_workspace

    made = update_workspace(folder, wheel) if update else make_workspace(folder, wheel)
    if as_json:
        emit(made)
        return
    pairs({"workspace": made["folder"], "product": made["product"], "SHA-256": made["sha256"]})
    if update:
        say(
            "\nNext: look at 'git diff' and commit it; a run that has begun is completed with its own product."
        )
        return
    say(
        f"\nNext: cd {folder} && pip install --no-deps --require-hashes -r requirements.lock && medicore init"
    )
    say("README.md there leads through the example.")
