"""webhook: a message is sent as JSON to the address in the settings; no work depends on it."""

from collections.abc import Mapping
from typing import Any

PATIENCE = 5.0
"""Time limit in seconds for each of connecting, sending and answering."""


def post(address: str, message: Mapping[str, Any]) -> str | None:
    """Send a message; return the fault in a word, None when the other side accepted it.

    Nothing is repeated and no redirect is followed: the ledger is the record, a message is a courtesy.
    """
    import httpx

    try:
        answer = httpx.post(address, json=dict(message), timeout=PATIENCE, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
    return None if answer.is_success else f"status {answer.status_code}"
