"""The canonical spelling of records: equal contents have equal digests."""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> bytes:  # noqa: ANN401 - JSON is any of its types
    """Return ``value`` as canonical JSON: sorted keys, no white space, UTF-8, no NaN or infinity."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def document(value: Any) -> bytes:  # noqa: ANN401
    """Return ``value`` as the JSON that files hold: sorted keys, one item per line, a newline at the end."""
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def sha256(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:  # noqa: ANN401
    """Return the SHA-256 of the canonical JSON of ``value``."""
    return sha256(canonical(value))
