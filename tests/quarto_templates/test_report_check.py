"""What a report must be is found to be so, and each thing that is taken from it is named."""

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from medicore.errors import DataError
from medicore.stores.report.accessibility_claim import without_claim
from medicore.stores.report.report_check import check_report
from medicore.stores.report.row_headers import elements


def attach(document: Pdf) -> None:
    """Attach a file."""
    document.attachments["data.csv"] = b"subject_id"


def forget_a_font(document: Pdf) -> None:
    """Take a font out of the file."""
    font = next(one for one in document.objects if isinstance(one, Dictionary) and "/FontDescriptor" in one)
    (program,) = {"/FontFile", "/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())
    del font.FontDescriptor[program]


def forget_a_map(document: Pdf) -> None:
    """Take the map to Unicode from a font."""
    font = next(one for one in document.objects if isinstance(one, Dictionary) and "/ToUnicode" in one)
    del font["/ToUnicode"]


def annotate(document: Pdf) -> None:
    """Put a note on a page."""
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents="looks good")
    document.pages[1].Annots = Array([document.make_indirect(note)])


def script(document: Pdf) -> None:
    """Name scripts."""
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([])))


def hide_a_script(document: Pdf) -> None:
    """Let a page run a script."""
    document.pages[2].AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS="app.alert(1)"))


def open_by_itself(document: Pdf) -> None:
    """Let a reader go somewhere at once."""
    document.Root.OpenAction = Dictionary(S=Name.GoTo, D=Array([document.pages[0].obj, Name.Fit]))


def lead_out(document: Pdf) -> None:
    """Link to somewhere else."""
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(S=Name.URI, URI="a:b")
    )
    document.pages[1].Annots = Array([document.make_indirect(link)])


def drop(*path: str) -> Callable[[Pdf], None]:
    """Return a change that takes something away."""

    def change(document: Pdf) -> None:
        held: pikepdf.Object = document.Root
        for key in path[:-1]:
            held = held[key]
        del held[path[-1]]

    return change


def silence_a_figure(document: Pdf) -> None:
    """Take the words from a figure."""
    figure = next(
        one for one in document.objects if isinstance(one, Dictionary) and one.get("/S") == "/Figure"
    )
    del figure.Alt


def unhead_a_row(document: Pdf) -> None:
    """Make the header of a row an ordinary cell."""
    header = next(
        cell
        for cell in elements(document.Root.StructTreeRoot, "/TH")
        if any(held.get("/Scope") == "/Row" for held in cell.A)
    )
    header.S = Name("/TD")


def unhead_a_table(document: Pdf) -> None:
    """Make every cell of the first table an ordinary one."""
    for cell in elements(next(elements(document.Root.StructTreeRoot, "/Table")), "/TH"):
        cell.S = Name("/TD")


def call_it_otherwise(document: Pdf) -> None:
    """Give it the title of another run."""
    document.docinfo.Title = "REF-NHEFS/2025-04/1"


def say_pdf_a_3(document: Pdf) -> None:
    """Let it say another standard."""
    said = document.Root.Metadata.read_bytes()
    document.Root.Metadata.write(said.replace(b"<pdfaid:part>2<", b"<pdfaid:part>3<"))


def empty_a_page(document: Pdf) -> None:
    """Take all from a page."""
    document.pages[3].Contents = document.make_stream(b"")


def take_out_a_page(document: Pdf) -> None:
    """Take a page away."""
    del document.pages[4]


def sign_outside_the_tags(document: Pdf) -> None:
    """Put the mark of a signature on a page, and no tag around it."""
    mark = document.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T="Signature", Rect=[0, 0, 9, 9])
    )
    document.pages[1].Annots = Array([mark])
    document.Root.AcroForm = Dictionary(Fields=Array([mark]))


def claim_nothing(document: Pdf) -> None:
    """Let it not say that it is PDF/UA-1."""
    document.Root.Metadata.write(without_claim(document.Root.Metadata.read_bytes()))


def sign_and_claim_nothing(document: Pdf) -> None:
    """Put the mark of a signature on a page, and withdraw the claim, as signing does."""
    sign_outside_the_tags(document)
    claim_nothing(document)


