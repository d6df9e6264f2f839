"""The archive in S3: what a real server denies, what our guard denies where a server would not, what is found."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from medicore.errors import ArchiveError, ConfigurationError
from medicore.records.export.archived import Versions
from medicore.stores.archive.locked_bucket import LockedBucket
from medicore.stores.s3.client import S3Access
from tests.faulty_s3 import faulty_server
from tests.s3 import KEYS, S3Server, locking_server, moto_server  # noqa: F401 - fixtures

KEY = "archives/1/report.pdf"
DATA = b"%PDF\x00\r\n\xff"
UNTIL = "2045-02-01"

Act = Callable[[Any, str, str], object]
"""What someone with full rights does to a version: a boto3 client, the bucket and the version."""


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the test servers' keys into the environment."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def delete(client: Any, bucket: str, version: str) -> None:
    """Delete the version itself."""
    client.delete_object(Bucket=bucket, Key=KEY, VersionId=version)


def delete_bypassing(client: Any, bucket: str, version: str) -> None:
    """Delete the version with the right to bypass governance."""
    client.delete_object(Bucket=bucket, Key=KEY, VersionId=version, BypassGovernanceRetention=True)


def relock(mode: str, year: int) -> Act:
    """Return the act of giving the version another lock."""

    def act(client: Any, bucket: str, version: str) -> None:
        lock = {"Mode": mode, "RetainUntilDate": datetime(year, 2, 1, tzinfo=UTC)}
        client.put_object_retention(
            Bucket=bucket, Key=KEY, VersionId=version, Retention=lock, BypassGovernanceRetention=True
        )

    return act


def overwrite(client: Any, bucket: str) -> None:
    """Write other bytes under the key."""
    client.put_object(Bucket=bucket, Key=KEY, Body=b"other", ContentMD5=_md5(b"other"))


@pytest.mark.parametrize(
    "act",
    [delete, delete_bypassing, relock("COMPLIANCE", 2044), relock("GOVERNANCE", 2046)],
    ids=["delete", "delete with bypass", "shorten", "downgrade"],
)
def test_a_real_server_denies_what_would_lose_an_object(locking_server: S3Server, act: Act) -> None:  # noqa: F811
    """Whoever has all rights on the bucket deletes no version before its date, nor shortens or weakens its lock."""
    bucket = locking_server.bucket()
    archive = locking_server.archive(bucket)
    version = archive.put(KEY, DATA, UNTIL)
    with pytest.raises(ClientError, match="AccessDenied"):
        act(locking_server.client, bucket, version)
    assert (archive.get(KEY, version), archive.retention(KEY)) == (DATA, UNTIL)


def test_overwriting_and_hiding_change_nothing_that_is_read(
    server: S3Server,
) -> None:
    """A later version and a delete marker are seen, and the object is read as it was written (FAULTS 13, 14)."""
    bucket = server.bucket()
    archive = server.archive(bucket)
    version = archive.put(KEY, DATA, UNTIL)
    overwrite(server.client, bucket)
    found = archive.versions(KEY)
    assert (found.written[0], len(found.written), found.hidden) == (version, 2, False)
    server.client.delete_object(Bucket=bucket, Key=KEY)
    again = server.archive(bucket)
    assert again.versions(KEY) == Versions(found.written, hidden=True)
    assert again.get(KEY) == again.get(KEY, version) == DATA
    assert again.keys("archives") == (KEY,)
    assert again.put(KEY, DATA, UNTIL) == version
    with pytest.raises(ArchiveError, match="is archived already with other bytes"):
        again.put(KEY, b"other", UNTIL)
    assert len(again.versions(KEY).written) == 2


@pytest.fixture(params=["moto_server", "locking_server"])
def server(request: pytest.FixtureRequest) -> S3Server:
    """Each of the two servers."""
    found: S3Server = request.getfixturevalue(request.param)
    return found


def test_our_guard_denies_what_moto_allows(moto_server: S3Server) -> None:  # noqa: F811
    """Moto lets everybody shorten; the archive refuses before it asks, so the date stays (FAULTS 15)."""
    bucket = moto_server.bucket()
    archive = moto_server.archive(bucket)
    version = archive.put(KEY, DATA, UNTIL)
    with pytest.raises(ArchiveError, match=r"retention is never shortened$"):
        archive.extend(KEY, "2044-02-01")
    lock = moto_server.client.head_object(Bucket=bucket, Key=KEY, VersionId=version)
    assert lock["ObjectLockMode"] == "COMPLIANCE"
    assert lock["ObjectLockRetainUntilDate"].date().isoformat() == UNTIL
    relock("COMPLIANCE", 2044)(moto_server.client, bucket, version)
    assert archive.retention(KEY) == "2044-02-01", "moto allows it, or this test shows nothing"


@pytest.mark.parametrize("mode", ["GOVERNANCE", ""])
def test_a_lock_that_can_be_opened_is_none(moto_server: S3Server, mode: str) -> None:  # noqa: F811
    """An object whose lock was downgraded is neither kept until a date nor extended, but reported (FAULTS 15)."""
    bucket = moto_server.bucket()
    archive = moto_server.archive(bucket)
    version = archive.put(KEY, DATA, UNTIL)
    if mode:
        relock(mode, 2050)(moto_server.client, bucket, version)
    else:
        moto_server.client.put_object_retention(Bucket=bucket, Key=KEY, VersionId=version, Retention={})
    with pytest.raises(ArchiveError, match="expected COMPLIANCE; tell whoever keeps the archive"):
        archive.retention(KEY)
    with pytest.raises(ArchiveError, match="expected COMPLIANCE"):
        archive.extend(KEY, "2060-01-01")
    with pytest.raises(ArchiveError, match="expected COMPLIANCE"):
        archive.put(KEY, DATA, UNTIL)


def test_lock_and_checksums_are_sent(moto_server: S3Server) -> None:  # noqa: F811
    """The version is locked for its own time, whatever the default rule says; MD5 and SHA-256 travel with it."""
    bucket = moto_server.bucket()
    with faulty_server(moto_server.endpoint) as passed:
        version = moto_server.archive(bucket, "a/b", passed.endpoint).put(KEY, DATA, UNTIL)
        (sent,) = ({name.lower(): value for name, value in one.items()} for one in passed.headers)
    assert sent["content-md5"] == _md5(DATA)
    assert sent["x-amz-checksum-sha256"] == _base64(hashlib.sha256(DATA).digest())
    assert sent["if-none-match"] == "*"
    head = moto_server.client.head_object(Bucket=bucket, Key=f"a/b/{KEY}", VersionId=version)
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ObjectLockRetainUntilDate"] == datetime(2045, 2, 1, tzinfo=UTC)


def test_each_object_is_read_back_once(server: S3Server) -> None:
    """To put an object costs one download, and so does to put it again; its bytes are read back all the same."""
    bucket = server.bucket()
    with faulty_server(server.endpoint) as passed:
        archive = server.archive(bucket, endpoint=passed.endpoint)
        for downloads in (1, 2):
            archive.put(KEY, DATA, UNTIL)
            assert passed.downloads == downloads


def test_a_server_that_gives_other_bytes_back_is_not_relied_on(moto_server: S3Server) -> None:  # noqa: F811
    """What was just written and comes back changed is told as such, not as an object that was there before."""
    bucket = moto_server.bucket()
    with faulty_server(moto_server.endpoint) as passed:
        passed.corrupts = True
        with pytest.raises(ArchiveError, match="was read back with other bytes than were written"):
            moto_server.archive(bucket, endpoint=passed.endpoint).put(KEY, DATA, UNTIL)
        with pytest.raises(ArchiveError, match="is archived already with other bytes"):
            moto_server.archive(bucket, endpoint=passed.endpoint).put(KEY, DATA, UNTIL)


def test_a_long_listing_is_read_to_its_end(moto_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """More keys and versions than a page holds are all listed, and the first version of each is the object."""
    bucket = moto_server.bucket()
    archive = moto_server.archive(bucket)
    first = {f"a/{number}": archive.put(f"a/{number}", b"%d" % number, UNTIL) for number in range(5)}
    for key in first:
        moto_server.client.put_object(Bucket=bucket, Key=key, Body=b"later")
    again = moto_server.archive(bucket)
    whole = again._client.list_object_versions  # pages of a thousand take too long to fill
    monkeypatch.setattr(again._client, "list_object_versions", lambda **how: whole(**how, MaxKeys=3))
    assert again.keys("a") == tuple(sorted(first))
    assert {key: again.get(key) for key in first} == {key: key[2:].encode() for key in first}
    assert {key: again.versions(key).written[0] for key in first} == first


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({"lock": False}, r"^bucket \S+ cannot be an archive \(ObjectLockConfigurationNotFoundError\)"),
        ({"mode": ""}, "has no default rule in COMPLIANCE mode"),
        ({"mode": "GOVERNANCE", "Years": 20}, "has no default rule in COMPLIANCE mode"),
        ({"Years": 14}, "has a default rule of less than 15 years"),
        ({"Days": 5478}, "has a default rule of less than 15 years"),
    ],
)
def test_a_bucket_that_cannot_keep_is_refused(
    moto_server: S3Server,  # noqa: F811
    made: dict[str, Any],
    expected: str,
) -> None:
    """Without Object Lock in COMPLIANCE mode for fifteen years nothing is put, and one line says what is missing."""
    bucket = moto_server.bucket(**made)
    archive = moto_server.archive(bucket)
    with pytest.raises(ConfigurationError, match=expected) as refused:
        archive.prove()
    assert "\n" not in str(refused.value)
    with pytest.raises(ConfigurationError, match=expected):
        archive.put(KEY, DATA, UNTIL)
    assert moto_server.client.list_object_versions(Bucket=bucket).get("Versions", []) == []


def test_suspended_versioning_is_refused(moto_server: S3Server) -> None:  # noqa: F811
    """Moto suspends the versions of a locked bucket; then nothing is put there."""
    bucket = moto_server.bucket()
    moto_server.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    with pytest.raises(ConfigurationError, match="has no versioning; expected versioning, and Object Lock"):
        moto_server.archive(bucket).put(KEY, DATA, UNTIL)


def test_days_count_as_years(moto_server: S3Server) -> None:  # noqa: F811
    """A default rule in days is long enough from fifteen years with four leap days on."""
    found = moto_server.archive(moto_server.bucket(Days=5479), "x").prove()
    assert found.endswith("/x/ with Object Lock, COMPLIANCE for 5479 days by default")


def test_a_bucket_that_is_not_there_is_named(server: S3Server) -> None:
    """A misspelt bucket is refused in one line."""
    with pytest.raises(
        ConfigurationError, match=r"^bucket nowhere-at-all cannot be an archive \(NoSuchBucket\)"
    ):
        server.archive("nowhere-at-all").prove()


def test_wrong_keys_are_refused(locking_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Who may not enter reads which right is missing, and the key is in no message."""
    bucket = locking_server.bucket()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    access = S3Access(f"{locking_server.endpoint}/", pause=lambda _: None, patience=0)
    with pytest.raises(ConfigurationError, match=r"\(InvalidAccessKeyId\)") as refused:
        LockedBucket(bucket, "", access).prove()
    assert "nobody" not in str(refused.value)


