"""Paths in ``results.json``: keys and list indexes joined by dots, as ``balance.terms.0.term``."""

from collections.abc import Iterable, Iterator
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
    if isinstance(document, dict):
        items: Iterable[tuple[Any, Any]] = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    else:
        yield prefix, document
        return
    for key, value in items:
        yield from leaves_of(value, f"{prefix}.{key}" if prefix else str(key))


def paths_of(document: Any, prefix: str = "") -> list[str]:  # noqa: ANN401 - any JSON
    """Return the paths of all leaves of a document."""
    return [path for path, _ in leaves_of(document, prefix)]
