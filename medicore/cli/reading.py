"""The options by which a person declares how files of data are to be read."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from medicore.edc.declared import Declared
    from medicore.records.protocol.protocol import Protocol

Encoding = Annotated[
    list[str] | None, typer.Option(help="Encoding of text files, such as windows-1252; VALUE or FILE=VALUE.")
]
Delimiter = Annotated[
    list[str] | None, typer.Option(help="comma, semicolon, tab or bar; VALUE or FILE=VALUE.")
]
Decimal = Annotated[
    list[str] | None, typer.Option(help="Decimal mark of numbers, ',' or '.'; VALUE or FILE=VALUE.")
]
RowNames = Annotated[
    list[str] | None, typer.Option(help="Rows begin with a row name, as R writes them: yes, or FILE=yes.")
]


def declared(**options: list[str] | None) -> "Declared":
    """Return what the options declare, each by the key that ``Declared`` knows it by."""
    from medicore.edc.declared import Declared

    return Declared({key: given or [] for key, given in options.items()})


def with_protocol(given: "Declared", protocol: "Protocol") -> "Declared":
    """Return what was declared; where nothing was, what the protocol declares about the files of its data sets."""
    from medicore.edc.declared import Declared

    if any(given.values.values()):
        return given
    found: dict[str, list[str]] = {}
    for dataset in protocol.edc.datasets:
        for key, value in dataset.reading.model_dump().items() if dataset.reading else ():
            text = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
            found.setdefault(key, []).append(f"{dataset.file}={text}")
    return Declared(found)
