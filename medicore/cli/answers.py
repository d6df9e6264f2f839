"""Verbs that answer: status, history, reproduce, verify, doctor."""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medicore.cli.app import Json, RunText, Trusted, app, house, settings
from medicore.cli.foundation import foundation, show_foundation
from medicore.cli.show import emit, figure, say, table, warn
from medicore.errors import IntegrityError

if TYPE_CHECKING:
    from medicore.cases.proof.score_card import Score
    from medicore.cases.proof.verify_all import Verified
    from medicore.ports.house import House
    from medicore.records.checking import Check
    from medicore.records.identifiers import RunId


@app.command()
def status(
    study: Annotated[str | None, typer.Argument(help="A study; all by default.")] = None,
    late: Annotated[
        bool, typer.Option("--late", help="Only what is late, and months without a run.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the run that represents each study and month, its state, what is late and what nobody requested.

    A released run represents its month until a later one is released; later runs that are still open are listed with
    it.
    """
    from medicore.cases.answers.lateness import gaps, with_deadlines
    from medicore.cases.answers.lookup import standing_lines
    from medicore.cases.review.trail import in_words, unreviewed
    from medicore.records.identifiers import study_id

    opened = house(settings())
    rows = with_deadlines(opened, standing_lines(opened, study_id(study) if study else None))
    unasked = gaps(opened, rows)
    if late:
        rows = tuple(row for row in rows if row["late"])
    if as_json:
        emit({"late": rows, "not_asked_for": [asdict(gap) for gap in unasked]} if late else rows)
        return
    cells = [
        (
            row["run"],
            figure(row["n"]),
            figure(row["estimate"]),
            "; ".join(
                [row["state"], *(f"run {one['run'].split('/')[-1]}: {one['state']}" for one in row["later"])]
            ),
            f"late since {row['due']}" if row["late"] else "",
            "; ".join(row["messages"]),
        )
        for row in rows
    ]
    table("Late months" if late else "Months", ("run", "n", "estimate", "state", "late", "findings"), cells)
    say(in_words(unreviewed(opened)))
    if unasked:
        missing = [(gap.study, gap.first, gap.last, str(gap.months), gap.due) for gap in unasked]
        table("Late, and nobody has requested it", ("study", "from", "to", "months", "due since"), missing)


@app.command()
def history(
    study: Annotated[str, typer.Argument(help="A study, or a run for all its events.")], as_json: Json = False
) -> None:
    """Show every run of a study, including failed and rejected ones; or every ledger event of one run."""
    from medicore.cases.answers.lookup import lines
    from medicore.cases.answers.shown import shown_events
    from medicore.records.identifiers import RunId, study_id

    opened = house(settings())
    if "/" in study:
        run = RunId.parse(study)
        events = [event.as_json() for event in shown_events(opened, opened.ledger.events(subject=str(run)))]
        if as_json:
            emit(events)
        else:
            cells = [(str(e["sequence"]), e["at"], e["actor"], e["action"], e["reason"]) for e in events]
            table(f"Ledger of {run}", ("no.", "time (UTC)", "who", "what", "why"), cells)
        return
    rows = lines(opened, study_id(study))
    if as_json:
        emit(rows)
    else:
        cells = [
            (row["run"], row["requested_at"], row["requested_by"], figure(row["estimate"]), row["state"])
            for row in rows
        ]
        table(f"Runs of {study}", ("run", "requested (UTC)", "by", "estimate", "state"), cells)


@app.command()
def reproduce(
    run: RunText,
    threads: Annotated[
        int | None, typer.Option(min=1, max=64, help="Number of threads for linear algebra.")
    ] = None,
    restored: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="A folder that 'archive restore' wrote; only this folder is then used.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Build every file of a run again from its frozen lock, with its own code, and compare bit by bit."""
    from medicore.cases.proof.reproduce import reproduce as rebuilt
    from medicore.cases.proof.reproduce import reproduce_restored
    from medicore.records.identifiers import RunId
    from medicore.stores.files import FolderFiles

    opened, which = house(settings()), RunId.parse(run)
    with tempfile.TemporaryDirectory(prefix="medicore-reproduce-") as scratch:
        if restored is None:
            found = rebuilt(opened, which, Path(scratch), threads)
        else:
            found = reproduce_restored(opened, which, FolderFiles(restored), Path(scratch), threads)
    if as_json:
        files = {one.name: one.identical for one in found.files}
        emit({"run": run, "identical": not found.different, "files": files})
    else:
        cells = [
            (one.name, one.recorded[:16], "bit-identical" if one.identical else "DIFFERENT")
            for one in found.files
        ]
        table(f"Files of {run}, built again", ("file", "SHA-256", "verdict"), cells)
    if found.different:
        why = found.why_different(opened.environment.kernels())
        raise IntegrityError(
            f"{len(found.different)} file(s) of {run} differ, first {found.different[0]}; {why}"
        )


@app.command()
def verify(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run; all with --all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Verify every run.")] = False,
    checkout: Annotated[
        Path | None, typer.Option(help="A clone of the record repository; its files are compared too.")
    ] = None,
    authority: Trusted = None,
    as_json: Json = False,
) -> None:
    """Read everything stored of a run again, and compare it with what was recorded; print the ALCOA++ score card."""
    from medicore.records.checking import raise_failed
    from medicore.records.identifiers import RunId

    if (run is None) == (not everything):
        raise typer.BadParameter("name one run, or give --all")
    opened = house(settings())
    failed: list[Check] = []
    answers: list[dict[str, Any]] = []
    rests = foundation(opened)
    for found, card in _verified(opened, RunId.parse(run) if run else None, checkout, authority):
        failed += found.failed
        answers.append(_as_json(found, card) | rests)
        if not as_json:
            _show_verified(found, card)
    warn(dict.fromkeys(warning for answer in answers for warning in answer["warnings"].items()))
    if as_json:
        emit(answers)
    else:
        show_foundation(rests)
    raise_failed(failed)


def _verified(
    opened: "House", run: "RunId | None", checkout: Path | None, authority: str | None
) -> "Iterator[tuple[Verified, tuple[Score, ...]]]":
    """Yield the checks and the score card of the run; without a run those of every run, then the checks that all share."""
    from medicore.cases.proof.score_card import score_card
    from medicore.cases.proof.verify import verify as verified
    from medicore.cases.proof.verify_all import Verified, verify_all
    from medicore.stores.files import FolderFiles

    def cloned(one: "RunId") -> FolderFiles | None:
        return FolderFiles(checkout / "records" / one.study / one.month) if checkout else None

    if run is None:
        yield from ((found, ()) for found in verify_all(opened, cloned, authority))
        return
    checks = verified(opened, run, cloned(run), authority)
    yield Verified(run, checks), score_card(opened, run, checks)


def _as_json(found: "Verified", card: "tuple[Score, ...]") -> dict[str, Any]:
    return {
        "run": str(found.run) if found.run else None,
        "checks": len(found.checks),
        "failed": {check.subject: check.found for check in found.failed},
        "warnings": {check.subject: check.found for check in found.checks if check.warned},
        "corrections": found.corrections,
        "alcoa": [asdict(score) for score in card],
    }


def _show_verified(found: "Verified", card: "tuple[Score, ...]") -> None:
    bad = {check.subject: check.found for check in found.failed}
    say(f"{found.run or 'shared by all runs'}: {len(found.checks)} checks, {len(bad)} failed")
    for name, words in {**found.corrections, **bad}.items():
        say(f"  {name}: {words}")
    if card:
        cells = [(score.principle, score.verdict, score.evidence) for score in card]
        table(f"ALCOA++ of {found.run}", ("principle", "holds", "evidence"), cells)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Examine the installation: programs, code, environment, state folder; say what is wrong and what to do."""
    from medicore.cli.serving.fleet import examined_fleet
    from medicore.diagnosis import diagnose

    chosen = settings()
    findings = diagnose(chosen, {"fleet": lambda: examined_fleet(chosen.home)})
    if as_json:
        emit([{"subject": f.subject, "healthy": f.healthy, "found": f.found} for f in findings])
    else:
        cells = [(f.subject, "ok" if f.healthy else "FAULT", f.found) for f in findings]
        table("Doctor", ("part", "state", "found"), cells)
    if not all(f.healthy for f in findings):
        raise typer.Exit(9)
