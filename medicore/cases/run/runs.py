"""Runs: how an analysis begins and resumes, and where it was sealed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.cases.people.authority import authority_fingerprint
from medicore.cases.people.logged import SERVICE, log
from medicore.cases.run.decisions import accepted
from medicore.cases.run.histories import histories_of, history_of
from medicore.cases.run.requesting import Request, admit, refusals, require_signed
from medicore.errors import BusyError, ConfigurationError
from medicore.ports.files import RecordFiles
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.appending import LEASE, lease_of
from medicore.records.ledger.event_details import EXPLORATORY
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.states import RunState
from medicore.records.people.act import ENVELOPE
from medicore.records.protocol.parsing import parse_recorded
from medicore.records.protocol.protocol import Protocol


@dataclass(frozen=True, slots=True)
class ActiveRun:
    """An active run: its protocol, its identity as reports print it, its record folder.

    ``fence`` is the sequence number of the event with which this worker took the run (records/ledger/appending.py).
    """

    id: RunId
    protocol: Protocol
    identity: Mapping[str, Any]
    files: RecordFiles
    sealing: int = 1
    fence: int = 0

    @property
    def exploratory(self) -> bool:
        """Whether the code may differ from its commit; such a run can be neither signed nor archived."""
        return bool(self.identity["status"] == EXPLORATORY)

    @property
    def tag(self) -> str:
        """The tag of this sealing of the run."""
        return seal_tag(self.id, self.sealing)


def seal_tag(run: RunId, sealing: int) -> str:
    """Return the tag of a run's first, second … sealing: ``run/S/M/1``, ``run/S/M/1.2`` …."""
    return f"run/{run}" if sealing == 1 else f"run/{run}.{sealing}"


def next_tag(history: RunHistory) -> str:
    """Return the tag of the next sealing of a run."""
    return seal_tag(history.run, 1 + len(history.sealings))


def begin(house: House, request: Request) -> ActiveRun:
    """Return a new run, or the interrupted one of the same study and month, ready to advance.

    A request is refused before the run has a number; the refusal is in the ledger.
    """
    protocol, commit, environment = admit(house, request)
    earlier = histories_of(house, request.study, request.month)
    open_run = interrupted(earlier, exploratory=request.exploratory)
    require_signed(house, request, None if open_run is None else open_run.run)
    if open_run is not None:
        return _resume(house, open_run, request, commit)
    number = 1 + max((history.run.number for history in earlier), default=0)
    run = RunId(request.study, request.month, number)
    sequence, head = house.ledger.head()
    identity = {
        "id": str(run),
        "study": run.study,
        "month": run.month,
        "number": run.number,
        "status": EXPLORATORY if request.exploratory else "candidate",
        "requested_by": request.requester,
        "reason": request.reason,
        "code_commit": commit,
        "environment_digest": environment,
        "authority": authority_fingerprint(house),
        "protocol_digest": protocol.digest,
        "record_tag": seal_tag(run, 1),
        "ledger_head": {"sequence": sequence, "digest": head},
        "paper": house.paper,
        "renderer": house.renderer_name,
        "requested_at": house.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        "accepted": [],
    }
    details = {
        "identity": identity,
        "protocol": protocol.as_json(),
        ENVELOPE: request.signature,
        LEASE: lease(house),
    }
    taken = log(house, request.requester, "run.requested", str(run), request.reason, details)
    return _activate(house, run, protocol, identity, fence=taken.sequence)


def runs_of(house: House, study: str, month: str | None = None) -> tuple[RunId, ...]:
    """Return all runs of a study (and month) that the ledger knows, in order of request."""
    prefix = f"{study}/{month}/" if month else f"{study}/"
    return tuple(
        RunId.parse(event.subject) for event in house.ledger.events(subject=prefix, action="run.requested")
    )


