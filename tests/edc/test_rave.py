"""Rave Web Services: the pages of the audit records, and views of another study."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from medicore.edc.http import Answer, EdcServer, Request
from medicore.edc.rave import Rave
from medicore.errors import DataError
from medicore.records.protocol.source import RaveSource

STUDY, MONTH = "TEST-TRIAL", "2025-03"
ODM = (
    b'<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3" FileType="Snapshot">'
    b'<ClinicalData StudyOID="Trial(Prod)"/></ODM>'
)
VIEW = b"Subject,AGE\r\n001,41\r\nEOF\r\n"
SAID = {"date": "Tue, 01 Apr 2025 04:00:00 GMT", "x-mws-cv-last-updated": "2025-03-31T18:00:00"}


@dataclass(frozen=True, slots=True)
class Recorded(EdcServer):
    """A server whose answers were written down; it notes what it is asked."""

    view: bytes = VIEW
    links: Sequence[str] = ()
    said: dict[str, str] = field(default_factory=lambda: dict(SAID))
    asked: list[Request] = field(default_factory=list)

    def ask(self, request: Request) -> Answer:
        """Return the recorded answer: a page has the link of its number."""
        self.asked.append(request)
        if request.path == "/version":
            return Answer(b"2020.2.0", {})
        if request.path.endswith("AuditRecords.odm"):
            page = len([asked for asked in self.asked if asked.path == request.path]) - 1
            link = {"link": self.links[page]} if page < len(self.links) else {}
            return Answer(ODM.replace(b"Snapshot", b"Transactional"), {**self.said, **link})
        return Answer(self.view, self.said)


def rave(server: Recorded, **keys: object) -> Rave:
    """Return the connector to a form of the study Trial."""
    source = RaveSource.model_validate(
        {"system": "rave", "address": server.address, "project": "Trial", "form": "DM", **keys}
    )
    return Rave(source, server, lambda _: SecretStr("user:pass"))


def link(start: object, relation: str = "next") -> str:
    """Return a header that leads to a page; the address in it is not ours to follow."""
    return f'<https://elsewhere.example/datasets/x.odm?studyoid=Trial&startid={start}>; rel="{relation}"'


def test_audit_records_are_read_to_the_last_page() -> None:
    """Link leads from page to page by its number alone, never to another address (RFC 8288)."""
    server = Recorded("http://localhost/", links=(link(1001), link(2001), link(1, "prev")))
    transfer = rave(server, audit=True).pull(STUDY, MONTH)
    pages = [asked for asked in server.asked if asked.path.endswith("AuditRecords.odm")]
    assert [page.query["startid"] for page in pages] == ["0", "1001", "2001"]
    assert {page.query["studyoid"] for page in pages} == {"Trial(Prod)"}
    assert [file.name for file in transfer.files] == [
        "DM.csv", "audit-0001.xml", "audit-0002.xml", "audit-0003.xml",
    ]  # fmt: skip
    assert (transfer.system, transfer.version) == ("Rave 2020.2.0", SAID["x-mws-cv-last-updated"])


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ((link(1001), link(1001)), "page 2 of the audit records links to an earlier page"),
        ((link("x"),), "has a link without startid"),
        ((link("²"),), "has a link without startid"),
        (("<https://elsewhere.example/>; rel=next",), "has a link without startid"),
    ],
)
def test_pages_that_lead_nowhere_are_refused(links: Sequence[str], message: str) -> None:
    """A link that leads back would be followed for ever; one without a number leads nowhere."""
    with pytest.raises(DataError, match=message):
        rave(Recorded("http://localhost/", links=links), audit=True).pull(STUDY, MONTH)


def test_request_names_study_environment_and_form() -> None:
    """The view's address is the one of Rave's documentation, percent-encoded, with the account in a header."""
    server = Recorded("http://localhost/")
    rave(server, environment="UAT 2", dataset="raw").pull(STUDY, MONTH)
    assert server.asked[-1].path == "/studies/Trial%28UAT%202%29/datasets/raw/DM.csv"
    assert server.asked[-1].headers == {"Authorization": "Basic dXNlcjpwYXNz"}


def test_view_of_another_study_is_refused() -> None:
    """A snapshot says whose it is, and that must be the study of the protocol."""
    server = Recorded("http://localhost/", view=ODM)
    assert rave(server, format="odm").pull(STUDY, MONTH).files[0].rows == 0
    with pytest.raises(DataError, match=r"expected Trial\(UAT\) alone"):
        rave(server, format="odm", environment="UAT").pull(STUDY, MONTH)


@pytest.mark.parametrize(
    ("header", "message"), [("date", "the time of its export"), ("x-mws-cv-last-updated", "no version")]
)
def test_what_the_source_does_not_say_is_not_made_up(header: str, message: str) -> None:
    """Without the source's own time or version there is no transfer."""
    server = Recorded("http://localhost/", said={name: text for name, text in SAID.items() if name != header})
    with pytest.raises(DataError, match=message):
        rave(server).pull(STUDY, MONTH)
