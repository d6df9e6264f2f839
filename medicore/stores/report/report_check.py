"""report_check: the requirements of a report's PDF, proved from the file itself: archival, accessible, closed, marked."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

import pikepdf

from medicore.errors import DataError
from medicore.stores.report.accessibility_claim import CLAIM
from medicore.stores.report.pdf_text import pages_of, tight
from medicore.stores.report.row_headers import elements, kids

STATUSES = ("STATUS: SEE SIGNATURES", "CANDIDATE", "REFERENCE", "EXPLORATORY", "SUMMARY", "EVIDENCE")
"""The words for a report's status; one of them is on every page. Reports of before December 2026 say candidate."""

PORTFOLIO = "portfolio"
"""What a summary of several studies has in place of the study; in place of the run it has the ledger's event."""

_NO_PROGRAM = frozenset({"/FontFile", "/FontFile2", "/FontFile3"})
_INSIDE = frozenset({"/GoTo", "/Named"})
_SCOPES = frozenset({"/Row", "/Column", "/Both"})
_RUN = re.compile(r"^(?P<study>[A-Za-z0-9-]+)/(?P<month>[0-9]{4}-[0-9]{2})/(?P<number>[0-9]+)")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a report: what was expected, and what was found instead; None when it is met."""

    name: str
    expected: str
    found: str | None

    @property
    def met(self) -> bool:
        """Whether the report meets it."""
        return self.found is None


@dataclass(frozen=True, slots=True)
class _Report:
    """A report as it was read: the document, the text of each page, and all its dictionaries and streams."""

    document: pikepdf.Pdf
    pages: list[str]
    dictionaries: tuple[pikepdf.Object, ...]


def check_report(data: bytes) -> tuple[Requirement, ...]:
    """Return every requirement of a report with what was found; ``data`` is the PDF, signed or not.

    PDF/A-2 (ISO 19005-2) and PDF/UA-1 (ISO 14289-1) as far as a program can check them without a full validator:
    identification, output intent, fonts, tags, alternative texts, title, language; in addition, what MediCore
    promises: bookmarks, no attachment, script, form or external link, and a mark on every page.

    Raises
    ------
    DataError
        When the bytes cannot be read as PDF.
    """
    try:
        with pikepdf.open(BytesIO(data)) as document:
            report = _Report(document, pages_of(data), tuple(_dictionaries(document)))
            return tuple(
                Requirement(name, expected, next(iter(find(report)), None))
                for name, (expected, find) in _REQUIREMENTS.items()
            )
    except (pikepdf.PdfError, pikepdf.PasswordError) as error:
        kind = "is encrypted" if isinstance(error, pikepdf.PasswordError) else "cannot be read as PDF"
        raise DataError(
            f"the file {kind}; expected a report as MediCore writes it; take it from the archive"
        ) from error


def _open(report: _Report) -> Iterator[str]:
    if report.document.is_encrypted:
        yield "it is encrypted"
    if not "1.4" <= report.document.pdf_version <= "1.7":
        yield f"version {report.document.pdf_version}"


def _archival(report: _Report) -> Iterator[str]:
    metadata = report.document.Root.Metadata.read_bytes() if "/Metadata" in report.document.Root else b""
    if b"<pdfaid:part>2</pdfaid:part>" not in metadata:
        yield "the metadata do not say PDF/A-2"
    elif not re.search(rb"<pdfaid:conformance>[ABU]</pdfaid:conformance>", metadata):
        yield "the metadata say no level of PDF/A-2"
    if CLAIM not in metadata and not any(True for _ in _marks_of_signatures(report)):
        yield "the metadata do not say PDF/UA-1"
    intents = list(report.document.Root.get("/OutputIntents", ()))
    if not any(intent.get("/S") == "/GTS_PDFA1" and "/DestOutputProfile" in intent for intent in intents):
        yield "no output intent with its colour profile"


def _fonts(report: _Report) -> Iterator[str]:
    for font in report.dictionaries:
        if font.get("/Type") != "/Font" or font.get("/Subtype") in ("/CIDFontType0", "/CIDFontType2"):
            continue
        name = str(font.get("/BaseFont", "without a name")).removeprefix("/")
        bearer = font.DescendantFonts[0] if "/DescendantFonts" in font else font
        descriptor = bearer.get("/FontDescriptor")
        if font.get("/Subtype") != "/Type3" and (
            descriptor is None or not _NO_PROGRAM & set(descriptor.keys())
        ):
            yield f"font {name} is not in the file"
        elif "/ToUnicode" not in font:
            yield f"font {name} has no map to Unicode"


def _tagged(report: _Report) -> Iterator[str]:
    if not report.document.Root.get("/MarkInfo", pikepdf.Dictionary()).get("/Marked", False):
        yield "it is not marked as tagged"
    if "/StructTreeRoot" not in report.document.Root:
        yield "it has no tags"
    if not str(report.document.Root.get("/Lang", "")):
        yield "no language is named"


def _described(report: _Report) -> Iterator[str]:
    for node in report.dictionaries:
        if node.get("/S") in ("/Figure", "/Formula") and not str(node.get("/Alt", "")):
            yield f"a {str(node.S)[1:].lower()} has no alternative text"


def _table_headers(report: _Report) -> Iterator[str]:
    root = report.document.Root.get("/StructTreeRoot", pikepdf.Dictionary())
    for number, table in enumerate(elements(root, "/Table"), start=1):
        if not any(_scope(header) in _SCOPES for header in elements(table, "/TH")):
            yield f"table {number} has no header cell with its scope"
        for row in elements(table, "/TR"):
            if not any(True for _ in elements(row, "/TH")) and sum(1 for _ in elements(row, "/TD")) > 1:
                yield f"table {number} has a row without header"


def _scope(header: pikepdf.Object) -> str:
    """Return the scope of a header cell; empty when it names none."""
    return next((str(held.Scope) for held in header.get("/A", ()) if "/Scope" in held), "")


def _form_fields(report: _Report) -> Iterator[str]:
    """Yield each field that no Form element holds, in a document that claims to be PDF/UA-1 (ISO 14289-1, 7.18.4)."""
    root = report.document.Root
    if "/Metadata" not in root or CLAIM not in root.Metadata.read_bytes():
        return
    forms = elements(root.get("/StructTreeRoot", pikepdf.Dictionary()), "/Form")
    held = {kid.Obj.objgen for form in forms for kid in kids(form) if "/Obj" in kid}
    for number, field in _marks_of_signatures(report):
        if field.objgen not in held:
            yield f"page {number} has a signature that no tag holds, and the metadata say PDF/UA-1"


def _marks_of_signatures(report: _Report) -> Iterator[tuple[int, pikepdf.Object]]:
    for number, page in enumerate(report.document.pages, start=1):
        for annotation in page.get("/Annots", ()):
            if annotation.get("/Subtype") == "/Widget":
                yield number, annotation


def _titled(report: _Report) -> Iterator[str]:
    if not _RUN.match(_title(report.document)):
        yield f"the title is {_title(report.document)[:60]!r}"
    if not report.document.Root.get("/ViewerPreferences", pikepdf.Dictionary()).get(
        "/DisplayDocTitle", False
    ):
        yield "a reader shows the name of the file, not the title"


def _bookmarked(report: _Report) -> Iterator[str]:
    with report.document.open_outline() as outline:
        if not outline.root:
            yield "there is none"
        for item in outline.root:
            if item.destination is None and item.action is None:
                yield f"bookmark {item.title!r} leads nowhere"


def _closed(report: _Report) -> Iterator[str]:
    names = report.document.Root.get("/Names", pikepdf.Dictionary())
    if "/EmbeddedFiles" in names or "/AF" in report.document.Root:
        yield "a file is attached"
    if "/JavaScript" in names or {"/OpenAction", "/AA"} & set(report.document.Root.keys()):
        yield "something is done when it is opened"
    for node in report.dictionaries:
        if node.get("/Type") in ("/Filespec", "/EmbeddedFile") or "/EF" in node:
            yield "a file is attached"
        elif "/JS" in node or node.get("/S") == "/JavaScript":
            yield "it holds a script"
        elif "/S" in node and node.get("/S") in ("/Launch", "/URI", "/GoToR", "/SubmitForm", "/ImportData"):
            yield f"it leads out of itself ({str(node.S)[1:]})"


def _annotated(report: _Report) -> Iterator[str]:
    for number, page in enumerate(report.document.pages, start=1):
        for annotation in page.get("/Annots", ()):
            kind = str(annotation.get("/Subtype", "/nothing"))[1:]
            if kind == "Link" and (
                "/Dest" in annotation or annotation.get("/A", pikepdf.Dictionary()).get("/S") in _INSIDE
            ):
                continue
            if kind == "Widget" and annotation.get("/FT") == "/Sig":
                continue
            yield f"page {number} has an annotation ({kind})"


def _headed(report: _Report) -> Iterator[str]:
    run = _RUN.match(_title(report.document))
    word = "event" if run is not None and run["study"] == PORTFOLIO else "run"
    head = "" if run is None else f"{run['study']}·{run['month']}·{word}{run['number']}"
    for number, text in enumerate(report.pages, start=1):
        if not text:
            yield f"page {number} has no text"
        elif "\ufffd" in text:
            yield f"page {number} has letters that cannot be read"
        elif head not in text:
            yield f"page {number} does not say {head}"
        elif f"page{number}of{len(report.pages)}" not in text:
            yield f"page {number} does not say page {number} of {len(report.pages)}"


def _marked(report: _Report) -> Iterator[str]:
    status = next((word for word in STATUSES if tight(word) in report.pages[0]), None)
    if status is None:
        yield f"page 1 says none of {', '.join(STATUSES)}"
        return
    for number, text in enumerate(report.pages, start=1):
        if tight(status) not in text:
            yield f"page {number} does not say {status}"


def _dictionaries(document: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Yield every dictionary and stream of the file, including those within others."""
    for held in document.objects:
        yield from _within(held)


