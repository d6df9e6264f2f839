"""Reads every number of the results out of a rendered report, and looks each up by itself and by the references with it.

Which numbers come from the results is found by rendering the report of other results too, in which every number is moved:
what reads otherwise then is theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medicore.errors import ProtocolError
from tests.quarto_templates.numbers.unit import Unit, cited_together


@dataclass(frozen=True, slots=True)
class Rendered:
    """A number as it is read, the unit in which it stands, and the numbers of the references with it."""

    text: str
    unit: str
    references: tuple[int, ...]


def rendered_numbers(units: Sequence[Unit], of_other_results: Sequence[Unit]) -> list[Rendered]:
    """Return every number that a report prints from its results; AssertionError when the two reports differ in shape."""
    found: list[Rendered] = []
    for one, other in zip(cited_together(units), cited_together(of_other_results), strict=True):
        here, there = one.numbers, other.numbers
        if len(here) != len(there):
            raise AssertionError(f"{one.text[:300]!r} is {other.text[:300]!r} with other results")
        pairs = zip(here, there, strict=True)
        found += [Rendered(text, one.text, one.references) for text, moved in pairs if text != moved]
    return found


def lost(
    numbers: Sequence[Rendered],
    places: Callable[[str], Sequence[str]],
    path_of: Callable[[str], str],
) -> list[str]:
    """Return what cannot be looked up: numbers that lead to no place, or to none of those to which the references lead.

    ``places`` returns the paths of a printed number, ``path_of`` that of a reference such as R12.
    """
    found = []
    for number in numbers:
        try:
            paths = places(number.text)
        except ProtocolError as error:
            found.append(f"{number.text} in {number.unit[:120]!r}: {error}")
            continue
        cited = [path_of(f"R{one}") for one in number.references]
        if not any(path == place or path.startswith(f"{place}.") for path in paths for place in cited):
            found.append(
                f"{number.text} in {number.unit[:120]!r} is {paths[0]}, and beside it is cited {cited[:3]}"
            )
    return found
