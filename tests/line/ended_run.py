"""How a run of a prepared study ended: what was printed, what the ledger holds, and that nothing got out."""

import json
from dataclasses import dataclass
from typing import Any

from tests.conftest import Answer, Project
from tests.whole_house.prepared_study import MONTH, PreparedStudy

HALTED, FAILED = "halted, awaiting a decision", "failed"
RELEASING = {"run.sealed", "decision.signed", "run.released", "archive.completed"}


@dataclass(frozen=True)
class EndedRun:
    """A run that came to an end, its line in the table of runs, and its ledger events."""

    row: dict[str, Any]
    events: tuple[dict[str, Any], ...]

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings at which the run halted."""
        return list(self.events[-1]["details"]["findings"])

    @property
    def gates(self) -> list[tuple[str, str]]:
        """Gate and subject of each finding."""
        return [(finding["gate"], finding["subject"]) for finding in self.findings]

    def finding(self, gate: str) -> dict[str, Any]:
        """Return the one finding of a gate."""
        (found,) = (finding for finding in self.findings if finding["gate"] == gate)
        return found


def portfolio(project: Project, *studies: PreparedStudy, expected: int) -> dict[str, EndedRun]:
    """Run the month of several studies, and return how each ended, by study."""
    answer = project.medicore(
        "portfolio", MONTH, *(study.study for study in studies), "--json", expected=expected
    )
    rows = answer.json()
    return {
        study.study: _ended(project, study, answer, row) for study, row in zip(studies, rows, strict=True)
    }


def run(project: Project, study: PreparedStudy, expected: int) -> EndedRun:
    """Run the month of one study, and return how it ended."""
    answer = project.medicore("run", study.study, MONTH, "--json", expected=expected)
    (row,) = answer.json()
    return _ended(project, study, answer, row)


def require_halted(ended: EndedRun, project: Project, step: str) -> None:
    """Assert that the run waits at the findings of a step, in the ledger and in the status alike."""
    actions = [event["action"] for event in ended.events]
    assert actions[-2:] == [f"{step}.halted", "run.halted"]
    assert ended.row["messages"] == [
        f"{finding['message']} [finding {finding['digest'][:12]}]" for finding in ended.findings
    ]
    _require_kept_inside(ended, project, HALTED)


def require_failed(ended: EndedRun, project: Project, step: str, exit_code: int, message: str) -> None:
    """Assert that the run failed at a step with that message, in the ledger and in the status alike."""
    assert ended.row["messages"] == [message]
    last = ended.events[-1]
    assert (last["action"], last["reason"]) == ("run.failed", message)
    assert (last["details"]["step"], last["details"]["exit_code"]) == (step, exit_code)
    assert f"{step}.completed" not in [event["action"] for event in ended.events]
    _require_kept_inside(ended, project, FAILED)


def _require_kept_inside(ended: EndedRun, project: Project, state: str) -> None:
    """Assert that the record is sealed as it is, and that neither estimate nor report left the house."""
    study = ended.row["run"].partition("/")[0]
    (status,) = project.medicore("status", study, "--json").json()
    assert status["state"] == ended.row["state"] == state
    assert status["estimate"] is None
    assert ended.events[-1]["details"]["commit"] == status["commit"]
    assert not RELEASING & {event["action"] for event in ended.events}
    copied = [path.name for path in (project.home / "reports" / study).rglob("*") if path.is_file()]
    assert [name for name in copied if "evidence" not in name] == []
    assert not (project.home / "archive" / study).exists()


def events_of(project: Project, run: str) -> tuple[dict[str, Any], ...]:
    """Return a run's ledger events but for the signed heads, which follow every sealing."""
    return tuple(event for event in project.events(run) if not event["action"].startswith("checkpoint."))


def _ended(project: Project, study: PreparedStudy, answer: Answer, row: dict[str, Any]) -> EndedRun:
    ended = EndedRun(row, events_of(project, row["run"]))
    written = answer.out + answer.err + json.dumps(ended.events)
    assert "Traceback" not in written
    # Nothing of a patient leaves the data lock, neither by the terminal nor by the ledger (FAULTS 71).
    assert study.told_in(written) == []
    return ended


def require_one_record(project: Project, run: str) -> None:
    """Assert that a run did everything once, and that its record proves itself."""
    actions = [event["action"] for event in project.events(run)]
    for once in ("run.requested", "lock.frozen", "extract.completed", "effect.completed", "run.sealed"):
        assert actions.count(once) == 1, once
    assert project.medicore("verify", run, "--json").json()[0]["failed"] == {}
