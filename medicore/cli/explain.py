"""The verb that explains a number: its place, how it was computed, and its value when computed again."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medicore.cli.app import Json, Seer, app, house, require_seen, settings
from medicore.cli.show import emit, pairs, say, table
from medicore.errors import IntegrityError

if TYPE_CHECKING:
    from medicore.cases.answers.explain import Explanation
    from medicore.ports.house import House

_SHOWN = 50
"""The number of places that a table lists; --json has all of them."""


@app.command()
def explain(
    run: Annotated[
        str,
        typer.Argument(
            metavar="[RUN]", help="A run, such as MED-2024-0147/2025-03/1; with --value by default all runs."
        ),
    ] = "",
    path: Annotated[
        str,
        typer.Argument(
            help="A path in results.json, such as primary.estimate, or a reference from the report, such as R12."
        ),
    ] = "",
    value: Annotated[str, typer.Option(help="Instead of a path: a printed number, such as 3.37.")] = "",
    study: Annotated[str, typer.Option(help="Without RUN: the study whose runs are searched.")] = "",
    evidence: Annotated[
        bool,
        typer.Option(
            "--evidence",
            help="The number is from the run's evidence report, though the run has a report by now.",
        ),
    ] = False,
    person: Seer = None,
    as_json: Json = False,
) -> None:
    """Show how a number was computed: function, protocol, inputs, subjects; and compute it again now.

    Without RUN, search the results of every run for a printed number, the latest run first; closed results are not
    searched. A run that halted is explained by its evidence report.
    """
    from medicore.records.identifiers import study_id

    if not run and not value:
        raise typer.BadParameter("give a run and a path, or a number with --value")
    if evidence and not run:
        raise typer.BadParameter("--evidence is for one RUN")
    if run and study:
        raise typer.BadParameter("--study is for a search without RUN")
    if run and bool(path) == bool(value):
        raise typer.BadParameter("give either a path of results.json or a number with --value")
    chosen = settings()
    opened = house(chosen)
    if run:
        require_seen(chosen, opened, person, f"explain {(path or value)[:60]}", run)
        _of_one(opened, run, path, value, evidence=evidence, as_json=as_json)
    else:
        _of_all(opened, value, study_id(study) if study else None, as_json=as_json)


def _of_all(opened: "House", value: str, study: str | None, *, as_json: bool) -> None:
    """Show the places of a printed number in the results of all runs."""
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


def _of_one(opened: "House", run: str, path: str, value: str, *, evidence: bool, as_json: bool) -> None:
    """Show the origin of one number of a run; if a printed number fits several results, show their places."""
    from medicore.cases.answers.explain import cited, places
    from medicore.cases.answers.explain import explain as explained
    from medicore.cases.answers.exploratory import tried_number
    from medicore.cases.run.histories import history_of
    from medicore.records.identifiers import RunId
    from medicore.records.results.printed import same_number
    from medicore.records.results.references import is_reference

    named = RunId.parse(run)
    if history_of(opened, named).state.name == "EXPLORED":
        told = tried_number(opened, named, value or path, printed=bool(value))
        if as_json:
            emit(told)
        else:
            pairs({name: str(text) for name, text in told.items() if text is not None})
        return
    if value:
        found = places(opened, named, value, evidence=evidence)
        if not same_number(found):
            if as_json:
                emit({"run": run, "value": value, "places": [asdict(place) for place in found]})
                return
            cells = [(place.path, repr(place.value), place.definition) for place in found]
            table(f"{value} in {run}", ("path", "value", "what it is"), cells)
            more = " --evidence" if evidence else ""
            say(f"\nNext: medicore explain {run} {found[0].path}{more}")
            return
        path = found[0].path
    elif is_reference(path):
        path = cited(opened, named, path, evidence=evidence)
    with tempfile.TemporaryDirectory(prefix="medicore-explain-") as scratch:
        answer = explained(opened, named, path, Path(scratch), evidence=evidence)
    same = answer.value == answer.recomputed
    if as_json:
        emit({**asdict(answer), "identical": same})
    else:
        _show(answer, same=same)
    if not same:
        raise IntegrityError(
            f"{path} of {run} differs from the value computed now; run 'medicore reproduce {run}', which says how far"
        )


def _show(answer: "Explanation", *, same: bool) -> None:
    cells = not isinstance(answer.value, dict | list)
    verdict = "identical" if same else "DIFFERENT"
    numbers = (
        {"value": repr(answer.value), "recomputed now": f"{answer.recomputed!r} ({verdict})"}
        if cells
        else {"recomputed now": verdict}
    )
    wheel = (
        {}
        if answer.wheel is None
        else {"product": f"{answer.wheel['name']}, SHA-256 {answer.wheel['sha256']}"}
    )
    facts = {
        "run": answer.run,
        "path": answer.path,
        **numbers,
        "definition": answer.origin.definition,
        "formula": answer.origin.formula or "–",
        "source": answer.origin.source or "–",
        "step": answer.origin.step,
        "code": f"{answer.file}:{answer.line} {answer.origin.function.split(':')[1]}, commit {answer.commit}",
        **wheel,
        "subjects": _subjects(answer.subjects),
    }
    pairs(facts)
    if not cells:
        _show_cells(answer)
    say("\nprotocol")
    for key, planned in answer.protocol.items():
        _show_planned(key, planned)
    say("\ninputs (SHA-256)")
    for name, digest in answer.inputs.items():
        say(f"  {digest}  {name}")


def _subjects(found: dict[str, int]) -> str:
    """Return how many subjects are behind a number; a run that halted early had not selected any."""
    if not found:
        return "not selected: the run halted before the step cohort"
    return f"{found['analysed']} analysed of {found['assessed']} assessed"


def _show_cells(answer: "Explanation") -> None:
    """Print the cells of a row or section, each once; a cell that differs from the value computed now shows both values."""
    from medicore.records.results.paths import leaves_of

    now = dict(leaves_of(answer.recomputed))
    cells = dict(leaves_of(answer.value))
    say("\ncells")
    for name in [*cells, *(name for name in now if name not in cells)][:_SHOWN]:
        then, again = _cell(cells, name), _cell(now, name)
        say(f"  {name}: {then}{'' if then == again else f'; DIFFERENT now: {again}'}")
    if len(cells) > _SHOWN:
        say(f"  … and {len(cells) - _SHOWN} more (all with --json)")


def _cell(cells: dict[str, object], name: str) -> str:
    if name not in cells:
        return "nothing"
    value = cells[name]
    return "–" if value is None or value == "" else value if isinstance(value, str) else repr(value)


def _show_planned(key: str, planned: object) -> None:
    """Print the plan of the protocol, one part per line; a list of plain values is one part."""
    if isinstance(planned, dict) and planned:
        for name, part in planned.items():
            _show_planned(f"{key}.{name}", part)
    elif isinstance(planned, list) and any(isinstance(part, dict | list) for part in planned):
        for place, part in enumerate(planned):
            _show_planned(f"{key}.{place}", part)
    else:
        text = ", ".join(map(str, planned)) if isinstance(planned, list) else str(planned)
        say(f"  {key}: {_brief(text)}")


def _brief(text: str) -> str:
    return text if len(text) <= 300 else text[:300] + " … (whole with --json)"
