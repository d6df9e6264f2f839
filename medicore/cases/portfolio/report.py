"""portfolio_report: one document on all studies of a month; it is a summary of records and not a record."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from medicore.cases.portfolio.entry import entry
from medicore.cases.portfolio.families import closed_families, portfolio_families
from medicore.cases.portfolio.late_months import earlier_late, later_late
from medicore.errors import BusyError, ProtocolError
from medicore.ports.house import House
from medicore.records.canonical import document, sha256
from medicore.records.identifiers import RunId, month_id, study_id
from medicore.records.moment import moment

SCHEMA = "medicore-portfolio-1"
TEMPLATE = "portfolio_report.qmd"


@dataclass(frozen=True, slots=True)
class PortfolioReport:
    """The report: its PDF with its SHA-256, and the document with all its contents."""

    pdf: bytes
    digest: str
    contents: dict[str, Any]


def portfolio_report(
    house: House, month: str, studies: Iterable[str] = (), day: str | None = None
) -> PortfolioReport:
    """Return the portfolio report of a month on ``studies``, by default on all with a protocol or a run in the month.

    The same records, ledger and day give the same bytes; ``day`` is by default today, in UTC. Lateness and
    permissions are judged at the beginning of that day, or at the ledger's last event if that is later.

    Raises
    ------
    ProtocolError
        When month, study or day is malformed, no study has a run in the month, or the day is before the ledger's last
        event or in the future.
    ConfigurationError
        When the code differs from its commit, or the report cannot be rendered.
    IntegrityError
        When a record's results differ from the recorded ones.
    BusyError
        When an event was added to the ledger meanwhile: the report would mix two moments.
    """
    contents = portfolio_contents(house, month, studies, day)
    head = contents["ledger"]
    identity = {
        "id": f"portfolio/{month}/{head['sequence']}",
        "study": "portfolio",
        "month": month,
        "number": head["sequence"],
        "unit": "event",
        "status": "summary",
        "kind": "Portfolio report – a summary, itself no record",
        "record_tag": f"ledger event {head['sequence']}, {head['digest'][:16]}",
        "title": f"Causal-effect studies in {month}: how the portfolio stands",
        "author": "MediCore",
        "paper": house.paper,
    }
    pdf = house.renderer(house.renderer_name).render(
        str(house.code.templates),
        {"portfolio.json": document(contents), "run.json": document(identity)},
        datetime.combine(date.fromisoformat(contents["day"]), datetime.min.time(), tzinfo=UTC),
        TEMPLATE,
    )
    return PortfolioReport(pdf, sha256(pdf), contents)


def portfolio_contents(
    house: House, month: str, studies: Iterable[str] = (), day: str | None = None
) -> dict[str, Any]:
    """Return the contents of the report of a month; it raises what ``portfolio_report`` raises."""
    asked = _asked(house, month_id(month), tuple(study_id(study) for study in studies))
    commit = house.code.require_clean()
    last = list(house.ledger.events(after=house.ledger.head()[0] - 1))[-1]
    judged = _day(house, day, last.at)
    at = max(last.at, f"{judged}T00:00:00.000000Z")
    with house.records.reading() as records:
        reading = replace(house, records=records)
        entries = [entry(reading, study, month, at) for study in asked]
        families, hidden = portfolio_families(reading, month, asked), closed_families(reading, asked)
    if house.ledger.head()[0] != last.sequence:
        raise BusyError(
            f"the ledger grew past event {last.sequence} while the report was made; expected no new event; try again"
        )
    return {
        "schema": SCHEMA,
        "month": month,
        "day": judged,
        "judged_at": at,
        "ledger": {"sequence": last.sequence, "digest": last.digest, "at": last.at},
        "code_commit": commit,
        "renderer": dict(house.renderer(house.renderer_name).identity),
        "studies": entries,
        "families": families,
        **({"closed_families": hidden} if hidden else {}),
        "earlier_late": earlier_late(house, asked, month, moment(at)),
        "later_late": later_late(house, asked, month, moment(at)),
    }


def _asked(house: House, month: str, named: tuple[str, ...]) -> list[str]:
    """Return the studies of the report, sorted, each once; raise ProtocolError when none has a run."""
    run = {
        found.study
        for event in house.ledger.events(action="run.requested")
        for found in [RunId.parse(event.subject)]
        if found.month == month
    }
    known = run | set(house.protocols.studies())
    for study in named:
        if study not in known:
            raise ProtocolError(f"study {study} has neither protocol nor run; see 'medicore status'")
    chosen = set(named) or known
    if not chosen & run:
        raise ProtocolError(
            f"no run of {month} is in the ledger{' for these studies' if named else ''}; expected at least one; "
            f"run 'medicore portfolio {month}' first"
        )
    return sorted(chosen)


def _day(house: House, text: str | None, last: str) -> str:
    """Return the day of judgement as YYYY-MM-DD; it is between the ledger's last event and today."""
    today = house.clock.now().date().isoformat()
    if text is None:
        return today
    try:
        given = date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ProtocolError(f"day {text[:40]!r} is malformed; expected YYYY-MM-DD, as {today}") from error
    if not last[:10] <= given <= today:
        raise ProtocolError(
            f"day {given} is not between the ledger's last event and today; expected {last[:10]} to {today}; choose one"
        )
    return given
