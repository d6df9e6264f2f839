"""Answers about the state of runs: status, history, and a run's line in a table."""

from collections.abc import Mapping
from typing import Any

from medicore.cases.people.seeing import closed
from medicore.cases.run.analysis import Outcome
from medicore.cases.run.histories import history_of
from medicore.cases.run.seal import read_results
from medicore.cases.run.stored import read_document
from medicore.ports.house import House
from medicore.records.blinding.closure import KEY, Closure, closing_part
from medicore.records.blinding.pooled import pooled_messages, pooled_row
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.states import RunState
from medicore.records.results.looks import stored_number
from medicore.records.results.results import Balance, Cohort, Results, document_section

_EVIDENCE = "evidence.pdf"
CONDUCT, RESULTS = "conduct", KEY
WITHIN = frozenset({CONDUCT, RESULTS})
"""What a whole line has in addition: the messages that everybody may see, and of the protocol what closes the study."""

_FIGURES = (
    "n", "estimate", "valid_low", "valid_high", "sequential_p", "look", "ci_low", "ci_high", "p_value", "smd_before",
    "smd_after",
)  # fmt: skip
"""The figures of a table: the interval and p-value that are valid at all looks, and the pointwise ones."""


def line(house: House, run: RunId) -> dict[str, Any]:
    """Return a run's state, and its primary result if the record has one; pooled while the study is closed."""
    return line_of(house, history_of(house, run))


def line_of(house: House, history: RunHistory) -> dict[str, Any]:
    """Return the same for a run whose history was read already."""
    return shown_line(whole_line(house, history), closed(house, history.run.study))


def shown_line(whole: Mapping[str, Any], closure: Closure | None) -> dict[str, Any]:
    """Return of a whole line what may be shown to everybody; ``closed`` says until when the rest is not."""
    row = {key: value for key, value in whole.items() if key not in WITHIN}
    return {**row, "closed": None} if closure is None else pooled_row(row, closure.until, whole[CONDUCT])


def whole_line(house: House, history: RunHistory) -> dict[str, Any]:
    """Return the line of a run for the index and for who may see it, with what decides how much of it is shown."""
    state, asked = history.state, history.request
    row: dict[str, Any] = {
        "run": str(history.run),
        "state": state.value,
        "requested_by": asked.requester,
        "requested_at": asked.event.at,
        "messages": _messages(history),
        **dict.fromkeys(_FIGURES),
        CONDUCT: pooled_messages(history.trouble),
        RESULTS: closing_part(asked.event),
    }
    if history.sealings:
        row |= _figures(house, history.run, history.sealed_commit)
    return row


def _figures(house: House, run: RunId, commit: str) -> dict[str, Any]:
    """Return the figures of a table, read from the record itself."""
    names = house.records.names(commit, run.folder)
    found: dict[str, Any] = {"commit": commit}
    if _EVIDENCE in names:
        found["evidence"] = f"{run.folder}/{_EVIDENCE}"
    if "results.json" in names:
        found |= _of_results(read_results(house, run, commit))
    elif "propensity.json" in names:
        propensity, cohort = (
            document_section(name, read_document(house, run, commit, name))
            for name in ("propensity.json", "cohort.json")
        )
        found |= {**_worst(Balance(propensity.part("balance"))), "n": Cohort(cohort).in_arms}
    return found


def _of_results(results: Results) -> dict[str, Any]:
    primary = results.primary
    return {
        "estimator": primary.estimator,
        "n": primary.n,
        "estimate": primary.estimate,
        **_valid(results),
        "ci_low": primary.ci_low,
        "ci_high": primary.ci_high,
        "p_value": primary.p_value,
        **_worst(results.balance),
        "not_estimable": [f"{row.name}: {row.note}" for row in results.sensitivity if row.estimate is None],
    }


def tried(house: House, run: RunId) -> dict[str, Any]:
    """Return the figures of an exploratory run, which has no record, from its work folder, and where its report lies."""
    files = house.workspaces.files(run)
    found: dict[str, Any] = {}
    if files.exists("results.json"):
        found |= _of_results(Results.from_json(files.read("results.json")))
    if files.exists("report.pdf"):
        found["report"] = str(house.workspaces.path(run) / run.folder / "report.pdf")
    return found


def _valid(results: Results) -> dict[str, Any]:
    """Return the claim that is valid at all looks; it is empty for results of the time before looks."""
    found = results.monitoring
    if found is None:
        return {}
    return {
        "valid_low": stored_number(found.ci_low),
        "valid_high": stored_number(found.ci_high),
        "sequential_p": found.sequential_p,
        "look": found.number,
    }


def _worst(balance: Balance) -> dict[str, float | str | None]:
    return {"smd_before": balance.smd_before, "smd_after": balance.smd_after}


def _messages(history: RunHistory) -> list[str]:
    """Return the messages about a halted or failed run."""
    trouble = history.trouble
    if trouble is None:
        return []
    named = [f"{finding.message} [finding {finding.digest[:12]}]" for finding in trouble.findings]
    return named or list(trouble.messages)


def summary(house: House, outcome: Outcome) -> dict[str, Any]:
    """Return the line of a run that has just ended, or of a refused request."""
    if outcome.state == "refused":
        empty = dict.fromkeys(_FIGURES)
        return {
            "run": outcome.run,
            "state": "refused",
            "messages": [outcome.message],
            "closed": None,
            **empty,
        }
    history = history_of(house, RunId.parse(outcome.run))
    more = tried(house, history.run) if history.state is RunState.EXPLORED else {}
    return shown_line(whole_line(house, history) | more, closed(house, history.run.study))
