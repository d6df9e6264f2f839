"""Verbs of a study before its first run: study check, study preview, study schema."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medicore.cli.app import Json, app, settings
from medicore.cli.show import emit, say

if TYPE_CHECKING:
    from medicore.edc.declared import Declared
    from medicore.records.finding import Finding
    from medicore.records.protocol.file.problems import Problem

study = typer.Typer(
    no_args_is_help=True,
    help="Studies before their first run: check a protocol, and hold it against a file of data.",
)
app.add_typer(study, name="study")

Name = Annotated[str, typer.Argument(metavar="STUDY", help="A study with a protocol in studies/.")]
Encoding = Annotated[list[str] | None, typer.Option(help="Encoding of text files; VALUE or FILE=VALUE.")]
Delimiter = Annotated[
    list[str] | None, typer.Option(help="comma, semicolon, tab or bar; VALUE or FILE=VALUE.")
]
Decimal = Annotated[
    list[str] | None, typer.Option(help="Decimal mark of numbers, ',' or '.'; VALUE or FILE=VALUE.")
]
RowNames = Annotated[list[str] | None, typer.Option(help="Rows begin with a row name: yes, or FILE=yes.")]


@study.command()
def check(
    name: Name,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A file of data, to be held against the contract; may be repeated."),
    ] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    decimal: Decimal = None,
    row_names: RowNames = None,
    as_json: Json = False,
) -> None:
    """Show every problem of a protocol at once, with its line; with --data, everything that the data break as well."""
    from medicore.cases.studies.checking import check_file, contract_findings
    from medicore.errors import DataError, ProtocolError
    from medicore.sample import sample_of
    from medicore.stores.protocols import StudyFolder

    origin = f"studies/{name}.yaml"
    checked = check_file(StudyFolder(settings().root / "studies").text(name), origin, name)
    findings: tuple[Finding, ...] = ()
    if checked.protocol is not None and data:
        with sample_of(name, data, _declared(encoding, delimiter, decimal, row_names)) as (transfer, files):
            findings = contract_findings(files, checked.protocol, transfer)
    if as_json:
        emit(_told(origin, checked.problems, findings))
    else:
        for problem in checked.problems:
            say(f"{origin}:{problem.line or '-'}: {problem.key}: {problem.words}")
        for finding in findings:
            say(f"{finding.subject}: {finding.message}")
    if checked.problems:
        raise ProtocolError(
            f"{origin} has {len(checked.problems)} problem(s); correct the file, then check it again"
        )
    if findings:
        raise DataError(
            f"the data break {len(findings)} rule(s) of the contract; correct the contract, or have the data corrected"
        )
    if not as_json:
        say(f"{origin} is a protocol{' and the data follow its contract' if data else ''}.")


@study.command()
def preview(
    name: Name,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A file of data; by default the delivery of --month from the protocol's source."),
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="Month of the delivery, YYYY-MM; by default the study's first.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the page there; by default STUDY.preview.html in this folder.")
    ] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    decimal: Decimal = None,
    row_names: RowNames = None,
) -> None:
    """Show overlap, balance, sparse levels and precision of a plan on its data, without reading any outcome."""
    from medicore.cases.studies.preview_page import preview_page
    from medicore.cases.studies.previewing import lines_of, preview_of
    from medicore.sample import sample_of
    from medicore.stores.files import write_atomically
    from medicore.stores.protocols import StudyFolder
    from medicore.wiring import connector

    chosen = settings()
    protocol = StudyFolder(chosen.root / "studies").load(name)
    if data:
        with sample_of(name, data, _declared(encoding, delimiter, decimal, row_names)) as (transfer, _):
            found = preview_of(protocol, transfer)
    else:
        found = preview_of(
            protocol, connector(chosen, protocol).pull(name, month or protocol.calendar.first_month)
        )
    path = output or Path(f"{name}.preview.html")
    write_atomically(path, preview_page(protocol, found).encode())
    for line in lines_of(found):
        say(line)
    say(f"Page         {path}")


@study.command()
def schema() -> None:
    """Print the JSON Schema of a protocol, by which an editor completes keys and marks mistakes."""
    from medicore.cases.studies.schema import protocol_schema

    emit(protocol_schema())


def _declared(
    encoding: list[str] | None,
    delimiter: list[str] | None,
    decimal: list[str] | None,
    row_names: list[str] | None,
) -> "Declared":
    from medicore.edc.declared import Declared

    return Declared(
        {
            "encoding": encoding or [],
            "delimiter": delimiter or [],
            "decimal": decimal or [],
            "row_names": row_names or [],
        }
    )


def _told(
    origin: str, problems: "tuple[Problem, ...]", findings: "tuple[Finding, ...]"
) -> dict[str, list[dict[str, Any]]]:
    """Return problems and findings as JSON holds them."""
    return {
        "problems": [
            {"file": origin, "line": one.line or None, "key": one.key, "problem": one.words}
            for one in problems
        ],
        "findings": [
            {"column": one.subject, "count": one.statistic, "finding": one.message} for one in findings
        ],
    }