def sign_within_a_form(document: Pdf) -> None:
    """Put the mark of a signature on a page, within a Form element of the tags."""
    sign_outside_the_tags(document)
    (mark,), page = document.pages[1].Annots, document.pages[1].obj
    held = Dictionary(Type=Name.OBJR, Obj=mark, Pg=page)
    root = document.Root.StructTreeRoot.K[0]
    root.K.append(document.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Form, P=root, K=held)))


def test_a_report_meets_every_requirement(pdf: bytes) -> None:
    """The report of the reference study is all that a report must be."""
    found = check_report(pdf)
    assert [one.name for one in found if not one.met] == []
    assert len(found) >= 11
    assert all(one.expected for one in found)


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        (attach, "closed", "a file is attached"),
        (script, "closed", "something is done when it is opened"),
        (hide_a_script, "closed", "it holds a script"),
        (open_by_itself, "closed", "something is done when it is opened"),
        (lead_out, "closed", "it leads out of itself (URI)"),
        (lead_out, "annotations", "page 2 has an annotation (Link)"),
        (annotate, "annotations", "page 2 has an annotation (Text)"),
        (forget_a_font, "fonts", "is not in the file"),
        (forget_a_map, "fonts", "has no map to Unicode"),
        (drop("/Outlines"), "bookmarks", "there is none"),
        (drop("/StructTreeRoot"), "tags", "it has no tags"),
        (drop("/MarkInfo"), "tags", "it is not marked as tagged"),
        (drop("/Lang"), "tags", "no language is named"),
        (drop("/OutputIntents"), "archival", "no output intent"),
        (drop("/Metadata"), "archival", "do not say PDF/A-2"),
        (say_pdf_a_3, "archival", "do not say PDF/A-2"),
        (silence_a_figure, "alternative texts", "a figure has no alternative text"),
        (unhead_a_row, "table headers", "table 1 has a row without header"),
        (unhead_a_table, "table headers", "table 1 has no header cell with its scope"),
        (drop("/ViewerPreferences"), "title", "shows the name of the file"),
        (claim_nothing, "archival", "do not say PDF/UA-1"),
        (sign_outside_the_tags, "form fields", "page 2 has a signature that no tag holds"),
        (call_it_otherwise, "every page", "page 1 does not say REF-NHEFS·2025-04·run1"),
        (empty_a_page, "every page", "page 4 has no text"),
        (empty_a_page, "status", "page 4 does not say STATUS: SEE SIGNATURES"),
        (take_out_a_page, "every page", "page 1 does not say page 1 of"),
    ],
)
def test_a_planted_fault_is_named(pdf: bytes, change: Callable[[Pdf], None], name: str, words: str) -> None:
    """Whatever is added, taken away or changed, the requirement that it breaks says what was found."""
    with pikepdf.open(BytesIO(pdf)) as document:
        change(document)
        buffer = BytesIO()
        document.save(buffer)
    broken = {one.name: one.found for one in check_report(buffer.getvalue()) if not one.met}
    assert words in str(broken[name])


@pytest.mark.parametrize("change", [sign_and_claim_nothing, sign_within_a_form])
def test_a_signed_report_claims_what_it_keeps(pdf: bytes, change: Callable[[Pdf], None]) -> None:
    """A signature's mark is in the tags, or the document does not say PDF/UA-1; either meets every requirement."""
    with pikepdf.open(BytesIO(pdf)) as document:
        change(document)
        buffer = BytesIO()
        document.save(buffer)
    assert [(one.name, one.found) for one in check_report(buffer.getvalue()) if not one.met] == []


def test_what_cannot_be_read_is_refused(pdf: bytes) -> None:
    """An encrypted file, and one that is no PDF, are refused in one line."""
    with pikepdf.open(BytesIO(pdf)) as document:
        buffer = BytesIO()
        document.save(buffer, encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(DataError, match="the file is encrypted"):
        check_report(buffer.getvalue())
    with pytest.raises(DataError, match="cannot be read as PDF"):
        check_report(b"%PDF-1.7 and nothing else")
