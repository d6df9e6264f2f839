"""pdf_text: the text of a PDF that Typst made, its glyph codes read through each font's ToUnicode map."""

import re
from collections.abc import Iterator
from io import BytesIO

import pikepdf

_OF_TEXT = "Tf Tj TJ"
"""The operators that choose a font and show text."""
_BLOCK = re.compile(r"begin(bfchar|bfrange)\s(.*?)end", re.DOTALL)
_PAIR = re.compile(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_RANGE = re.compile(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")


def pages_of(pdf: bytes) -> list[str]:
    """Return the text of each page without blanks, so that line breaks do not matter. A letter without a map is U+FFFD."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return [tight("".join(_drawn(page, page.resources))) for page in document.pages]


def text_of(pdf: bytes) -> str:
    """Return the text of the whole document without blanks."""
    return "".join(pages_of(pdf))


def mark_text(form: pikepdf.Object) -> str:
    """Return the text of the mark of a signature without blanks: the page that its appearance draws."""
    return tight("".join(_drawn(form.Resources.XObject.Mark, form.Resources.XObject.Mark.Resources)))


def tight(text: str) -> str:
    """Return a text as ``text_of`` returns it."""
    return re.sub(r"[\s\u200b\u200e\u2067\u2069]", "", text)


def _drawn(content: pikepdf.Page | pikepdf.Object, resources: pikepdf.Object) -> Iterator[str]:
    fonts = resources.get("/Font", pikepdf.Dictionary())
    maps = {name: _unicode_map(font) for name, font in fonts.items()}
    current: dict[int, str] = {}
    for one in pikepdf.parse_content_stream(content, _OF_TEXT):
        operator, operands = str(one.operator), one.operands
        if operator == "Tf":
            current = maps[str(operands[0])]
        else:
            for part in operands[0] if operator == "TJ" else operands[:1]:
                if isinstance(part, pikepdf.String):
                    yield _decoded(bytes(part), current)


def _decoded(codes: bytes, known: dict[int, str]) -> str:
    return "".join(
        known.get(int.from_bytes(codes[i : i + 2], "big"), "\ufffd") for i in range(0, len(codes), 2)
    )


def _unicode_map(font: pikepdf.Object) -> dict[int, str]:
    found: dict[int, str] = {}
    if "/ToUnicode" not in font:
        return found
    for kind, body in _BLOCK.findall(font.ToUnicode.read_bytes().decode("latin-1")):
        if kind == "bfchar":
            found |= {int(code, 16): _text(value) for code, value in _PAIR.findall(body)}
            continue
        for first, last, value in _RANGE.findall(body):
            start = int(value, 16)
            found |= {
                code: chr(start + code - int(first, 16)) for code in range(int(first, 16), int(last, 16) + 1)
            }
    return found


def _text(value: str) -> str:
    return bytes.fromhex(value).decode("utf-16-be")
