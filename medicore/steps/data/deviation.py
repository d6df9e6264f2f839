"""Comparison of the protocol with the last approved one: a change of the plan needs a signature."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from medicore.errors import ProtocolError
from medicore.ports.files import RecordFiles
from medicore.records.finding import Finding
from medicore.records.protocol.parsing import parse_recorded
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.difference import changed_keys

APPROVED = "lock/approved.json"
_MOST = 5
"""The largest number of keys that are named; further keys are counted."""


def approved_protocol(run: str, protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of the last approved run's protocol that the data lock stores."""
    return {"run": run, "protocol": dict(protocol)}


def deviation(files: RecordFiles, protocol: Protocol) -> dict[str, Any]:
    """Return how the protocol differs from the approved one that was frozen with the lock.

    ``approved_with`` is the approved run, or None when no run was ever approved; ``keys`` are joined by dots. A key that
    the approved run's version of MediCore did not know counts as unchanged while it has its default.
    """
    if not files.exists(APPROVED):
        return {"approved_with": None, "keys": []}
    approved = json.loads(files.read(APPROVED))
    before = approved["protocol"]
    with contextlib.suppress(ProtocolError):  # a protocol with outdated keys stays as it is
        before = parse_recorded(json.dumps(before), approved["run"]).as_json()
    changes = changed_keys(before, protocol.as_json())
    return {"approved_with": approved["run"], "keys": [change.name for change in changes]}


def deviation_findings(found: Mapping[str, Any], protocol: Protocol) -> tuple[Finding, ...]:
    """Return the finding about a protocol that differs from the approved one; it is void when the protocol changes again."""
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
