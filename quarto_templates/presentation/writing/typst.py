"""Typst source from Python values. Every text becomes a string literal, so data can never become code.

The source objects keep their components (words, a call and its arguments, a sequence of parts), so that
presentation/writing/html.py can write the same content as HTML, and each section is written once.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:()-")

# The characters of the embedded fonts (Libertinus Serif, Noto Naskh Arabic, DejaVu Sans Mono). PDF/A forbids characters
# that the fonts lack, so these are printed as their code points. A test compiles every range.
PRINTABLE = (
    (0x0020, 0x007E),
    (0x00A0, 0x00AC),  # without the soft hyphen
    (0x00AE, 0x024F),
    (0x0386, 0x0386),
    (0x0388, 0x038A),
    (0x038C, 0x038C),
    (0x038E, 0x03A1),
    (0x03A3, 0x03FF),
    (0x0400, 0x0482),  # without combining marks here and below
    (0x048A, 0x04FF),
    (0x05D0, 0x05EA),
    (0x060C, 0x060C),
    (0x061B, 0x061B),
    (0x061F, 0x064A),
    (0x0660, 0x066F),
    (0x0671, 0x06D5),
    (0x06EE, 0x06FC),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2027),
    (0x2030, 0x203A),
    (0x2070, 0x2071),
    (0x2074, 0x208E),
    (0x20AC, 0x20AC),
    (0x2116, 0x2116),
    (0x2122, 0x2122),
    (0x2150, 0x2151),
    (0x2153, 0x215E),
    (0x2190, 0x22FF),
)
_BLANKS = re.compile(r"[^\S\u00a0]+")
_LONG_WORD = 18
_LONG_RUN = 32
_PIECE = 12
_BREAKABLE_AFTER = frozenset("_/")
_ZERO_WIDTH_SPACE = "\u200b"
_LEFT_TO_RIGHT = "\u200e"
_ISOLATE, _END_OF_ISOLATE = "\u2067", "\u2069"
RIGHT_TO_LEFT_RUN = re.compile("[\u0590-\u06ff](?:[\u0590-\u06ff0-9 ]*[\u0590-\u06ff])?")
"""Words that are read from right to left, with the numbers between them."""


class Code(str):
    """Typst source, used without escaping. Only this package creates it; it never holds data."""

    __slots__ = ()


class Words(Code):
    """A string literal, the ``words`` that it prints, and whether they are set ``from_right`` to left as a whole."""

    __slots__ = ("from_right", "words")
    words: str
    from_right: bool


class Joined(Code):
    """Content that consists of several ``parts``, one after another."""

    __slots__ = ("parts",)
    parts: "tuple[Value, ...]"


class Call(Code):
    """A call, with the name of its ``function``, its positional ``arguments`` and its ``named`` arguments."""

    __slots__ = ("arguments", "function", "named")
    function: str
    arguments: "tuple[Value, ...]"
    named: "Mapping[str, Value]"


class Block(str):
    """A raw Typst block for the Markdown document, and the ``calls`` that it makes."""

    __slots__ = ("calls",)
    calls: tuple[Code, ...]

    def __add__(self, other: str) -> str:
        """Return both, one after the other; the result is a block only if the other is a block or empty."""
        both = str(self) + str(other)
        if not isinstance(other, Block):
            return both if other else self
        made = Block(both)
        made.calls = (*self.calls, *other.calls)
        return made


Value = str | int | float | bool | None | Iterable["Value"] | Mapping[str, "Value"]


def printable(text: str) -> str:
    """Return ``text`` on one line; characters that the fonts lack, or that control direction, become U+XXXX."""
    line = _BLANKS.sub(" ", unicodedata.normalize("NFC", text))
    return "".join(character if _can_print(character) else f"U+{ord(character):04X}" for character in line)


@functools.lru_cache(maxsize=8192)
def literal(text: str, *, breakable: bool = True) -> Words:
    """Return a Typst string literal of ``text`` in ASCII, without characters that Quarto or pandoc could interpret.

    Quarto looks for shortcodes in raw blocks too, and backticks end a fence. So all characters except letters, digits
    and a few signs are written as code points. Long words get optional line breaks unless ``breakable`` is False. A
    mark after right-to-left words keeps a following number in its place. A report prints most texts many times; each is
    written once.
    """
    shown = words = printable(text)
    if breakable:
        shown = " ".join(_with_breaks(word) for word in shown.split(" "))
    return _literally(RIGHT_TO_LEFT_RUN.sub(lambda run: run[0] + _LEFT_TO_RIGHT, shown), words)


def directed(title: str) -> Words:
    """Return the literal of a text that stands alone: one in Arabic or Hebrew is set from right to left as a whole."""
    shown = printable(title)
    return (
        _literally(_ISOLATE + shown + _END_OF_ISOLATE, shown) if reads_from_right(shown) else literal(title)
    )


def reads_from_right(text: str) -> bool:
    """Return whether a text is read from right to left: it begins so, and most of its letters are such."""
    directions = [kind for kind in map(unicodedata.bidirectional, text) if kind in {"L", "R", "AL"}]
    return bool(directions) and directions[0] != "L" and 2 * directions.count("L") <= len(directions)


def source(value: Value) -> str:
    """Return a Python value as Typst source."""
    if isinstance(value, Code):
        return value
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{name.replace('_', '-')}: {source(item)}" for name, item in value.items())
        return f"({pairs})" if pairs else "(:)"
    items = "".join(f"{source(item)}, " for item in value)
    return f"({items})"


def call(function: str, *arguments: Value, **named: Value) -> Call:
    """Return the source of a function call; an underscore in a parameter's name stands for Typst's hyphen."""
    given = [source(argument) for argument in arguments]
    given += [f"{name.replace('_', '-')}: {source(value)}" for name, value in named.items()]
    made = Call(f"{function}({', '.join(given)})")
    made.function, made.arguments, made.named = function, arguments, named
    return made


def shortened(text: str, most: int) -> str:
    """Return ``text``; if it is longer than ``most`` characters, return its beginning and an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def told_apart(texts: Sequence[str], most: int) -> list[str]:
    """Return the texts as ``shortened``; where that makes two of them alike, what they differ in follows an ellipsis."""
    made = [shortened(text, most) for text in texts]
    return [
        short if len(alike) == 1 else _from_difference(text, alike, most)
        for text, short in zip(texts, made, strict=True)
        for alike in [{other for other, cut in zip(texts, made, strict=True) if cut == short}]
    ]


