"""The ALCOA++ score card of a run: each principle, its verdict, and the evidence for it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from medicore.cases.run.runs import runs_of, sealed_commit
from medicore.cases.run.stored import read_document, read_provenance
from medicore.errors import IntegrityError, MediCoreError
from medicore.ports.house import House
from medicore.records.checking import Check, CheckKind
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.results.paths import paths_of
from medicore.records.results.tracing import Trace
from medicore.steps.way import STEP_NAMES

_OF_THE_RECORD = (CheckKind.LEDGER, CheckKind.AUTHORITY, CheckKind.RECORD, CheckKind.REPOSITORY_COPY)
_OF_THE_HISTORY = (
    CheckKind.LEDGER,
    CheckKind.SIGNED_HEAD,
    CheckKind.FOREIGN,
    CheckKind.TAG,
    CheckKind.GIT_OBJECTS,
    CheckKind.PROVENANCE,
    CheckKind.STATE,
    CheckKind.SEALED_AS_TOLD,
)
_COPIES = (CheckKind.REPOSITORY_COPY, CheckKind.STORED_COPY, CheckKind.ARCHIVED_COPY)


@dataclass(frozen=True, slots=True)
class Score:
    """One principle, whether it holds (None before there is any evidence), and the evidence."""

    principle: str
    holds: bool | None
    evidence: str

    @property
    def verdict(self) -> str:
        """The verdict as it is printed."""
        return "–" if self.holds is None else "yes" if self.holds else "NO"


class _Evidence:
    """The sources of a score card: the run's events and checks, and its sealed record."""

    def __init__(self, house: House, run: RunId, checks: Sequence[Check]) -> None:
        self.house, self.run, self.checks = house, run, checks
        self.events: tuple[LedgerEvent, ...] = tuple(house.ledger.events(subject=str(run)))
        self.commit = sealed_commit(house, run)
        self.provenance = read_provenance(house, run, self.commit)
        self.names = {entry["name"] for entry in self.provenance["files"]}
        self.documents = sorted(
            entry["name"]
            for entry in self.provenance["files"]
            if entry["md5"] is None and entry["name"].endswith(".json")
        )

    def document(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """Return a JSON file of the sealed record; None when the run did not reach that step."""
        if name not in self.names:
            return None
        return read_document(self.house, self.run, self.commit, name)

    def of(self, *kinds: CheckKind) -> tuple[int, bool]:
        """Return the number of checks of these kinds, and whether all of them passed."""
        return _counted(check for check in self.checks if check.kind in kinds)

    def of_frozen_data(self) -> tuple[int, bool]:
        """Return the number of checks of the data lock's files, and whether all of them passed."""
        return _counted(check for check in self.checks if check.file.startswith("lock/"))


def _counted(checks: Iterable[Check]) -> tuple[int, bool]:
    passed = [check.passed for check in checks]
    return len(passed), all(passed)


def score_card(house: House, run: RunId, checks: Sequence[Check]) -> tuple[Score, ...]:
    """Return the score card from the checks of ``verify``, the ledger and the sealed record (EMA, 2023, section 4.5).

    A principle with unreadable evidence does not hold, and gives the reason. There is no score card when the ledger
    is damaged, or the run has no sealed record.
    """
    if not checks or not checks[0].passed:
        return ()
    try:
        evidence = _Evidence(house, run, checks)
    except MediCoreError as error:
        return (Score("Consistent", False, str(error)),)
    return tuple(_scored(principle, partial(judge, evidence)) for principle, judge in _JUDGES.items())


def _scored(principle: str, judge: Callable[[], tuple[bool | None, str]]) -> Score:
    try:
        holds, words = judge()
    except (MediCoreError, ValueError) as error:
        return Score(principle, False, str(error))
    return Score(principle, holds, words)


def _attributable(found: _Evidence) -> tuple[bool | None, str]:
    actors = {event.actor for event in found.events}
    requests, asked = found.of(CheckKind.REQUEST)
    signatures, signed = found.of(CheckKind.DECISION, CheckKind.ACT)
    _, followed = found.of(CheckKind.DECIDED, CheckKind.TOLD_ONCE)
    named = all(event.actor and event.role for event in found.events)
    holds = named and bool(requests) and asked and signed and followed
    return holds, (
        f"{len(found.events)} events by {', '.join(sorted(actors))}; asked for by {found.events[0].actor}; "
        f"{requests} signed request(s) and {signatures} signed decision(s) and act(s) proved"
    )


def _legible(found: _Evidence) -> tuple[bool | None, str]:
    read = [name for name in found.documents if found.document(name) is not None]
    shown = {"report.pdf": "the report is PDF/A", "evidence.pdf": "the evidence report is PDF/A"}
    told = next((words for name, words in shown.items() if name in found.names), "no report was reached")
    return bool(read), f"{len(read)} documents read as JSON; {told}"


def _contemporaneous(found: _Evidence) -> tuple[bool | None, str]:
    times = [event.at for event in found.events]
    return times == sorted(times), f"each event was written as it happened, {times[0]} to {times[-1]} UTC"


def _original(found: _Evidence) -> tuple[bool | None, str]:
    count, same = found.of_frozen_data()
    return (
        same if count else None,
        f"{count} stored copies of the export and its manifest, byte for byte as frozen",
    )


def _accurate(found: _Evidence) -> tuple[bool | None, str]:
    effect = found.document("effect.json")
    if effect is None or effect["primary"] is None:
        return None, "no estimate was reached"
    second = effect["primary"]["verification"]
    difference = float(second["relative_difference"])
    words = f"computed twice by independent routes, {difference:.2g} standard errors apart (tolerated {second['tolerance']:g})"
    looks = (effect.get("monitoring") or {}).get("verification")
    if looks is None:
        return difference <= second["tolerance"], words
    apart, levels = float(looks["difference"]), float(looks["level_difference"])
    holds = (
        difference <= second["tolerance"]
        and apart <= looks["tolerance"]
        and levels <= looks["level_tolerance"]
    )
    return holds, f"{words}; the look's bounds {apart:.2g} apart, its levels {levels:.2g}"


def _complete(found: _Evidence) -> tuple[bool | None, str]:
    count, same = found.of(*_OF_THE_RECORD)
    done = {event.action.partition(".")[0] for event in found.events} & set(STEP_NAMES)
    attempts = runs_of(found.house, found.run.study, found.run.month)
    return same, (
        f"{len(found.names)} files named by the provenance, {count} checks of them; {len(done)} steps in the ledger; "
        f"all {len(attempts)} attempt(s) of the month kept"
    )


def _consistent(found: _Evidence) -> tuple[bool | None, str]:
    count, same = found.of(*_OF_THE_HISTORY)
    return same, f"{count} checks of chain, signed heads, record repository, states, tags and git objects"


def _enduring(found: _Evidence) -> tuple[bool | None, str]:
    count, same = found.of(CheckKind.RETENTION)
    if not count:
        return None, "not archived yet; the record is in the record repository and the content store"
    archived = [event for event in found.events if event.action == "archive.completed"]
    return same, f"{count} archived objects kept until {archived[-1].details['retain_until']}"


def _available(found: _Evidence) -> tuple[bool | None, str]:
    count, same = found.of(*_COPIES)
    return same, f"{count} stored copies read back just now"


def _traceable(found: _Evidence) -> tuple[bool | None, str]:
    results = found.document("results.json")
    if results is None:
        return None, f"code commit {found.provenance['run']['code_commit'][:12]}; no results were reached"
    trace = Trace.of(results)
    parts = trace.parts
    paths = [path for path in paths_of(results) if path.split(".")[0] in parts]
    try:
        for path in paths:
            trace.origin(path)
    except IntegrityError as error:
        return False, str(error)
    return (
        True,
        f"{len(paths)} results, each with function, protocol keys and inputs; code commit {found.provenance['run']['code_commit'][:12]}",
    )


_JUDGES: dict[str, Callable[[_Evidence], tuple[bool | None, str]]] = {
    "Attributable": _attributable,
    "Legible": _legible,
    "Contemporaneous": _contemporaneous,
    "Original": _original,
    "Accurate": _accurate,
    "Complete": _complete,
    "Consistent": _consistent,
    "Enduring": _enduring,
    "Available": _available,
    "Traceable": _traceable,
}
