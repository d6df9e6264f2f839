"""How the run of a prepared study ended, and that neither estimate nor report nor a patient's value got out."""

import json
from dataclasses import dataclass
from typing import Any

from medicore.cases.answers.status import line
from medicore.cases.run.analysis import Outcome
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import PreparedStudy

_RELEASING = {"run.sealed", "decision.signed", "run.released", "archive.completed"}


@dataclass(frozen=True)
class Ended:
    """How the month of a study ended."""

    study: PreparedStudy
    whole: WholeHouse
    outcome: Outcome

    def finding(self, gate: str) -> Finding:
        """Return the one finding of a gate."""
        (found,) = (finding for finding in self.outcome.findings if finding.gate == gate)
        return found

    @property
    def line(self) -> dict[str, Any]:
        """The run's line in the table of runs."""
        return line(self.whole.house, RunId.parse(self.outcome.run))

    def require_halted(self, step: str) -> None:
        """Assert that the run waits at the findings of a step, in ledger and line alike, and that nothing left the house."""
        run = self.outcome.run
        *_, halted, sealed, _ = self.whole.events(run)
        assert (halted.action, sealed.action) == (f"{step}.halted", "run.halted")
        assert sealed.details["findings"] == [finding.as_json() for finding in self.outcome.findings]
        assert self.line["messages"] == [
            f"{finding.message} [finding {finding.digest[:12]}]" for finding in self.outcome.findings
        ]
        assert (self.whole.state(run), self.line["estimate"]) == (RunState.HALTED, None)
        assert self.whole.records.resolve(f"run/{run}") == sealed.details["commit"]
        require_kept_inside(self.whole, self.study, run, *self.line["messages"])

    def require_failed(self, step: str, family: type[Exception], message: str) -> None:
        """Assert that the run failed at a step with that message, in ledger and line alike, and that nothing left the house."""
        run = self.outcome.run
        *_, failed, _ = self.whole.events(run)
        assert (failed.action, failed.reason, failed.details["step"]) == ("run.failed", message, step)
        assert failed.details["error"] == family.__name__
        assert self.line["messages"] == [message]
        assert (self.whole.state(run), self.line["estimate"]) == (RunState.FAILED, None)
        assert f"{step}.completed" not in self.whole.actions(run)
        require_kept_inside(self.whole, self.study, run, message)


def require_kept_inside(whole: WholeHouse, study: PreparedStudy, run: str, *messages: str) -> None:
    """Assert that neither estimate nor report nor a patient's value of a run that stopped left the house (FAULTS 71)."""
    events = whole.events(run)
    assert not _RELEASING & {event.action for event in events}
    assert whole.records.resolve(f"record/{run}") is None
    assert [key for key in whole.house.archive.keys("archives") if run in key] == []
    written = json.dumps([event.as_json() for event in events] + [*messages, *map(str, whole.told)])
    assert study.told_in(written) == []
