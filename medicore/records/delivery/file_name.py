"""Names of delivered files, as sites write them: any letters, blanks and brackets, and never a way out of the folder."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

LEFT_OUT = (".DS_Store", "Thumbs.db", "desktop.ini")
"""Files that operating systems put into folders by themselves."""


def is_left_out(name: str) -> bool:
    """Return whether a file is none of the delivery: an operating system or an office program put it there."""
    return name in LEFT_OUT or name.startswith(("~$", "._"))


def _safe(name: str) -> str:
    parts = {"/", "\\", "\0"} & set(name)
    if parts or name.startswith(".") or name.endswith(".") or name != name.strip() or not name.isprintable():
        raise ValueError(
            "a file's name has a slash, a backslash, a control character, or begins or ends with a point or blank"
        )
    if unicodedata.normalize("NFC", name) != name:
        raise ValueError("a file's name is not in Unicode's composed form (NFC); rename it")
    if any(mark in name for mark in '<>:"|?*'):
        raise ValueError("a file's name has one of < > : \" | ? *, which not every system can write")
    return name


FileName = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_safe)]
"""The name of one file: no path, nothing hidden, and a name that every file system can hold."""
