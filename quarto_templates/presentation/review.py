"""review: the signature page."""

from presentation.inputs import Report
from presentation.typst import block, call

_FIELDS = ("Printed name", "Role", "Meaning", "Date and time")


def signature_page(report: Report) -> str:
    """Return the lines for the signatures (21 CFR 11.50: name, date and time, meaning) and where the real ones are."""
    words = (
        "This report is signed electronically: see the record. A signature is a statement over the digests of report, "
        "results, data lock, protocol, code and environment, and is kept beside them; it cannot be moved to another record "
        f"(21 CFR 11.70). 'medicore history {report.run['id']}' shows who signed, in which role, when and with what meaning."
    )
    blocks = [
        call("signature-block", title, [[field, meaning if field == "Meaning" else ""] for field in _FIELDS])
        for title, meaning in (
            ("Study statistician", "Analysis performed as the protocol says"),
            ("Approver", "Report approved for release"),
        )
    ]
    return block(call("para", words), *blocks)
