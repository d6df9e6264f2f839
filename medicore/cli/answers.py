"""Verbs that answer: status, history, explain, reproduce, verify, doctor."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medicore.cli.app import Json, RunText, app, house, settings
from medicore.cli.show import emit, figure, pairs, say, table
from medicore.errors import IntegrityError

if TYPE_CHECKING:
    from medicore.records.printed import Place


@app.command()
def status(
    study: Annotated[str | None, typer.Argument(help="A study; all by default.")] = None,
    as_json: Json = False,
) -> None:
    """Show the latest run of every study and month, and where it stands."""
    from medicore.records.identifiers import study_id
    from medicore.steps.status import all_runs, line

    opened = house(settings())
    runs = all_runs(opened, study_id(study) if study else None)
    latest = {(run.study, run.month): run for run in runs}
    rows = [line(opened, run) for _, run in sorted(latest.items())]
    if as_json:
        emit(rows)
        return
    cells = [
        (row["run"], figure(row["n"]), figure(row["estimate"]), row["state"], "; ".join(row["messages"]))
        for row in rows
    ]
    table("Latest runs", ("run", "n", "estimate", "state", "findings"), cells)


@app.command()
def history(
    study: Annotated[str, typer.Argument(help="A study, or a run for all its events.")], as_json: Json = False
) -> None:
    """Show every run of a study, failed and rejected ones too; or every ledger event of one run."""
    from medicore.records.identifiers import RunId, study_id
    from medicore.steps.status import all_runs, line

    opened = house(settings())
    if "/" in study:
        run = RunId.parse(study)
        events = [event.as_json() for event in opened.ledger.events(subject=str(run))]
        if as_json:
            emit(events)
        else:
            cells = [(str(e["sequence"]), e["at"], e["actor"], e["action"], e["reason"]) for e in events]
            table(f"Ledger of {run}", ("no.", "time (UTC)", "who", "what", "why"), cells)
        return
    rows = [line(opened, run) for run in all_runs(opened, study_id(study))]
    if as_json:
        emit(rows)
    else:
        cells = [
            (row["run"], row["requested_at"], row["requested_by"], figure(row["estimate"]), row["state"])
            for row in rows
        ]
        table(f"Runs of {study}", ("run", "requested (UTC)", "by", "estimate", "state"), cells)


@app.command()
def explain(
    run: RunText,
    path: Annotated[str, typer.Argument(help="A path in results.json, as primary.estimate.")] = "",
    value: Annotated[str, typer.Option(help="Instead of a path: a number as printed, as 3.37.")] = "",
    as_json: Json = False,
) -> None:
    """Show how a number was computed: function, protocol, inputs, subjects; and compute it again now."""
    from dataclasses import asdict

    from medicore.records.identifiers import RunId
    from medicore.records.printed import same_number
    from medicore.steps.reproduce import explain as explained
    from medicore.steps.reproduce import places

    opened = house(settings())
    if bool(path) == bool(value):
        raise typer.BadParameter("give either a path of results.json or a number with --value")
    if value:
        found = places(opened, RunId.parse(run), value)
        if not same_number(found):
            _several(run, value, found, as_json=as_json)
            return
        path = found[0].path
    with tempfile.TemporaryDirectory(prefix="medicore-explain-") as scratch:
        answer = explained(opened, RunId.parse(run), path, Path(scratch))
    same = answer.value == answer.recomputed
    if as_json:
        emit({**asdict(answer), "identical": same})
    else:
        facts = {
            "run": answer.run,
            "path": answer.path,
            "value": repr(answer.value),
            "recomputed now": f"{answer.recomputed!r} ({'identical' if same else 'DIFFERENT'})",
            "definition": answer.origin.definition,
            "formula": answer.origin.formula or "–",
            "step": answer.origin.step,
            "code": f"{answer.file}:{answer.line} {answer.origin.function.split(':')[1]}, commit {answer.commit}",
            "subjects": f"{answer.subjects['analysed']} analysed of {answer.subjects['assessed']} assessed",
        }
        pairs(facts)
        say("\nprotocol")
        for key, value in answer.protocol.items():
            say(f"  {key}: {_brief(value)}")
        say("\ninputs (SHA-256)")
        for name, digest in answer.inputs.items():
            say(f"  {digest}  {name}")
    if not same:
        raise IntegrityError(f"{path} of {run} is not what comes out now; run 'medicore verify {run}'")


def _several(run: str, value: str, found: "tuple[Place, ...]", *, as_json: bool) -> None:
    """Show the places of different numbers that are printed alike."""
    from dataclasses import asdict

    if as_json:
        emit({"run": run, "value": value, "places": [asdict(place) for place in found]})
        return
    cells = [(place.path, repr(place.value), place.definition) for place in found]
    table(f"{value} in {run}", ("path", "value", "what it is"), cells)
    say(f"\nNext: medicore explain {run} {found[0].path}")


def _brief(value: object) -> str:
    text = str(value)
    return text if len(text) <= 300 else text[:300] + " … (whole with --json)"


@app.command()
def reproduce(
    run: RunText,
    threads: Annotated[
        int | None, typer.Option(min=1, max=64, help="Threads offered to linear algebra.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Build every file of a run again from its frozen lock, by its own code, and compare bit by bit."""
    from medicore.records.identifiers import RunId
    from medicore.steps.reproduce import reproduce as rebuilt

    opened = house(settings())
    with tempfile.TemporaryDirectory(prefix="medicore-reproduce-") as scratch:
        comparisons = rebuilt(opened, RunId.parse(run), Path(scratch), threads)
    different = [c.name for c in comparisons if not c.identical]
    if as_json:
        emit({"run": run, "identical": not different, "files": {c.name: c.identical for c in comparisons}})
    else:
        cells = [
            (c.name, c.recorded[:16], "bit-identical" if c.identical else "DIFFERENT") for c in comparisons
        ]
        table(f"Files of {run}, built again", ("file", "SHA-256", "verdict"), cells)
    if different:
        raise IntegrityError(f"{len(different)} file(s) of {run} came out otherwise, first {different[0]}")


