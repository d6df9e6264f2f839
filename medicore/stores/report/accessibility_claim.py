"""The claim of a report to be PDF/UA-1, and its withdrawal by the first signature.

The mark of a signature is a form field, and PDF/UA-1 wants each form field within a Form element of the tags (ISO
14289-1, 7.18.4). Tags that a second signature adds would change what the first one signed, and validators refuse that.
So the signed copy does not claim what it does not keep; it begins with the bytes of the report, which does.
"""

import re
from typing import Any

CLAIM = b"<pdfuaid:part>1</pdfuaid:part>"
"""What the metadata of a document of PDF/UA-1 contain (ISO 14289-1, 5)."""

_CLAIM_AND_INDENT = re.compile(rb"[ \t\r\n]*" + re.escape(CLAIM))


def without_claim(metadata: bytes) -> bytes:
    """Return the metadata of a document without its claim to be PDF/UA-1; the same bytes when there is none."""
    return _CLAIM_AND_INDENT.sub(b"", metadata)


def withdraw(writer: Any) -> None:  # noqa: ANN401 - a pyHanko writer
    """Withdraw the claim in the revision that ``writer`` makes; nothing is written when there is none."""
    from pyhanko.pdf_utils.generic import StreamObject

    catalogue = writer.prev.root
    if "/Metadata" not in catalogue:
        return
    stated = catalogue["/Metadata"]
    kept = without_claim(stated.data)
    if kept != stated.data:
        place = catalogue.raw_get("/Metadata").reference
        entries = {key: stated.raw_get(key) for key in ("/Type", "/Subtype")}
        writer.objects[place.generation, place.idnum] = StreamObject(entries, stream_data=kept)
