"""Changing: what changed since the study's latest earlier month, and what each part adds to the estimate."""

import math
import tempfile
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.answers.diff import Attribution, Difference, Side, diff
from medicore.cases.run.earlier import previous_run
from medicore.console.console import Console, console_of, redirect, run_of, session_of
from medicore.console.seeing import closed_page
from medicore.console.waterfall import ROW, WIDTH, Bar, waterfall
from medicore.records.identifiers import RunId

_SHOWN = 40
"""So many changed keys, files and packages are listed each."""


def changes(request: Request) -> Response:
    """Compare a run with that of the latest earlier month, while a page says that it works."""
    console, run = console_of(request), run_of(request)
    if (closed := closed_page(request, console.open_house(), run, "diff")) is not None:
        return closed
    person = session_of(request).person.identifier
    job = console.jobs.begin(
        f"What changed before {run}", person, "changes.html", lambda: _compared(console, run)
    )
    return redirect(f"/jobs/{job}")


def _compared(console: Console, run: RunId) -> dict[str, Any]:
    house = console.open_house()
    earlier = previous_run(house, run)
    if earlier is None:
        return {"run": str(run), "found": None}
    with tempfile.TemporaryDirectory(prefix="medicore-console-") as scratch:
        found = diff(house, earlier.run, run, Path(scratch))
    return {
        "run": str(run),
        "found": found,
        "shown": _SHOWN,
        "bars": _bars(found),
        "width": int(WIDTH),
        "row": int(ROW),
        "unit": found.attribution.unit_of_scale if found.attribution else "",
    }


def _bars(found: Difference) -> tuple[Bar, ...]:
    """Return the waterfall on the scale of inference; nothing where the change could not be attributed."""
    told = found.attribution
    if told is None:
        return ()
    steps = [(" and ".join(one.parts), one.value) for one in told.contributions]
    if told.environment:
        steps.append(("environment", told.environment))
    first, last = (_level(side, told) for side in (found.before, found.after))
    return waterfall((found.before.run, first), steps, (found.after.run, last))


def _level(side: Side, told: Attribution) -> float:
    estimate = float(side.estimate or 0.0)
    return math.log(estimate) if told.scale == "logarithm" else estimate
