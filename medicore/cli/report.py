"""Verbs for reports as files: their requirements, their tables, and their rendition in HTML."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from medicore.cli.app import Json, RunText, Seer, app, house, new_target, require_new, require_seen, settings
from medicore.cli.show import emit, say, table
from medicore.errors import ConfigurationError, IntegrityError

_REPORTS = "reports"
_HERE = "by default this one, or 'reports' in the state folder if this one is in the checkout"

report = typer.Typer(no_args_is_help=True, help="Reports as files.")
app.add_typer(report, name="report")


@report.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Reports, signed or not.")],
    as_json: Json = False,
) -> None:
    """Check that a report is archival, accessible, closed and marked on every page; exit code 6 names each fault."""
    from medicore.stores.report.report_check import check_report

    answers: dict[str, Any] = {}
    faults: list[str] = []
    for file in files:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise ConfigurationError(
                f"{file.name} cannot be read ({error.strerror}); expected a report; name its file"
            ) from error
        found = check_report(data)
        answers[str(file)] = {one.name: one.found or "met" for one in found}
        faults += [f"{file.name}: {one.found}; expected {one.expected}" for one in found if not one.met]
        if not as_json:
            cells = [(one.name, "met" if one.met else "NOT MET", one.found or one.expected) for one in found]
            table(str(file), ("requirement", "verdict", "what"), cells)
    if as_json:
        emit(answers)
    if faults:
        raise IntegrityError(f"{len(faults)} requirement(s) not met, first {faults[0]}; render it again")


class TableFormat(StrEnum):
    """A format of the results for other software."""

    CSV = "csv"
    XLSX = "xlsx"
    DATASET_JSON = "dataset-json"
    XPT = "xpt"
    ARS = "ars"
    SVG = "svg"
    ALL = "all"


@report.command()
def tables(
    run: RunText,
    folder: Annotated[Path, typer.Argument(help="A new folder for the tables.")],
    form: Annotated[
        TableFormat,
        typer.Option(
            "--format",
            help="Tables as CSV or as one workbook (xlsx); values as one data set with its Define-XML; CDISC ARS; figures as SVG; or all.",
        ),
    ] = TableFormat.CSV,
    person: Seer = None,
    as_json: Json = False,
) -> None:
    """Write the tables of a sealed run's report for other software; each row has its place in the results.

    Exit code 3: the run has no sealed results, or no report with figures; 4: a format cannot hold a text; 6: a file
    differs from what was sealed; 9: the folder exists already, or the record's template makes no figures for screens.
    """
    from medicore.cases.export.handover import FORMATS, handover_files
    from medicore.cases.export.rendition import rendition_sources
    from medicore.records.identifiers import RunId
    from medicore.stores.bundle_target import write_folder
    from medicore.stores.report.figures import figures_of
    from medicore.stores.report.rendition import render_html

    named, chosen = RunId.parse(run), settings()
    require_new(chosen, folder)
    opened = house(chosen)
    require_seen(chosen, opened, person, "report tables", run)
    made: dict[str, bytes] = {}
    if form in {TableFormat.SVG, TableFormat.ALL}:
        sources = rendition_sources(opened, named)
        figures = figures_of(render_html(sources.template, sources.inputs), run)
        made = {f"figures/{name}": data for name, data in figures.items()}
    if form is not TableFormat.SVG:
        made |= handover_files(opened, named, FORMATS if form is TableFormat.ALL else (form.value,))
    write_folder(folder, made)
    if as_json:
        emit({"run": run, "folder": str(folder), "tables": sorted(made)})
    elif form is TableFormat.CSV:
        say(f"{len(made)} tables of {run} in {folder}.")
    else:
        say(f"{len(made)} files of {run} in {folder}.")


@report.command()
def portfolio(
    month: Annotated[str, typer.Argument(help="Analysis month, YYYY-MM.")],
    studies: Annotated[
        list[str] | None, typer.Argument(metavar="[STUDY]...", help="Studies; by default all.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help=f"The folder for the report, which is made if it is missing; {_HERE}.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(help="The day for judging lateness, YYYY-MM-DD in UTC; by default today."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the state of a month's studies, page 1 for the Chief Medical Officer; it is a summary, not a record.

    Of a study whose comparative results are closed it shows the state alone.

    Exit code 3: no study has a run in the month; 6: a record differs from what was sealed; 9: a report exists already
    or cannot be made; 11: the ledger grew meanwhile.
    """
    from medicore.cases.portfolio.report import portfolio_report
    from medicore.records.identifiers import month_id
    from medicore.stores.files import write_atomically

    chosen = settings()
    target = new_target(chosen, f"portfolio_{month_id(month)}.pdf", output, _REPORTS)
    made = portfolio_report(house(chosen), month, studies or (), on)
    write_atomically(target, made.pdf)
    if as_json:
        emit({"written": str(target), "sha256": made.digest, **made.contents})
    else:
        say(f"{target}: {len(made.contents['studies'])} studies, judged on {made.contents['day']}.")
        say(f"SHA-256 {made.digest}; ledger event {made.contents['ledger']['sequence']}.")


@report.command()
def html(
    run: RunText,
    folder: Annotated[Path | None, typer.Argument(help=f"The folder for the page; {_HERE}.")] = None,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="The evidence report, though the run has a report by now.")
    ] = False,
    person: Seer = None,
    as_json: Json = False,
) -> None:
    """Write a sealed run's report as one self-contained HTML page, from the record's own template; it is not a record.

    A run that halted has its evidence report. Exit code 3: the run has no sealed report; 6: a file differs from what was
    sealed; 9: a page exists already, or the record's template makes none.
    """
    from medicore.cases.export.rendition import page_sources
    from medicore.records.canonical import sha256
    from medicore.records.identifiers import RunId
    from medicore.stores.files import write_atomically
    from medicore.stores.report.rendition import render_html

    named, chosen = RunId.parse(run), settings()
    opened = house(chosen)
    require_seen(chosen, opened, person, "report html", run)
    sources = page_sources(opened, named, evidence=evidence)
    what = "_evidence" if sources.page else ""
    target = new_target(chosen, f"{named.study}_{named.month}_{named.number}{what}.html", folder, _REPORTS)
    page = render_html(sources.template, sources.inputs, sources.page)
    write_atomically(target, page)
    if as_json:
        emit({"run": run, "file": str(target), "sha256": sha256(page)})
    else:
        say(f"{run} as HTML in {target}.")
