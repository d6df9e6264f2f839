"""The title page and the abbreviations."""

from presentation.sections.synopsis import design, estimand_in_words
from presentation.writing.inputs import Report
from presentation.writing.typst import Code, block, call, directed

_STATUS = {
    "candidate": "See the signatures: complete. It is released when a signed decision approves it, in this file's signature "
    "marks and in its record; without one it is for review.",
    "exploratory": "Exploratory: not from released code and environment. It can be neither signed nor archived.",
    "reference": "Reference: a repetition of a published result on this installation, not a regulatory run.",
}
_ABBREVIATIONS = (
    ("AIPW", "augmented inverse probability weighting"),
    ("ANCOVA", "analysis of covariance"),
    ("ATE, ATT, ATO", "average treatment effect: in everyone, in the treated, in the overlap population"),
    ("CI, SE", "confidence interval, standard error"),
    ("CONSORT", "Consolidated Standards of Reporting Trials"),
    ("DVC", "Data Version Control, the content store of frozen data"),
    ("IPW", "inverse probability weighting"),
    ("SD", "standard deviation"),
    ("SMD", "standardised mean difference"),
)
_OF_VISITS = (
    ("MMRM", "mixed model for repeated measures"),
    ("REML", "restricted maximum likelihood"),
)


def title_page(report: Report) -> str:
    """Return the title page."""
    study, data, run = report.results["study"], report.results["data"], report.run
    pairs = (
        ("Study", study["id"]),
        ("Analysis month", run["month"]),
        ("Run", run["id"]),
        ("Status", _STATUS.get(run["status"], f"{run['status']}: not for regulatory use.")),
        ("Design", design(report)),
        ("Data lock", f"{data['system']}, {data['version']}, exported {data['exported_at']}"),
        ("Estimand", _sentence_case(estimand_in_words(report))),
        ("Protocol", f"Version {study['protocol_version']}, digest {study['protocol_digest'][:16]}"),
        ("Requested by", f"{run['requested_by']}, {run['requested_at']}"),
        ("Reason", run["reason"]),
    )
    closing = (
        "Made by MediCore from the frozen data lock, the protocol and the code named in section 16.3. "
        "Every number in this report stands in results.json of the record."
    )
    page = call(
        "title-page",
        "Causal-effect report",
        directed(study["title"]),
        study["sponsor"],
        [list(pair) for pair in pairs],
        closing,
        title_size=Code(title_size(study["title"])),
    )
    return block(page)


def title_size(title: str) -> str:
    """Return the font size at which a title leaves room for the rest of the page."""
    return "25pt" if len(title) <= 130 else "17pt" if len(title) <= 350 else "11pt"


def _sentence_case(text: str) -> str:
    return text[0].upper() + text[1:]


def abbreviations(report: Report) -> str:
    """Return the list of abbreviations, those of repeated visits where the study has some."""
    own = _OF_VISITS if report.protocol["outcome"].get("visits") else ()
    return block(call("abbreviations", [list(entry) for entry in sorted((*_ABBREVIATIONS, *own))]))
