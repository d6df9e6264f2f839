"""Sections: a part of a stored JSON document, read by type."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from medicore.errors import IntegrityError


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping in a stored JSON document; ``place`` and ``advice`` say in errors where it stands and what to do.

    Every reading raises IntegrityError when the key is missing or holds another type; what is stored is never shown.
    """

    place: str
    values: Mapping[str, Any]
    advice: str

    def has(self, key: str) -> bool:
        """Say whether the key holds anything; null is nothing."""
        return self.values.get(key) is not None

    def text(self, key: str) -> str:
        """Return a text."""
        found = self.values.get(key)
        return found if isinstance(found, str) else self._missing("text", key)

    def text_or_none(self, key: str) -> str | None:
        """Return a text, or None where there is none."""
        return self.text(key) if self.has(key) else None

    def count(self, key: str) -> int:
        """Return a whole number."""
        found = self.values.get(key)
        if isinstance(found, bool) or not isinstance(found, int):
            self._missing("whole number", key)
        return found

    def number(self, key: str) -> float:
        """Return a number, as it is stored: whole ones stay whole."""
        found = self.values.get(key)
        if isinstance(found, bool) or not isinstance(found, int | float):
            self._missing("number", key)
        return found

    def number_or_none(self, key: str) -> float | None:
        """Return a number, or None where there is none."""
        return self.number(key) if self.has(key) else None

    def flag(self, key: str) -> bool:
        """Return true or false."""
        found = self.values.get(key)
        return found if isinstance(found, bool) else self._missing("true or false", key)

    def content(self, key: str) -> bytes:
        """Return the bytes that a text holds in base64."""
        try:
            return base64.b64decode(self.text(key))
        except ValueError:
            self._missing("base64", key)

    def part(self, key: str) -> "Section":
        """Return the section under a key."""
        found = self.values.get(key)
        if not isinstance(found, Mapping):
            self._missing("section", key)
        return Section(f"{self.place}, {key}", found, self.advice)

    def parts(self, key: str) -> tuple["Section", ...]:
        """Return the sections in the list under a key."""
        found = self.values.get(key)
        if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
            self._missing("list of sections", key)
        return tuple(
            Section(f"{self.place}, {key} {number}", item, self.advice)
            for number, item in enumerate(found, start=1)
        )

    def texts(self, key: str) -> Mapping[str, str]:
        """Return the mapping of texts under a key."""
        part = self.part(key)
        return {name: part.text(name) for name in part.values}

    def _missing(self, kind: str, key: str) -> NoReturn:
        raise IntegrityError(
            f"{self.place} has no {kind} {key!r}; expected the one that was recorded; {self.advice}"
        )
