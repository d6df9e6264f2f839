"""Signed reports: PAdES signatures (ETSI EN 319 142-1, level B-B, or B-T with a time stamp), by pyHanko.

A signature is an incremental revision: a signed report begins with the exact bytes of the report. The first one also
withdraws the claim to be PDF/UA-1 from the metadata. pyHanko is imported
only where it is used, since most commands do not need it.
"""

import asyncio
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medicore.errors import ConfigurationError, IntegrityError
from medicore.records.moment import moment
from medicore.records.people.decision import Statement
from medicore.stores.keys.authority import Authority
from medicore.stores.keys.signer import open_key
from medicore.stores.report.accessibility_claim import withdraw
from medicore.stores.report.signature_mark import described, draw
from medicore.stores.report.signature_page import INSET, MARGIN, place, signature_page
from medicore.stores.report.signed_report_proof import prove

if TYPE_CHECKING:
    from medicore.stores.keys.time_stamps import TimeStampService

FIELD = "Signature"


class SignedReports:
    """Signs reports with the keys in the authority's folder, and verifies signed reports by the authority's certificate."""

    def __init__(
        self,
        authority: Callable[[], Authority],
        template_folder: Path,
        time_stamps: "Callable[[], TimeStampService | None]" = lambda: None,
    ) -> None:
        self._authority = authority
        self._template_folder = template_folder
        self._time_stamps = time_stamps

    @property
    def time_stamp_authority(self) -> str | None:
        """The certificate, in PEM, that proves time stamps; None without a time stamping service."""
        service = self._time_stamps()
        return None if service is None else service.trusted

    def sign(self, pdf: bytes, statement: Statement, passphrase: str) -> bytes:
        """Return the report ``pdf``, signed or not, with one more signature, of the statement's signer.

        The result begins with the bytes of ``pdf``.

        Raises
        ------
        ReviewError
            When the passphrase does not open the signer's key, or the statement names another key.
        ConfigurationError
            When the report has no signature page or no room on it, or the time stamping service fails.
        """
        from pyhanko.sign.timestamps import TimestampRequestError

        key = self._authority().key(statement.signer)
        try:
            return asyncio.run(self._sign(pdf, statement, key, passphrase))
        except TimestampRequestError as error:
            raise ConfigurationError(
                "the time stamping service answered without a time stamp for this signature; expected one; "
                "nothing was signed, see the service's own log"
            ) from error

    def verify(
        self,
        signed: bytes,
        report: bytes,
        statements: Sequence[Statement],
        time_stamp_authority: str | None = None,
        chains: Sequence[str] = (),
    ) -> None:
        """Prove that ``signed`` is the report with the signatures of these statements, in order, and no more.

        Each signature must satisfy pyHanko's validator at its own signing time, with the embedded authority as the
        only root of trust, or the root of the signer's own chain if ``chains`` has one. The ledger knows revocations,
        since the authority runs no revocation service.

        Raises
        ------
        IntegrityError
            When the file does not begin with the report, a signature is missing, altered, another person's or
            invalid, a revision was added, or anything except signatures was added.
        """
        if not signed.startswith(report):
            raise IntegrityError(
                "report.signed.pdf does not begin with the bytes of report.pdf: it was saved again or altered; "
                "restore it from the archive"
            )
        try:
            ours = self._authority().certificate
            told = chains or [""] * len(statements)
            issuers = [chain.encode() or ours for chain in told]
            prove(signed, report, statements, issuers, time_stamp_authority)
        except IntegrityError:
            raise
        except Exception as error:  # everything that a parser of PDF, ASN.1 or CMS raises on a damaged file
            raise IntegrityError(
                f"report.signed.pdf cannot be read as a signed PDF ({type(error).__name__}); "
                "restore it from the archive"
            ) from error

    async def _sign(self, pdf: bytes, statement: Statement, key: bytes, passphrase: str) -> bytes:
        from pyhanko.sign import fields, signers
        from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

        writer, service = _writer(pdf), self._time_stamps()
        withdraw(writer)
        taken = [signature.sig_field for signature in writer.prev.embedded_signatures]
        page, width = signature_page(writer.prev)
        mark = draw(self._template_folder, statement, width - 2 * (MARGIN + INSET))
        name = f"{FIELD}{len(taken) + 1}"
        metadata = signers.PdfSignatureMetadata(
            field_name=name,
            md_algorithm="sha256",
            name=statement.printed_name,
            reason=statement.reason,
            subfilter=fields.SigSeedSubFilter.PADES,
        )
        signer = _signer(statement, key, passphrase)
        session = _pades_signer()(
            metadata,
            signer=signer,
            timestamper=None if service is None else service.client(),
            stamp_style=_style(mark),
            new_field_spec=fields.SigFieldSpec(
                name,
                on_page=page,
                box=place(mark, taken, width),
                readable_field_name=described(statement),
            ),
        ).init_signing_session(writer)
        session.system_time = moment(statement.signed_at)
        document = session.prepare_tbs_document(
            validation_info=None, bytes_reserved=await session.estimate_signature_container_size(None)
        )
        digest, output = document.digest_tbs_document()
        attributes = PdfCMSSignedAttributes(signing_time=session.system_time)
        await document.perform_signature(digest.document_digest, attributes)
        return bytes(output.getvalue())


