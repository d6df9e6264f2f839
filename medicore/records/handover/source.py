"""The record that is handed over: what its files say about where they come from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """The run, the state of its record now, the commit, the SHA-256 of ``results.json``, and the moment of sealing.

    ``sealed_at`` is an ISO 8601 moment in UTC; ``title`` and ``protocol_version`` are those of the study's protocol.
    """

    run: str
    study: str
    title: str
    protocol_version: str
    state: str
    record_commit: str
    results_sha256: str
    sealed_at: str
