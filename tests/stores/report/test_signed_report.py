"""A signed report is the report and its signatures, satisfies pyHanko's own validator, and nothing more passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from medicore.errors import ConfigurationError, IntegrityError, ReviewError, WrongPassphraseError
from medicore.records.moment import timestamp
from medicore.stores.report.accessibility_claim import without_claim
from medicore.stores.report.pdf_text import mark_text, tight
from medicore.stores.report.signature_mark import draw
from medicore.stores.report.signature_page import FRAME_HEIGHT, MARGIN
from tests.stores.signing_room import PAGE, SIGNED, TEMPLATES, WORDS, YEAR, Room, open_room, small_report


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """An authority with two people under it."""
    return open_room(tmp_path_factory.mktemp("room") / "authority")


@pytest.fixture(scope="module")
def signed(room: Room) -> bytes:
    """The small report signed by Rita."""
    return room.signed(small_report(), room.approval(room.rita))


@contextmanager
def refused(*words: str) -> Iterator[None]:
    """Expect an IntegrityError of one line that holds the words."""
    with pytest.raises(IntegrityError) as raised:
        yield
    assert "\n" not in str(raised.value)
    assert all(word in str(raised.value) for word in words), str(raised.value)


def test_the_signature_satisfies_the_validator_of_pyhanko(room: Room, signed: bytes) -> None:
    """With the authority as the only root, as of the signing time, pyHanko's bottom line is good, and PAdES it is."""
    _, _, root = pem.unarmor(room.authority.certificate)
    embedded = PdfFileReader(BytesIO(signed)).embedded_signatures[0]
    trust = ValidationContext(trust_roots=[x509.Certificate.load(root)], moment=SIGNED, allow_fetching=False)
    status = validate_pdf_signature(embedded, trust)
    assert status.bottom_line
    assert embedded.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert embedded.signer_cert.dump() == pem.unarmor(room.rita.certificate.encode())[2]
    assert status.signer_reported_dt == SIGNED.replace(microsecond=0)


def test_it_begins_with_the_bytes_of_the_report(room: Room, signed: bytes) -> None:
    """Signing once and signing twice leaves all earlier bytes as they were."""
    twice = room.signed(signed, room.approval(room.quentin))
    assert signed.startswith(small_report())
    assert len(signed) > len(small_report())
    assert twice.startswith(signed)


def test_name_role_time_meaning_and_reason_can_be_read(room: Room, signed: bytes) -> None:
    """The mark shows what 21 CFR 11.50 wants, in embedded fonts that map to Unicode, and names the certificate."""
    with pikepdf.open(BytesIO(signed)) as document:
        widget = document.pages[1].Annots[0]
        shown = mark_text(widget.AP.N)
        fonts = widget.AP.N.Resources.XObject.Mark.Resources.Font
        for font in fonts.values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys())
            assert "/ToUnicode" in font
    for text in (
        "Dr Rita Müller-Łódź",
        "reviewer (rita)",
        "Report approved for release",
        "2025-04-03 08:15:00 UTC",
        "Read and found right",
        room.rita.fingerprint,
    ):
        assert tight(text) in shown


def test_the_report_keeps_version_metadata_and_identity(signed: bytes) -> None:
    """The file stays PDF 1.7; title, producer and times are the report's, and only the claim to be PDF/UA-1 is gone."""
    with pikepdf.open(BytesIO(signed)) as after, pikepdf.open(BytesIO(small_report())) as before:
        assert after.pdf_version == before.pdf_version == "1.7"
        assert "/Version" not in after.Root
        assert dict(after.docinfo.items()) == dict(before.docinfo.items())
        stated, kept = before.Root.Metadata.read_bytes(), after.Root.Metadata.read_bytes()
    assert stated.count(b"<pdfuaid:part>1</pdfuaid:part>") == 1
    assert kept == without_claim(stated)
    assert b"<pdfuaid:part>" not in kept
    assert b"<pdfaid:part>2</pdfaid:part>" in kept