def _writer(pdf: bytes) -> Any:  # noqa: ANN401 - a pyHanko writer
    """Return a writer of one more revision that states no time of its own in the report's metadata.

    pyHanko would set the time of the change from the machine's clock. The signature is the only change, and it states
    the time.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class MetadataKeepingWriter(IncrementalPdfFileWriter):  # type: ignore[misc] # its types are not followed
        output_version = (1, 7)

        def _update_meta(self) -> None:
            """Write nothing."""

    return MetadataKeepingWriter(BytesIO(pdf))


def _pades_signer() -> Any:  # noqa: ANN401 - a pyHanko class
    """Return the class of signers for PDF 1.7, the latest version that PDF/A-2 and FDA accept.

    pyHanko would declare the curve of the key as an extension of PDF 2.0, and so make a document of that version.
    """
    from pyhanko.sign.signers import PdfSigner
    from pyhanko.sign.signers.constants import ESIC_EXTENSION_1

    class PadesSigner(PdfSigner):  # type: ignore[misc] # its types are not followed
        def register_extensions(self, pdf_out: Any, *, md_algorithm: str) -> None:  # noqa: ANN401, ARG002
            """Declare the extension by which PDF 1.7 knows PAdES."""
            pdf_out.register_extension(ESIC_EXTENSION_1)

    return PadesSigner


def _signer(statement: Statement, key: bytes, passphrase: str) -> Any:  # noqa: ANN401 - a pyHanko signer
    from asn1crypto import keys, x509
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    private, certificate, chain = open_key(key, passphrase, statement.signer, statement.certificate)
    store = SimpleCertificateStore()
    store.register_multiple(x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in chain)
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(der),
        cert_registry=store,
        embed_roots=False,  # whoever checks the signature has the authority's certificate, and trusts no other
    )


def _style(mark: bytes) -> Any:  # noqa: ANN401 - a pyHanko stamp style
    """Return the style whose stamp is the page of ``mark``, drawn at its own size from the upper left corner."""
    from pyhanko.pdf_utils import layout
    from pyhanko.pdf_utils.content import PdfContent
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.stamp import StaticStampStyle

    class Page(PdfContent):  # type: ignore[misc] # its types are not followed
        def render(self) -> bytes:
            drawn = self.writer.import_page_as_xobject(PdfFileReader(BytesIO(mark)))
            self.resources.xobject["/Mark"] = drawn
            left, bottom, right, top = (float(edge) for edge in drawn.get_object()["/BBox"])
            self.box = layout.BoxConstraints(width=right - left, height=top - bottom)
            return b"/Mark Do"

    corner = layout.SimpleBoxLayoutRule(
        x_align=layout.AxisAlignment.ALIGN_MIN,
        y_align=layout.AxisAlignment.ALIGN_MAX,
        margins=layout.Margins.uniform(0),
    )
    return StaticStampStyle(
        border_width=0, background=Page(), background_layout=corner, background_opacity=1.0
    )
