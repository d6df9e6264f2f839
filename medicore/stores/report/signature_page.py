"""The signature page of a report: its number, and the place of the next mark on it."""

from collections.abc import Sequence
from io import BytesIO
from math import ceil, floor
from typing import Any

from medicore.errors import ConfigurationError

DESTINATION = "signatures"
"""The named destination of the signature page: its heading in the template."""
MILLIMETRE = 72 / 25.4
MARGIN = 25 * MILLIMETRE
"""Margin of the signature page at the left, at the right and at the bottom; ``style.typ`` sets it."""
FRAME_HEIGHT = 165 * MILLIMETRE
"""Height of the frame at the foot of the signature page, in points; ``style.typ`` draws it."""
INSET = 5 * MILLIMETRE
"""Distance of the marks from the frame's left and right edges."""

_TITLE = 11 * MILLIMETRE
_NOTE = 9 * MILLIMETRE
_GAP = 3 * MILLIMETRE


def signature_page(reader: Any) -> tuple[int, float]:  # noqa: ANN401 - a pyHanko reader
    """Return number and width of the page with the heading of the signatures."""
    found = _destination(reader.root.get("/Names", {}).get("/Dests", {}))
    if found is None:
        raise ConfigurationError(
            "the report has no signature page; expected a heading 'Signatures' in the template; correct it"
        )
    page = found.raw_get(0)
    for number in range(int(reader.root["/Pages"]["/Count"])):
        if reader.find_page_for_modification(number)[0].reference == page.reference:
            box = page.get_object().get("/MediaBox") or reader.root["/Pages"]["/MediaBox"]
            return number, float(box[2]) - float(box[0])
    raise ConfigurationError("the signature page is not a page of the report; correct the template")


def _destination(node: Any) -> Any:  # noqa: ANN401 - dictionary and array of pyHanko
    """Return the destination below a node of the tree of names (ISO 32000-1, 7.9.6), or None."""
    names, kids = node.get("/Names", ()), node.get("/Kids", ())
    for place_of_name in range(0, len(names), 2):
        if str(names[place_of_name]) == DESTINATION:
            found = names[place_of_name + 1]
            return found["/D"] if hasattr(found, "keys") else found
    below = (_destination(kids[number]) for number in range(len(kids)))
    return next((found for found in below if found is not None), None)


def place(mark: bytes, taken: Sequence[Any], page_width: float) -> tuple[int, int, int, int]:
    """Return the place of a mark on the page: in the frame, below the existing marks."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    page = PdfFileReader(BytesIO(mark)).root["/Pages"]["/Kids"][0]
    height = ceil(float(page["/MediaBox"][3]))
    top = floor(min([MARGIN + FRAME_HEIGHT - _TITLE, *(float(field["/Rect"][1]) - _GAP for field in taken)]))
    if top - height < MARGIN + _NOTE:
        raise ConfigurationError(
            f"{len(taken)} signatures leave no room on the signature page; expected {height} points; "
            "sign with a shorter reason"
        )
    return (floor(MARGIN + INSET), top - height, ceil(page_width - MARGIN - INSET), top)
