"""Figures and formulas for HTML: the same Typst drawing as in the PDF, rendered alone as inline SVG.

This is the only file of this package that runs Typst; it is used only for a rendition in HTML.
"""

import hashlib
import re
from typing import Any

from presentation.writing.typst import Code

_PAGE = """#import "/exhibits.typ": *
#set page(width: {width}pt, height: auto, margin: (x: 1pt, y: 3pt), fill: none)
#set text(font: serif, size: 10pt, fill: ink, lang: "en", region: "gb", number-type: "lining", number-width: "tabular",
  hyphenate: false)
#set par(justify: false, leading: 0.5em)
#{body}
"""
_NAMED = re.compile(r'(\bid="|href="#|url\(#)')
_SIZE = re.compile(r' width="[^"]*" height="[^"]*"')


def drawn(body: Code, alternative: str, width: int) -> str:
    """Return a drawing as inline SVG, ``width`` points wide, with its ``alternative`` text as escaped HTML.

    Identifiers in the SVG begin with a digest of the drawing, so different drawings on a page have different ones.
    """
    import typst

    # Typst reads only the template's own files in the working folder.
    fonts: Any = ["fonts"]
    made: bytes = typst.compile(
        _PAGE.format(width=width, body=body).encode(),
        ignore_system_fonts=True,
        font_paths=fonts,
        format="svg",
    )
    prefix = f"d{hashlib.sha256(body.encode()).hexdigest()[:8]}-"
    image = _NAMED.sub(lambda found: found[1] + prefix, made.decode("utf-8"))
    head, _, rest = image.partition(">")
    return f'{_SIZE.sub("", head)} role="img" aria-label="{alternative}">{rest}'
