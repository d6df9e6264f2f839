"""From a printed number to its place: finds the results that are printed as this number after rounding."""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medicore.errors import ProtocolError
from medicore.records.results.paths import leaves_of
from medicore.records.results.tracing import Trace

_NUMBER = re.compile(
    r"(?P<below><?)(?P<sign>-?)(?P<digits>\d+(?:\.(?P<decimals>\d+))?)(?:e(?P<exponent>[-+]\d{1,3}))?(?P<percent>%?)"
)
_IN_TEXT = re.compile(r"(?<![\w.,-])-?\d[\d,]*(?:\.\d+)?(?![\w-]|\.\d)")
TOLD = frozenset({"conversion", "expected", "message", "note", "statistic", "threshold", "variance", "words"})
"""The texts of the results that are words with numbers in them, or a number as a gate tells it, and are printed as such."""
_FIRST = (
    "primary.",
    "calibration.",
    "monitoring.",
    "harms.",
    "safety.",
    "secondary.",
    "families.",
    "change.",
    "evalue.",
    "tipping.",
    "balance.",
    "cohort.",
)
"""The parts of the results in which a reader's number most likely is; the others follow in the order of the results."""


@dataclass(frozen=True, slots=True)
class PrintedNumber:
    """A number as printed: its absolute value, its number of decimals, and whether it is a percentage.

    ``exponent`` is that of a number such as 1.16e−15, None without one. ``below`` says that it is a bound, as in <0.0001.
    """

    digits: str
    decimals: int
    negative: bool
    percent: bool
    exponent: int | None = None
    below: bool = False

    def reads_like(self, value: float) -> bool:
        """Return whether ``value`` is printed as this number after rounding to the same decimals.

        A percentage matches both a proportion between 0 and 1 and a value in percent.
        """
        if not math.isfinite(value):
            return False
        if self.below:
            return 0 <= value < self._bound
        if self.exponent is not None:
            shown = f"{abs(value):.{self.decimals}e}"
            return float(shown) == self.size and (value < 0) == self.negative
        sizes = [value, 100 * value] if self.percent else [value]
        return any(
            (f"{abs(size):.{self.decimals}f}" == self.digits and (size < 0) == self.negative)
            or float(self.digits) == 0 == round(size, self.decimals)
            for size in sizes
        )

    @property
    def size(self) -> float:
        """The absolute value of the printed number, of a percentage in percent."""
        return float(f"{self.digits}e{self.exponent or 0}")

    @property
    def _bound(self) -> float:
        """The share, or the number, that a value printed as below it lies under."""
        return self.size / 100 if self.percent else self.size

    def spans(self) -> tuple[tuple[float, float], ...]:
        """Return intervals, as lowest and highest value, that hold every value which can be printed as this number.

        They are slightly wider than the rounding, so ``reads_like`` decides at their ends.
        """
        size = self.size
        if self.below:
            return ((0.0, self._bound),)
        reach = 0.5 * 10.0 ** ((self.exponent or 0) - self.decimals) * (1 + 1e-6) + size * 1e-12
        middle = -size if self.negative else size
        low, high = middle - reach, middle + reach
        return ((low, high), (low / 100, high / 100)) if self.percent else ((low, high),)


@dataclass(frozen=True, slots=True)
class Place:
    """A path of ``results.json``, its value, and the meaning of the value."""

    path: str
    value: float
    definition: str


def printed_number(text: str) -> PrintedNumber:
    """Return the number in ``text``, such as ``3.37``, ``−1,204.5``, ``22.5 %``, ``1.16e−15`` or ``<0.0001``.

    Thousands may be separated by commas or blanks, and the minus sign may be typographic. Raises ProtocolError when
    the text is not exactly one number.
    """
    plain = re.sub(r"[\s\u00a0\u202f,]", "", text.replace("\u2212", "-"))
    found = _NUMBER.fullmatch(plain)
    if found is None:
        raise ProtocolError(
            f"{text[:40]!r} is not one number as printed; expected digits as in 3.37, -1,204.5, 22.5 %, 1.2e-15 or <0.0001"
        )
    return PrintedNumber(
        digits=found["digits"],
        decimals=len(found["decimals"] or ""),
        negative=found["sign"] == "-",
        percent=found["percent"] == "%",
        exponent=None if found["exponent"] is None else int(found["exponent"]),
        below=found["below"] == "<",
    )


