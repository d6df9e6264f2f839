"""Reads every number out of what a report prints, with the references beside it, and looks each up in the results.

Which numbers come from the results is found by moving all of them at once: what is printed otherwise then is theirs. The
rest are years, numbers of tables, and the digits in labels.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presentation.writing.inputs import Report
from presentation.writing.typst import Call, Code, Joined, Words

from medicore.errors import ProtocolError
from medicore.records.results.printed import TOLD, PrintedResults
from tests.quarto_templates.test_references import exhibits

_NUMBER = re.compile(r"(?:< ?)?[−-]?(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[−-]?\d+)?(?:[ \u202f\u00a0]?%)?")
_SILENT = frozenset({"reference", "mono", "digests", "formula", "command"})
_FIXED = frozenset({"schema", "study", "references"})
_MOVED = 1.0137
_TOLD = re.compile(r"(?<![\w.,-])(?<!ddof )(-?)(\d[\d,]*(?:\.\d+)?)(?![\w-]|\.\d)")


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as printed, the expression of the template that prints it, and the paths that are cited beside it."""

    text: str
    line: str
    cited: tuple[str, ...]


def printed_numbers(report: Report) -> list[Printed]:
    """Return every number that the report prints from its results, in order."""
    other = Report(moved(report.results), report.protocol, report.run)
    found = []
    for (line, one), (_, two) in zip(exhibits(report), exhibits(other), strict=True):
        for before, after in zip(_units(one), _units(two), strict=True):
            here, there = _numbers(before), _numbers(after)
            if len(here) != len(there):
                raise AssertionError(f"{line} prints {here}, and {there} with other results")
            cited = tuple(report.results["references"][number - 1] for number in _references(before))
            found += [
                Printed(text, line, cited) for text, moved in zip(here, there, strict=True) if text != moved
            ]
    return found


def unresolved(report: Report, results: Mapping[str, Any] | None = None) -> list[tuple[Printed, str]]:
    """Return the printed numbers that nobody can look up in the results, by default the report's, each with the reason."""
    held, lost = PrintedResults(results or report.results), []
    for number in printed_numbers(report):
        try:
            places = held.places(number.text)
        except ProtocolError:
            lost.append((number, "is no result"))
            continue
        if not any(_within(place.path, number.cited) for place in places):
            lost.append((number, f"is {places[0].path}, which is not cited beside it"))
    return lost


def _within(path: str, cited: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}.") for place in cited)


def moved(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return the results with every number changed a little, those too that a sentence tells."""
    return {
        part: copy.deepcopy(held) if part in _FIXED else _changed(held, part)
        for part, held in results.items()
    }


def _changed(held: Any, key: str) -> Any:
    if isinstance(held, str):
        return _TOLD.sub(lambda number: f"{number[1]}9{number[2]}", held) if key in TOLD else held
    if isinstance(held, bool) or held is None:
        return held
    if isinstance(held, Mapping):
        return {name: _changed(value, name) for name, value in held.items()}
    if isinstance(held, list):
        return [_changed(value, key) for value in held]
    return held * _MOVED if isinstance(held, float) else held + bool(held)


def _units(made: Any) -> Iterator[Any]:
    """Yield what has references of its own: each row of a table and its note, each other call."""
    for call in getattr(made, "calls", ()):
        if call.function == "data-table":
            yield from call.arguments[5]
            yield (call.arguments[4], call.named["note"])
        elif call.function == "facts-table":
            yield from call.arguments[2]
            yield call.named["note"]
        elif call.function == "drawing":
            yield call
        else:
            yield call


def _numbers(unit: Any) -> list[str]:
    return [number for words in _words(unit) for number in _NUMBER.findall(words)]


def _references(unit: Any) -> list[int]:
    return [number for call in _calls(unit) if call.function == "cited" for number in call.arguments]


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Words):
        yield value.words
    elif isinstance(value, Call):
        if value.function not in _SILENT | {"cited"}:
            yield from _words((*value.arguments, *value.named.values()))
    elif isinstance(value, Joined):
        yield from _words(value.parts)
    elif isinstance(value, Code) or value is None:
        return
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _words([held for key, held in value.items() if key != "kind"])
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _words(held)


def _calls(value: Any) -> Iterator[Call]:
    if isinstance(value, Call):
        yield value
        yield from _calls((*value.arguments, *value.named.values()))
    elif isinstance(value, Joined):
        yield from _calls(value.parts)
    elif isinstance(value, Mapping):
        yield from _calls(list(value.values()))
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _calls(held)
