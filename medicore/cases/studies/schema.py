"""schema: the JSON Schema of a protocol, for editors, and the keys of each of its parts, for people."""

import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.records.protocol.protocol import Protocol

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def protocol_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a protocol's file.

    It holds every key, type, range and list of words; ``medicore study check`` tells what only several keys together
    can break.
    """
    made = Protocol.model_json_schema(mode="validation")
    return {"$schema": _DIALECT, **made, "title": "Protocol of a MediCore study"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a part: its name, the values that it takes, and its default, '' where it must be given."""

    name: str
    values: str
    default: str


@dataclass(frozen=True, slots=True)
class KeysOfPart:
    """A part of the protocol: its name, its explanation, and its keys."""

    name: str
    words: str
    keys: tuple[Key, ...]


def parts_of_protocol() -> Iterator[KeysOfPart]:
    """Yield each part of the protocol, the whole first, with the keys that a file may give."""
    schema = protocol_schema()
    yield _part("Protocol", schema)
    for name, part in sorted(schema["$defs"].items()):
        if "properties" in part:
            yield _part(name, part)


def _part(name: str, part: Mapping[str, Any]) -> KeysOfPart:
    required = set(part.get("required", ()))
    keys = [
        Key(key, _values(found), "" if key in required else _default(found))
        for key, found in part["properties"].items()
    ]
    return KeysOfPart(name, inspect.cleandoc(part.get("description", "")), tuple(keys))


def _default(found: Mapping[str, Any]) -> str:
    default = found.get("default")
    if default is None:
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    return (
        "empty" if default in ([], {}) else "its own defaults" if isinstance(default, dict) else f"{default}"
    )


def _values(found: Mapping[str, Any]) -> str:
    """Return in words which values a key takes."""
    if "$ref" in found:
        return f"{found['$ref'].rsplit('/', 1)[1]}"
    if "const" in found:
        return f"{found['const']}"
    if "enum" in found:
        return ", ".join(_shown(word) for word in found["enum"])
    for several in ("anyOf", "oneOf"):
        if several in found:
            words = [_values(one) for one in found[several] if one.get("type") != "null"]
            return " or ".join(dict.fromkeys(words))
    match found.get("type"):
        case "array":
            return f"list of {_values(found.get('items') or _first(found))}"
        case "object":
            return "mapping"
        case "number" | "integer":
            return f"{'whole number' if found['type'] == 'integer' else 'number'}{_range(found)}"
        case "boolean":
            return "true, false"
        case _:
            return "text"


def _shown(word: object) -> str:
    """Return an allowed value; one without a letter or digit stands in quotes."""
    return str(word) if any(letter.isalnum() for letter in str(word)) else json.dumps(str(word))


def _first(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of the first entry of a list of a given length."""
    listed: list[Mapping[str, Any]] = found.get("prefixItems", [{}])
    return listed[0]


def _range(found: Mapping[str, Any]) -> str:
    """Return the range of a number in words."""
    limits = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    told = [f"{words} {found[key]:g}" for key, words in limits.items() if key in found]
    return f", {' and '.join(told)}" if told else ""
