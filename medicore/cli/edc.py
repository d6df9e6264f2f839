"""Verbs of deliveries: edc deliver, edc manifest, edc serve."""

import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medicore.cli.app import Json, edc, settings
from medicore.cli.reading import Decimal, Delimiter, Encoding, RowNames, declared
from medicore.cli.show import emit, note, say, table

if TYPE_CHECKING:
    from medicore.records.delivery.described import Described


@edc.command()
def deliver(
    month: Annotated[str, typer.Argument(help="Analysis month, YYYY-MM.")],
    studies: Annotated[
        list[str] | None, typer.Argument(help="Studies; by default all of the portfolio.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Let the simulated EDC deliver a month's exports into the inbox."""
    from medicore.edc.simulated.simulator import STUDIES, deliver
    from medicore.records.identifiers import month_id, study_id

    chosen = settings()
    month_id(month)
    delivered = []
    for study in studies or sorted(STUDIES):
        delivered.append(str(deliver(study_id(study), month, chosen.inbox / study / month)))
    if as_json:
        emit({"delivered": delivered})
    else:
        for folder in delivered:
            say(folder)


@edc.command()
def manifest(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="The delivery, its files below raw/.")
    ],
    system: Annotated[str, typer.Option(help="The system that exported the files.")],
    source: Annotated[str, typer.Option(help="The study, such as MED-2024-0147.")],
    exported_at: Annotated[str, typer.Option(help="The time of the export, ISO 8601 with a time zone.")],
    version: Annotated[str, typer.Option(help="The source's own name for this version of the data.")],
    accompanying: Annotated[
        list[str] | None, typer.Option(help="A file that is stored with the data and contains none.")
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help="A format that the file name does not show, VALUE or FILE=VALUE; docs/edc.md lists them.",
        ),
    ] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    decimal: Decimal = None,
    row_names: RowNames = None,
    as_json: Json = False,
) -> None:
    """Write transfer.json for files that came without one: count their rows, and show what is in them."""
    from medicore.edc.announcing import announce

    made = announce(
        folder,
        system=system,
        source=source,
        exported_at=exported_at,
        version=version,
        accompanying=accompanying or [],
        declared=declared(
            format=form, encoding=encoding, delimiter=delimiter, decimal=decimal, row_names=row_names
        ),
    )
    for name in made.left_out:
        note(f"left out {name}, which an operating system or an office program made")
    if as_json:
        columns = {name: [asdict(column) for column in found] for name, found in made.columns.items()}
        emit({"manifest": made.manifest.model_dump(mode="json"), "columns": columns})
        return
    table(
        f"Manifest of {source}, exported {exported_at}",
        ("file", "format", "rows", "columns", "SHA-256"),
        [
            (file.name, file.format, str(file.rows), _columns_of(made.columns, file.name), file.sha256)
            for file in made.manifest.files
        ],
    )


def _columns_of(columns: "Mapping[str, tuple[Described, ...]]", file: str) -> str:
    """Return the number of columns of a file, for each of its data sets."""
    found = [
        str(len(listed)) for name, listed in columns.items() if name == file or name.startswith(f"{file}:")
    ]
    return " + ".join(found)


@edc.command()
def serve(
    month: Annotated[str, typer.Argument(help="Month whose deliveries are served, YYYY-MM.")],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 selects a free one.")
    ] = 8765,
    folder: Annotated[
        Path | None, typer.Option(help="The folder with the deliveries as STUDY/MONTH; by default the inbox.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="A fault to simulate, NAME, or NAME=COUNT for that number of answers; docs/edc.md lists them."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve a month's deliveries over HTTP as Rave, REDCap and a Dataset-JSON API, until interrupted."""
    from medicore.edc.credentials import VARIABLE
    from medicore.edc.simulated.faults import Faults
    from medicore.edc.simulated.served import Deliveries
    from medicore.edc.simulated.server import DEMONSTRATION_SECRET, EdcSimulator
    from medicore.records.identifiers import month_id

    deliveries = Deliveries(folder or settings().inbox, month_id(month), Faults.of(fault or []))
    # A background process of a shell ignores Ctrl-C unless it sets a handler, and a service manager sends SIGTERM.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    secret = os.environ.get(VARIABLE) or DEMONSTRATION_SECRET
    with contextlib.suppress(KeyboardInterrupt), EdcSimulator.open(deliveries, secret, port) as server:
        shown = server.addresses()
        if as_json:
            emit(shown)
        else:
            say(f"The simulated EDC answers at {server.address} until it is interrupted.")
            table(
                "Interfaces",
                ("study", "system", "address", "project"),
                [[str(row[name]) for name in ("study", "system", "address", "project")] for row in shown],
            )
        sys.stdout.flush()
        server.serve_forever()
