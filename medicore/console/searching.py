"""Searching: a number as printed, a run, a study, or a path of a run, from one box."""

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.answers.lookup import lines, sightings
from medicore.console.console import console_of, redirect, session_of
from medicore.console.inspecting import seen_by
from medicore.errors import ProtocolError
from medicore.records.identifiers import RunId

_RUN = re.compile(r"([A-Za-z0-9_-]+/\d{4}-\d{2}/\d{1,6})(?:[\s#]+(\S+))?")
_SHOWN = 100


def search(request: Request) -> Response:
    """Lead to what a text names, or show the places where it is printed."""
    console = console_of(request)
    text = request.query_params.get("q", "").strip()
    named = _RUN.fullmatch(text)
    if named:
        run = RunId.parse(named[1])
        return redirect(f"/runs/{run}" + (f"?{urlencode({'at': named[2]})}" if named[2] else ""))
    house = console.open_house()
    person = session_of(request).person
    held = seen_by(person, ((row["run"], row) for row in lines(house)))
    runs = [row for row in held if text and RunId.parse(row["run"]).study == text]
    if runs:
        return console.page(request, "found.html", text=text, runs=runs[::-1], places=[], message="")
    try:
        found, message = seen_by(person, ((one.run, one) for one in sightings(house, text))), ""
    except ProtocolError as error:
        found, message = [], f"{error}. A run is written STUDY/MONTH/NUMBER, a study by its identifier."
    return console.page(
        request, "found.html", 200, text=text, runs=[], places=found[:_SHOWN], message=message
    )
