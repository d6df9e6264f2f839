"""S3 servers for the tests: moto in a process of its own, and a real one with Object Lock where one answers."""

import os
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from medicore.stores.archive.locked_bucket import LockedBucket
from medicore.stores.s3.client import S3Access
from tests import session

LOCAL = "http://127.0.0.1:7480"
ABSENT = (
    "no S3 server with Object Lock; set MEDICORE_TEST_S3 to its endpoint with "
    "AWS_ACCESS_KEY_ID/AWS_SECRET_ACCESS_KEY"
)
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "testsecret", "AWS_DEFAULT_REGION": "us-east-1"}
_NUMBERS = count(1)
_MOTO = """
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("http://127.0.0.1:%d" % server.get_host_and_port()[1], flush=True)
select.select([session], [], [])
"""


@dataclass(frozen=True)
class S3Server:
    """A running server: its address, and the environment with its keys."""

    endpoint: str
    environment: dict[str, str]

    @cached_property
    def client(self) -> Any:
        """The server as someone with full rights uses it, past every guard of ours."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )

    def bucket(self, mode: str = "COMPLIANCE", *, lock: bool = True, **kept: int) -> str:
        """Make a bucket, by default as an archive needs it; return its name, which no other has."""
        name = f"medicore-{os.getpid()}-{next(_NUMBERS)}"
        self.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
        if lock and mode:
            rule = {"DefaultRetention": {"Mode": mode, **(kept or {"Years": 15})}}
            self.client.put_object_lock_configuration(
                Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
            )
        return name

    def archive(self, bucket: str, prefix: str = "", endpoint: str = "", seconds: float = 60) -> LockedBucket:
        """Return the archive in a bucket; it waits for nothing between its attempts."""
        access = S3Access(endpoint or self.endpoint, read_seconds=seconds, pause=lambda _: None, patience=0)
        return LockedBucket(bucket, prefix, access)


@pytest.fixture(scope="session")
def moto_server() -> S3Server:
    """Moto on a free port of the loopback address, for the whole session; it allows what a real server denies."""
    return S3Server(str(session.once("moto", lambda _: session.served(_MOTO, **KEYS))), dict(KEYS))


@pytest.fixture(scope="session")
def locking_server() -> S3Server:
    """A real server with Object Lock: that of MEDICORE_TEST_S3, or one on its usual local port."""
    named = os.environ.get("MEDICORE_TEST_S3")
    try:
        httpx.get(named or LOCAL, timeout=5, trust_env=False)
    except httpx.HTTPError:
        pytest.skip(ABSENT)
    given = {key: os.environ[key] for key in KEYS if key in os.environ}
    return S3Server(named or LOCAL, {**KEYS, **given})