def _from_difference(text: str, alike: set[str], most: int) -> str:
    """Return the beginning of a text, and its part from the word that tells it from the one most like it."""
    same = max(_begin_alike(text, other) for other in alike - {text})
    word = text.rfind(" ", 0, same) + 1
    first = text[: most // 2].rstrip()
    return f"{first}… {shortened(text[max(word, same - most // 4) :], most - len(first) - 2)}"


def _begin_alike(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def joined(*parts: Value) -> Joined:
    """Return the source of content that consists of several parts, one after another."""
    made = Joined(source(list(parts)) + ".join()")
    made.parts = parts
    return made


def mono(text: str) -> Code:
    """Return the source of text in the fixed-width font, without added line breaks, because readers copy and compare it."""
    return call("mono", literal(text, breakable=False))


def block(*calls: Code) -> Block:
    """Return a raw block for the Markdown document that makes these calls in order."""
    lines = "\n".join(f"#{code}" for code in calls)
    made = Block(f"\n```{{=typst}}\n{lines}\n```\n")
    made.calls = calls
    return made


def _literally(shown: str, words: str, *, from_right: bool = False) -> Words:
    points = (character if character in PLAIN else f"\\u{{{ord(character):x}}}" for character in shown)
    made = Words(f'"{"".join(points)}"')
    made.words, made.from_right = words, from_right
    return made


@functools.cache
def _can_print(character: str) -> bool:
    point = ord(character)
    return any(first <= point <= last for first, last in PRINTABLE)


def _with_breaks(word: str) -> str:
    if len(word) <= _LONG_WORD:
        return word
    made, run = [], 0
    for character in word:
        made.append(character)
        run += 1
        long_run = len(word) > _LONG_RUN and run >= _PIECE
        if character in _BREAKABLE_AFTER or long_run:
            made.append(_ZERO_WIDTH_SPACE)
            run = 0
    return "".join(made)


def _decimal(value: float) -> str:
    """Return a finite number without an exponent; six decimals are enough for positions."""
    if value != value or value in {float("inf"), float("-inf")}:
        raise ValueError("a position in a figure is not finite")
    return f"{value:.6f}".rstrip("0").rstrip(".") or "0"
