"""What the ledger tells of things that are no run, read from its file."""

from typing import Any

from medicore.stores.clock import SystemClock
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.conftest import Project


def last_about(project: Project, subject: str) -> dict[str, Any]:
    """Return the ledger's last event about a person or a study."""
    return about(project, subject)[-1]


def about(project: Project, subject: str) -> list[dict[str, Any]]:
    """Return the ledger's events about a person, a study or requests, in order."""
    ledger = SqliteLedger(project.home / "ledger.db", SystemClock())
    return [event.as_json() for event in ledger.events(subject=subject)]
