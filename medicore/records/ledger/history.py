"""The history of a run: everything that the ledger tells of it, read once, with typed answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from medicore.errors import ArchiveError, IntegrityError, ProtocolError
from medicore.records.finding import StoredFinding
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import (
    Archiving,
    DataLock,
    Ending,
    Exported,
    PerformedStep,
    RefusedDecision,
    Release,
    RunRequest,
    Sealing,
    SignedDecision,
    details_of,
)
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.ledger.states import RunState, standing, state_of

SEALED_BY = frozenset({"run.sealed", "run.halted", "run.failed"})
"""The events that seal a run's record."""

STOPPED_BY = frozenset({"run.halted", "run.failed"})
"""The events by which a run stopped before its end."""

EXTENDED = "archive.extended"
HELD = "archive.held"
LIFTED = "archive.lifted"
RETURNED = "run.returned"


@dataclass(frozen=True, slots=True)
class RunHistory:
    """All events on one run, in order, without those that a correction skips.

    Every answer is made from them alone, and nothing else is asked. An answer raises IntegrityError, with the event's number, when the details that it needs are not there. The state
    is that of the state machine (``states.replay``). Whether a decision or a request is its signer's is not judged
    here: an answer says what the ledger tells.
    """

    run: RunId
    events: tuple[LedgerEvent, ...]

    @classmethod
    def of(cls, run: RunId, events: Iterable[LedgerEvent]) -> Self:
        """Return the history that ``events`` tell of ``run``; raise IntegrityError when one is about another."""
        held = tuple(events)
        for event in held:
            if event.subject != str(run):
                raise IntegrityError(f"events of {run} and {event.subject} are mixed; ask for one run alone")
        return cls(run, standing(held))

    @property
    def state(self) -> RunState:
        """Where the run stands; ProtocolError when nobody asked for it, IntegrityError when no run does what is told."""
        return state_of(self.events)

    def told(self, *actions: str) -> tuple[LedgerEvent, ...]:
        """Return the events of these actions, in order."""
        return tuple(event for event in self.events if event.action in actions)

    @property
    def request(self) -> RunRequest:
        """The event by which the run began; ProtocolError when nobody asked for it."""
        for event in self.told("run.requested"):
            return RunRequest(event)
        raise ProtocolError(f"run {self.run} is unknown; see 'medicore history {self.run.study}'")

    @property
    def sealings(self) -> tuple[Sealing, ...]:
        """Every sealing of the run's record, in order; a halted run that continued has several."""
        return tuple(Sealing(event) for event in self.events if event.action in SEALED_BY)

    @property
    def sealed(self) -> Sealing:
        """The last sealing of the run's record; ProtocolError when there is none."""
        if not self.sealings:
            raise ProtocolError(
                f"run {self.run} has no sealed record; see 'medicore history {self.run.study}'"
            )
        return self.sealings[-1]

    @property
    def sealed_commit(self) -> str:
        """The commit of the last sealing; ProtocolError when there is none."""
        return self.sealed.commit

    @property
    def release(self) -> Release | None:
        """The release of the record; None while no human has approved it."""
        found = self.told("run.released")
        return Release(found[0]) if found else None

    @property
    def stop(self) -> Ending | None:
        """The last time that the run halted or failed; None when it never did."""
        found = [event for event in self.events if event.action in STOPPED_BY]
        return Ending(found[-1]) if found else None

    @property
    def trouble(self) -> Ending | None:
        """What went wrong last: the run halted, failed or was rejected, or its archiving failed; None for nothing.

        An exploratory run has one event, which says how it ended.
        """
        tried = (event for event in self.told("run.explored") if not Ending(event).whole)
        found = self.told("run.halted", "run.failed", "archive.failed", "run.rejected") or (*tried,)
        return Ending(found[-1]) if found else None

    @property
    def findings(self) -> tuple[StoredFinding, ...]:
        """The findings at which the run halted last, those that are answered too; none when it never halted."""
        found = self.told("run.halted")
        return Ending(found[-1]).findings if found else ()

    def gate_of(self, finding: str | None) -> str | None:
        """Return the gate of a finding at which the run ever stopped, by the finding's digest; None for another."""
        known = {
            found.digest: found.gate for event in self.told("run.halted") for found in Ending(event).findings
        }
        return known.get(finding) if finding is not None else None

    @property
    def decisions(self) -> tuple[SignedDecision, ...]:
        """Every decision on the run, in order."""
        return tuple(SignedDecision(event) for event in self.told("decision.signed"))

    @property
    def returns(self) -> tuple[LedgerEvent, ...]:
        """Every return with comments since the last sealing, in order."""
        sealed = self.sealings[-1].event.sequence if self.sealings else 0
        return tuple(event for event in self.told(RETURNED) if event.sequence > sealed)

    @property
    def refused_decisions(self) -> tuple[RefusedDecision, ...]:
        """Every attempt to sign a decision that was refused, in order."""
        return tuple(RefusedDecision(event) for event in self.told("decision.refused"))

    @property
    def accepted(self) -> tuple[Mapping[str, Any], ...]:
        """The decisions with which the run continued after a halt, in the form of the run's identity."""
        return tuple(
            part.values
            for event in self.told("run.continued")
            for part in details_of(event).parts("decisions")
        )

    @property
    def data_lock(self) -> DataLock | None:
        """The event by which the run's data were frozen; None before."""
        found = self.told("lock.frozen")
        return DataLock(found[0]) if found else None

    def performed(self, step: str) -> PerformedStep | None:
        """Return the last time that a step was done, whether it halted or not; None when it never was."""
        found = self.told(f"{step}.completed", f"{step}.halted")
        return PerformedStep(found[-1]) if found else None

    @property
    def archivings(self) -> tuple[Archiving, ...]:
        """Every time that the record was archived, in order."""
        return tuple(Archiving(event) for event in self.told("archive.completed"))

    @property
    def archived(self) -> Archiving:
        """The last archiving; ArchiveError when the run is not archived."""
        if not self.archivings:
            raise ArchiveError(
                f"run {self.run} is not archived; expected one that is; see 'medicore archive list'"
            )
        return self.archivings[-1]

    @property
    def kept_until(self) -> str:
        """The day until which the archived run is kept, as at first or as extended; ArchiveError when not archived."""
        told = (self.archived.event, *self.told(EXTENDED))
        return max(details_of(event).text("retain_until") for event in told)

    @property
    def hold(self) -> LedgerEvent | None:
        """The event by which the archived run is under a legal hold; None when it never was, or is no more."""
        found = self.told(HELD, LIFTED)
        return found[-1] if found and found[-1].action == HELD else None

    @property
    def lifted(self) -> LedgerEvent | None:
        """The event by which a legal hold was lifted last; None when none was."""
        found = self.told(LIFTED)
        return found[-1] if found else None

    @property
    def signed_exports(self) -> tuple[tuple[Exported, bytes], ...]:
        """The exports whose head of the ledger the service signed, newest first, each with that signature."""
        signed = {
            details_of(event).count("sequence"): details_of(event).content("envelope")
            for event in self.told("checkpoint.signed")
            if details_of(event).has("envelope")
        }
        return tuple(
            (Exported(event), signed[event.sequence])
            for event in reversed(self.told("run.exported"))
            if event.sequence in signed
        )


def histories(events: Iterable[LedgerEvent]) -> tuple[RunHistory, ...]:
    """Return the history of every run that was asked for in ``events``, in order of request.

    ``events`` are all events on these runs, in order; events about other subjects are ignored.
    """
    told: dict[str, list[LedgerEvent]] = {}
    requested: dict[str, None] = {}
    for event in events:
        told.setdefault(event.subject, []).append(event)
        if event.action == "run.requested":
            requested[event.subject] = None
    return tuple(RunHistory.of(RunId.parse(subject), told[subject]) for subject in requested)
