"""Verbs that do the work: init, run, portfolio, serve, deploy, step."""

import contextlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medicore.cli.app import Asker, Json, Reason, app, house, prefect, settings
from medicore.cli.show import between, emit, figure, pairs, say, table

if TYPE_CHECKING:
    from medicore.cases.run.analysis import Outcome

_CONSOLE_PORT = 4280


@app.command()
def init(
    analyst: Annotated[str, typer.Option(help="Printed name of the first analyst.")] = "Ada Analyst",
    reviewer: Annotated[str, typer.Option(help="Printed name of the first reviewer.")] = "Rosa Reviewer",
    operator: Annotated[str, typer.Option(help="Printed name of the first operator.")] = "Otto Operator",
    as_json: Json = False,
) -> None:
    """Make the state folder: ledger, record repository, archive, authority, and the first three people."""
    from medicore.cli.passphrase import chosen_passphrase
    from medicore.founding import found

    names = {"analyst": analyst, "reviewer": reviewer, "operator": operator}
    made = found(settings(), names, chosen_passphrase)
    if as_json:
        emit(made)
    else:
        say(f"{'Initialised' if made['new'] else 'Already initialised:'} {made['home']}")
        table(
            "People",
            ("identifier", "name", "role"),
            [(p["identifier"], p["name"], p["role"]) for p in made["people"]],
        )
        pairs({"authority": made["authority"]})


