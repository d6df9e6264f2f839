"""The archive in S3 in the middle of trouble: what is tried again, what is refused, and what never happens."""

import pytest
from botocore.exceptions import ClientError

from medicore.errors import ArchiveError
from medicore.stores.s3.client import ATTEMPTS, is_never, is_passing
from tests.faulty_s3 import faulty_server
from tests.s3 import KEYS, S3Server, locking_server, moto_server  # noqa: F401 - fixtures

KEY = "archives/1/record.bundle"
DATA = bytes(range(256)) * 4096
UNTIL = "2045-02-01"
READ_SECONDS = 0.5


@pytest.fixture(params=["moto_server", "locking_server"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """Each of the two servers, its keys in the environment."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    found: S3Server = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("fault", ["refuse", "cut", "forget"])
def test_what_passes_is_tried_again(server: S3Server, fault: str) -> None:
    """After 5xx, or a connection cut before or after the server wrote, the object is there whole and once (FAULTS 63)."""
    bucket = server.bucket()
    with faulty_server(server.endpoint) as faulty:
        faulty.plan = [fault] * 2
        version = server.archive(bucket, endpoint=faulty.endpoint).put(KEY, DATA, UNTIL)
    archive = server.archive(bucket)
    assert (archive.get(KEY), archive.retention(KEY)) == (DATA, UNTIL)
    assert archive.versions(KEY).written == (version,)
    # What was done without an answer is found by looking, and not written a second time.
    assert faulty.writes == (1 if fault == "forget" else 3)


def test_a_late_answer_is_not_waited_for(moto_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """A server that wrote and then says nothing is asked what it has, and that is enough (FAULTS 63)."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    bucket = moto_server.bucket()
    with faulty_server(moto_server.endpoint) as faulty:
        faulty.plan = ["stall"]
        version = moto_server.archive(bucket, endpoint=faulty.endpoint, seconds=READ_SECONDS).put(
            KEY, b"x", UNTIL
        )
        assert faulty.writes == 1
    assert moto_server.archive(bucket).versions(KEY).written == (version,)


@pytest.mark.parametrize("fault", ["refuse", "cut"])
def test_what_lasts_is_refused_in_one_line(server: S3Server, fault: str) -> None:
    """A server that never takes it is asked so many times, then the archive fails, and nothing is stored (FAULTS 63)."""
    bucket = server.bucket()
    with faulty_server(server.endpoint) as faulty:
        faulty.always = fault
        with pytest.raises(
            ArchiveError, match=f"^{KEY}: the archive did not answer after {ATTEMPTS}"
        ) as refused:
            server.archive(bucket, endpoint=faulty.endpoint).put(KEY, DATA, UNTIL)
    assert "\n" not in str(refused.value)
    assert faulty.writes == ATTEMPTS
    assert server.archive(bucket).keys("archives") == ()


@pytest.mark.parametrize("status", ["501", "505"])
def test_what_a_server_never_does_is_told_at_once(server: S3Server, status: str) -> None:
    """A server that cannot do what is asked is asked once, and one line says what an archive needs (FAULTS 63)."""
    bucket = server.bucket()
    with faulty_server(server.endpoint) as faulty:
        faulty.always = status
        with pytest.raises(
            ArchiveError, match=f"^{KEY}: the server of the archive cannot do what was asked"
        ) as refused:
            server.archive(bucket, endpoint=faulty.endpoint).put(KEY, DATA, UNTIL)
    assert "\n" not in str(refused.value)
    assert faulty.writes == 1
    assert server.archive(bucket).keys("archives") == ()


@pytest.mark.parametrize(
    ("status", "code", "passes", "never"),
    [
        (501, "NotImplemented", False, True),
        (400, "NotImplemented", False, True),
        (505, "HTTPVersionNotSupported", False, True),
        (503, "SlowDown", True, False),
        (507, "XInsufficientStorage", True, False),
        (400, "RequestTimeout", True, False),
        (405, "MethodNotAllowed", False, False),
    ],
)
def test_an_answer_is_passing_final_or_a_refusal(status: int, code: str, passes: bool, never: bool) -> None:
    """What a server says never is told apart from what it cannot do just now, and both from what it forbids."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = ClientError(answer, "PutObject")  # type: ignore[arg-type] # the type wants more than servers give
    assert (is_passing(error), is_never(error)) == (passes, never)


def test_a_server_that_is_not_there_is_an_archive_error(
    moto_server: S3Server,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing listens at the address: that is no fault of the configuration, since it may listen again."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with faulty_server(moto_server.endpoint) as faulty:
        gone = faulty.endpoint
    with pytest.raises(ArchiveError, match=r"did not answer after 5 attempts \(EndpointConnectionError\)"):
        moto_server.archive("any-bucket", endpoint=gone).put(KEY, DATA, UNTIL)


def test_bytes_damaged_on_the_way_are_never_archived(server: S3Server) -> None:
    """Other bytes than were sent are denied by the server, or found when they are read back (FAULTS 63)."""
    bucket = server.bucket()
    with faulty_server(server.endpoint) as faulty:
        faulty.plan = ["damage"]
        with pytest.raises(ArchiveError, match=r"with other bytes|the archive refused"):
            server.archive(bucket, endpoint=faulty.endpoint).put(KEY, DATA, UNTIL)
    found = server.archive(bucket).keys("archives")
    if found:
        with pytest.raises(ArchiveError, match="is archived already with other bytes"):
            server.archive(bucket).put(KEY, DATA, UNTIL)