def all_runs(house: House, study: str | None = None) -> tuple[RunId, ...]:
    """Return every run that the ledger knows, of one study when given, in order of request."""
    subject = f"{study}/" if study else None
    return tuple(RunId.parse(e.subject) for e in house.ledger.events(subject=subject, action="run.requested"))


def interrupted(earlier: Iterable[RunHistory], *, exploratory: bool) -> RunHistory | None:
    """Return the first of a month's runs, exploratory or regulatory, that has not ended, if there is one."""
    for history in earlier:
        if history.state is RunState.RUNNING and history.request.exploratory == exploratory:
            return history
    return None


def _resume(house: House, history: RunHistory, request: Request, commit: str) -> ActiveRun:
    run = history.run
    with refusals(house, request):
        require_begun_on(run, history.request.code_commit, commit)
    identity = _identity(house, history)  # before the run is taken, so that a forged run does not continue
    details = {ENVELOPE: request.signature, LEASE: lease(house)}
    taken = log(house, request.requester, "run.resumed", str(run), request.reason, details)
    return _opened(house, history, identity, taken.sequence)


def take_up(house: House, history: RunHistory) -> ActiveRun:
    """Take an active run that another worker left, and return it; this worker holds it from now on."""
    identity = _identity(house, history)
    taken = log(house, SERVICE, "run.taken", str(history.run), "", {LEASE: lease(house)})
    return _opened(house, history, identity, taken.sequence)


def lease(house: House) -> dict[str, Any]:
    """Return the lease of a worker of this house."""
    return {"holder": house.holder, "seconds": house.lease_seconds}


def require_held(house: House, active: ActiveRun) -> None:
    """Raise BusyError when another worker has taken the run from this one; call this before any permanent change."""
    held = lease_of(history_of(house, active.id).events)
    if held is not None and held.fence != active.fence:
        raise BusyError(
            f"run {active.id} was taken by {held.holder} with ledger event {held.fence}; expected to hold it still; "
            "this worker writes nothing more; 'medicore status' shows how the run continues"
        )


def reopen(house: House, history: RunHistory, *, fence: int) -> ActiveRun:
    """Return a run as the ledger has it, held since the event ``fence``, with its work folder ready.

    Raises ProtocolError when there is no request for the run.
    """
    return _opened(house, history, _identity(house, history), fence)


def _opened(house: House, history: RunHistory, identity: Mapping[str, Any], fence: int) -> ActiveRun:
    run = history.run
    protocol = parse_recorded(json.dumps(history.request.protocol), str(run))
    return _activate(house, run, protocol, identity, 1 + len(history.sealings), fence=fence)


def _identity(house: House, history: RunHistory) -> dict[str, Any]:
    """Return the identity for the next sealing of a run, after proving its decisions."""
    return {
        **history.request.identity,
        "record_tag": next_tag(history),
        "accepted": [dict(entry) for entry in accepted(house, history)],
    }


def sealed_commit(house: House, run: RunId) -> str:
    """Return the commit of a run's last sealing in the ledger; raise ProtocolError when there is none."""
    return history_of(house, run).sealed_commit


def code_commit(house: House, run: RunId) -> str:
    """Return the commit of the code with which a run began; raise ProtocolError when there is no such run."""
    return history_of(house, run).request.code_commit


def require_begun_on(run: RunId, began: str, now: str) -> None:
    """Raise ConfigurationError unless the code is at the commit with which the run began."""
    if now != began:
        raise ConfigurationError(
            f"run {run} began on commit {began[:12]}, and the code is at {now[:12]}; a run is completed, and "
            f"computed again, with the code with which it began: 'medicore follow {run}' continues an open run by that commit; "
            "otherwise check out that commit and try again"
        )


def _activate(
    house: House, run: RunId, protocol: Protocol, identity: Mapping[str, Any], sealing: int = 1, *, fence: int
) -> ActiveRun:
    house.workspaces.prepare(run, identity["code_commit"], protocol.as_document(), identity)
    return ActiveRun(run, protocol, identity, house.workspaces.files(run), sealing, fence)
