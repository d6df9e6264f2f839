"""The archive in S3 with Object Lock: nobody can delete an object before its date, not even the bucket's administrator.

The bucket has versions: writing under an existing key adds a version and replaces nothing. The first version is the
object. It is read by its identifier, so a later version or a delete marker cannot change what is read.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from functools import cached_property, partial
from itertools import count
from typing import Any, Self

from medicore.errors import ArchiveError, UnavailableError
from medicore.records.export.archived import Versions, require_key, require_longer
from medicore.stores.s3.bucket import place_of, require_locked
from medicore.stores.s3.client import ATTEMPTS, S3Access, is_never, is_passing, trouble
from medicore.stores.s3.hold import is_held, set_hold

_GONE = {"NoSuchKey", "NoSuchVersion", "404", "NotFound", "MethodNotAllowed"}
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


class LockedBucket:
    """An archive below a prefix of a bucket with Object Lock in COMPLIANCE mode.

    ``client`` is a boto3 client, made at first use; every request is repeated as ``access`` says.
    """

    def __init__(self, bucket: str, prefix: str, access: S3Access) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._access = access
        # The first version stays the first, since it is locked. So one listing is enough.
        self._first: dict[str, str] = {}

    @classmethod
    def at(cls, address: str, access: S3Access) -> Self:
        """Return the archive at ``s3://bucket/prefix``; raise ConfigurationError when that is malformed."""
        return cls(*place_of(address, "archive"), access)

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - a boto3 client
        return self._access.client()

    @cached_property
    def _proved(self) -> str:
        rule = require_locked(self._access, self._client, self._bucket)
        return f"s3://{self._bucket}/{self._prefix} with Object Lock, {rule} by default"

    def prove(self) -> str:
        """Return what this archive is.

        Raises
        ------
        ConfigurationError
            When the bucket is missing or these keys may not use it, or it lacks versioning, Object Lock or the
            default rule.
        ArchiveError
            When the server does not answer.
        """
        return self._proved

    def probe(self) -> None:
        """Raise as ``prove`` does; no test object is written to a bucket, since it would stay for years."""
        self.prove()

    def put(self, key: str, data: bytes, retain_until: str) -> str:
        """Write an object once, locked until a date; read it back once; return its VersionId.

        Raises
        ------
        ArchiveError
            When the key holds other bytes, or the server refuses the bytes or returns different ones.
        ConfigurationError
            As ``prove``.
        """
        require_key(key)
        self.prove()
        version = self._written(key, data, retain_until)
        if retain_until > self.retention(key):
            self.extend(key, retain_until)
        return version

    def get(self, key: str, version: str = "") -> bytes:
        """Return the bytes of one version of an object, by default of its first one.

        Raises
        ------
        ArchiveError
            When the version is missing, or the server does not answer.
        """
        chosen = version or self._first_of(key)
        data: bytes = self._ask(
            key,
            lambda: self._client.get_object(
                Bucket=self._bucket, Key=self._name(key), VersionId=chosen
            )["Body"].read(),
        )  # fmt: skip
        return data

    def retention(self, key: str) -> str:
        """Return the day until which an object is locked; raise ArchiveError unless the lock is in COMPLIANCE mode."""
        version = self._first_of(key)
        lock = self._ask(
            key,
            lambda: self._client.head_object(Bucket=self._bucket, Key=self._name(key), VersionId=version),
        )
        mode, until = lock.get("ObjectLockMode"), lock.get("ObjectLockRetainUntilDate")
        if mode != "COMPLIANCE" or until is None:
            raise ArchiveError(
                f"{key} is locked in {mode or 'no'} mode; expected COMPLIANCE; tell whoever keeps the archive"
            )
        return str(until.astimezone(UTC).date().isoformat())

    def extend(self, key: str, until: str) -> None:
        """Lock an object until a later day; raise ArchiveError when ``until`` is earlier than the present date.

        This is refused here, before the server is asked: some servers would allow it.
        """
        if not require_longer(key, self.retention(key), until):
            return
        version = self._first_of(key)
        self._ask(
            key,
            lambda: self._client.put_object_retention(
                Bucket=self._bucket,
                Key=self._name(key),
                VersionId=version,
                Retention={"Mode": "COMPLIANCE", "RetainUntilDate": _midnight(until)},
            ),
        )
        kept = self.retention(key)
        if kept < until:
            raise ArchiveError(
                f"{key} is kept until {kept} after it was extended to {until}; tell whoever keeps the archive"
            )

    def held(self, key: str) -> bool:
        """Say whether the object is under a legal hold; raise ArchiveError when the server does not say."""
        place = {"Bucket": self._bucket, "Key": self._name(key), "VersionId": self._first_of(key)}
        return bool(self._ask(key, lambda: is_held(self._client, place)))

    def hold(self, key: str) -> None:
        """Put every version under a key under a legal hold; raise ArchiveError unless the server then confirms the hold."""
        self._set_hold(key, on=True)

    def lift(self, key: str) -> None:
        """Lift the legal hold of every version under a key; raise ArchiveError unless the server then confirms it."""
        self._set_hold(key, on=False)

    def versions(self, key: str) -> Versions:
        """Return every version under a key, the first written first, and whether a delete marker hides them."""
        name = self._name(key)
        written: list[str] = []
        hidden = False
        for found, version, is_marker, is_latest in self._listed(name):
            if found != name:
                # Names come in order; longer names with the same beginning come after this one.
                break
            if is_marker:
                hidden = hidden or is_latest
            else:
                written.insert(0, version)
        if written:
            self._first[key] = written[0]
        return Versions(tuple(written), hidden)

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Return the keys below ``prefix``, sorted, including those behind a delete marker."""
        first: dict[str, str] = {}
        for name, version, is_marker, _ in self._listed(f"{self._name(prefix.rstrip('/'))}/"):
            if not is_marker:
                # The newest version of each name is listed first, so the last one listed is the first that was written.
                first[name.removeprefix(self._prefix)] = version
        self._first.update(first)
        return tuple(sorted(first))

    def _set_hold(self, key: str, *, on: bool) -> None:
        found = self.versions(key).written
        if not found:
            raise _missing(key)
        for version in found:
            place = {"Bucket": self._bucket, "Key": self._name(key), "VersionId": version}
            if self._ask(key, partial(set_hold, self._client, place, on=on)) is not on:
                raise ArchiveError(
                    f"{key} is {'not ' if on else ''}under a legal hold after that was {'put on' if on else 'lifted'}; "
                    "tell whoever keeps the archive"
                )

    def _written(self, key: str, data: bytes, retain_until: str) -> str:
        """Return the version that holds ``data``, once it is the first under its key and was read back.

        Every attempt first looks at what is stored: an earlier request without an answer may have been carried out.
        """
        made, accepted, since = "", 0, self._access.clock()
        for attempt in count():
            if (version := self._read_back(key, data, made)) or accepted >= ATTEMPTS:
                break
            try:
                made, accepted = self._put(key, data, retain_until), accepted + 1
            except Exception as error:
                if not is_passing(error) and trouble(error) not in _TAKEN:
                    raise _refused(key, error) from error
                self._access.wait(key, attempt, error, since)
        if not version:
            raise ArchiveError(f"{key} was accepted by the archive and is not in it; try again later")
        return version

    def _read_back(self, key: str, data: bytes, made: str) -> str:
        """Return the version under a key after comparing its bytes with ``data``; return an empty text when there is none.

        Raises
        ------
        ArchiveError
            When its bytes differ: somebody archived others before, or the version that was just ``made`` does not
            hold what was sent.
        """
        written = self.versions(key).written
        if not written or self.get(key, written[0]) == data:
            return written[0] if written else ""
        if written[0] == made:
            raise ArchiveError(
                f"{key} was read back with other bytes than were written; the archive cannot be relied on: tell "
                "whoever keeps it"
            )
        raise ArchiveError(
            f"{key} is archived already with other bytes; an archived object is never replaced"
        )

    def _put(self, key: str, data: bytes, retain_until: str) -> str:
        """Send the bytes, and return the identifier that the server gives to the version."""
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        made = self._client.put_object(
            Bucket=self._bucket,
            Key=self._name(key),
            Body=data,
            ContentMD5=base64.b64encode(md5).decode(),
            ChecksumSHA256=base64.b64encode(hashlib.sha256(data).digest()).decode(),
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=_midnight(retain_until),
            IfNoneMatch="*",  # some servers ignore it
        )
        return str(made.get("VersionId", ""))

    def _first_of(self, key: str) -> str:
        if key not in self._first and not self.versions(key).written:
            raise _missing(key)
        return self._first[key]

    def _listed(self, prefix: str) -> Iterator[tuple[str, str, bool, bool]]:
        """Yield name, version, whether it is a delete marker and whether it is the latest, in the bucket's order."""
        after: dict[str, str] = {}
        while True:
            page = self._ask(
                prefix,
                partial(self._client.list_object_versions, Bucket=self._bucket, Prefix=prefix, **after),
            )
            both = [(entry, False) for entry in page.get("Versions", ())]
            both += [(entry, True) for entry in page.get("DeleteMarkers", ())]
            # The two lists are each in order; sorting by name keeps that, newest first, within each name.
            for entry, is_marker in sorted(both, key=lambda one: one[0]["Key"]):
                yield entry["Key"], entry["VersionId"], is_marker, entry["IsLatest"]
            if not page.get("IsTruncated"):
                return
            after = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def _ask(self, key: str, request: Callable[[], Any]) -> Any:  # noqa: ANN401 - any answer of boto3
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._access.ask(key, request)
        except (BotoCoreError, ClientError) as error:
            raise _refused(key, error) from error

    def _name(self, key: str) -> str:
        return self._prefix + require_key(key)


def _refused(key: str, error: Exception) -> ArchiveError:
    if trouble(error) in _GONE:
        return _missing(key)
    if is_never(error):
        return UnavailableError(
            f"{key}: the server of the archive cannot do what was asked ({trouble(error)}); expected one with versions, "
            "Object Lock and conditional writes; see docs/operate.md"
        )
    return UnavailableError(
        f"{key}: the archive refused ({trouble(error)}); expected its consent; see docs/operate.md"
    )


def _missing(key: str) -> ArchiveError:
    return ArchiveError(f"{key} is not in the archive; run 'medicore verify' on its run")


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
