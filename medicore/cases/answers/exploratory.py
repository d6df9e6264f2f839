"""exploratory: what a person may ask of an exploratory run, which has no record: its figures, findings, files and numbers."""

import json
from typing import Any

from medicore.cases.answers.shown import shown_findings
from medicore.cases.answers.status import shown_line, tried, whole_line
from medicore.cases.people.seeing import closed
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.results.paths import value_at
from medicore.records.results.printed import places_of
from medicore.records.results.references import is_reference, path_of
from medicore.records.results.tracing import Trace
from medicore.steps.gate import DOCUMENT
from medicore.steps.way import STEP_NAMES

NEXT = "an exploratory run can be neither signed nor archived; run it on a clean commit"


def explored(house: House, history: RunHistory) -> dict[str, Any]:
    """Return state, figures, findings of all gates and the report's path of an exploratory run, from its work folder."""
    files = house.workspaces.files(history.run)
    documents = [DOCUMENT[step] for step in STEP_NAMES if step in DOCUMENT]
    found = [json.loads(files.read(name)) for name in documents if files.exists(name)]
    findings = [finding for section in found for finding in section.get("findings", ())]
    whole = whole_line(house, history) | tried(house, history.run)
    line = shown_line(whole, closed(house, history.run.study))
    return {
        **line,
        "messages": [] if findings else line["messages"],  # those of the findings
        "findings": shown_findings(house, history.run.study, findings),
        "next": NEXT,
    }


def tried_number(house: House, run: RunId, asked: str, *, printed: bool) -> dict[str, Any]:
    """Return value and origin of a number of an exploratory run, by its path, its reference, or as it is ``printed``.

    Nothing is computed again: no commit holds the code that made it.

    Raises
    ------
    ProtocolError
        When the run reached no results, they lack the number, or several places have it.
    """
    files = house.workspaces.files(run)
    if not files.exists("results.json"):
        raise ProtocolError(
            f"{run} is exploratory and reached no results; expected one that did; see 'medicore review {run}'"
        )
    results = json.loads(files.read("results.json"))
    if printed:
        paths = [place.path for place in places_of(results, asked)]
    else:
        paths = [path_of(results, asked) if is_reference(asked) else asked]
    trace = Trace.of(results)
    path = paths[0]
    value = value_at(results, path)
    origin = trace.origin(trace.path(path))
    module, function = origin.function.split(":")
    return {
        "run": str(run),
        "path": path,
        "value": value,
        "also at": ", ".join(paths[1:]) or None,
        "definition": origin.definition,
        "formula": origin.formula or None,
        "source": origin.source or None,
        "step": origin.step,
        "code": f"{module.replace('.', '/')}.py {function}, as it is in the checkout now",
        "next": NEXT,
    }
