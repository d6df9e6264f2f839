"""Verbs of a study before its first run: study new, study check, study preview, study schema."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medicore.cli.app import Json, app, settings
from medicore.cli.reading import Decimal, Delimiter, Encoding, RowNames, declared, with_protocol
from medicore.cli.show import emit, say

if TYPE_CHECKING:
    from medicore.records.finding import Finding
    from medicore.records.protocol.file.problems import Problem
    from medicore.steps.preview.profile import TableProfile

study = typer.Typer(
    no_args_is_help=True,
    help="Studies before their first run: check a protocol, and hold it against a file of data.",
)
app.add_typer(study, name="study")

Name = Annotated[str, typer.Argument(metavar="STUDY", help="A study with a protocol in studies/.")]


@study.command()
def new(
    name: Annotated[str, typer.Argument(metavar="STUDY", help="The new study, such as ACME-RHC-01.")],
    source: Annotated[Path, typer.Option("--from", help="A file of its data, a row for each subject.")],
    treatment: Annotated[str, typer.Option(help="The column of the arm, with two levels.")],
    outcome: Annotated[str, typer.Option(help="The column of the outcome.")],
    subject: Annotated[
        str, typer.Option(help="The column that tells subjects apart; by default proposed.")
    ] = "",
    treated: Annotated[str, typer.Option(help="The level of the treated arm; by default proposed.")] = "",
    late: Annotated[
        list[str] | None, typer.Option(help="A further column that was measured after time zero.")
    ] = None,
    levels: Annotated[
        list[str] | None,
        typer.Option(help="A category whose levels may be written into the protocol; 'all' for each."),
    ] = None,
    randomised: Annotated[bool, typer.Option("--randomised", help="The treatment was randomised.")] = False,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    decimal: Decimal = None,
    row_names: RowNames = None,
    as_json: Json = False,
) -> None:
    """Draft a protocol from a file of data: types, levels and gaps from the file, TODO where a person must decide."""
    from medicore.cases.studies.drafting import Choices, draft
    from medicore.cases.studies.profiling import profile_of
    from medicore.errors import ConfigurationError
    from medicore.records.identifiers import study_id
    from medicore.sample import sample_of
    from medicore.stores.clock import SystemClock
    from medicore.stores.files import write_atomically

    path = settings().root / "studies" / f"{study_id(name)}.yaml"
    if path.exists():
        raise ConfigurationError(
            f"studies/{path.name} exists already; expected a new study; choose another name"
        )
    asked = declared(encoding=encoding, delimiter=delimiter, decimal=decimal, row_names=row_names)
    with sample_of(name, [source], asked) as (transfer, _):
        found, reading = profile_of(transfer), transfer.files[0].reading
    allowed = _allowed(found, levels or [], {treatment, outcome})
    month = f"{SystemClock().now():%Y-%m}"
    choices = Choices(
        name,
        source.name,
        treatment,
        outcome,
        month,
        subject,
        treated,
        tuple(late or ()),
        allowed,
        randomised,
        reading,
    )
    made = draft(found, choices)
    write_atomically(path, made.text.encode())
    if as_json:
        emit({"protocol": f"studies/{path.name}", "rows": found.rows, "left_out": dict(made.left_out)})
        return
    say(f"Drafted studies/{path.name} from {found.rows} rows and {len(found.columns)} columns.")
    for column, reason in made.left_out.items():
        say(f"  left out {column or '(no name)'}: {reason}")
    say(f"Write what is marked TODO; then: medicore study check {name} --data {source}")


def _allowed(found: "TableProfile", named: list[str], chosen: set[str]) -> "frozenset[str]":
    """Return the categories whose levels a person allows, by name or by answer; the person sees the levels first."""
    categories = [
        column for column in found.columns if column.kind == "category" and column.name not in chosen
    ]
    if "all" in named:
        return frozenset(column.name for column in categories)
    allowed = {column.name for column in categories if column.name in named}
    for column in categories:
        if column.name in allowed or not sys.stdin.isatty():
            continue
        listed = ", ".join(f"{level} ({count})" for level, count in column.levels)
        if typer.confirm(f"{column.name}: {listed}. Write these levels into the protocol?"):
            allowed.add(column.name)
    return frozenset(allowed)


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
    from medicore.records.protocol.file.undecided import undecided_places
    from medicore.sample import sample_of
    from medicore.stores.protocols import StudyFolder

    origin = f"studies/{name}.yaml"
    text = StudyFolder(settings().root / "studies").text(name)
    checked = check_file(text, origin, name)
    undecided = () if checked.problems else tuple(undecided_places(text, origin))
    findings: tuple[Finding, ...] = ()
    if checked.protocol is not None and data:
        reading = declared(encoding=encoding, delimiter=delimiter, decimal=decimal, row_names=row_names)
        with sample_of(name, data, with_protocol(reading, checked.protocol)) as (transfer, files):
            findings = contract_findings(files, checked.protocol, transfer)
    if as_json:
        emit(_told(origin, (*checked.problems, *undecided), findings))
    else:
        for problem in (*checked.problems, *undecided):
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
        Path | None, typer.Option(help="Write the page there; by default into the state folder.")
    ] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    decimal: Decimal = None,
    row_names: RowNames = None,
    as_json: Json = False,
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
        reading = declared(encoding=encoding, delimiter=delimiter, decimal=decimal, row_names=row_names)
        with sample_of(name, data, with_protocol(reading, protocol)) as (transfer, _):
            found = preview_of(protocol, transfer)
    else:
        found = preview_of(
            protocol, connector(chosen, protocol).pull(name, month or protocol.calendar.first_month)
        )
    # In the checkout the page would be a change of the code.
    path = output or chosen.home / "previews" / f"{name}.html"
    write_atomically(path, preview_page(protocol, found).encode())
    if as_json:
        emit({**asdict(found), "page": str(path)})
        return
    for line in lines_of(found):
        say(line)
    say(f"Page         {path}")


@study.command()
def schema() -> None:
    """Print the JSON Schema of a protocol, by which an editor completes keys and marks mistakes."""
    from medicore.cases.studies.schema import protocol_schema

    emit(protocol_schema())


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
