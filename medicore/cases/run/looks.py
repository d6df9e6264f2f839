"""The earlier looks of a study: every run whose comparative result somebody could see, from ledger and sealed records."""

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from medicore.cases.run.answered_looks import answers_of
from medicore.cases.run.histories import histories_of
from medicore.cases.run.stored import read_provenance, stored_file
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.states import RunState
from medicore.records.results.looks import (
    EXPLORATORY,
    SeenEstimate,
    SeenLook,
    delivered_digest,
    looks_document,
)
from medicore.records.results.results import primary_of

CANDIDATE = "candidate"

_KINDS: Mapping[RunState, str] = MappingProxyType(
    {
        RunState.RUNNING: "running",
        RunState.HALTED: "halted",
        RunState.FAILED: "failed",
        RunState.REJECTED: "rejected",
    }
)


def looks_before(house: House, run: RunId, *, exploratory: bool) -> dict[str, Any]:
    """Return the document of the looks before a run, in the order of their estimates in the ledger.

    A run that stopped before its estimate is not a look. A rejected run was seen too, and counts. With the looks of the
    same month stand the signed decisions on their findings.
    """
    sequence, _ = house.ledger.head()
    told = histories_of(house, run.study)
    found = [
        (
            event.sequence,
            _answered(house, history, look, sequence) if history.run.month == run.month else look,
        )
        for history in told
        if history.run != run
        for event in history.told("effect.completed", "effect.halted")[:1]
        if (look := _look(house, history)) is not None
    ]
    earlier = [look for place, look in sorted(found, key=lambda one: one[0]) if place <= sequence]
    return looks_document(str(run), run.month, EXPLORATORY if exploratory else CANDIDATE, earlier, sequence)


def _answered(house: House, history: RunHistory, look: SeenLook, until: int) -> SeenLook:
    answers = answers_of(house, history, until)
    return replace(look, answers=answers) if answers else look


def _look(house: House, history: RunHistory) -> SeenLook | None:
    """Return the look of a run; None when the run has no estimate."""
    kind = EXPLORATORY if history.request.exploratory else _KINDS.get(history.state, "sealed")
    performed = history.performed("effect")
    if performed is not None and performed.tells_look:
        told = performed.look
        return None if told is None else SeenLook.of(told, run=str(history.run), kind=kind)
    lock = history.data_lock
    delivered = delivered_digest(lock.files) if lock is not None else ""
    if not history.sealings:  # an older version did not record the numbers of an exploratory run
        return SeenLook(str(history.run), history.run.month, kind, delivered, None)
    seen = _recorded(house, history)
    return None if seen is None else SeenLook(str(history.run), history.run.month, kind, delivered, seen)


def _recorded(house: House, history: RunHistory) -> SeenEstimate | None:
    """Return the numbers in the sealed record of a run whose event lacks them; None when the run has no estimate."""
    run, commit = history.run, history.sealed_commit
    held = {entry["name"] for entry in read_provenance(house, run, commit)["files"]}
    for name in ("results.json", "effect.json"):
        if name not in held:
            continue
        document = json.loads(stored_file(house, run, commit, name))
        if document["primary"] is None:
            return None
        from medicore.steps.looks.claims import normal_quantile  # imports SciPy, which most verbs never need
        from medicore.steps.looks.section import degrees_of_freedom

        primary = primary_of(name, document)
        degrees = degrees_of_freedom(document["primary"])
        return SeenEstimate.of(primary, normal_quantile(primary.inferred, primary.standard_error, degrees))
    return None
