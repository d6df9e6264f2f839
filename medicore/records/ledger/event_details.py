"""The details of a run's events, read by type; each reading is made when it is asked for.

An event of an older version may lack what a newer one holds: only who asks for that is told so. Every reading raises
IntegrityError, with the event's number, when the details do not hold what MediCore writes there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medicore.records.finding import StoredFinding
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.section import Section

COVERED = "ledger"
"""The detail of ``archive.completed`` that says up to which event the archive then held the ledger."""

CLAIMED = "claimed"
"""The detail of a refusal that says whose name was given; nobody had proved that it was that person."""

SIGNED_REPORT = "signed_report"
"""The detail of an approval that says what is stored of the report signed with it."""

LOOK = "look"
"""The detail of a done effect step that tells the numbers of the look; null where the step found no estimate."""

EXPLORATORY = "exploratory"
"""The status of a run that may differ from its commit."""


def details_of(event: LedgerEvent) -> Section:
    """Return the details of an event, to be read by type."""
    place = f"ledger event {event.sequence} ({event.action})"
    return Section(place, event.details, "run 'medicore ledger verify'")


@dataclass(frozen=True, slots=True)
class _Told:
    """An event whose details have names here."""

    event: LedgerEvent

    @property
    def _details(self) -> Section:
        return details_of(self.event)


class RunRequest(_Told):
    """The event by which a run began."""

    __slots__ = ()

    @property
    def requester(self) -> str:
        """The identifier of the requester."""
        return self.event.actor

    @property
    def identity(self) -> Mapping[str, Any]:
        """The run's identity as it was at its beginning."""
        return self._details.part("identity").values

    @property
    def status(self) -> str:
        """``candidate`` or ``exploratory``."""
        return self._details.part("identity").text("status")

    @property
    def exploratory(self) -> bool:
        """Whether the run can be neither signed nor archived."""
        return self.status == EXPLORATORY

    @property
    def code_commit(self) -> str:
        """The commit of the code that the run began on."""
        return self._details.part("identity").text("code_commit")

    @property
    def protocol(self) -> Mapping[str, Any]:
        """The resolved protocol, as JSON."""
        return self._details.part("protocol").values

    @property
    def title(self) -> str:
        """The study's title."""
        return self._details.part("protocol").text("title")

    @property
    def sponsor(self) -> str:
        """The study's sponsor."""
        return self._details.part("protocol").text("sponsor")

    @property
    def approvals(self) -> int:
        """How many different people approve the report before it is released: one where the protocol does not say."""
        protocol = self._details.part("protocol")
        return protocol.part("review").count("approvals") if protocol.has("review") else 1


class Sealing(_Told):
    """An event by which the run's record was sealed: whole, halted or failed."""

    __slots__ = ()

    @property
    def commit(self) -> str:
        """The record commit."""
        return self._details.text("commit")

    @property
    def tag(self) -> str:
        """The tag on that commit."""
        return self._details.text("tag")

    @property
    def provenance(self) -> str:
        """The SHA-256 of the record's provenance."""
        return self._details.text("provenance")


class Release(_Told):
    """The event by which a human's approval released the record."""

    __slots__ = ()

    @property
    def commit(self) -> str:
        """The commit of the released record, a child of the sealed one."""
        return self._details.text("commit")


class Ending(_Told):
    """An event by which a run stopped or ended: at findings, by an error, whole, or in words of a human."""

    __slots__ = ()

    @property
    def step(self) -> str | None:
        """The step at which the run stopped; None for one that ended."""
        return self._details.text_or_none("step")

    @property
    def whole(self) -> bool:
        """Whether an exploratory run came to its end."""
        return self._details.text_or_none("outcome") == "candidate"

    @property
    def error(self) -> str | None:
        """The kind of error; None where there was none."""
        return self._details.text_or_none("error")

    @property
    def findings(self) -> tuple[StoredFinding, ...]:
        """The findings at which the run stopped; none where it stopped for another reason."""
        if self.event.action != "run.halted" and not self._details.has("findings"):
            return ()
        return tuple(StoredFinding(part) for part in self._details.parts("findings"))

    @property
    def messages(self) -> tuple[str, ...]:
        """Why the run stopped: the messages of its findings, or else the event's reason."""
        return tuple(finding.message for finding in self.findings) or (self.event.reason,)


