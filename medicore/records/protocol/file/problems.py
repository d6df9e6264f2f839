"""Problems of a protocol's file: each with its line and its key, in the words of the file."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from medicore.records.protocol.file.yaml_text import BOOL, Path, Place

WHOLE = "protocol"
"""The key of a problem that no single key has."""

_TRUTH = frozenset({"true", "false"})
_QUOTED = re.compile(r"'([^']+)'")
_DOTTED = re.compile(r"\b[a-z_]+(?:\.[a-z_]+)+\b")
_CONTRACT = "contract"
_USERS = frozenset({"models", "sensitivity"})
"""Where models and subgroups name their columns."""

_SHOULD = "Input should be "
_SHORT = 60
"""The longest value that a message repeats."""
_UNIONS = frozenset(
    {
        "str",
        "float",
        "tuple[str, ...]",
        "constrained-str",
        "files",
        "csv",
        "rave",
        "redcap",
        "dataset-json-api",
        "Assessed",
        "Detection",
        "SubgroupHypothesis",
        "literal['none']",
    }
)
"""Parts of pydantic's paths that are no key of the file: alternatives of a type, and the kind of a source."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of a file: its line from 1, or 0 where the file has no such place, its key, and what is wrong."""

    line: int
    key: str
    words: str

    def __str__(self) -> str:
        return f"{f'line {self.line}: ' if self.line else ''}{self.key}: {self.words}"


@dataclass(frozen=True, slots=True)
class Places:
    """The parts of a file by their paths."""

    found: Mapping[Path, Place]

    def traps(self) -> Iterator[Problem]:
        """Yield the plain words that YAML 1.1 reads as truths and people write as texts: NO, Yes, on."""
        for path, (node, line) in self.found.items():
            if not isinstance(node, yaml.ScalarNode) or node.tag != BOOL or str(node.value).lower() in _TRUTH:
                continue
            means = "true" if str(node.value).lower() in {"yes", "on", "y"} else "false"
            words = f"YAML reads {node.value} as {means}; put it in quotes, or write {means}"
            yield Problem(line, _key(path), words)

    def path_of(self, error: Mapping[str, Any]) -> Path:
        """Return the path of an error of pydantic as the file has it.

        Pydantic adds the source's system, the method of monitoring or the form of a closure, and the alternatives of a type: no keys of the file.
        """
        path = tuple(str(part) for part in error["loc"])
        if path[:1] in (("edc",), ("monitoring",), ("comparative_results",)):
            path = (path[0], *path[2:])
        while path and path not in self.found and path[-1] in _UNIONS:
            path = path[:-1]
        return path

    def problem(self, error: Mapping[str, Any]) -> Problem:
        """Return an error of pydantic in the words of the file."""
        path = self.path_of(error)
        return Problem(self._line(path), _key(path), _words(error))

    def contradiction(self, words: str) -> Problem:
        """Return a contradiction between parts at the first place that its words name: a quoted name, or a dotted key."""
        path = next(self._named(words), None)
        return Problem(0, WHOLE, words) if path is None else Problem(self._line(path), _key(path), words)

    def _named(self, words: str) -> Iterator[Path]:
        """Yield the places that words name; one that uses a column comes before the one that declares it."""
        for name in _QUOTED.findall(words):
            found = [path for path, place in self.found.items() if _says(place.node, name)]
            about = _USERS if "model" in words or "subgroup" in words else frozenset()
            yield from sorted(found, key=lambda path: (path[0] == _CONTRACT, path[0] not in about))
        for key in _DOTTED.findall(words):
            path = tuple(key.split("."))
            if path in self.found:
                yield path

    def _line(self, path: Path) -> int:
        """Return the line of the path, or of the longest part of it that the file has; 0 when it has none."""
        ends = range(len(path), 0, -1)
        return next((self.found[path[:end]].line for end in ends if path[:end] in self.found), 0)


def first_of_each(problems: Iterable[Problem]) -> list[Problem]:
    """Return the first problem of each place; those without a line are told apart by their words."""
    first: dict[tuple[int, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.line, problem.key if problem.line else problem.words), problem)
    return [*first.values()]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems in the order of their lines, those without a line last, none twice."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.line == 0, problem.line))


def _says(node: yaml.Node, name: str) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == name


def _words(error: Mapping[str, Any]) -> str:
    """Return what was found and what was expected, of pydantic's words for it."""
    if _wants_text(error):
        return _trap(error["input"])
    if error["type"] == "missing":
        return "is missing; add it"
    words = str(error["msg"]).removeprefix("Value error, ")
    if not words.startswith(_SHOULD):
        return words
    found = error["input"]
    told = f"found {found!r}; " if isinstance(found, str | int | float) and len(repr(found)) <= _SHORT else ""
    wanted = words.removeprefix(_SHOULD).replace("a valid dictionary or instance of ", "the keys of a ")
    return f"{told}expected {wanted}"


def _wants_text(error: Mapping[str, Any]) -> bool:
    value = error["input"]
    return error["type"] == "string_type" and isinstance(value, bool | int | float | date)


def _trap(value: object) -> str:
    kind = "a truth" if isinstance(value, bool) else "a date" if isinstance(value, date) else "a number"
    return f"YAML reads {value} as {kind}; expected a text; put it in quotes"


def _key(path: Path) -> str:
    return ".".join(part for part in path if part) or WHOLE
