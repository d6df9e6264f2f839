"""Which characters a report can print: those of the fonts that are embedded in it."""

import unicodedata
from collections.abc import Iterator, Mapping

from medicore.errors import ProtocolError
from medicore.records.protocol.protocol import Protocol

PRINTABLE = (
    (0x0020, 0x007E), (0x00A0, 0x00AC), (0x00AE, 0x024F), (0x0386, 0x0386), (0x0388, 0x038A), (0x038C, 0x038C),
    (0x038E, 0x03A1), (0x03A3, 0x03FF), (0x0400, 0x0482), (0x048A, 0x04FF), (0x05D0, 0x05EA), (0x060C, 0x060C), (0x061B, 0x061B), (0x061F, 0x064A),
    (0x0660, 0x066F), (0x0671, 0x06D5), (0x06EE, 0x06FC), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x2030, 0x203A),
    (0x2070, 0x2071), (0x2074, 0x208E), (0x20AC, 0x20AC), (0x2116, 0x2116), (0x2122, 0x2122), (0x2150, 0x2151),
    (0x2153, 0x215E), (0x2190, 0x22FF),
)  # fmt: skip
"""The ranges of code points that the report's fonts have; the template prints any other character as its code point."""

_NOT_PRINTED = frozenset({"edc", "seed"})
"""The keys of a protocol that no report prints."""


def require_printable(protocol: Protocol) -> None:
    """Raise ProtocolError when a text of the protocol has a character that the report's fonts lack.

    It is asked before a run begins. A report that prints code points in place of a title helps nobody.
    """
    for key, text in _texts("", {k: v for k, v in protocol.as_json().items() if k not in _NOT_PRINTED}):
        lacking = [letter for letter in unicodedata.normalize("NFC", text) if not _has(letter)]
        if lacking:
            raise ProtocolError(
                f"the protocol of {protocol.study} has {len(lacking)} character(s) in {key} that the report's fonts lack, "
                f"the first U+{ord(lacking[0]):04X}; expected Latin, Greek, Cyrillic, Hebrew or Arabic letters; write it in "
                "one of these"
            )


def _has(letter: str) -> bool:
    return letter in "\n\t" or any(low <= ord(letter) <= high for low, high in PRINTABLE)


def _texts(key: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield every text of a JSON value with its dotted key."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts(f"{key}.{name}" if key else name, part)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts(f"{key}.{index}", part)