class SignedDecision(_Told):
    """The event of a decision: what it tells, and the envelope that proves it."""

    __slots__ = ()

    @property
    def envelope(self) -> bytes:
        """The signed envelope."""
        return self._details.content("envelope")

    @property
    def statement(self) -> Mapping[str, Any]:
        """The statement that the event tells; only the envelope proves it."""
        return self._details.part("statement").values

    @property
    def told(self) -> Section:
        """What the told statement says: meaning, reason, finding, who in which role."""
        return self._details.part("statement").part("predicate")

    @property
    def digests(self) -> dict[str, str]:
        """The digests that the told statement names, by subject."""
        subjects = self._details.part("statement").parts("subject")
        return {one.text("name"): next(iter(one.texts("digest").values()), "") for one in subjects}

    @property
    def signed_report(self) -> Mapping[str, Any] | None:
        """What is stored of the report that was signed with an approval; None where there is none."""
        return self._details.part(SIGNED_REPORT).values if self._details.has(SIGNED_REPORT) else None


class RefusedDecision(_Told):
    """The event of an attempt to sign that was refused."""

    __slots__ = ()

    @property
    def who(self) -> str:
        """Who claimed to sign; an earlier version recorded that name as the actor."""
        return self._details.text_or_none(CLAIMED) or self.event.actor

    @property
    def meaning(self) -> str | None:
        """What was to be signed."""
        return self._details.text_or_none("meaning")

    @property
    def cause(self) -> str | None:
        """Why it was refused, in a word."""
        return self._details.text_or_none("cause")


class DataLock(_Told):
    """The event by which the run's data were frozen."""

    __slots__ = ()

    @property
    def files(self) -> Mapping[str, str]:
        """The SHA-256 of every file of the lock, by name."""
        return self._details.texts("files")

    @property
    def pointer(self) -> str:
        """The pointer to the lock in the content store; empty for an exploratory run."""
        return self._details.text("pointer")


class PerformedStep(_Told):
    """The event of a step that was done."""

    __slots__ = ()

    @property
    def inputs(self) -> Mapping[str, str]:
        """The SHA-256 of what the step read, by name."""
        return self._details.texts("inputs")

    @property
    def outputs(self) -> Mapping[str, str]:
        """The SHA-256 of what the step wrote, by name."""
        return self._details.texts("outputs")

    @property
    def tells_look(self) -> bool:
        """Whether the event says which look the step was, or that it was none; an older version's does not."""
        return LOOK in self._details.values

    @property
    def look(self) -> Section | None:
        """The numbers of the look; None where the step told of none, or the event is an older version's."""
        return self._details.part(LOOK) if self._details.has(LOOK) else None


class Archiving(_Told):
    """The event by which the released record was archived."""

    __slots__ = ()

    @property
    def manifest(self) -> str:
        """The SHA-256 of the archive's manifest."""
        return self._details.text("manifest")

    @property
    def covered(self) -> int:
        """Up to which event the archive then held the ledger."""
        return self._details.count(COVERED)

    @property
    def objects(self) -> int:
        """How many objects were archived."""
        return self._details.count("objects")


class Exported(_Told):
    """The event by which the record was exported for the first time."""

    __slots__ = ()

    @property
    def manifest(self) -> str:
        """The SHA-256 of the bundle's manifest."""
        return self._details.text("manifest")

    @property
    def until(self) -> int:
        """How many events the ledger held then."""
        return self._details.count("until")

    @property
    def whole_ledger(self) -> bool:
        """Whether the bundle shows the events on all other matters too."""
        return self._details.flag("whole_ledger")
