"""The title page of an evidence report, and what it shows of the effect: nothing."""

from presentation.evidence.inputs import reached
from presentation.sections.front import title_size
from presentation.sections.synopsis import design, estimand_in_words
from presentation.writing.inputs import Report
from presentation.writing.numbers import plural
from presentation.writing.typst import Code, block, call, directed

_WITHHELD = (
    "The effect was computed before the run halted, and is withheld here: whether the analysis goes on must not depend on the "
    "size of the effect. It is sealed in effect.json of the record, and printed in the report after a decision to proceed."
)
_NOT_COMPUTED = "No effect was computed: the run halted before the step that estimates it."


def title_page(report: Report) -> str:
    """Return the title page."""
    study, data, run = report.results["study"], report.results["data"], report.run
    waiting = sum(finding["waits"] for finding in report.results["findings"])
    pairs = [
        ("Study", study["id"]),
        ("Analysis month", run["month"]),
        ("Run", run["id"]),
        (
            "Status",
            f"Evidence: the run halted at the step {report.results['halt']['step']}. It is not released.",
        ),
        ("To be decided", plural(waiting, "finding")),
        ("Design", design(report)),
        ("Data lock", f"{data['system']}, {data['version']}, exported {data['exported_at']}"),
        ("Protocol", f"Version {study['protocol_version']}, digest {study['protocol_digest'][:16]}"),
        ("Requested by", f"{run['requested_by']}, {run['requested_at']}"),
        ("Reason", run["reason"]),
    ]
    if reached(report, "cohort"):
        words = estimand_in_words(report)
        pairs.insert(6, ("Estimand", words[0].upper() + words[1:]))
    closing = (
        "Made by MediCore from the frozen data lock, the protocol and the code named in section 16.3, up to the step at which "
        "the run halted. Every number in this report stands in evidence.json of the record. It shows no effect."
    )
    return block(
        call(
            "title-page",
            "Evidence report of a halted run",
            directed(study["title"]),
            study["sponsor"],
            [list(pair) for pair in pairs],
            closing,
            title_size=Code(title_size(study["title"])),
        )
    )


def effect(report: Report) -> str:
    """Return a paragraph that says what became of the effect."""
    computed = report.results["halt"]["effect_computed"]
    return block(call("para", _WITHHELD if computed else _NOT_COMPUTED))