def places_of(results: Mapping[str, Any], text: str) -> tuple[Place, ...]:
    """Return what ``PrintedResults.places`` returns; for many numbers of the same results, make that once."""
    return PrintedResults(results).places(text)


class PrintedResults:
    """Results in the order of their values, so that many printed numbers are looked up in them quickly."""

    def __init__(self, results: Mapping[str, Any]) -> None:
        self._trace = Trace.of(results)
        self._numbers = _Values(numbers_of(results))
        self._told = _Values(told_in(results))

    def places(self, text: str) -> tuple[Place, ...]:
        """Return the places that a printed number can come from, the likeliest first, and then the sentences that tell it.

        Only results with an origin count, and each path appears once. Raises ProtocolError when the text is not a
        number, or no result is printed as this number.
        """
        number, define = printed_number(text), self._trace.definition
        found = [Place(path, value, define(path)) for path, value in self._numbers.like(number)]
        found.sort(key=lambda place: likelihood(place.path))
        told = dict(self._told.like(number))
        found += [Place(path, value, define(path)) for path, value in told.items()]
        if not found:
            raise ProtocolError(
                f"no result of the run is printed as {text[:40]!r}; expected a number of its report; give all printed "
                "digits, or a path of results.json"
            )
        return tuple(found)


class _Values:
    """Values with their paths, sorted by value."""

    def __init__(self, held: Iterable[tuple[str, float]]) -> None:
        self._held = [(path, value) for path, value in held if math.isfinite(value)]
        self._order = sorted(range(len(self._held)), key=lambda place: self._held[place][1])
        self._sorted = [self._held[place][1] for place in self._order]

    def like(self, number: PrintedNumber) -> list[tuple[str, float]]:
        """Return the values that are printed as ``number``, with their paths, in the order in which they were given."""
        places: set[int] = set()
        for low, high in number.spans():
            places.update(self._order[bisect_left(self._sorted, low) : bisect_right(self._sorted, high)])
        return [self._held[place] for place in sorted(places) if number.reads_like(self._held[place][1])]


def numbers_of(results: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """Return every number of the results that has an origin, with its path, in the order of the results."""
    first = Trace.of(results).parts
    return tuple(
        (path, float(value))
        for part, section in results.items()
        if part in first
        for path, value in leaves_of(section, part)
        if path != part and isinstance(value, int | float) and not isinstance(value, bool)
    )


def told_in(results: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield every number that a sentence of the results tells, such as a note or the message of a finding, with its path."""
    first = Trace.of(results).parts
    for part, section in results.items():
        for path, text in leaves_of(section, part) if part in first else ():
            if isinstance(text, str) and path.split(".")[-1] in TOLD:
                for number in _IN_TEXT.findall(text):
                    yield path, float(number.replace(",", ""))


def within(places: Iterable[Place], paths: Iterable[str]) -> tuple[Place, ...]:
    """Return the places at or below one of the ``paths``."""
    above = tuple(f"{path}." for path in paths)
    return tuple(place for place in places if f"{place.path}.".startswith(above))


def same_number(places: Sequence[Place]) -> bool:
    """Return whether all places hold the same number to twelve digits."""
    return len({f"{place.value:.12g}" for place in places}) == 1


def likelihood(path: str) -> tuple[int, int]:
    """Return the rank of the part of the results that a path is in, and the depth of the path."""
    rank = next((rank for rank, part in enumerate(_FIRST) if path.startswith(part)), len(_FIRST))
    return rank, path.count(".")
