"""Parsing: a protocol file becomes a protocol, or is refused with every error of it and the line of each."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import yaml
from pydantic import ValidationError

from medicore.errors import ProtocolError
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.rules.coherence import incoherences
from medicore.records.protocol.rules.combinations import not_offered
from medicore.records.protocol.strategies import unplanned

_MOST = 12
"""The largest number of problems that are told; further ones are counted."""

_TRUTH = frozenset({"true", "false"})
_BOOL = "tag:yaml.org,2002:bool"
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


class _UniqueKeyLoader(yaml.SafeLoader):
    """A YAML loader that refuses a key that is given twice; plain YAML would silently use the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        if len({str(key) for key in keys}) != len(keys):
            raise yaml.constructor.ConstructorError(None, None, "a key is given twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


@dataclass(frozen=True, slots=True)
class _Problem:
    """One error of a file: its line from 1, or 0 where the file has no such place, its key, and what is wrong."""

    line: int
    key: str
    words: str

    def __str__(self) -> str:
        return f"{f'line {self.line}: ' if self.line else ''}{self.key}: {self.words}"


@lru_cache(maxsize=64)
def parse_protocol(text: str, origin: str) -> Protocol:
    """Return the protocol in YAML (or JSON) ``text``; ``origin`` names the file in error messages.

    It says all that a new run needs; ``parse_recorded`` reads what an earlier version recorded. A protocol is frozen, and one command reads the same text for every run of a study: it is parsed once.

    Raises
    ------
    ProtocolError
        When the text is not YAML, a key is unknown, missing or given twice, or a value breaks its rule. The message
        tells each problem with its line; a text that YAML reads as a truth, a number or a date is named as such.
        Of a protocol of an earlier form, the message says what to write.
    """
    return _parsed(text, origin, new=True)


@lru_cache(maxsize=64)
def parse_recorded(text: str, origin: str) -> Protocol:
    """Return the protocol that a record or a request holds, of whichever version; ``origin`` names it in messages.

    It may lack what was asked for after it was recorded: how the looks share the level, when the outcome is due, what is
    done where it is missing, and what detects an intercurrent event.

    Raises
    ------
    ProtocolError
        When the text is not a protocol.
    """
    return _parsed(text, origin, new=False)


def read_yaml(text: str, origin: str) -> tuple[Any, yaml.Node | None]:
    """Return what YAML ``text`` holds, and its nodes, None for an empty text; a key that is given twice is refused.

    Raises
    ------
    ProtocolError
        When the text is not YAML; ``origin`` names the file.
    """
    try:
        # A subclass of SafeLoader: it builds plain values only.
        loader = _UniqueKeyLoader(text)
        node = loader.get_single_node()
        return (loader.construct_document(node) if node is not None else None), node
    except yaml.MarkedYAMLError as error:
        where = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ProtocolError(
            f"{origin} is not valid YAML{where} ({error.problem}); correct the file and try again"
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ProtocolError(f"{origin} is not valid YAML; correct the file and try again") from error


def _parsed(text: str, origin: str, *, new: bool) -> Protocol:
    found, node = read_yaml(text, origin)
    places = dict(_places(node, ())) if node is not None else {}
    traps = [*_ambiguous_words(places)]
    try:
        protocol = Protocol.model_validate(found)
    except ValidationError as error:
        listed = error.errors(include_url=False, include_context=False)
        raise _refused(origin, [*traps, *(_problem(one, places) for one in listed)]) from error
    told = [*incoherences(protocol), *((*unplanned(protocol), *not_offered(protocol)) if new else ())]
    problems = [*traps, *(_Problem(0, "protocol", words) for words in told)]
    if problems:
        raise _refused(origin, problems)
    return protocol


def _refused(origin: str, problems: list[_Problem]) -> ProtocolError:
    """Return the error with the problems in the order of their lines, each place once."""
    first: dict[tuple[int, str], _Problem] = {}
    for problem in problems:
        first.setdefault((problem.line, problem.key if problem.line else problem.words), problem)
    told = sorted(first.values(), key=lambda problem: (problem.line == 0, problem.line))
    more = f"; and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return ProtocolError(
        f"{origin}: {'; '.join(map(str, told[:_MOST]))}{more}; {len(told)} problem(s) in all; correct the file"
    )


def _places(node: yaml.Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], yaml.Node]]:
    """Yield each node of a document with its path of keys and positions."""
    yield path, node
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _places(value, (*path, str(key.value)))
            if isinstance(key, yaml.ScalarNode) and key.tag == _BOOL:
                yield (*path, str(key.value), ""), key
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _places(value, (*path, str(index)))


def _ambiguous_words(places: dict[tuple[str, ...], yaml.Node]) -> Iterator[_Problem]:
    """Yield the plain words that YAML 1.1 reads as truths and people write as texts: NO, Yes, on."""
    for path, node in places.items():
        if not isinstance(node, yaml.ScalarNode) or node.tag != _BOOL or str(node.value).lower() in _TRUTH:
            continue
        means = "true" if str(node.value).lower() in {"yes", "on", "y"} else "false"
        words = f"YAML reads {node.value} as {means}; put it in quotes, or write {means}"
        yield _Problem(node.start_mark.line + 1, _key(path), words)


def _problem(error: Mapping[str, Any], places: dict[tuple[str, ...], yaml.Node]) -> _Problem:
    """Return an error of pydantic in the words of the file."""
    path = tuple(str(part) for part in error["loc"])
    if path[:1] in (("edc",), ("monitoring",)):
        path = (
            path[0],
            *path[2:],
        )  # pydantic adds the source's system or the method, which is no key of the file
    while path and path not in places and path[-1] in _UNIONS:
        path = path[:-1]
    node = next((places[path[:end]] for end in range(len(path), 0, -1) if path[:end] in places), None)
    line = node.start_mark.line + 1 if node is not None else 0
    return _Problem(line, _key(path), _trap(error["input"]) if _wants_text(error) else _words(error))


def _wants_text(error: Mapping[str, Any]) -> bool:
    value = error["input"]
    return error["type"] == "string_type" and isinstance(value, bool | int | float | date)


def _trap(value: object) -> str:
    kind = "a truth" if isinstance(value, bool) else "a date" if isinstance(value, date) else "a number"
    return f"YAML reads {value} as {kind}; expected a text; put it in quotes"


def _words(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


def _key(path: tuple[str, ...]) -> str:
    return ".".join(part for part in path if part) or "protocol"