def test_without_keys_nothing_is_asked(moto_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """No credentials are a fault of the configuration, and the line says where they are looked for."""
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(
        ConfigurationError, match=r"^no credentials for the archive; expected AWS_ACCESS_KEY_ID"
    ):
        moto_server.archive("any-bucket").prove()


@pytest.mark.parametrize(
    "endpoint",
    ["http://s3.example", "ftp://127.0.0.1", "https://me:secret@s3.example", "https://", "s3.example", "http://["],
)  # fmt: skip
def test_an_address_that_is_not_safe_is_refused(endpoint: str) -> None:
    """Nothing goes over a wire in clear, and no password stands in an address."""
    with pytest.raises(ConfigurationError, match="neither https nor of this machine") as refused:
        S3Access(endpoint)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    ["s3://", "s3://b", "s3://UPPER/x", "s3://bucket/../x", "s3://bucket/a b", "https://bucket/x", "s3://k:s@bucket/x"],
)  # fmt: skip
def test_a_malformed_address_of_an_archive_is_refused(address: str) -> None:
    """What is no s3://bucket/prefix is refused before anything is asked."""
    with pytest.raises(
        ConfigurationError, match=r"^the archive's address is malformed; expected s3://bucket"
    ):
        LockedBucket.at(address, S3Access())


def _md5(data: bytes) -> str:
    return _base64(hashlib.md5(data, usedforsecurity=False).digest())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
