"""lookup: questions about all runs, answered from the index after updating it to the ledger's head."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from medicore.cases.answers.status import RESULTS, shown_line, whole_line
from medicore.cases.people.seeing import closed
from medicore.cases.run.histories import history_of
from medicore.cases.run.seal import read_results
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.blinding.closure import Closure
from medicore.records.identifiers import RunId
from medicore.records.ledger.indexed import Entry, Indexed, Numbers
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.ledger.precedence import precedence
from medicore.records.ledger.states import OPEN, RunState
from medicore.records.results.printed import likelihood, numbers_of, printed_number
from medicore.records.results.tracing import Trace

_REQUESTED = "run.requested"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place of a printed number: the run, the path in its results, and the value there."""

    run: str
    path: str
    value: float
    definition: str


def lines(house: House, study: str | None = None) -> tuple[dict[str, Any], ...]:
    """Return the line of every run, or of every run of one study, in order of request; pooled where a study is closed."""
    entries = sorted(current(house).entries.values(), key=lambda entry: entry.requested)
    wanted = [entry for entry in entries if study in {None, _study(entry)}]
    closures = _closures(house, wanted)
    return tuple(shown_line(entry.line, closures[_study(entry)]) for entry in wanted)


def _study(entry: Entry) -> str:
    """Return the study of an entry; the index holds valid runs alone, and thousands of them."""
    return entry.run.partition("/")[0]


def _closures(house: House, entries: Iterable[Entry]) -> dict[str, Closure | None]:
    """Return the closure of each study, whose entries are all here, by what the index holds of their protocols."""
    told: dict[str, list[Any]] = {}
    for entry in entries:
        told.setdefault(_study(entry), []).append(entry.line[RESULTS])
    return {study: closed(house, study, recorded) for study, recorded in told.items()}


def standing_lines(house: House, study: str | None = None) -> tuple[dict[str, Any], ...]:
    """Return the line of the run that represents each study and month, by study and month.

    ``later`` names the runs of the month that were requested later and are not closed, with their states: a released
    run represents its month until a later one is released.
    """
    months: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in lines(house, study):
        named, month, _ = str(row["run"]).split("/")
        months.setdefault((named, month), []).append(row)
    return tuple(_standing(months[month]) for month in sorted(months))


def _standing(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the line of the run that represents a month, with ``later``."""
    if len(rows) == 1:
        return {**rows[0], "later": []}

    def order(row: dict[str, Any]) -> tuple[bool, bool, int]:
        return precedence(RunState(row["state"]), RunId.parse(row["run"]).number)

    stands = max(rows, key=order)
    later = [
        {"run": row["run"], "state": row["state"]}
        for row in rows
        if order(row)[-1] > order(stands)[-1] and RunState(row["state"]) in OPEN
    ]
    return {**stands, "later": later}


def sightings(house: House, text: str, study: str | None = None) -> tuple[Sighting, ...]:
    """Return every result of all sealed runs that is printed like ``text``, the latest requested run first.

    A study whose results are closed is not searched. Within a run the likeliest place comes first, as in ``explain RUN --value``.

    Raises
    ------
    ProtocolError
        When the text is not one number, or no result of any run matches it.
    """
    number = printed_number(text)
    spans = number.spans()
    indexed = current(house, numbers=True)
    newest = sorted(indexed.entries.values(), key=lambda entry: -entry.requested)
    closures = _closures(house, newest)
    newest = [entry for entry in newest if closures[RunId.parse(entry.run).study] is None]
    found: list[Sighting] = []
    definitions: dict[tuple[str, str], str] = {}  # runs of one study share their paths
    for run in (entry.run for entry in newest if study in {None, RunId.parse(entry.run).study}):
        held = indexed.numbers.get(run)
        if held is None:
            continue
        near = {
            place for low, high in spans for place, value in enumerate(held.values) if low <= value <= high
        }
        places = [
            (held.paths[place], held.values[place])
            for place in sorted(near)
            if number.reads_like(held.values[place])
        ]
        trace = Trace.by(held.paths if places else (), indexed.entries[run].line.get("estimator"))
        for path, value in sorted(places, key=lambda place: likelihood(place[0])):
            key = trace.origins[0].pattern, trace.path(path)
            if key not in definitions:
                definitions[key] = trace.definition(path)
            found.append(Sighting(run, path, value, definitions[key]))
    if not found:
        raise ProtocolError(
            f"no result of {study or 'any run'} reads {text[:40]!r} with its rounding; give all the digits that are "
            "printed"
        )
    return tuple(found)


def current(house: House, *, numbers: bool = False) -> Indexed:
    """Return the index as of the ledger's head, after adding everything that happened since its last update.

    An index whose head is not in the ledger, as after a restoration, is built again from ledger and records.
    """
    known = house.index.read(numbers=numbers)
    news = None if known is None else _since(house, known.head)
    if known is None or news is None:
        return _bring(house, Indexed(), *_everything(house), rebuild=True)
    if not news:
        return known
    requested = _requested(news) | {run: entry.requested for run, entry in known.entries.items()}
    changed = {event.subject: requested[event.subject] for event in news if event.subject in requested}
    return _bring(house, known, (news[-1].sequence, news[-1].digest), changed, rebuild=False)


def _since(house: House, head: tuple[int, str]) -> list[LedgerEvent] | None:
    """Return the events after ``head``; None when ``head`` is not in the ledger."""
    sequence, digest = head
    events = list(house.ledger.events(after=max(sequence - 1, 0)))
    if sequence == 0:
        return events
    if not events or (events[0].sequence, events[0].digest) != (sequence, digest):
        return None
    return events[1:]


def _everything(house: House) -> tuple[tuple[int, str], dict[str, int]]:
    """Return the ledger's head, and every run with the sequence number of its request."""
    head = house.ledger.head()  # read first: later events are added at the next question
    return head, _requested(house.ledger.events(action=_REQUESTED))


def _requested(events: Iterable[LedgerEvent]) -> dict[str, int]:
    return {event.subject: event.sequence for event in events if event.action == _REQUESTED}


def _bring(
    house: House, known: Indexed, head: tuple[int, str], changed: dict[str, int], *, rebuild: bool
) -> Indexed:
    """Return the index after reading the ``changed`` runs again, and store it."""
    with house.records.reading() as records:
        reading = replace(house, records=records)
        entries = {run: Entry(run, at, _whole(reading, run)) for run, at in changed.items()}
        numbers = {found.run: found for found in _numbers(reading, entries.values())}
    house.index.bring(head, entries.values(), numbers.values(), rebuild=rebuild)
    return Indexed(head, {**known.entries, **entries}, {**known.numbers, **numbers})


def _whole(house: House, run: str) -> dict[str, Any]:
    return whole_line(house, history_of(house, RunId.parse(run)))


def _numbers(house: House, entries: Iterable[Entry]) -> Iterator[Numbers]:
    """Yield the numbers of each run's last sealing; none when it has no results."""
    for entry in entries:
        commit = entry.line.get("commit")
        run = RunId.parse(entry.run)
        sealed = commit is not None and "results.json" in house.records.names(commit, run.folder)
        found = numbers_of(read_results(house, run, str(commit)).document) if sealed else ()
        yield Numbers(entry.run, tuple(path for path, _ in found), tuple(value for _, value in found))
