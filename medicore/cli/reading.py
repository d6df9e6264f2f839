"""The options by which a person declares how files of data are to be read."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from medicore.edc.declared import Declared

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
