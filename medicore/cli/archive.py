"""Verbs of the archive: list, verify, surveil, extend, hold, lift, restore."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medicore.cli.app import Json, RunText, Trusted, app, house, require_new, settings
from medicore.cli.show import emit, say, table, warn
from medicore.errors import IntegrityError

if TYPE_CHECKING:
    from medicore.cases.keeping.holding import Holding
    from medicore.records.checking import Check
    from medicore.records.identifiers import RunId

archive = typer.Typer(no_args_is_help=True, help="The write-once copies of released records.")
app.add_typer(archive, name="archive")


@archive.command("list")
def list_archived(
    study: Annotated[str | None, typer.Argument(help="A study; all by default.")] = None,
    as_json: Json = False,
) -> None:
    """Show every archived run, its retention date and any legal hold, according to the ledger."""
    from medicore.cases.keeping.archived_run import listed
    from medicore.cases.proof.surveillance import readings
    from medicore.records.identifiers import study_id

    opened = house(settings())
    last = {str(reading.run): reading.last for reading in readings(opened)}
    rows = [
        {**row, "last_read": last[row["run"]]} for row in listed(opened, study_id(study) if study else None)
    ]
    if as_json:
        emit(rows)
        return
    shown = ("run", "archived_at", "last_read", "objects", "retain_until", "held_since")
    cells = [(*(str(row[key] or "") for key in shown), row["manifest"][:16]) for row in rows]
    head = (
        "run",
        "archived (UTC)",
        "last read (UTC)",
        "objects",
        "kept until",
        "held since (UTC)",
        "manifest",
    )
    table("Archived runs", head, cells)


@archive.command()
def verify(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run; all with --all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Verify every archived run.")] = False,
    authority: Trusted = None,
    as_json: Json = False,
) -> None:
    """Read the archive again, and compare every byte, version and date with what was recorded."""
    from medicore.cases.keeping.archived_run import listed
    from medicore.cases.proof.verify_archived import verify_archived
    from medicore.records.checking import raise_failed
    from medicore.records.identifiers import RunId

    if (run is None) == (not everything):
        raise typer.BadParameter("name one run, or give --all")
    opened = house(settings())
    runs = [RunId.parse(run)] if run else [RunId.parse(row["run"]) for row in listed(opened)]
    answers: list[dict[str, Any]] = []
    failures: list[Check] = []
    for one, checks in verify_archived(opened, runs, authority):
        bad = {check.subject: check.found for check in checks if not check.passed}
        warnings = {check.subject: check.found for check in checks if check.warned}
        answers.append({"run": str(one), "checks": len(checks), "failed": bad, "warnings": warnings})
        failures += (check for check in checks if not check.passed)
        warn(warnings.items())
        if not as_json:
            say(f"{one}: {len(checks)} checks, {len(bad)} failed")
            for name, words in bad.items():
                say(f"  {name}: {words}")
    if as_json:
        emit(answers)
    raise_failed(failures)


@archive.command()
def surveil(
    every: Annotated[
        int, typer.Option(min=1, max=365, help="Days between two readings; within a year everything is read.")
    ] = 7,
    everything: Annotated[bool, typer.Option("--all", help="Read everything now.")] = False,
    as_json: Json = False,
) -> None:
    """Read the part of the archive that is due, beginning with the oldest reading; exit code 6 names what is damaged."""
    from medicore.cases.proof.surveillance import survey
    from medicore.records.checking import raise_failed

    def tell(run: "RunId", checks: "tuple[Check, ...]") -> None:
        bad = [check for check in checks if not check.passed]
        warn((check.subject, check.found) for check in checks if check.warned)
        if not as_json:
            say(f"{run}: {len(checks)} checks, {len(bad)} failed")
            for check in bad:
                say(f"  {check.subject}: {check.found}")

    found = survey(house(settings()), None if everything else every, tell)
    if as_json:
        emit(
            {
                "read": [str(run) for run in found.read],
                "archived": found.archived,
                "checks": found.checks,
                "oldest_reading": found.oldest,
                "failed": {
                    run: {check.subject: check.found for check in bad} for run, bad in found.failed.items()
                },
            }
        )
    else:
        say(
            f"{len(found.read)} of {found.archived} archived runs read; the oldest reading is of {found.oldest}."
        )
    if found.failed:
        every_failure = [check for bad in found.failed.values() for check in bad]
        if all(check.unasked for check in every_failure):
            raise_failed(every_failure)
        run, (first, *_) = next(iter(found.failed.items()))
        raise IntegrityError(
            f"{len(found.failed)} archived run(s) are damaged, first {run}: {first.subject}: {first.found}"
        )


@archive.command()
def extend(
    run: RunText,
    until: Annotated[str, typer.Option(help="The new retention date, YYYY-MM-DD.")],
    who: Annotated[str, typer.Option("--as", help="Who extends the retention: an operator, or quality.")],
    reason: Annotated[str, typer.Option(help="Why; an inspector will read it.")],
    as_json: Json = False,
) -> None:
    """Extend the retention of an archived run to a later day; retention is never shortened."""
    from datetime import date

    from medicore.cases.keeping.extending import extend
    from medicore.cases.people.acting import Actor
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import RunId

    named = RunId.parse(run)
    try:
        day = date.fromisoformat(until)
    except ValueError as error:
        raise typer.BadParameter("--until is not a day; expected YYYY-MM-DD") from error
    event = extend(house(settings()), Actor(who, reason, passphrase_of(who)), named, day)
    if as_json:
        emit(event.as_json())
    else:
        say(f"{run} is kept until {day}, by {event.actor} at {event.at}. Ledger event {event.sequence}.")


@archive.command()
def hold(
    run: RunText,
    who: Annotated[str, typer.Option("--as", help="Who sets the hold: an operator, or quality.")],
    reason: Annotated[str, typer.Option(help="Why; an inspector will read it.")],
    as_json: Json = False,
) -> None:
    """Put everything that is archived of a run under a legal hold; it lasts beyond every date, until it is lifted."""
    from medicore.cases.keeping.holding import hold
    from medicore.cases.people.acting import Actor
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import RunId

    named = RunId.parse(run)
    found = hold(house(settings()), Actor(who, reason, passphrase_of(who)), named)
    _tell(found, f"{run} is {'' if found.new else 'already '}under a legal hold", as_json)


@archive.command()
def lift(
    run: RunText,
    who: Annotated[str, typer.Option("--as", help="Who lifts it: quality.")],
    reason: Annotated[str, typer.Option(help="Why; an inspector will read it.")],
    as_json: Json = False,
) -> None:
    """Lift the legal hold of a run; its retention date stays, and cannot be shortened."""
    from medicore.cases.keeping.holding import lift
    from medicore.cases.people.acting import Actor
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import RunId

    named = RunId.parse(run)
    found = lift(house(settings()), Actor(who, reason, passphrase_of(who)), named)
    _tell(found, f"{run} is {'no longer' if found.new else 'not'} under a legal hold", as_json)


def _tell(found: "Holding", words: str, as_json: bool) -> None:
    event = found.event
    if as_json:
        emit({"new": found.new, "objects": found.objects, "event": event.as_json() if event else None})
        return
    by = f", by {event.actor} at {event.at}, ledger event {event.sequence}" if event else ""
    say(f"{words}{by}. {f'{found.objects} objects' if found.new else 'Nothing'} changed.")


@archive.command()
def restore(
    run: RunText,
    folder: Annotated[Path, typer.Argument(help="A new folder for the files.")],
    person: Annotated[
        str | None, typer.Option("--as", help="Who restores it; by default the setting 'person'.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Restore a run from the archive into a new folder, after proving every byte by the run's manifest."""
    from medicore.cases.keeping.restoring import restore
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import RunId
    from medicore.stores.bundle_target import write_folder

    named = RunId.parse(run)
    chosen = settings()
    require_new(chosen, folder)
    restored = restore(house(chosen), named, person or chosen.person or "", passphrase_of)
    write_folder(folder, restored.files)
    if not restored.named:
        warn(
            [
                (
                    run,
                    "this ledger does not know the run: compare the manifest's SHA-256 with the run's own ledger",
                )
            ]
        )
    if as_json:
        emit(
            {
                "run": run,
                "folder": str(folder),
                "files": sorted(restored.files),
                "manifest": restored.manifest,
                "named_by_ledger": restored.named,
            }
        )
    else:
        say(f"{len(restored.files)} files of {run} in {folder}, each as its manifest says.")
        say(f"Manifest SHA-256 {restored.manifest}")
