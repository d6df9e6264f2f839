"""How a delivered file is to be read: its encoding, delimiter, decimal mark and row names, as its manifest declares them."""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from medicore.errors import DataError

ENCODINGS = (
    "utf-8", "utf-16", "windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1257",
    "iso-8859-1", "iso-8859-2", "iso-8859-9", "iso-8859-15", "us-ascii", "macintosh", "shift_jis", "euc-jp", "gb18030",
    "big5", "euc-kr",
)  # fmt: skip
"""The encodings that can be declared, by their IANA names."""

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
"""The delimiters that can be declared, and their names in the plural."""

NAMED_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
"""The delimiters by the names that a person can type."""

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

Encoding = Annotated[str, Field(pattern="^(" + "|".join(ENCODINGS) + ")$")]


class Reading(BaseModel):
    """The statements of a manifest about a file that cannot be proved from its bytes alone.

    ``delimiter`` is None when nothing is declared: then commas separate, or what the file's own first line
    (``sep=;``) names. ``row_names`` says that each row begins with a name of the row, which holds no data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: Encoding = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] = "."
    row_names: bool = False

    @property
    def declared_encoding(self) -> str | None:
        """The encoding that was declared, None when none was."""
        return self.encoding if "encoding" in self.model_fields_set else None

    @model_serializer(mode="wrap")
    def _declared(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in write(self).items() if key in self.model_fields_set}

    @property
    def words(self) -> str:
        """The reading in words: encoding, what separates columns, decimal mark, and row names where there are any."""
        between = DELIMITERS[self.delimiter] if self.delimiter else "commas"
        marks = f"{self.encoding}, {between}, decimal {'comma' if self.decimal == ',' else 'point'}"
        return f"{marks}, row names" if self.row_names else marks


PLAIN = Reading()
"""UTF-8, commas, decimal points, no row names."""


def decoded(data: bytes, name: str, encoding: str) -> str:
    """Return the characters of ``data``; a byte-order mark is left out; ``name`` names the file in error messages.

    Raises
    ------
    DataError
        When the bytes are not in this encoding, or their byte-order mark or their form shows another one.
    """
    mark = next((found for start, found in _MARKS.items() if data.startswith(start)), None)
    if mark == "utf-16" and encoding != "utf-16":
        raise DataError(
            f"{name} begins with the byte-order mark of UTF-16; expected {encoding}; declare its encoding as utf-16 in "
            "the manifest ('medicore edc manifest --encoding utf-16'), or have it exported in UTF-8"
        )
    if encoding == "utf-16" and mark != "utf-16":
        raise DataError(
            f"{name} has no byte-order mark of UTF-16; expected one, by its declared encoding; declare the encoding that "
            "it has"
        )
    if encoding != "utf-8" and mark != "utf-16" and _is_utf8(data):
        raise DataError(
            f"{name} is UTF-8 and has characters outside of ASCII; expected {encoding}, which its manifest declares; "
            "declare the encoding that it has"
        )
    try:
        return data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        # Not chained: the cause would carry the whole file into a traceback.
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name} has a character at byte {error.start}, line {line}, that is not {encoding}; expected {encoding}; "
            "declare its encoding in the manifest ('medicore edc manifest --encoding windows-1252'), or have it exported "
            "in UTF-8"
        ) from None


def _is_utf8(data: bytes) -> bool:
    """Return whether the bytes are UTF-8 with letters of several bytes; by chance, text in another encoding is not."""
    if data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
