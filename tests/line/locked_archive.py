"""A house whose archive is a bucket, and what somebody with every right on that bucket can do to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import Project
from tests.s3 import S3Server
from tests.whole_house.faulty_studies import sound
from tests.whole_house.prepared_study import MONTH

FIRST = sound()
RUN = f"{FIRST.study}/{MONTH}/1"
REPORT, SIGNED = (f"reports/{RUN}/{name}" for name in ("report.pdf", "report.signed.pdf"))


@dataclass(frozen=True)
class Kept:
    """A project whose archive is a bucket, with one released run in it.

    ``older`` is a copy of its ledger from before the release.
    """

    project: Project
    server: S3Server
    bucket: str
    older: Path

    def versions(self, key: str = "") -> list[dict[str, Any]]:
        """Return all versions below a key, as the server lists them."""
        listed = self.server.client.list_object_versions(Bucket=self.bucket, Prefix=f"medicore/{key}")
        return list(listed.get("Versions", []))

    def manifest(self) -> dict[str, Any]:
        """Return the manifest of the released run, read past MediCore."""
        (found,) = self.versions(f"archives/{RUN}/manifest-")
        stored = self.server.client.get_object(Bucket=self.bucket, Key=found["Key"])
        return dict(json.loads(stored["Body"].read()))

    def last(self, run: str, action: str) -> dict[str, Any]:
        """Return the run's last event, which must be that action."""
        event = self.project.events(run)[-1]
        assert event["action"] == action
        return event

    @contextmanager
    def hidden(self, prefix: str) -> Iterator[None]:
        """Hide everything below a key behind delete markers, as whoever may delete can."""
        client = self.server.client
        keys = sorted({version["Key"] for version in self.versions(prefix)})
        marks = {key: client.delete_object(Bucket=self.bucket, Key=key)["VersionId"] for key in keys}
        assert marks
        try:
            yield
        finally:
            for key, mark in marks.items():
                client.delete_object(Bucket=self.bucket, Key=key, VersionId=mark)

    @contextmanager
    def foreign(self, key: str, data: bytes) -> Iterator[None]:
        """Write other bytes under a key past MediCore; afterwards they go, which moto alone allows."""
        place = {"Bucket": self.bucket, "Key": f"medicore/{key}"}
        version = self.server.client.put_object(**place, Body=data)["VersionId"]
        try:
            yield
        finally:
            self.server.client.put_object_retention(**place, VersionId=version, Retention={})
            self.server.client.delete_object(**place, VersionId=version)
