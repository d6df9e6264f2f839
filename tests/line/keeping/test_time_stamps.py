"""Time stamps of reports: asked for at signing where the settings name a service, and proved ever after without it."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from medicore.records.moment import moment
from tests.line.conftest import CLEAN, Month
from tests.stores.time_stamp_server import Service, time_stamp_service


@pytest.fixture
def service(month: Month) -> Iterator[Service]:
    """A time stamping service on this machine, its certificate where the settings expect it."""
    path = month.project.home / "time_stamps.pem"
    with time_stamp_service() as running:
        path.write_text(running.certificate, encoding="ascii")
        yield running
    path.unlink()


def trust(certificate: bytes, at: str) -> ValidationContext:
    """Return the context that trusts one certificate alone, as of a time."""
    _, _, der = pem.unarmor(certificate)
    return ValidationContext(
        trust_roots=[x509.Certificate.load(der)], moment=moment(at), allow_fetching=False
    )


def test_a_report_is_stamped_and_proved_without_the_service(month: Month, service: Service) -> None:
    """A service in trouble signs nothing, which the ledger says; one at work stamps, and ``verify`` needs it no more."""
    project = month.project
    run = month.run(CLEAN)
    project = type(project)(
        project.root, project.home, {**project.environment, "MEDICORE_TIME_STAMPS": service.address}
    )
    service.status = 503
    answer = project.sign(run, "approve", expected=9)
    assert answer.err.startswith("medicore: the time stamping service gave status 503; ")
    assert answer.err.count("\n") == 1
    last = project.events(run)[-1]
    assert (last["action"], last["details"]["cause"]) == ("decision.refused", "configuration")
    assert answer.err == f"medicore: {last['reason']}\n"
    service.status = 200
    assert project.sign(run, "approve").json()["state"] == "archived"
    asked = len(service.requests)
    signed = (project.home / "archive" / "reports" / run / "report.signed.pdf").read_bytes()
    (event,) = (e for e in project.events(run) if e["action"] == "decision.signed")
    assert event["details"]["signed_report"]["time_stamp_authority"] == service.certificate
    at = event["details"]["statement"]["predicate"]["signed_at"]
    authority = (project.home / "archive" / "archives" / run / "authority.pem").read_bytes()
    (signature,) = PdfFileReader(BytesIO(signed)).embedded_signatures
    status = validate_pdf_signature(
        signature, trust(authority, at), ts_validation_context=trust(service.certificate.encode(), at)
    )
    assert status.bottom_line, status.pretty_print_details()
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.valid
    assert status.timestamp_validity.trusted
    (verdict,) = month.project.medicore("verify", run, "--json").json()
    assert verdict["failed"] == {}
    assert len(service.requests) == asked
