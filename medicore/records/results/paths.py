"""Paths in ``results.json``: keys and list indexes joined by dots, as ``balance.terms.0.term``."""

from collections.abc import Iterator
from typing import Any

from medicore.errors import ProtocolError


def value_at(document: Any, path: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the value at a path: keys and list indexes joined by dots.

    Raises
    ------
    ProtocolError
        When the document has no such path.
    """
    found = document
    for part in path.split("."):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            known = ", ".join(sorted(found)) if isinstance(found, dict) else f"{type(found).__name__}"
            raise ProtocolError(
                f"path {path[:80]!r} does not exist at {part[:40]!r}; expected one of: {known[:200]}"
            ) from error
    return found


def leaves_of(document: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """Yield path and value of every leaf of a document, in the document's order."""
    left = [(prefix, document)]
    while left:
        path, value = left.pop()
        if isinstance(value, dict):
            below = [(f"{path}.{key}" if path else str(key), held) for key, held in value.items()]
        elif isinstance(value, list):
            below = [(f"{path}.{key}" if path else str(key), held) for key, held in enumerate(value)]
        else:
            yield path, value
            continue
        left.extend(reversed(below))


def paths_of(document: Any, prefix: str = "") -> list[str]:  # noqa: ANN401 - any JSON
    """Return the paths of all leaves of a document."""
    return [path for path, _ in leaves_of(document, prefix)]
