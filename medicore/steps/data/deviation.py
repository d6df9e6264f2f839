"""The protocol held against the one that was approved last: a change of plan needs a human's signature."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from medicore.errors import ProtocolError
from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.difference import changed_keys

APPROVED = "lock/approved.json"
_MOST = 5
"""So many keys are named; what comes after is counted."""


def approved_protocol(run: str, protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a data lock keeps of the protocol of the run that was approved last."""
    return {"run": run, "protocol": dict(protocol)}


def deviation(files: RecordFiles, protocol: Protocol) -> dict[str, Any]:
    """Return how the protocol differs from the approved one that was frozen beside the lock.

    ``approved_with`` is the run that was approved, None when none ever was; ``keys`` are joined by dots. A key that
    only a newer version of MediCore knows is no change while it has its default.
    """
    if not files.exists(APPROVED):
        return {"approved_with": None, "keys": []}
    approved = json.loads(files.read(APPROVED))
    before = approved["protocol"]
    with contextlib.suppress(ProtocolError):  # keys of another time stay as they are, and are seen
        before = parse_protocol(json.dumps(before), approved["run"]).as_json()
    changes = changed_keys(before, protocol.as_json())
    return {"approved_with": approved["run"], "keys": [change.name for change in changes]}


def deviation_findings(found: Mapping[str, Any], protocol: Protocol) -> tuple[Finding, ...]:
    """Return the finding about a protocol that differs from the approved one; it dies when the protocol changes again."""
    keys = found["keys"]
    if not keys:
        return ()
    more = f" and {len(keys) - _MOST} more" if len(keys) > _MOST else ""
    return (
        Finding(
            step="check",
            gate="protocol deviation",
            subject="protocol",
            statistic=f"{len(keys)} changed, digest {protocol.digest[:12]}",
            threshold="as approved",
            message=f"the protocol differs from the one approved with run {found['approved_with']} in "
            f"{', '.join(keys[:_MOST])}{more}; sign the deviation, or restore the protocol and run again",
        ),
    )
