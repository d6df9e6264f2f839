"""How results and progress look on a terminal."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from medicore.stores.surroundings import is_utf8

_OUT = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 180)

_MANY = 200


def say(text: str = "") -> None:
    """Print a line of a result."""
    _OUT.print(text, markup=False)


def warn(found: Iterable[tuple[str, str]]) -> None:
    """Print warnings on stderr, one line each: checks that passed and still need attention."""
    for subject, words in found:
        print(f"medicore: warning: {subject}: {words}", file=sys.stderr)  # noqa: T201


def note(text: str) -> None:
    """Print one line on stderr about something that was done in addition."""
    print(f"medicore: {text}", file=sys.stderr)  # noqa: T201


def emit(document: Any) -> None:  # noqa: ANN401 - any JSON
    """Print a result as JSON; if the output lacks some characters, those beyond ASCII are escaped."""
    escaped = not is_utf8(sys.stdout.encoding)
    print(json.dumps(document, indent=1, ensure_ascii=escaped, sort_keys=True))  # noqa: T201


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a result as a table; every cell is text and is never read as markup."""
    listed = list(rows)
    if len(listed) > _MANY:
        _long_table(title, columns, listed)
        return
    drawn = Table(title=_plain(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        drawn.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in listed:
        drawn.add_row(*(_plain(cell) for cell in row))
    _OUT.print(drawn)


def _long_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table as plain columns without folding: drawing thousands of rows takes longer than finding them."""
    lines = [columns, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    aligned = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
    print("\n".join((title, *aligned)))  # noqa: T201


def _plain(cell: str) -> str:
    return cell.replace("[", "\\[")


def pairs(facts: Mapping[str, str]) -> None:
    """Print facts, one per line, with aligned names."""
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        say(f"{name:<{width}}  {value}")


def figure(value: Any) -> str:  # noqa: ANN401 - a number or its absence
    """Return a number as tables show it."""
    return f"{value:.4f}" if isinstance(value, float) else "–" if value is None else str(value)


def between(low: Any, high: Any) -> str:  # noqa: ANN401 - numbers, the text of an infinite one, or their absence
    """Return an interval as tables show it."""
    return "–" if low is None else f"{figure(low)} to {figure(high)}"


def show_head(answer: dict[str, Any], named: dict[str, str | None]) -> None:
    """Print what a run is and where its reports lie, its estimate with both intervals, and what could not be estimated."""
    shown = {words: address for words, address in named.items() if address}
    pairs({"run": answer["run"], "state": answer["state"], "requested by": answer["requested_by"], **shown})
    if answer["estimate"] is not None:
        valid = between(answer["valid_low"], answer["valid_high"])
        pointwise = between(answer["ci_low"], answer["ci_high"])
        claim = f"interval valid at every look {valid}, pointwise {pointwise}"
        say(f"estimate  {figure(answer['estimate'])}  {claim}  n {answer['n']}")
    for missing in answer.get("not_estimable", ()):
        say(missing)


def show_explored(answer: dict[str, Any]) -> None:
    """Print figures, report and findings of an exploratory run, and that there is nothing to sign."""
    show_head(answer, {"report": answer.get("report")})
    for finding in answer["findings"]:
        say(f"{finding['step']}: {finding['gate']} of {finding['subject']}: {finding['message']}")
    for message in answer["messages"]:
        say(message)
    say(f"\nNext: {answer['next']}")
