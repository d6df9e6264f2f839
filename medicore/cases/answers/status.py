"""Answers about where runs stand: status, history, and a run's line in a table."""

from collections.abc import Mapping
from typing import Any

from medicore.cases.run.analysis import Outcome
from medicore.cases.run.runs import SEALED_BY
from medicore.cases.run.seal import read_results
from medicore.cases.run.stored import read_document
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.ledger.states import state_of


def line(house: House, run: RunId) -> dict[str, Any]:
    """Return a run's state, and its primary result where the record holds one."""
    events = tuple(house.ledger.events(subject=str(run)))
    row: dict[str, Any] = {
        "run": str(run),
        "state": state_of(events).value,
        "requested_by": events[0].actor,
        "requested_at": events[0].at,
        "messages": _messages(events),
        **dict.fromkeys(("n", "estimate", "ci_low", "ci_high", "p_value", "smd_before", "smd_after")),
    }
    sealings = [event for event in events if event.action in SEALED_BY]
    if sealings:
        row |= _figures(house, run, str(sealings[-1].details["commit"]))
    return row


def _figures(house: House, run: RunId, commit: str) -> dict[str, Any]:
    """Return the figures that a table shows, read from the record itself."""
    names = house.records.names(commit, run.folder)
    found: dict[str, Any] = {"commit": commit}
    if "results.json" in names:
        results = read_results(house, run, commit)
        primary, worst = results["primary"], results["balance"]["worst"]
        found |= {key: primary[key] for key in ("n", "estimate", "ci_low", "ci_high", "p_value")}
        found |= {"smd_before": worst["unweighted"]["smd"], "smd_after": worst["weighted"]["smd"]}
        found["not_estimable"] = [
            f"{row['name']}: {row['note']}"
            for kind in ("sensitivity", "supplementary")
            for row in results["sensitivity"][kind]
            if row["estimate"] is None
        ]
    elif "propensity.json" in names:
        section = read_document(house, run, commit, "propensity.json")
        worst = section["balance"]["worst"]
        found |= {"smd_before": worst["unweighted"]["smd"], "smd_after": worst["weighted"]["smd"]}
        found |= {
            "n": sum(arm["n"] for arm in read_document(house, run, commit, "cohort.json")["arms"].values())
        }
    return found


def _messages(events: tuple[LedgerEvent, ...]) -> list[str]:
    """Return what a human should know of a run that halted or failed."""
    last = [
        event
        for event in events
        if event.action in {"run.halted", "run.failed", "archive.failed", "run.rejected"}
    ]
    if not last:
        return []
    stored: list[Mapping[str, Any]] = list(last[-1].details.get("findings", ()))
    return [f"{item['message']} [finding {item['digest'][:12]}]" for item in stored] or [last[-1].reason]


def summary(house: House, outcome: Outcome) -> dict[str, Any]:
    """Return the line of a run that has just ended, or of a request that was refused."""
    if outcome.state == "refused":
        empty = dict.fromkeys(("n", "estimate", "ci_low", "ci_high", "p_value", "smd_before", "smd_after"))
        return {"run": outcome.run, "state": "refused", "messages": [outcome.message], **empty}
    return line(house, RunId.parse(outcome.run))
