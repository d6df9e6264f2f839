"""shown: what everybody may see of events, findings and outcomes; of a closed study only pooled content and conduct."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from medicore.cases.people.seeing import closed
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.blinding.closure import Closure
from medicore.records.blinding.pooled import pooled_event, pooled_finding, pooled_findings
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent

if TYPE_CHECKING:
    from medicore.cases.run.analysis import Outcome


def closures(house: House) -> Callable[[str], Closure | None]:
    """Return a function that returns the closure of a study, each read once."""
    return cache(partial(closed, house))


def shown_events(house: House, events: Iterable[LedgerEvent]) -> Iterator[LedgerEvent]:
    """Yield events as everybody may see them: of a closed study's run without what its steps found."""
    closure_of = closures(house)
    for event in events:
        study = _study(event.subject)
        yield event if study is None or closure_of(study) is None else pooled_event(event)


def shown_findings(house: House, study: str, findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the findings of a run as everybody may see them."""
    hidden = closed(house, study) is not None
    return [pooled_finding(finding) if hidden else dict(finding) for finding in findings]


def shown_outcome(house: House, outcome: "Outcome") -> "Outcome":
    """Return how an analysis ended as everybody may see it."""
    study = _study(outcome.run)
    if study is None or closed(house, study) is None:
        return outcome
    findings = pooled_findings(outcome.findings)
    message = findings[0].message if findings else outcome.message
    if outcome.state == "failed":
        message = f"{outcome.run} has failed; see 'medicore status'"
    return replace(outcome, findings=findings, message=message)


def _study(subject: str) -> str | None:
    """Return the study of a run or a month; None for another subject."""
    try:
        return RunId.parse(subject if subject.count("/") == 2 else f"{subject}/1").study
    except ProtocolError:
        return None
