"""Proof of signed reports: pyHanko's validator as of the time of signing, and checks that it lacks.

pyHanko accepts a signature that a harmless revision follows, and does not check what the signed revision itself
changed in the report. Here nothing may follow the last signature, and only signatures may have been added.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from medicore.errors import IntegrityError
from medicore.records.canonical import sha256
from medicore.records.moment import moment
from medicore.records.people.decision import Statement
from medicore.stores.report.accessibility_claim import without_claim

_VERSION_1 = bytes.fromhex("020101")
_SHA_256 = bytes.fromhex("300d06096086480165030402010500")
"""The names of version 1 and of SHA-256 in DER."""

_DATA = "the data"
"""The name of a stream's data in an error, beside the names of its entries."""

TIME_STAMP_LIMIT = timedelta(hours=1)
"""The largest difference between the time stamp and the time that the signature states."""


def prove(
    signed: bytes,
    report: bytes,
    statements: Sequence[Statement],
    issuers: Sequence[bytes],
    time_stamp_authority: str | None,
) -> None:
    """Raise IntegrityError unless ``signed``, which begins with ``report``, holds these signatures and no more.

    ``issuers`` are, for each statement, the certificates in PEM that must have issued its signer's, up to their root.
    ``time_stamp_authority`` is the certificate for time stamps; None when there must be none. Errors of pyHanko on
    malformed bytes pass through.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    for name in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # our own errors say the same
    reader, plain = PdfFileReader(BytesIO(signed)), PdfFileReader(BytesIO(report))
    found, revisions = len(reader.embedded_signatures), reader.total_revisions - plain.total_revisions
    if found != len(statements) or revisions != found:
        raise IntegrityError(
            f"report.signed.pdf holds {found} signature(s) in {revisions} revision(s) after the report; expected "
            f"{len(statements)}: a revision was added or removed; restore it from the archive"
        )
    if changes := _changes(reader, plain):
        raise IntegrityError(
            f"report.signed.pdf changes {min(changes)} in the report; expected signatures alone; "
            "restore it from the archive"
        )
    for number, (embedded, statement, authority) in enumerate(
        zip(reader.embedded_signatures, statements, issuers, strict=True), start=1
    ):
        subject = f"signature {number} of report.signed.pdf"
        _require_packed(embedded, signed, subject)
        _require_same(embedded, statement, subject)
        _require_valid(embedded, statement, authority, time_stamp_authority, subject, last=number == found)


def _changes(reader: Any, plain: Any) -> set[str]:  # noqa: ANN401 - two pyHanko readers
    """Return the changes of the report in later revisions, except those that a signature needs.

    A signature needs a form in the catalogue, and its field among the annotations of its page; the first one withdraws
    the claim to be PDF/UA-1 from the metadata. pyHanko's own analysis begins at the first signature, and so does not
    check this.
    """
    from pyhanko.pdf_utils.generic import Reference
    from pyhanko.pdf_utils.misc import PdfReadError

    fields = {signature.sig_field.container_ref.idnum for signature in reader.embedded_signatures}
    found = {
        key for key in ("/Root", "/Info") if _written(reader.trailer, key) != _written(plain.trailer, key)
    }
    revisions = range(plain.total_revisions, reader.total_revisions)
    xrefs = reader.xrefs
    touched = [xrefs.explicit_refs_in_revision(one) | xrefs.refs_freed_in_revision(one) for one in revisions]
    for reference in set().union(*touched):
        try:
            before = plain.get_object(Reference(reference.idnum, reference.generation, plain))
        except PdfReadError:
            continue  # the report has no such object, and so does not refer to it
        after = reader.get_object(reference)
        if not (type(before) is type(after) and hasattr(before, "raw_get") and hasattr(before, "keys")):
            found.add(f"object {reference.idnum}")
            continue
        keys = {key for key in before.keys() | after.keys() if _written(before, key) != _written(after, key)}
        keys |= _changed_data(before, after)
        if before.get("/Type") == "/Catalog":
            keys -= {"/AcroForm", "/Extensions"} - before.keys()
        elif before.get("/Type") == "/Page" and _only_added(before, after, fields):
            keys -= {"/Annots"}
        elif before.get("/Type") == "/Metadata" and after.data == without_claim(before.data):
            keys -= {"/Length", _DATA}
        found |= {f"{key} of object {reference.idnum}" for key in keys}
    return found


def _changed_data(before: Any, after: Any) -> set[str]:  # noqa: ANN401 - two pyHanko dictionaries of one type
    """Return the name of a stream's data when they changed, whatever its entries say; nothing for what is no stream."""
    has_data = hasattr(before, "encoded_data")
    return {_DATA} if has_data and before.encoded_data != after.encoded_data else set()


