"""What the tests of signed reports share: an authority with two people under it, and a report of one page."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import typst

from medicore.records.moment import timestamp
from medicore.records.people.decision import Statement, state
from medicore.records.people.people import Person, Role
from medicore.stores.keys.authority import Authority, Subject
from medicore.stores.keys.time_stamps import TimeStampService
from medicore.stores.report.signed_report import SignedReports

RUN = "MED-2024-0147/2025-03/1"
START = datetime(2025, 4, 1, 6, 0, tzinfo=UTC)
SIGNED = START + timedelta(days=2, hours=2, minutes=15, microseconds=123_456)
YEAR = timedelta(days=365)
CA_WORDS = "words of the authority"
WORDS = {"rita": "words of rita", "quentin": "words of quentin"}
TEMPLATES = Path(__file__).resolve().parents[2] / "quarto_templates"
PAGE = """
#set document(title: "A report")
#set text(lang: "en")
= Results <results>
The effect is 3.37.
#pagebreak()
= Signatures <signatures>
"""


class StartClock:
    """A clock that stands at the start."""

    def now(self) -> datetime:
        """Return the start."""
        return START


@dataclass(frozen=True, slots=True)
class Room:
    """An authority with a reviewer and one of quality under it."""

    authority: Authority
    rita: Person
    quentin: Person

    def approval(
        self, person: Person, at: datetime = SIGNED, reason: str = "Read and found right"
    ) -> Statement:
        """Return an approval by a person."""
        return state(
            person,
            run=RUN,
            digests={"report.pdf": "ab" * 32},
            finding=None,
            meaning="approve",
            reason=reason,
            signed_at=timestamp(at),
        )

    def reports(self, time_stamps: TimeStampService | None = None) -> SignedReports:
        """Return the store under test."""
        return SignedReports(lambda: self.authority, TEMPLATES, lambda: time_stamps)

    def signed(self, report: bytes, *statements: Statement) -> bytes:
        """Return the report signed by the signers of the statements, in order."""
        for statement in statements:
            report = self.reports().sign(report, statement, WORDS[statement.signer])
        return report


def open_room(folder: Path) -> Room:
    """Return a room with an authority of its own in ``folder``."""
    authority = Authority.create(folder, CA_WORDS, StartClock(), validity=10 * YEAR)
    subjects = (
        Subject("rita", "Dr Rita Müller-Łódź", Role.REVIEWER),
        Subject("quentin", "Quentin Quality", Role.QUALITY),
    )
    people = [
        authority.issue(
            subject, passphrase=WORDS[subject.identifier], authority_passphrase=CA_WORDS, validity=YEAR
        )
        for subject in subjects
    ]
    return Room(authority, *people)


@cache
def small_report(source: str = PAGE) -> bytes:
    """Return a PDF of the standard of a report, from Typst source."""
    made: bytes = typst.compile(source.encode(), format="pdf", pdf_standards=["a-2b", "ua-1"], timestamp=0)
    return made
