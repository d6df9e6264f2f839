"""The verb that answers for a number: where it stands, how it was computed, and what it is when computed again."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medicore.cli.app import Json, app, house, settings
from medicore.cli.show import emit, pairs, say, table
from medicore.errors import IntegrityError

if TYPE_CHECKING:
    from medicore.cases.answers.explain import Explanation
    from medicore.ports.house import House

_SHOWN = 50
"""How many places a table lists; --json has all."""


@app.command()
def explain(
    run: Annotated[
        str, typer.Argument(metavar="[RUN]", help="A run, as MED-2024-0147/2025-03/1; with --value: all.")
    ] = "",
    path: Annotated[
        str,
        typer.Argument(
            help="A path in results.json, as primary.estimate, or a reference printed in the report, as R12."
        ),
    ] = "",
    value: Annotated[str, typer.Option(help="Instead of a path: a number as printed, as 3.37.")] = "",
    study: Annotated[str, typer.Option(help="Without RUN: the study whose runs are searched.")] = "",
    as_json: Json = False,
) -> None:
    """Show how a number was computed: function, protocol, inputs, subjects; and compute it again now.

    Without RUN, a number as printed is looked for in the results of every run, the latest first.
    """
    from medicore.records.identifiers import study_id

    if not run and not value:
        raise typer.BadParameter("give a run and a path, or a number with --value")
    if run and study:
        raise typer.BadParameter("--study is for a search without RUN")
    if run and bool(path) == bool(value):
        raise typer.BadParameter("give either a path of results.json or a number with --value")
    opened = house(settings())
    if run:
        _of_one(opened, run, path, value, as_json=as_json)
    else:
        _of_all(opened, value, study_id(study) if study else None, as_json=as_json)


def _of_all(opened: "House", value: str, study: str | None, *, as_json: bool) -> None:
    """Show where a number as printed stands in the results of all runs."""
    from medicore.cases.answers.lookup import sightings

    found = sightings(opened, value, study)
    if as_json:
        emit({"value": value, "places": [asdict(sighting) for sighting in found]})
        return
    cells = [(one.run, one.path, repr(one.value), one.definition) for one in found[:_SHOWN]]
    runs = len({one.run for one in found})
    table(f"{value} in {runs} run(s), the latest first", ("run", "path", "value", "what it is"), cells)
    if len(found) > _SHOWN:
        say(f"… and {len(found) - _SHOWN} more places; all with --json, fewer with --study or more digits")
    say(f"\nNext: medicore explain {found[0].run} {found[0].path}")


def _of_one(opened: "House", run: str, path: str, value: str, *, as_json: bool) -> None:
    """Show the origin of one number of a run; of a number as printed that stands for several, the places."""
    from medicore.cases.answers.explain import cited, places
    from medicore.cases.answers.explain import explain as explained
    from medicore.records.identifiers import RunId
    from medicore.records.results.printed import same_number
    from medicore.records.results.references import is_reference

    named = RunId.parse(run)
    if value:
        found = places(opened, named, value)
        if not same_number(found):
            if as_json:
                emit({"run": run, "value": value, "places": [asdict(place) for place in found]})
                return
            cells = [(place.path, repr(place.value), place.definition) for place in found]
            table(f"{value} in {run}", ("path", "value", "what it is"), cells)
            say(f"\nNext: medicore explain {run} {found[0].path}")
            return
        path = found[0].path
    elif is_reference(path):
        path = cited(opened, named, path)
    with tempfile.TemporaryDirectory(prefix="medicore-explain-") as scratch:
        answer = explained(opened, named, path, Path(scratch))
    same = answer.value == answer.recomputed
    if as_json:
        emit({**asdict(answer), "identical": same})
    else:
        _show(answer, same=same)
    if not same:
        raise IntegrityError(f"{path} of {run} is not what comes out now; run 'medicore verify {run}'")


def _show(answer: "Explanation", *, same: bool) -> None:
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
    for key, planned in answer.protocol.items():
        say(f"  {key}: {_brief(planned)}")
    say("\ninputs (SHA-256)")
    for name, digest in answer.inputs.items():
        say(f"  {digest}  {name}")


def _brief(planned: object) -> str:
    text = str(planned)
    return text if len(text) <= 300 else text[:300] + " … (whole with --json)"
