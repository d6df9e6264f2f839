"""Printed names that readers take for one another: the same name again, or one written with look-alike letters."""

import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from medicore.records.people.people import Person

LOOK_ALIKES: Mapping[str, str] = MappingProxyType(
    {
        **dict(zip("АВЕЅІЈКМНОРСТУХԚԜѴҮӀԌЬ", "ABESIJKMHOPCTYXQWVYlGb", strict=True)),  # Cyrillic capitals
        **dict(zip("аеѕіјорсухһԁԛԝгѡѵүҽӏ", "aesijopcyxhdqwrwvyel", strict=True)),  # Cyrillic small letters
        **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧͿϜϹϺ", "ABEZHIKMNOPTYXJFCM", strict=True)),  # Greek capitals
        **dict(zip("αιορυνγσϲϳ", "aiopuvyocj", strict=True)),  # Greek small letters
    }
)
"""Cyrillic and Greek letters that look like one Latin letter: all that confusables.txt of Unicode UTS #39, section 4, has."""

_TABLE = {ord(letter): latin for letter, latin in LOOK_ALIKES.items()}
_STROKES = str.maketrans("I1|0", "lllO")
"""Latin letters and digits that many fonts draw alike, in the same table."""
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")


def skeleton(name: str) -> str:
    """Return what two names have in common that look alike: one form, without case, blanks and look-alike letters."""
    return "".join(unicodedata.normalize("NFKC", _latin(name).casefold()).split())


def alike(one: str, other: str) -> bool:
    """Return whether a reader may take two printed names for the same, with the case of letters or without it."""
    if skeleton(one) == skeleton(other):
        return True
    drawn = ["".join(_latin(name).translate(_STROKES).split()) for name in (one, other)]
    return drawn[0] == drawn[1]


def _latin(name: str) -> str:
    """Return a name in one form with Latin letters for what looks like them; letters are looked up before and after."""
    return unicodedata.normalize("NFKC", name.translate(_TABLE)).translate(_TABLE)


def mixed_words(name: str) -> tuple[str, ...]:
    """Return the words of a name whose letters are of two scripts among Latin, Cyrillic and Greek (UTS #39, section 5)."""
    return tuple(word for word in name.split() if len(_scripts(word)) > 1)


def name_warnings(people: Mapping[str, Person], identifier: str) -> Iterator[str]:
    """Yield what a reader must know of a person's printed name: whose name it resembles, and mixed scripts in it."""
    person = people[identifier]
    for other in people.values():
        if other.identifier != identifier and alike(person.name, other.name):
            how = "is also that" if person.name == other.name else "looks like that"
            yield f"the printed name {person.name!r} {how} of {other.identifier}; tell them apart by their identifiers"
    for word in mixed_words(person.name):
        yield f"the word {word!r} of the printed name mixes scripts; expected one; have the name corrected"


def _scripts(word: str) -> set[str]:
    names = (unicodedata.name(letter, "") for letter in word if letter.isalpha())
    return {script for name in names for script in _SCRIPTS if name.startswith(f"{script} ")}