@app.command()
def verify(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run; all with --all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Verify every run.")] = False,
    checkout: Annotated[
        Path | None, typer.Option(help="A clone of the record repository whose files are compared too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read everything stored of a run again, and hold it against what was recorded; with the ALCOA++ score card."""
    from dataclasses import asdict

    from medicore.records.identifiers import RunId
    from medicore.steps.score_card import score_card
    from medicore.steps.status import all_runs
    from medicore.steps.verify import require_ledger, shared
    from medicore.steps.verify import verify as verified
    from medicore.stores.files import FolderFiles

    if (run is None) == (not everything):
        raise typer.BadParameter("name one run, or give --all")
    opened = house(settings())
    chosen = all_runs(opened) if everything else (RunId.parse(str(run)),)
    if not chosen:
        require_ledger(opened)  # a ledger that was rolled back to before its first run has none to verify
    failed, answers = [], []
    common = shared(opened) if everything else None
    for one in chosen:
        folder = FolderFiles(checkout / "records" / one.study / one.month) if checkout else None
        checks = verified(opened, one, folder, common)
        bad = [check for check in checks if not check.passed]
        failed += bad
        card = () if everything else score_card(opened, one, checks)
        answers.append(
            {
                "run": str(one),
                "checks": len(checks),
                "failed": {c.subject: c.found for c in bad},
                "alcoa": [asdict(score) for score in card],
            }
        )
        if not as_json:
            say(f"{one}: {len(checks)} checks, {len(bad)} failed")
            for check in bad:
                say(f"  {check.subject}: {check.found}")
            if card:
                cells = [(score.principle, score.verdict, score.evidence) for score in card]
                table(f"ALCOA++ of {one}", ("principle", "holds", "evidence"), cells)
    if as_json:
        emit(answers)
    if failed:
        raise IntegrityError(f"{len(failed)} check(s) failed, first {failed[0].subject}: {failed[0].found}")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look at the installation: programs, code, environment, state folder; say what is wrong and what to do."""
    from medicore.diagnosis import diagnose

    findings = diagnose(settings())
    if as_json:
        emit([{"subject": f.subject, "healthy": f.healthy, "found": f.found} for f in findings])
    else:
        cells = [(f.subject, "well" if f.healthy else "ILL", f.found) for f in findings]
        table("Doctor", ("part", "state", "found"), cells)
    ill = [f for f in findings if not f.healthy]
    if ill:
        raise typer.Exit(9)
