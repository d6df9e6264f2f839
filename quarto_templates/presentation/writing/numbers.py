"""Numbers as they are printed: with enough digits, a typographic minus sign, and ∞ for infinity."""

import math
import re
from collections.abc import Mapping
from typing import Any

MISSING = "–"
_MINUS = "\u2212"
_SMALLEST_P = 0.0001
_MOST_DECIMALS = 15
_DIVISOR = re.compile(r", ddof [01]\b")
_HYPHEN = re.compile(r"(?<![\w.,-])-(?=\d)|(?<=\w )-(?= \w)")


def plain(variance: str) -> str:
    """Return the name of a variance without the notation of programs."""
    return _DIVISOR.sub("", variance)


def typeset(words: str) -> str:
    """Return words of the results with a minus sign where they have a hyphen before a number, or between two terms."""
    return _HYPHEN.sub(_MINUS, words)


def as_float(value: float | str | None) -> float | None:
    """Return a number of ``results.json``, in which infinities are texts; None stays None."""
    return None if value is None else float(value)


def fixed(value: float | str | None, decimals: int) -> str:
    """Return ``value`` with that many decimals; ``–`` for None, ``∞`` for infinity."""
    number = as_float(value)
    if number is None or math.isnan(number):
        return MISSING
    if math.isinf(number):
        return "∞" if number > 0 else f"{_MINUS}∞"
    text = f"{abs(number):,.{decimals}f}"
    return f"{_MINUS}{text}" if number < 0 and float(text.replace(",", "")) != 0 else text


def count(value: float | None) -> str:
    """Return a count with separated thousands."""
    return fixed(value, 0)


def decimals_for(standard_error: float | str | None) -> int:
    """Return the number of decimals, 0 to 15, that show the standard error with three significant digits."""
    error = as_float(standard_error)
    if error is None or not math.isfinite(error) or error <= 0:
        return 3
    return min(max(2 - math.floor(math.log10(error)), 0), _MOST_DECIMALS)


def smd(value: float | str | None) -> str:
    """Return a standardised mean difference, as each report prints it."""
    return fixed(value, 3)


def c_statistic(value: float | None) -> str:
    """Return a C-statistic, as each report prints it."""
    return fixed(value, 3)


def effective_size(value: float | None) -> str:
    """Return an effective sample size, as each report prints it."""
    return fixed(value, 1)


def in_errors(value: float | None) -> str:
    """Return a number of standard errors, as each report prints it."""
    return fixed(value, 2)


def p_value(value: float | None) -> str:
    """Return a p-value with two significant digits, or ``<0.0001`` for a smaller one."""
    if value is None:
        return MISSING
    return (
        f"<{_SMALLEST_P}" if value < _SMALLEST_P else f"{value:.{max(1 - math.floor(math.log10(value)), 2)}f}"
    )


def p_confirmed(value: float | None, decimals: int) -> str:
    """Return a p-value beside the same one of another implementation: as it is, and never as zero."""
    return p_value(value) if value is None or value == 0 else probability(value, decimals)


def probability(value: float, decimals: int) -> str:
    """Return a probability with that many decimals; as ``7.4e−14`` where these hold fewer than two of its digits."""
    return significant(value, 2) if 0 < value < 10.0 ** (1 - decimals) else fixed(value, decimals)


def spent(value: float | None) -> str:
    """Return a level that looks have spent, with four decimals, or as below them; exactly 0 is nothing spent."""
    return p_value(value) if value is None or 0 < value < _SMALLEST_P else fixed(value, 4)


def p_sentence(value: float | None) -> str:
    """Return a p-value in the form for a sentence."""
    shown = p_value(value)
    return f"p {shown[0]} {shown[1:]}" if shown.startswith("<") else f"p = {shown}"


def percent(share: float | None, decimals: int = 1) -> str:
    """Return a proportion as a percentage; one that is not 0 is never printed as 0, but as below the last decimal."""
    if share is None:
        return MISSING
    shown, least = fixed(100 * share, decimals), 10.0**-decimals
    return f"<{least:.{decimals}f} %" if share > 0 and float(shown.replace(",", "")) == 0 else f"{shown} %"


def with_share(number: float, share: float) -> str:
    """Return a count with its share as a percentage."""
    return f"{count(number)} ({percent(share)})"


def interval(row: Mapping[str, Any], decimals: int) -> str:
    """Return the confidence interval of a result; ``to`` separates its limits, because they can be negative."""
    if row["ci_low"] is None or row["ci_high"] is None:
        return MISSING
    return f"{fixed(row['ci_low'], decimals)} to {fixed(row['ci_high'], decimals)}"


def level(confidence: float) -> str:
    """Return a confidence level in the form that precedes ``CI``."""
    return f"{100 * confidence:g} %"


def significant(value: float | str | None, digits: int = 3) -> str:
    """Return a number with that many significant digits, for tolerances and relative differences."""
    number = as_float(value)
    if number is None or not math.isfinite(number):
        return fixed(number, 0)
    text = f"{number:.{digits}g}"
    return text.replace("-", _MINUS)


def size(value: int) -> str:
    """Return a file size in bytes."""
    return f"{value:,}"


def plural(number: int, noun: str) -> str:
    """Return a count with its noun in singular or plural."""
    return f"{count(number)} {noun if number == 1 else f'{noun}s'}"
