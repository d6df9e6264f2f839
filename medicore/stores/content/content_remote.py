"""The remote of DVC, where it stores files in addition to its cache: a folder of this machine, or a bucket.

DVC itself fetches. This module tells DVC the address, reads single objects without DVC, to hash them, and writes them:
above https DVC's client sends no length but a checksum after the object, which only Amazon's servers take, and its
configuration has no key for that.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self

from medicore.errors import InfrastructureError, UnavailableError
from medicore.stores.files import replace_file
from medicore.stores.s3.bucket import place_of
from medicore.stores.s3.client import S3Access, trouble

_GONE = {"NoSuchKey", "404", "NotFound"}


class Remote(Protocol):
    """What the content store needs from the place where it stores objects by their MD5."""

    def prove(self) -> str:
        """Return a description of the place; raise ConfigurationError when it cannot be used."""
        ...

    def address(self) -> Mapping[str, str]:
        """Return what DVC's configuration says of the place; it contains no secret."""
        ...

    def keys(self) -> Mapping[str, str]:
        """Return the secrets by which DVC opens the place; they are never written to a file."""
        ...

    def read(self, md5: str) -> bytes | None:
        """Return the bytes of an object; None when it is missing."""
        ...

    def write(self, md5: str, data: bytes, *, again: bool = False) -> None:
        """Store the bytes of an object; with ``again`` even if there is one already."""
        ...


@dataclass(frozen=True, slots=True)
class FolderRemote:
    """A folder of this machine."""

    folder: Path

    def prove(self) -> str:
        """Return a description of the remote."""
        return "folder on this machine"

    def address(self) -> Mapping[str, str]:
        """Return where the folder is."""
        return {"url": str(self.folder.resolve())}

    def keys(self) -> Mapping[str, str]:
        """Return nothing: a folder has no keys."""
        return {}

    def read(self, md5: str) -> bytes | None:
        """Return the bytes of an object; None when it is missing."""
        path = self.folder / _name(md5)
        return path.read_bytes() if path.exists() else None

    def write(self, md5: str, data: bytes, *, again: bool = False) -> None:
        """Store the bytes of an object, read-only as DVC does; raise OSError when the disk refuses."""
        path = self.folder / _name(md5)
        if again or not path.exists():
            replace_file(path, data, 0o444)


class BucketRemote:
    """A prefix of a bucket; server and keys are those of the archive's settings."""

    def __init__(self, bucket: str, prefix: str, access: S3Access) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._access = access

    @classmethod
    def at(cls, address: str, access: S3Access) -> Self:
        """Return the remote at ``s3://bucket/prefix``; raise ConfigurationError when that is malformed."""
        return cls(*place_of(address, "content_remote"), access)

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - a boto3 client
        return self._access.client()

    def prove(self) -> str:
        """Return a description of the remote.

        Raise InfrastructureError when the bucket is missing or these keys may not use it.
        """
        self._ask(lambda: self._client.head_bucket(Bucket=self._bucket))
        return f"s3://{self._bucket}/{self._prefix}"

    def address(self) -> Mapping[str, str]:
        """Return bucket and prefix, and the server's address if it is not Amazon's."""
        place = {"url": f"s3://{self._bucket}/{self._prefix}".rstrip("/")}
        endpoint = self._access.endpoint_in_use()
        return place if endpoint is None else {**place, "endpointurl": endpoint}

    def keys(self) -> Mapping[str, str]:
        """Return keys and authorities; without a Prefect block DVC itself finds the keys of the environment."""
        return self._access.keys()

    def read(self, md5: str) -> bytes | None:
        """Return the bytes of an object; None when it is missing.

        Raises
        ------
        UnavailableError
            When the server does not answer.
        InfrastructureError
            When the server refuses.
        """
        key = f"{self._prefix}{_name(md5)}"
        data: bytes | None = self._ask(
            lambda: self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read(), optional=True
        )
        return data

    def write(self, md5: str, data: bytes, *, again: bool = False) -> None:
        """Store the bytes of an object; it raises as ``read``.

        A repeated request stores the same bytes under the same name. Object Lock demands the digest.
        """
        place = {"Bucket": self._bucket, "Key": f"{self._prefix}{_name(md5)}"}
        if not again and self._ask(lambda: self._client.head_object(**place), optional=True) is not None:
            return
        digest = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        self._ask(lambda: self._client.put_object(**place, Body=data, ContentMD5=digest))

    def _ask(self, request: Callable[[], Any], *, optional: bool = False) -> Any:  # noqa: ANN401 - any answer
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._access.ask(f"bucket {self._bucket}", request)
        except UnavailableError as error:
            cause = error.__cause__
            why = trouble(cause) if isinstance(cause, Exception) else type(error).__name__
            raise UnavailableError(
                f"the content store's bucket {self._bucket} did not answer ({why}); expected an answer; run the same "
                "command again later"
            ) from error
        except (BotoCoreError, ClientError) as error:
            why = trouble(error)
            if optional and why in _GONE:
                return None
            raise InfrastructureError(
                f"the content store's bucket {self._bucket} cannot be used ({why}); expected a bucket that these "
                "keys may use; correct 'content_remote', or run the same command again later"
            ) from error


def _name(md5: str) -> str:
    return f"files/md5/{md5[:2]}/{md5[2:]}"
