"""Time stamps come from the one service that the settings allow, and are proved with the signature."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from medicore.errors import ConfigurationError, IntegrityError
from medicore.stores.keys.time_stamps import TimeStampService
from tests.stores.signing_room import SIGNED, WORDS, Room, open_room, small_report
from tests.stores.time_stamp_server import Service, time_stamp_service


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """An authority with two people under it."""
    return open_room(tmp_path_factory.mktemp("room") / "authority")


@pytest.fixture
def service() -> Iterator[Service]:
    """A service that stamps some seconds after the signature."""
    with time_stamp_service(SIGNED + timedelta(seconds=5)) as running:
        yield running


def stamped(room: Room, service: Service) -> bytes:
    """Return the small report, signed by Rita with a time stamp of the service."""
    store = room.reports(TimeStampService(service.address, service.certificate))
    return store.sign(small_report(), room.approval(room.rita), WORDS["rita"])


def test_a_signature_carries_the_stamp_of_the_service(room: Room, service: Service) -> None:
    """With a service configured the signature is PAdES B-T, and is proved with the service's certificate."""
    signed = stamped(room, service)
    assert service.requests
    embedded = PdfFileReader(BytesIO(signed)).embedded_signatures[0]
    attributes = [attribute["type"].native for attribute in embedded.signer_info["unsigned_attrs"]]
    assert attributes == ["signature_time_stamp_token"]
    room.reports().verify(signed, small_report(), [room.approval(room.rita)], service.certificate)


def test_a_stamp_must_be_of_the_trusted_service(room: Room, service: Service) -> None:
    """A stamp of a service that nobody named, or of another one than the ledger says, is refused."""
    signed = stamped(room, service)
    with time_stamp_service(SIGNED) as other, pytest.raises(IntegrityError, match="is not valid"):
        room.reports().verify(signed, small_report(), [room.approval(room.rita)], other.certificate)
    with pytest.raises(IntegrityError, match="is not valid"):
        room.reports().verify(signed, small_report(), [room.approval(room.rita)])


def test_a_missing_stamp_is_found(room: Room, service: Service) -> None:
    """A signature without a stamp is refused where the ledger says that there was one."""
    statement = room.approval(room.rita)
    signed = room.signed(small_report(), statement)
    with pytest.raises(IntegrityError, match="has no time stamp"):
        room.reports().verify(signed, small_report(), [statement], service.certificate)


def test_a_stamp_of_another_day_is_refused(room: Room) -> None:
    """A stamp that lies more than an hour from the time that the signer states is refused."""
    with time_stamp_service(SIGNED + timedelta(hours=2)) as late:
        signed = stamped(room, late)
        with pytest.raises(IntegrityError, match="no time stamp within an hour"):
            room.reports().verify(signed, small_report(), [room.approval(room.rita)], late.certificate)


@pytest.mark.parametrize("status", [302, 404, 503])
def test_a_service_that_gives_no_stamp_signs_nothing(room: Room, service: Service, status: int) -> None:
    """An error or a redirect is refused, in one line, and asks nobody else."""
    service.status = status
    with pytest.raises(ConfigurationError, match=f"status {status}; .*nothing was signed"):
        stamped(room, service)
    assert len(service.requests) == 1


def test_a_service_that_is_away_signs_nothing(room: Room) -> None:
    """A service that does not answer is refused in one line."""
    with time_stamp_service(SIGNED) as gone:
        pass
    with pytest.raises(ConfigurationError, match="nothing was signed"):
        stamped(room, gone)


@pytest.mark.parametrize(
    "address",
    [
        "http://stamps.example.org/",
        "ftp://127.0.0.1/",
        "https://",
        "stamps.example.org",
        "https://user:word@stamps.example.org/",
        "http://127.0.0.1.example.org/",
        "https://[broken",
    ],
)
def test_only_https_or_this_machine_is_allowed(address: str) -> None:
    """Plain HTTP to another machine, no host, and words to log in within the address are refused."""
    with pytest.raises(ConfigurationError, match="time stamping service"):
        TimeStampService(address, "")


@pytest.mark.parametrize(
    "address", ["https://stamps.example.org/tsa", "http://localhost:8080/", "http://[::1]:1/"]
)
def test_https_and_loopback_are_allowed(address: str) -> None:
    """TLS anywhere, and plain HTTP on the loopback interface."""
    assert TimeStampService(address, "").address == address


def test_answers_that_are_no_time_stamp_are_refused(room: Room) -> None:
    """An answer that is not of RFC 3161 is refused in one line."""

    class Page(TimeStampService):
        def answer(self, request: bytes) -> bytes:
            return b"<html>" + request[:1]

    store = room.reports(Page("https://stamps.example.org/", ""))
    with pytest.raises(ConfigurationError, match="nothing was signed"):
        store.sign(small_report(), room.approval(room.rita), WORDS["rita"])
