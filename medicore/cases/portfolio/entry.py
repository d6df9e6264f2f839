"""portfolio_entry: the portfolio report's contents for one study in a month, only from its records and the ledger."""

import json
from collections.abc import Mapping
from typing import Any

from medicore.cases.people.seeing import closed
from medicore.cases.portfolio.figures import figures, finding, pooled_entry, shown
from medicore.cases.portfolio.late_months import NO_RUN, deadline
from medicore.cases.portfolio.standing import able, attempts, earlier_whole, standing_run, state
from medicore.cases.review.review import answered_findings, proved_approvals, standing_decisions
from medicore.cases.run.histories import history_of
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import file_entry, read_provenance, stored_file
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RELEASED, WHOLE, RunState
from medicore.records.moment import moment
from medicore.records.people.decision import Meaning, permission_for
from medicore.records.people.people import Permission
from medicore.records.protocol.calendar import month_after

MONTHS = 12
"""The number of months with estimates in the report; the report's own month is the last."""

_FILES = {"report_sha256": "report.pdf", "evidence_sha256": "evidence.pdf", "results_sha256": "results.json"}
_RECORDED = (
    *_FILES, "code_commit", "commit", "tag", "record_commit", "record_tag",
)  # fmt: skip


def entry(house: House, study: str, month: str, at: str) -> dict[str, Any]:
    """Return the contents for a study: its standing run of the month, all its runs, its months and records.

    ``at`` is the moment, in UTC, for judging lateness and permissions.
    """
    chosen = standing_run(house, study, month)
    found_state = None if chosen is None else state(house, chosen)
    words = NO_RUN if found_state is None else found_state.value
    due, late = deadline(house, study, month, words, moment(at))
    closure = closed(house, study)
    series = [_figure_of(house, study, held) for held in _months(month)] if closure is None else []
    found: dict[str, Any] = {
        "study": study,
        "title": _title(house, study, chosen),
        "due": due,
        "late": late,
        "run": None if chosen is None else str(chosen),
        "state": words,
        "runs": [_row(house, run, due, late=late) for run in attempts(house, study, month)],
        "months": [month_found for month_found in series if month_found is not None],
        "earlier": earlier_whole(house, study, month),
        **_outstanding(house, chosen, found_state, at),
        **dict.fromkeys(("figures", "change", "diagnostics")),
        "findings": [],
    }
    if closure is not None:
        return pooled_entry(found, closure.until)
    if chosen is not None and found_state in WHOLE:
        found |= _results(house, chosen)
    return found


def _months(month: str) -> list[str]:
    year, index = map(int, month.split("-"))
    earlier = min(MONTHS - 1, 12 * (year - 2000) + index - 1)  # no month is before 2000
    return [month_after(month, back) for back in range(-earlier, 1)]


def _title(house: House, study: str, run: RunId | None) -> str:
    """Return the study's title from the record of its run, or from its protocol if there is no run."""
    if run is None:
        return house.protocols.load(study).title
    return history_of(house, run).request.title


def _figure_of(house: House, study: str, month: str) -> dict[str, Any] | None:
    """Return a month's estimate and whether it is released; None when no complete run represents the month."""
    run = standing_run(house, study, month)
    if run is None or state(house, run) not in WHOLE:
        return None
    results, _ = _read(house, run)
    printed = figures(results, history_of(house, run).request.protocol)
    return {"month": month, "run": str(run), "released": state(house, run) in RELEASED, **printed}


def _read(house: House, run: RunId) -> tuple[dict[str, Any], str]:
    """Return a run's results after proving that they are the recorded ones, with their SHA-256."""
    data = stored_file(house, run, sealed_commit(house, run), "results.json")
    return dict(json.loads(data)), sha256(data)


def _results(house: House, run: RunId) -> dict[str, Any]:
    results, digest = _read(house, run)
    return {**shown(results, history_of(house, run).request.protocol), "results_sha256": digest}


