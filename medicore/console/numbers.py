"""Numbers: from a number of a report to what it is, how it was computed, and its value when it is computed again."""

import tempfile
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.answers.explain import (
    Recorded,
    Told,
    cited,
    places,
    places_within,
    recomputed,
    told,
)
from medicore.console.console import Console, console_of, redirect, run_of, session_of, whole_number
from medicore.console.seeing import closed_page
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.results.paths import leaves_of
from medicore.records.results.printed import Place, same_number
from medicore.records.results.references import is_reference

_CELLS = 60
"""So many cells of a row or section are shown."""


def number(request: Request) -> Response:
    """Show the origin of a number: named by a path or a reference (``at``), or as printed (``text``)."""
    console, run = console_of(request), run_of(request)
    house, asked = console.open_house(), request.query_params
    if (closed := closed_page(request, house, run, "number")) is not None:
        return closed
    at = asked.get("at", "")
    if "text" in asked:
        found = _places(house, run, asked["text"], asked.get("within", ""))
        if not same_number(found):
            return console.page(request, "places.html", run=str(run), text=asked["text"], places=found)
        at = found[0].path
    elif is_reference(at):
        at = cited(house, run, at)
    record = Recorded(house, run)
    origin = record.told(at)
    return console.page(
        request,
        "number.html",
        run=str(run),
        told=origin,
        cells=_cells(origin.value),
        source=_highlighted(record.source(origin), origin.line),
    )


def compute(request: Request) -> Response:
    """Compute a number again, from the frozen data by the recorded code, while a page says that it runs."""
    console, run = console_of(request), run_of(request)
    at, house = request.state.form.get("at", ""), console.open_house()
    if (closed := closed_page(request, house, run, "number, computed again")) is not None:
        return closed
    origin = told(house, run, at)  # what is no result is refused at once
    person = session_of(request).person.identifier
    job = console.jobs.begin(
        f"{at} of {run}, computed again", person, "computed.html", lambda: _computed(console, origin)
    )
    return redirect(f"/jobs/{job}")


def _computed(console: Console, origin: Told) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="medicore-console-") as scratch:
        again = recomputed(console.open_house(), origin, Path(scratch))
    return {
        "run": origin.run,
        "told": origin,
        "again": _cells(again),
        "cells": _cells(origin.value),
        "same": again == origin.value,
    }


def _places(house: House, run: RunId, text: str, within: str) -> tuple[Place, ...]:
    references = [f"R{whole_number(part, 'reference')}" for part in within.split(",") if part]
    return places_within(house, run, text, references) if references else places(house, run, text)


def _cells(value: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - whatever the results hold
    """Return the cells of a result, each with its path below it: one without a path for a plain number."""
    if not isinstance(value, dict | list):
        return [("", value)]
    return list(leaves_of(value))[:_CELLS]


def _highlighted(source: str, line: int) -> str:
    """Return code as HTML with the line numbers that it has in its file."""
    form = HtmlFormatter(linenos="inline", linenostart=line, cssclass="code", wrapcode=True)
    made: str = highlight(source, PythonLexer(), form)
    return made
