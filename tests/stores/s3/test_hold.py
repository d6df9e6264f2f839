"""Legal holds in S3: what is held is not deleted even after its date, and a hold that did not come is an error."""

import time
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from medicore.errors import ArchiveError
from medicore.stores.clock import SystemClock
from tests.faulty_s3 import faulty_server
from tests.s3 import KEYS, S3Server, locking_server, moto_server  # noqa: F401 - fixtures

KEY = "archives/1/report.pdf"
DATA = b"%PDF\x00\r\n\xff"
SHORT = timedelta(seconds=3)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the test servers' keys into the environment."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["moto_server", "locking_server"])
def server(request: pytest.FixtureRequest) -> S3Server:
    """Each of the two servers."""
    found: S3Server = request.getfixturevalue(request.param)
    return found


def test_what_is_held_is_not_deleted_after_its_date(server: S3Server) -> None:
    """When the retention has ended the server denies deletion as long as the hold stands, and allows it afterwards."""
    bucket = server.bucket()
    end = SystemClock().now() + SHORT
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": end}
    place = {"Bucket": bucket, "Key": KEY}
    version = server.client.put_object(**place, Body=DATA, **lock)["VersionId"]
    archive = server.archive(bucket)
    archive.hold(KEY)
    time.sleep(1.5 * SHORT.total_seconds())
    with pytest.raises(ClientError, match="AccessDenied"):
        server.client.delete_object(**place, VersionId=version)
    assert (archive.get(KEY, version), archive.held(KEY)) == (DATA, True)
    archive.lift(KEY)
    server.client.delete_object(**place, VersionId=version)
    assert server.archive(bucket).versions(KEY).written == (), (
        "the date has passed, or this test shows nothing"
    )


def test_every_version_is_held_also_behind_a_delete_marker(server: S3Server) -> None:
    """What somebody wrote over an object, and hid, is evidence too: it is held and lifted with it (FAULTS 13, 14)."""
    bucket = server.bucket()
    archive = server.archive(bucket)
    archive.put(KEY, DATA, "2045-02-01")
    server.client.put_object(Bucket=bucket, Key=KEY, Body=b"other")
    server.client.delete_object(Bucket=bucket, Key=KEY)

    def states() -> list[str]:
        place = {"Bucket": bucket, "Key": KEY}
        return [
            server.client.get_object_legal_hold(**place, VersionId=version)["LegalHold"]["Status"]
            for version in archive.versions(KEY).written
        ]

    archive.hold(KEY)
    assert states() == ["ON", "ON"]
    archive.lift(KEY)
    assert states() == ["OFF", "OFF"]


@pytest.mark.parametrize("fault", ["refuse", "cut", "forget"])
def test_a_hold_is_asked_for_again(server: S3Server, fault: str) -> None:
    """After 5xx, or a connection cut before or after the server did it, the hold stands (FAULTS 63)."""
    bucket = server.bucket()
    server.archive(bucket).put(KEY, DATA, "2045-02-01")
    with faulty_server(server.endpoint) as faulty:
        archive = server.archive(bucket, endpoint=faulty.endpoint)
        faulty.plan = [fault]
        archive.hold(KEY)
        assert faulty.plan == []
        faulty.always = "refuse"
        with pytest.raises(ArchiveError, match="the archive did not answer after 5 attempts"):
            archive.lift(KEY)
    assert server.archive(bucket).held(KEY)


@pytest.mark.parametrize("on", [True, False])
def test_a_server_that_only_says_yes_is_an_archive_error(
    moto_server: S3Server,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    on: bool,
) -> None:
    """What was put on or taken off is asked for again, and another answer is an error."""
    bucket = moto_server.bucket()
    archive = moto_server.archive(bucket)
    archive.put(KEY, DATA, "2045-02-01")
    if not on:
        archive.hold(KEY)
    deaf = archive._client
    monkeypatch.setattr(deaf, "put_object_legal_hold", lambda **_: {})
    words = (
        "is not under a legal hold after that was put on"
        if on
        else "is under a legal hold after that was lifted"
    )
    with pytest.raises(ArchiveError, match=f"^{KEY} {words}; tell whoever keeps the archive$"):
        (archive.hold if on else archive.lift)(KEY)