def _only_added(before: Any, after: Any, fields: set[int]) -> bool:  # noqa: ANN401 - two pyHanko dictionaries
    """Return whether a page has its former annotations, and in addition only signatures."""
    had, has = ([_serial(item) for item in page.get("/Annots", ())] for page in (before, after))
    added = [getattr(item, "idnum", None) for item in list(after.get("/Annots", ()))[len(had) :]]
    return has[: len(had)] == had and set(added) <= fields


def _written(held: Any, key: str) -> bytes:  # noqa: ANN401 - a pyHanko dictionary
    """Return an entry of a dictionary as a PDF writes it, with unresolved references; empty when it is missing."""
    return _serial(held.raw_get(key)) if key in held else b""


def _serial(item: Any) -> bytes:  # noqa: ANN401 - a pyHanko object
    written = BytesIO()
    item.write_to_stream(written)
    return written.getvalue()


def _require_packed(embedded: Any, signed: bytes, subject: str) -> None:  # noqa: ANN401
    """Raise IntegrityError unless the signature covers everything except itself and the zeros after it.

    The parts of a signature that it cannot cover (versions, and the second name of the digest) must be as MediCore
    makes them.
    """
    from asn1crypto import cms

    start, length, end, _ = (int(number) for number in embedded.byte_range)
    held = bytes(embedded.pkcs7_content)
    whole = cms.ContentInfo.load(held)
    beyond = held[len(whole.dump()) :]
    content = whole["content"]
    (signer,) = content["signer_infos"]
    algorithms = [*content["digest_algorithms"], signer["digest_algorithm"]]
    uncovered = [content["version"].dump(), signer["version"].dump(), *(one.dump() for one in algorithms)]
    packed = signed[start + length : end] == b"<" + held.hex().upper().encode() + b">" and not any(beyond)
    if not packed or uncovered != [_VERSION_1, _VERSION_1, _SHA_256, _SHA_256]:
        raise IntegrityError(f"{subject} holds more than itself; restore the file from the archive")


def _require_same(embedded: Any, statement: Statement, subject: str) -> None:  # noqa: ANN401
    """Raise IntegrityError unless a signature agrees with the statement in the ledger (21 CFR 11.50, 11.70)."""
    stated = embedded.self_reported_timestamp
    says = (
        sha256(embedded.signer_cert.dump()),
        None if stated is None else stated.timestamp(),
        str(embedded.sig_object.get("/Name")),
        str(embedded.sig_object.get("/Reason")),
    )
    signed_at = moment(statement.signed_at).replace(microsecond=0).timestamp()
    if says != (statement.certificate, signed_at, statement.printed_name, statement.reason):
        raise IntegrityError(
            f"{subject} is not the one of {statement.signer} on {statement.signed_at} that the ledger names; "
            "restore the file from the archive"
        )


def _require_valid(
    embedded: Any,  # noqa: ANN401 - a pyHanko signature
    statement: Statement,
    authority: bytes,
    time_stamp_authority: str | None,
    subject: str,
    *,
    last: bool,
) -> None:
    """Raise IntegrityError unless pyHanko's verdict is good, and the last signature covers the whole file."""
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    at = moment(statement.signed_at)
    status = validate_pdf_signature(
        embedded,
        signer_validation_context=_trust(authority, at),
        ts_validation_context=_trust((time_stamp_authority or "").encode(), at),
    )
    wanted = SignatureCoverageLevel.ENTIRE_FILE if last else SignatureCoverageLevel.ENTIRE_REVISION
    if not status.bottom_line or status.coverage is not wanted:
        raise IntegrityError(
            f"{subject} is not valid ({status.summary()}); restore the file from the archive"
        )
    stamped = status.timestamp_validity
    if time_stamp_authority is not None and (
        stamped is None or abs(stamped.timestamp - at) > TIME_STAMP_LIMIT
    ):
        raise IntegrityError(
            f"{subject} has no time stamp within an hour of {statement.signed_at}, as the ledger says; "
            "restore the file from the archive"
        )


def _trust(pem: bytes, at: datetime) -> Any:  # noqa: ANN401 - a pyHanko context
    """Return the context that trusts only the self-issued certificates in ``pem``, as of ``at``, and uses no network."""
    from asn1crypto import pem as armour
    from asn1crypto import x509
    from pyhanko_certvalidator import ValidationContext

    issuers = [x509.Certificate.load(der) for _, _, der in armour.unarmor(pem, multiple=True)] if pem else []
    return ValidationContext(
        trust_roots=[one for one in issuers if one.issuer == one.subject],
        other_certs=[one for one in issuers if one.issuer != one.subject],
        moment=at,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