def _row(house: House, run: RunId, due: str | None, *, late: bool) -> dict[str, Any]:
    """Return a run's line in the table of states, with its place in the record repository; lateness is that of the month."""
    history = history_of(house, run)
    found = history.state
    row: dict[str, Any] = {
        "run": str(run),
        "state": found.value,
        "due": due,
        "late": late,
        "requested_by": history.request.requester,
        "approved_by": [],
        **dict.fromkeys(_RECORDED),
    }
    if not history.sealings:
        return row
    commit = history.sealed_commit
    provenance = read_provenance(house, run, commit)
    held = {item["name"] for item in provenance["files"]}
    digests = {
        key: file_entry(provenance, name)["sha256"] if name in held else None for key, name in _FILES.items()
    }
    row |= {"commit": commit, "tag": history.sealed.tag, **digests}
    row["code_commit"] = provenance["run"]["code_commit"]
    if found in RELEASED:
        released = None if history.release is None else history.release.commit
        row |= {"record_commit": released, "record_tag": f"record/{run}"}
        row["approved_by"] = [
            {"name": statement.printed_name, "role": statement.role, "signed_at": statement.signed_at}
            for statement, _ in proved_approvals(house, history)
        ]
    return row


def _outstanding(house: House, run: RunId | None, now: RunState | None, at: str) -> dict[str, Any]:
    """Return what a study's month waits for and who can do it, its open findings, and why it stopped.

    ``waits_for`` is None when nothing is left to do.
    """

    def waits(what: str, who: list[str] | None = None) -> dict[str, Any]:
        return {"waits_for": {"what": what, "who": who or []}, "open": [], "why": []}

    if run is None:
        return waits("a request")
    match now:
        case RunState.HALTED:
            return _halted(house, run, at)
        case RunState.SEALED:
            return waits("approval", able(house, run, Permission.APPROVE, at))
        case RunState.RELEASED:
            return waits("its archive")
        case RunState.REJECTED | RunState.FAILED:
            return {**waits("a new run"), "why": _reason_of_end(house, run)}
        case RunState.RUNNING:
            return waits("its computation")
        case _:
            return {"waits_for": None, "open": [], "why": []}


def _halted(house: House, run: RunId, at: str) -> dict[str, Any]:
    """Return what a halted run waits for, its open findings, and the messages of all its findings."""
    history = history_of(house, run)
    findings = [finding.stored for finding in history.findings]
    answered = answered_findings(standing_decisions(house, history))
    waiting = [finding for finding in findings if finding["digest"] not in answered]
    why = [str(finding["message"]) for finding in findings]
    if not waiting:
        return {"waits_for": {"what": "its continuation", "who": []}, "open": [], "why": why}
    closed = any(not finding["overridable"] for finding in findings)
    meaning = Meaning.REJECT if closed else Meaning.PROCEED
    who = {
        name
        for found in waiting
        for name in able(house, run, permission_for(meaning, str(found["gate"])), at)
    }
    what = "rejection, then a new run" if closed else "a decision on its findings"
    return {
        "waits_for": {"what": what, "who": sorted(who)},
        "open": [_open_finding(house, run, one, at) for one in waiting],
        "why": why,
    }


def _open_finding(house: House, run: RunId, stored: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Return a finding at which a run waits, with the people who may answer it and the command for that."""
    meaning = Meaning.PROCEED if stored["overridable"] else Meaning.REJECT
    named = f" --finding {stored['digest'][:12]}" if stored["overridable"] else ""
    return {
        **finding(stored),
        "run": str(run),
        "false_alarm_rate": stored.get("false_alarm_rate"),
        "answer": "proceed or reject" if stored["overridable"] else "reject, then a new run",
        "who": able(house, run, permission_for(meaning, str(stored["gate"])), at),
        "command": f"medicore sign {run} --meaning {meaning}{named} --as PERSON --reason '…'",
    }


def _reason_of_end(house: House, run: RunId) -> list[str]:
    """Return why a run failed or was rejected, in the words of the person who closed it."""
    closed = history_of(house, run).told("run.failed", "run.rejected")
    return [event.reason for event in closed[-1:]]
