"""The board: the month's studies, who must act, what is late, and what waits for the person who looks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.answers.lateness import gaps, with_deadlines
from medicore.cases.answers.lookup import standing_lines
from medicore.console.console import console_of, session_of
from medicore.console.deciders import FITTING, meanings_for
from medicore.console.inspecting import seen_by
from medicore.console.quality import may
from medicore.console.sparkline import sparkline
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from medicore.records.people.people import Permission, Person

_WAITS = {
    RunState.HALTED: "a reviewer answers the findings",
    RunState.SEALED: "a reviewer or quality decides on the report",
}
FILTERS = ("all", "for me", "waiting", "late")


def board(request: Request) -> Response:
    """Show a month, by default the last that has a run."""
    console = console_of(request)
    person = session_of(request).person
    house = console.open_house()
    lines = seen_by(person, ((line["run"], line) for line in standing_lines(house)))
    runs = [RunId.parse(line["run"]) for line in lines]
    months = sorted({run.month for run in runs}, reverse=True)
    asked = request.query_params.get("month", "")
    month = asked if asked in months else months[0] if months else ""
    chosen = request.query_params.get("show", "all")
    of_study: dict[str, list[Mapping[str, Any]]] = {}
    for run, line in zip(runs, lines, strict=True):
        of_study.setdefault(run.study, []).append(line)
    now = [line for run, line in zip(runs, lines, strict=True) if run.month == month]
    rows = [_row(line, of_study, person) for line in with_deadlines(house, now)]
    other = [line for run, line in zip(runs, lines, strict=True) if run.month != month]
    shown = [row for row in rows if _fits(row, chosen)]
    shown.sort(key=lambda row: (not row["mine"], not row["waits"], not row["late"], row["run"]))
    return console.page(
        request,
        "board.html",
        months=months,
        month=month,
        filters=[(name, sum(_fits(row, name) for row in rows)) for name in FILTERS],
        chosen=chosen,
        may_unblind=may(person, Permission.UNBLIND),
        rows=shown,
        missing=[asdict(gap) | {"months": gap.months} for gap in gaps(house, lines)],
        elsewhere=[line for line in other if line["state"] in _WAITS and _judged(line, person)["mine"]],
    )


def _row(
    line: Mapping[str, Any], of_study: Mapping[str, Sequence[Mapping[str, Any]]], person: Person
) -> dict[str, Any]:
    study = RunId.parse(line["run"]).study
    return {**_judged(line, person), "study": study, "sparkline": sparkline(of_study[study], line["run"])}


def _judged(line: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """Return a line with what its run waits for, and whether that is for the person to do."""
    state = RunState(line["state"])
    signed_by_me = meanings_for(person, state, line["requested_by"])
    mine = bool(signed_by_me) and signed_by_me[0] is FITTING[state][0]
    return {**line, "waits": _WAITS.get(state, ""), "mine": mine}


def _fits(row: Mapping[str, Any], chosen: str) -> bool:
    return {"for me": bool(row["mine"]), "waiting": bool(row["waits"]), "late": bool(row["late"])}.get(
        chosen, True
    )
