"""webhook: a message sent as JSON to the address that the settings name, and nothing that waits for it."""

from collections.abc import Mapping
from typing import Any

PATIENCE = 5.0
"""Seconds that connecting, sending and answering may each take."""


def post(address: str, message: Mapping[str, Any]) -> str | None:
    """Send a message; return in a word what went wrong, None when the other side took it.

    Nothing is tried again and no redirect is followed: what happened is in the ledger, a message is a courtesy.
    """
    import httpx

    try:
        answer = httpx.post(address, json=dict(message), timeout=PATIENCE, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
    return None if answer.is_success else f"status {answer.status_code}"
