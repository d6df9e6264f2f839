"""The input files of an evidence report, and the check that they are those of the requested run."""

from presentation.writing.inputs import Report, WrongSchemaError, read_inputs, read_rendition
from presentation.writing.typst import block, call

SCHEMA = "medicore-evidence-1"


def load(study_id: str, month: str, run: str) -> Report:
    """Return the report's inputs from the working folder; its ``results`` are the evidence.

    Raises
    ------
    LostParameterError
        When a parameter is empty or differs from ``run.json``.
    WrongSchemaError
        When ``evidence.json`` has another schema or is of another study.
    """
    files = read_inputs(("evidence", "protocol"), study_id, month, run)
    evidence = files["evidence"]
    if evidence["schema"] != SCHEMA or evidence["study"]["id"] != study_id:
        raise WrongSchemaError(SCHEMA)
    return Report(evidence, files["protocol"], files["run"], rendition=read_rendition())


def reached(report: Report, step: str) -> bool:
    """Return whether the run had performed a step when it halted."""
    return step in report.results["halt"]["reached"]


def not_reached(report: Report, step: str) -> str:
    """Return a paragraph that says why a section is empty."""
    words = f"The run halted at the step {report.results['halt']['step']}, before the step {step}; there is nothing to show."
    return block(call("para", words))