def test_the_signature_adds_nothing_that_an_archival_pdf_forbids(signed: bytes) -> None:
    """The form has no script and no XFA, the mark is printed, of one look and never hidden (ISO 19005-2, 6.3 to 6.5)."""
    with pikepdf.open(BytesIO(signed)) as document:
        form, widget = document.Root.AcroForm, document.pages[1].Annots[0]
        assert set(form.keys()) == {"/Fields", "/SigFlags"}
        assert set(widget.AP.keys()) == {"/N"}
        shown, hidden = 1 << 2, 1 << 0 | 1 << 1 | 1 << 5 | 1 << 8
        assert int(widget.F) & shown
        assert not int(widget.F) & hidden
        assert not {"/A", "/AA"} & set(widget.keys())
        assert not {"/AA", "/OpenAction", "/NeedsRendering"} & set(document.Root.keys())
        assert str(widget.TU) == "Report approved for release by Dr Rita Müller-Łódź, 2025-04-03 08:15:00 UTC"
        states = widget.AP.N.Resources.ExtGState.values()
        assert all(state.get("/BM", "/Normal") == "/Normal" and "/SMask" not in state for state in states)
        assert {
            str(item[0]) for item in widget.AP.N.Resources.XObject.Mark.Resources.ColorSpace.values()
        } == {"/ICCBased"}


def test_the_marks_lie_in_the_frame_one_below_the_other(room: Room, signed: bytes) -> None:
    """The marks of two signers lie within the frame of the signature page and do not overlap."""
    twice = room.signed(signed, room.approval(room.quentin))
    with pikepdf.open(BytesIO(twice)) as document:
        assert "/Annots" not in document.pages[0]
        first, second = ([float(edge) for edge in widget.Rect] for widget in document.pages[1].Annots)
        width = float(document.pages[1].MediaBox[2])
    for left, bottom, right, top in (first, second):
        assert MARGIN < left < right < width - MARGIN
        assert MARGIN < bottom < top < MARGIN + FRAME_HEIGHT
    assert second[3] < first[1]


def test_signatures_of_two_are_proved_in_their_order(room: Room, signed: bytes) -> None:
    """Two signatures verify against both statements in order, and against neither one alone nor both reversed."""
    rita, quentin = room.approval(room.rita), room.approval(room.quentin, SIGNED + timedelta(hours=1))
    twice = room.signed(signed, quentin)
    room.reports().verify(signed, small_report(), [rita])
    room.reports().verify(twice, small_report(), [rita, quentin])
    for statements in ([rita], [quentin], [rita, quentin, quentin], []):
        with refused("holds 2 signature(s)"):
            room.reports().verify(twice, small_report(), statements)
    with refused("is not the one of quentin"):
        room.reports().verify(twice, small_report(), [quentin, rita])
    with refused("holds 1 signature(s)"):
        room.reports().verify(signed, small_report(), [rita, quentin])


def test_a_reason_in_arabic_is_set_in_its_own_font(room: Room) -> None:
    """The mark is set in the template's font for Arabic too."""
    mark = draw(TEMPLATES, room.approval(room.rita, reason="قرأته ووجدته صحيحا"), 400)
    with pikepdf.open(BytesIO(mark)) as document:
        fonts = [str(font.BaseFont) for font in document.pages[0].resources.Font.values()]
    assert any("NotoNaskhArabic" in name for name in fonts)