@app.command()
def run(
    command: typer.Context,
    study: Annotated[str, typer.Argument(help="Study, such as MED-2024-0147.")],
    month: Annotated[str, typer.Argument(help="Analysis month, YYYY-MM.")],
    reason: Reason = "Monthly analysis",
    person: Asker = None,
    exploratory: Annotated[
        bool,
        typer.Option(
            "--exploratory",
            help="Allow changed code and packages; the run is marked on every page, and can be neither signed nor "
            "archived.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Analyse one study's month, up to a sealed candidate or a finding; resume an interrupted run."""
    outcomes = _perform(command, [study], month, reason, person, exploratory=exploratory)
    _finish(outcomes, as_json=as_json)


@app.command()
def portfolio(
    command: typer.Context,
    month: Annotated[str, typer.Argument(help="Analysis month, YYYY-MM.")],
    studies: Annotated[
        list[str] | None, typer.Argument(help="Studies; by default all that have a protocol.")
    ] = None,
    reason: Reason = "Monthly analysis",
    person: Asker = None,
    send: Annotated[
        bool,
        typer.Option(
            "--send",
            help="Send a request for each study, by one signature, to the server of PREFECT_API_URL instead.",
        ),
    ] = False,
    print_only: Annotated[
        bool,
        typer.Option(
            "--print",
            help="Print the signed bodies for POST …/create_flow_run, one for each study, and send nothing.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Analyse the month of all studies; a study that halts does not stop the others."""
    from medicore.cli.families import show_families
    from medicore.cli.request import request_month

    if send or print_only:
        request_month(month, studies or [], reason, person, print_only=print_only, as_json=as_json)
        return
    house(settings()).protocols.families()  # a malformed file is refused before anything is computed
    outcomes = _perform(command, studies or [], month, reason, person, exploratory=False)
    if not as_json:
        show_families(month, studies or ())
    _finish(outcomes, as_json=as_json)


def _perform(
    command: typer.Context,
    studies: list[str],
    month: str,
    reason: str,
    person: str | None,
    *,
    exploratory: bool,
) -> "list[Outcome]":
    from medicore.cases.people.clock import require_clock
    from medicore.cases.run.requesting import Request, admit, sign_request
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import month_id, study_id

    chosen = settings()
    opened = house(chosen)
    requester = person or chosen.person or ""
    month_id(month)
    wanted = tuple(study_id(study) for study in studies) or opened.protocols.studies()
    asked = Request(wanted[0], month, requester, reason, exploratory)
    require_clock(opened)
    if len(studies) == 1:
        # A wrong name is refused before a passphrase is asked for and a server is started; that saves seconds.
        admit(opened, asked)
    signature = sign_request(opened, asked, wanted, passphrase_of)
    with prefect(command, chosen.home):
        from flows.analysis import analysis, outcome_of
        from flows.ending import noting
        from flows.portfolio import outcomes_of, portfolio
        from flows.requests import AnalysisRequest, PortfolioRequest

        common = {"month": month, "requester": requester, "reason": reason, "signature": signature}
        if len(studies) == 1:
            request = AnalysisRequest(study=studies[0], exploratory=exploratory, **common)
            return [outcome_of(noting(lambda: analysis(request, return_state=True)))]
        months = PortfolioRequest(studies=wanted, **common)
        return outcomes_of(noting(lambda: portfolio(months, return_state=True)))


def _finish(outcomes: "list[Outcome]", *, as_json: bool) -> None:
    from medicore.cases.answers.status import summary
    from medicore.records.ledger.states import RunState

    opened = house(settings())
    rows = [summary(opened, outcome) for outcome in outcomes]
    if as_json:
        emit(rows)
    else:
        table(
            "Runs",
            (
                "run",
                "n",
                "estimate",
                "valid interval",
                "p",
                "pointwise",
                "worst SMD before",
                "after",
                "state",
            ),
            [
                (
                    row["run"],
                    figure(row["n"]),
                    figure(row["estimate"]),
                    between(row["valid_low"], row["valid_high"]),
                    f"{row['sequential_p']:.3g}" if row["sequential_p"] is not None else "–",
                    between(row["ci_low"], row["ci_high"]),
                    figure(row["smd_before"]),
                    figure(row["smd_after"]),
                    row["state"],
                )
                for row in rows
            ],
        )
        waiting = {RunState.HALTED.value, RunState.EXPLORED.value}
        for row in rows:
            for message in row["messages"]:
                say(f"{row['run']}: {message}")
            if row.get("report"):
                say(f"{row['run']}: report {row['report']}")
            if row["state"] in waiting or (row["state"] == RunState.SEALED.value and len(rows) == 1):
                say(f"Next: medicore review {row['run']}")
    codes = {outcome.exit_code for outcome in outcomes} - {0}
    if codes:
        raise typer.Exit(min(codes))


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on loopback.")] = 4200,
    console_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the console on loopback; 0 for none.")
    ] = _CONSOLE_PORT,
) -> None:
    """Run the months: Prefect server, work pool, worker, a deployment for each study, and the console, until Ctrl-C."""
    import signal

    from flows.serving.password import password_file
    from flows.serving.service import service
    from medicore.cases.run.requesting import record_refusals
    from medicore.console.serving import require_free
    from medicore.stores.git.workspace import code_of
    from medicore.stores.privacy import require_private

    chosen = settings()
    require_private(chosen.home)
    code_of(chosen.root).require_clean()  # the worker executes only its deployments
    if console_port:
        require_free(console_port)

    # A background process of a shell ignores Ctrl-C unless it sets a handler, and a service manager sends SIGTERM.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    typer.echo("Starting server, work pool, worker and deployments (half a minute) ...", err=True)
    with contextlib.suppress(KeyboardInterrupt), service(chosen, port, console_port or None) as serving:
        say(f"Prefect UI: {serving.url.removesuffix('/api')}   (Ctrl-C stops it)")
        if console_port:
            say(f"Console:    http://127.0.0.1:{console_port}")
        say(f"Other terminals: export PREFECT_API_URL={serving.url}")
        if serving.server is not None:
            say(f"Its user and password: cat {shlex.quote(str(password_file(chosen.home, port)))}")
        opened = house(chosen)
        serving.attend(
            lambda told: typer.echo(told, err=True), lambda counts: record_refusals(opened, counts)
        )


@app.command()
def console(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on loopback.")] = _CONSOLE_PORT,
) -> None:
    """Serve the console alone: board, reports with numbers to click, signing and the ledger in a browser, until Ctrl-C."""
    from medicore.console.serving import serve as served
    from medicore.stores.privacy import require_private

    chosen = settings()
    require_private(chosen.home)
    say(f"Console: http://127.0.0.1:{port}   (Ctrl-C stops it)")
    served(chosen, port)


@app.command()
def deploy(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether prefect.yaml follows the protocols.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the deployments of the studies into prefect.yaml, from their protocols and calendars."""
    from medicore.cases.studies.deploying import undeployed, with_studies
    from medicore.errors import ConfigurationError
    from medicore.stores.files import write_atomically
    from medicore.stores.protocols import StudyFolder

    root = settings().root
    path, protocols = root / "prefect.yaml", StudyFolder(root / "studies").protocols()
    text = path.read_text(encoding="utf-8")
    differing = undeployed(text, protocols)
    told = emit if as_json else _say_differing
    told({"differing": list(differing), "written": bool(differing) and not check})
    if differing and check:
        raise ConfigurationError(
            f"prefect.yaml differs in {len(differing)} line(s) from what the protocols say; run 'medicore deploy'"
        )
    if differing:
        write_atomically(path, with_studies(text, protocols).encode())


def _say_differing(told: dict[str, Any]) -> None:
    """Say which lines of prefect.yaml differ from the protocols, and whether they are written now."""
    for line in told["differing"]:
        say(line)
    if told["written"]:
        say("Wrote prefect.yaml; commit it, then start 'medicore serve' again.")
    elif not told["differing"]:
        say("prefect.yaml follows the protocols.")


@app.command(hidden=True)
def step(names: Annotated[list[str], typer.Argument(help="Steps of the pipeline, in order.")]) -> None:
    """Perform steps on the record that params.yaml names, as dvc.yaml requires."""
    from medicore.stage import perform_stage

    for name in names:
        perform_stage(name, Path.cwd())
