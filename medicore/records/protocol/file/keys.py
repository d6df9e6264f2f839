"""Keys that a part of a protocol takes, and the one that a misspelled key was meant to be."""

import difflib
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from medicore.records.protocol.file.yaml_text import Path

_MOST = 8
"""The largest number of keys that a message lists."""


def unknown_key(model: type[BaseModel], path: Path) -> str:
    """Return what to say of a key that the part of ``model`` at its path does not take."""
    known = sorted({key for part in _parts(model, path[:-1]) for key in part.model_fields})
    near = difflib.get_close_matches(path[-1], known, n=1) if path else []
    if near:
        return f"is no key here; expected {near[0]!r}, or nothing; correct the key"
    listed = ", ".join(known[:_MOST]) + (", …" if len(known) > _MOST else "")
    return f"is no key here; expected one of: {listed}; delete it" if known else "is no key here; delete it"


def _parts(model: type[BaseModel], path: Path) -> list[type[BaseModel]]:
    """Return the models that the place at the end of a path may have."""
    found: list[type[BaseModel]] = [model]
    for key in path:
        if key.isdigit():
            continue
        kinds = [one.model_fields[key].annotation for one in found if key in one.model_fields]
        found = [part for kind in kinds for part in _models_in(kind)]
    return found


def _models_in(kind: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type, plain or of typing
    """Yield the models that a type is made of, whichever way it holds them."""
    if isinstance(kind, type) and not typing.get_args(kind):
        if issubclass(kind, BaseModel):
            yield kind
        return
    for inner in typing.get_args(kind):
        yield from _models_in(inner)
