"""Undecided: texts of a drafted protocol that only a person can write, marked by the word TODO."""

from collections.abc import Iterator
from typing import Any

from medicore.errors import ProtocolError
from medicore.records.protocol.file.problems import Problem
from medicore.records.protocol.file.yaml_text import places, read_yaml
from medicore.records.protocol.protocol import Protocol

TODO = "TODO"
"""The mark that the draft of a protocol puts where a person must decide."""


def undecided_places(text: str, origin: str) -> list[Problem]:
    """Return each place of a protocol's file that is still marked, with its line; ``origin`` names the file."""
    _, node = read_yaml(text, origin)
    return [
        Problem(place.line, ".".join(path), "is to be decided by a person; write it in place of TODO")
        for path, place in places(node)
        if isinstance(place.node.value, str) and _is_marked(place.node.value)
    ]


def is_draft(protocol: Protocol) -> bool:
    """Return whether a text of the protocol is still marked."""
    return any(True for _ in _marked(protocol.as_json(), ""))


def require_decided(protocol: Protocol) -> None:
    """Raise ProtocolError when a text of the protocol is still marked: no run is made of a draft."""
    marked = [*_marked(protocol.as_json(), "")]
    if marked:
        more = f" and {len(marked) - 1} more" if len(marked) > 1 else ""
        raise ProtocolError(
            f"the protocol of {protocol.study} is a draft: {marked[0]}{more} is marked TODO; expected what a person decided; "
            f"see 'medicore study check {protocol.study}'"
        )


def _is_marked(text: str) -> bool:
    return text == TODO or text.startswith((f"{TODO}:", f"{TODO} "))


def _marked(part: Any, key: str) -> Iterator[str]:  # noqa: ANN401 - a part of JSON
    """Yield the key of each marked text."""
    if isinstance(part, str) and _is_marked(part):
        yield key
    elif isinstance(part, dict):
        for name, inner in part.items():
            yield from _marked(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(part, list):
        for place, inner in enumerate(part):
            yield from _marked(inner, f"{key}.{place}")
