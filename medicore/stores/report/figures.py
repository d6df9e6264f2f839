"""The figures of a report's rendition in HTML, each as a file of its own in SVG."""

import re
from xml.parsers import expat

from medicore.errors import ConfigurationError

_FIGURE = re.compile(
    r'<figure class="exhibit" id="figure-(?P<number>[0-9-]+)"><figcaption>(?P<caption>.*?)</figcaption>'
    r'(?:<div class="scroll"[^>]*>)?'
    r"(?P<head><svg\b[^>]*>)(?P<body>.*?</svg>)",
    re.DOTALL,
)
_BOX = re.compile(r'viewBox="0 0 (?P<width>[0-9.]+) (?P<height>[0-9.]+)"')
_TAG = re.compile(r"<[^<>]*>")
_ISOLATED = re.compile(r"</?bdi>")


def figures_of(page: bytes, run: str) -> dict[str, bytes]:
    """Return the figures of the rendition ``page`` of ``run`` by file name, as figure_14.2.1.svg.

    Each has its size in points, its number, caption and run as title, and its description for screen readers.

    Raises
    ------
    ConfigurationError
        When the page has a figure that is not well-formed as a file of its own.
    """
    # An attribute of HTML may contain tags that one of XML may not: the isolation of right-to-left words.
    text = _ISOLATED.sub("", page.decode("utf-8"))
    return {
        f"figure_{found['number'].replace('-', '.')}.svg": _file(found, run)
        for found in _FIGURE.finditer(text)
    }


def _file(found: re.Match[str], run: str) -> bytes:
    head = _BOX.sub(r'\g<0> width="\g<width>pt" height="\g<height>pt"', found["head"])
    title = f"<title>{_TAG.sub('', found['caption']).strip()} ({run})</title>"
    made = f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{title}{found["body"]}\n'.encode()
    try:
        expat.ParserCreate().Parse(made, True)
    except expat.ExpatError as error:
        raise ConfigurationError(
            f"figure {found['number'].replace('-', '.')} of {run} is no well-formed SVG ({error}); expected one; read it "
            "in the report"
        ) from None
    return made
