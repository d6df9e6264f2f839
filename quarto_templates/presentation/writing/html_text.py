"""Texts in HTML: no character of data becomes markup, and what belongs together stays on one line."""

import re

from presentation.writing.typst import PLAIN, RIGHT_TO_LEFT_RUN, printable

# As style.typ has it: what a line break must not part.
_KEPT_TOGETHER = re.compile(r"\d %|\b[a-zA-Z] [=<≤≥] [−\d]|\b(?:Table|Figure|[Ss]ection) \d")


def escaped(text: str) -> str:
    """Return ``text`` for HTML, as it is printed on paper; right-to-left words are isolated from their surroundings."""
    shown = _KEPT_TOGETHER.sub(lambda run: run[0].replace(" ", "\u00a0"), printable(text))
    made, end = [], 0
    for run in RIGHT_TO_LEFT_RUN.finditer(shown):
        made += [_references(shown[end : run.start()]), f"<bdi>{_references(run[0])}</bdi>"]
        end = run.end()
    return "".join([*made, _references(shown[end:])])


def in_attribute(text: str) -> str:
    """Return ``text`` for an attribute of HTML, which holds no tags."""
    return _references(printable(text))


def _references(text: str) -> str:
    return "".join(character if character in PLAIN else f"&#x{ord(character):x};" for character in text)