def _within(held: pikepdf.Object) -> Iterator[pikepdf.Object]:
    if isinstance(held, pikepdf.Array):
        parts = list(held)
    elif isinstance(held, pikepdf.Dictionary | pikepdf.Stream):
        yield held
        parts = [part for _, part in held.items()]
    else:
        return
    for part in parts:
        if isinstance(part, pikepdf.Array | pikepdf.Dictionary) and not part.is_indirect:
            yield from _within(part)


def _title(document: pikepdf.Pdf) -> str:
    return str(document.docinfo.get("/Title", ""))


_REQUIREMENTS: dict[str, tuple[str, Callable[[_Report], Iterator[str]]]] = {
    "open": ("no encryption, PDF 1.4 to 1.7", _open),
    "archival": (
        "PDF/A-2 and, until it is signed, PDF/UA-1 by its own metadata, with an output intent",
        _archival,
    ),
    "fonts": ("every font in the file, with its map to Unicode", _fonts),
    "tags": ("tagged, with its language", _tagged),
    "alternative texts": ("each figure and formula in words", _described),
    "table headers": ("a header for each row and column of every table", _table_headers),
    "form fields": ("no claim of PDF/UA-1 where a signature's mark is outside the tags", _form_fields),
    "title": (
        "study, month and run, or portfolio, month and event, as the title that a reader shows",
        _titled,
    ),
    "bookmarks": ("bookmarks that lead somewhere", _bookmarked),
    "closed": ("no attachment, script or way out", _closed),
    "annotations": ("links within the report and signatures alone", _annotated),
    "every page": (
        "readable text, study, month, run (a portfolio's event) and page x of y on every page",
        _headed,
    ),
    "status": ("the same status on every page", _marked),
}
