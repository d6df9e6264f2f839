"""Verbs that give a record to third parties: export, sbom."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from medicore.cli.app import Json, RunText, app, house, new_target, require_new, settings
from medicore.cli.foundation import foundation
from medicore.cli.show import emit, pairs, say


@app.command()
def export(
    run: RunText,
    to: Annotated[
        Path | None,
        typer.Option(
            help="The folder or zip to write; by default named after the run, in this folder, or in 'exports' of the "
            "state folder if this folder is in the checkout."
        ),
    ] = None,
    zipped: Annotated[
        bool, typer.Option("--zip", help="Write a zip; the same record gives the same bytes.")
    ] = False,
    whole_ledger: Annotated[
        bool, typer.Option("--whole-ledger", help="Include the ledger's events on all other runs.")
    ] = False,
    person: Annotated[
        str | None, typer.Option("--as", help="Who exports; by default the setting 'person'.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write everything recorded of a run for a third party, who can verify it with only Python and openssl."""
    from medicore.cases.export.export import export as exported
    from medicore.cli.passphrase import passphrase_of
    from medicore.records.identifiers import RunId
    from medicore.stores.bundle_target import write_folder, write_zip

    chosen = settings()
    named = RunId.parse(run)
    folder = f"{named.study}_{named.month}_{named.number}"
    name = f"{folder}.zip" if zipped else folder
    target = new_target(chosen, name, None, "exports") if to is None else require_new(chosen, to)
    opened = house(chosen)
    made = exported(opened, named, person or chosen.person or "", passphrase_of, whole_ledger=whole_ledger)
    if zipped:
        write_zip(target, made.files, folder)
    else:
        write_folder(target, made.files)
    authority = foundation(opened)["authority"]
    answer = {
        "run": made.run,
        "authority": authority,
        "written": str(target),
        "files": len(made.files),
        "manifest": made.manifest,
        "event": made.sequence,
        "again": made.again,
    }
    if as_json:
        emit(answer)
        return
    facts = {
        "run": made.run,
        "written": f"{target} ({len(made.files)} files)",
        "manifest": f"SHA-256 {made.manifest}",
        "event": f"{made.sequence}{', the same bytes as before' if made.again else ''}",
    }
    pairs(facts)
    program = shlex.quote(str((Path(folder) if zipped else target) / "verify_bundle.py"))
    say(f"\nTo verify{', unpacked' if zipped else ''}: python -I -S {program} --authority {authority}")
    say(
        "The fingerprint is that of this installation's authority; the verifier must get it from you, not from the "
        "bundle."
    )


@app.command()
def sbom(run: RunText) -> None:
    """Print the bill of materials of a run's recorded environment: CycloneDX 1.6, JSON."""
    from medicore.cases.export.contents import sbom as materials
    from medicore.records.identifiers import RunId

    emit(materials(house(settings()), RunId.parse(run)))
