"""review: the signature page."""

from presentation.writing.inputs import Report
from presentation.writing.typst import block, call

_FIELDS = "Printed name · Role · Meaning · Date and time · Reason"


def signature_page(report: Report) -> str:
    """Return the frame for the signatures (21 CFR 11.50: name, date and time, meaning) and the text about their binding."""
    run = report.run["id"]
    words = (
        "This report is signed electronically. A signature is a statement over the digests of report, results, data "
        "lock, protocol, code and environment, and is kept beside them; it cannot be moved to another record "
        f"(21 CFR 11.70). 'medicore history {run}' shows who signed, in which role, when and with what meaning."
    )
    note = "Empty in report.pdf. On approval each signature is appended to the same bytes, as report.signed.pdf, and shown here."
    return block(call("para", words), call("signature-frame", "Electronic signatures", _FIELDS, note))
