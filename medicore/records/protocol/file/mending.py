"""Mending: a protocol's file with stand-ins for its broken parts, so that the other parts can still be held against each other."""

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from medicore.records.protocol.file.yaml_text import Path

_STAND_INS: Mapping[str, Any] = MappingProxyType(
    {
        "study": "STAND-IN",
        "title": "stand-in",
        "sponsor": "stand-in",
        "version": "0",
        "phase": "stand-in",
        "design": "observational",
        "calendar": {"timezone": "Etc/UTC", "first_month": "2025-01"},
        "seed": 1,
    }
)
"""What takes the place of a key that must be given; nothing else in a protocol depends on it, but for the design."""

_TYPES = ("identifier", "number", "integer", "category", "date")
_TIMINGS = ("baseline", "follow-up", "administrative")
_OF_DESIGN = re.compile(r"design|randomis|observational")


@dataclass(frozen=True, slots=True)
class Mended:
    """The document with its stand-ins, the top keys that were broken, and the columns whose rules nobody knows."""

    document: Any
    broken: tuple[str, ...]
    columns: frozenset[str]

    def tells(self, words: str) -> bool:
        """Return whether a contradiction is one of the file, and not of a stand-in."""
        if words.startswith(self.broken) or any(f"{key}." in words for key in self.broken):
            return False
        if "design" in self.broken and _OF_DESIGN.search(words):
            return False
        return not any(f"'{name}'" in words for name in self.columns)


def mended(found: Any, paths: Sequence[Path]) -> Mended:  # noqa: ANN401 - what YAML holds
    """Return the document without the values at the paths of its errors; what cannot be left out has a stand-in."""
    rest = copy.deepcopy(found)
    columns = {_stand_in_column(rest, path[2]) for path in paths if _of_column(path)}
    ends = {_end(rest, path) for path in paths if path and not _of_column(path)}
    for path in sorted(ends, key=_deepest_first):
        left_out = _leave_out(rest, path)
        if path[0] == "covariates" and isinstance(left_out, dict):
            columns.add(str(left_out.get("column", "")))
    broken = tuple(dict.fromkeys(path[0] for path in paths if path))
    if isinstance(rest, dict):
        rest |= {key: value for key, value in _STAND_INS.items() if key in broken}
    return Mended(rest, broken, frozenset(columns - {""}))


def _of_column(path: Path) -> bool:
    return path[:2] == ("contract", "columns") and len(path) > 2


def _end(rest: Any, path: Path) -> Path:  # noqa: ANN401
    """Return the path up to its first element of a list, which goes whole with whatever is broken in it."""
    part = rest
    for place, key in enumerate(path):
        if isinstance(part, list):
            return path[: place + 1]
        part = part.get(key) if isinstance(part, dict) else None
    return path


def _deepest_first(path: Path) -> tuple[int, int]:
    """Return what sorts later elements of a list before earlier ones, so that the places of these stay."""
    return -len(path), -int(path[-1]) if path[-1].isdigit() else 0


def _leave_out(rest: Any, path: Path) -> Any:  # noqa: ANN401
    """Take the value at a path out of the document, and return it; what is not there need not be taken."""
    part = rest
    for key in path[:-1]:
        part = part.get(key) if isinstance(part, dict) else None
    if isinstance(part, list):
        return part.pop(int(path[-1]))
    return part.pop(path[-1], None) if isinstance(part, dict) else None


def _stand_in_column(rest: Any, place: str) -> str:  # noqa: ANN401
    """Put a column with the same name and no broken rule in the place of a broken one, and return the name."""
    contract = rest["contract"]
    listed = contract["columns"]
    given = listed[int(place)]
    given = given if isinstance(given, dict) else {}
    name = given.get("name")
    if not isinstance(name, str):
        return ""
    subject = name == contract.get("subject")
    made: dict[str, Any] = {
        "name": name,
        "type": "identifier" if subject else _one_of(given.get("type"), _TYPES, "number"),
        "timing": "administrative" if subject else _one_of(given.get("timing"), _TIMINGS, "baseline"),
        "required": subject,
    }
    if made["type"] == "number":
        made["unit"] = "none"
    if made["type"] == "category":
        values = given.get("values")
        made["values"] = [*dict.fromkeys(map(str, values if isinstance(values, list) and values else "x"))]
    listed[int(place)] = made
    return name


def _one_of(value: object, allowed: Iterable[str], otherwise: str) -> str:
    return value if isinstance(value, str) and value in allowed else otherwise