def test_every_byte_of_the_signed_report_counts(room: Room, signed: bytes) -> None:
    """A flipped bit anywhere in the file, in the report or in the signature, is refused."""
    statement = [room.approval(room.rita)]
    start = signed.index(b"<30", len(small_report())) + 1
    # of the signature's own fields no signature covers all: versions and names of algorithms stand in its beginning
    for place in (*range(3, len(signed), len(signed) // 150), *range(start, start + 120)):
        bad = bytearray(signed)
        bad[place] ^= 1
        with refused("report.signed.pdf"):
            room.reports().verify(bytes(bad), small_report(), statement)


def test_a_file_that_was_saved_anew_is_refused(room: Room, signed: bytes) -> None:
    """The same document written by other software has other bytes."""
    out = BytesIO()
    with pikepdf.open(BytesIO(signed)) as document:
        document.save(out)
    with refused("does not begin with the bytes of report.pdf"):
        room.reports().verify(out.getvalue(), small_report(), [room.approval(room.rita)])


def test_an_appended_revision_is_refused(room: Room, signed: bytes) -> None:
    """A later revision is refused even when it changes nothing, or only what pyHanko lets pass."""
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    writer.update_root()
    harmless = BytesIO()
    writer.write(harmless)
    for bad in (harmless.getvalue(), signed + b"\n", signed + signed[len(small_report()) :]):
        assert bad.startswith(signed)
        with refused("report.signed.pdf"):
            room.reports().verify(bad, small_report(), [room.approval(room.rita)])


def test_a_revision_slipped_in_before_the_signature_is_refused(room: Room) -> None:
    """A signer who changes the report and then signs it cannot pass: the signed revision must add a signature alone."""
    writer = IncrementalPdfFileWriter(BytesIO(small_report()))
    page, _ = writer.find_page_for_modification(0)
    other, _ = writer.find_page_for_modification(1)
    page.get_object()["/Contents"] = other.get_object().raw_get("/Contents")
    writer.mark_update(page.reference)
    changed = BytesIO()
    writer.write(changed)
    statement = room.approval(room.rita)
    with refused("2 revision(s)"):
        room.reports().verify(room.signed(changed.getvalue(), statement), small_report(), [statement])


def test_a_report_changed_within_the_signed_revision_is_refused(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Content that is exchanged in the very revision of the signature is found, though the signature is good."""
    from medicore.stores.report import signed_report

    make = signed_report._writer

    def with_other_content(pdf: bytes) -> object:
        writer = make(pdf)
        page, _ = writer.find_page_for_modification(0)
        other, _ = writer.find_page_for_modification(1)
        page.get_object()["/Contents"] = other.get_object().raw_get("/Contents")
        writer.mark_update(page.reference)
        return writer

    monkeypatch.setattr(signed_report, "_writer", with_other_content)
    statement = room.approval(room.rita)
    with refused("changes /Contents"):
        room.reports().verify(room.signed(small_report(), statement), small_report(), [statement])


def test_another_statement_time_or_authority_is_refused(room: Room, signed: bytes, tmp_path: Path) -> None:
    """The signature must be the ledger's: its signer, reason and time; and its certificate the authority's."""
    right = room.approval(room.rita)
    for wrong in (
        replace(right, reason="Another reason"),
        replace(right, printed_name="Dr Rita Miller"),
        replace(right, signed_at=timestamp(SIGNED + timedelta(seconds=1))),
        replace(right, certificate=room.quentin.fingerprint),
    ):
        with refused("is not the one of rita"):
            room.reports().verify(signed, small_report(), [wrong])
    with refused("is not valid"):
        open_room(tmp_path / "other").reports().verify(signed, small_report(), [right])


def test_a_signature_holds_at_its_own_time_alone(room: Room) -> None:
    """A signature made after the key expired is refused; one made in time holds for ever, whatever the clock says."""
    late = room.approval(room.rita, SIGNED + YEAR)
    with refused("is not valid"):
        room.reports().verify(room.signed(small_report(), late), small_report(), [late])


def test_the_key_of_another_or_a_wrong_passphrase_signs_nothing(room: Room) -> None:
    """The passphrase must open the signer's key, and the key be the one that the statement names."""
    statement = room.approval(room.rita)
    with pytest.raises(WrongPassphraseError, match="does not open the key of rita"):
        room.reports().sign(small_report(), statement, WORDS["quentin"])
    with pytest.raises(ReviewError, match="is not the one of rita"):
        room.reports().sign(
            small_report(), replace(statement, certificate=room.quentin.fingerprint), WORDS["rita"]
        )


def test_a_report_without_a_signature_page_or_room_is_not_signed(room: Room) -> None:
    """A report without the page is refused, and so is a signature for which the frame has no room left."""
    with pytest.raises(ConfigurationError, match="no signature page"):
        room.signed(small_report(PAGE.replace("<signatures>", "<elsewhere>")), room.approval(room.rita))
    many = [room.approval(room.rita, reason="So it is. " * 60)] * 6
    with pytest.raises(ConfigurationError, match="leave no room on the signature page"):
        room.signed(small_report(), *many)


def test_the_time_is_the_statements_and_not_the_machines(room: Room) -> None:
    """No moment of the machine's clock is in the file: a signature of 1999 says 1999, and no later year."""
    at = datetime(2025, 4, 1, 6, 0, 1, tzinfo=UTC)
    signed = room.signed(small_report(), room.approval(room.rita, at))
    added = signed[len(small_report()) :]
    (signature,) = PdfFileReader(BytesIO(signed)).embedded_signatures
    assert str(signature.sig_object["/M"]).startswith("D:20250401060001")
    today = f"{datetime.now(UTC):%Y%m}".encode()  # noqa: TID251 - the clock that must not be read
    for colon in (b":", b"\\072"):  # as a string of a PDF may spell it
        assert b"D" + colon + today not in added
