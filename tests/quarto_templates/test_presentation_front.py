"""The title page, the signatures, the arms' names, and the inputs of a report."""

from typing import Any

import pytest
from presentation.sections import front, review
from presentation.writing.inputs import LostParameterError, WrongSchemaError, load

from tests.quarto_templates.says import says


@pytest.mark.parametrize("status", ["candidate", "exploratory", "reference", "draft"])
def test_the_title_page_says_what_the_report_is_good_for(inputs: Any, status: str) -> None:
    """Every status has its sentence on the title page."""
    inputs.run["status"] = status
    words = {"draft": "draft: not for", "candidate": "See the signatures: "}.get(
        status, f"{status.capitalize()}: "
    )
    assert says(front.title_page(inputs.report()), words)


def test_long_titles_are_set_smaller(inputs: Any) -> None:
    """A title of several lines leaves room for the facts below it."""
    sizes = []
    for length in (80, 300, 1500):
        inputs.results["study"]["title"] = "x " * (length // 2)
        sizes.append(front.title_page(inputs.report()).rpartition("title-size: ")[2].partition("pt")[0])
    assert sizes == ["25", "17", "11"]


def test_signatures_and_arms(inputs: Any) -> None:
    """The signature page has the fields of 21 CFR 11.50; an arm with a name of its own goes by it."""
    assert says(review.signature_page(inputs.report()), "Printed name", "Role", "Meaning", "Date and time")
    assert inputs.report().arm("treated") == "quitting smoking"
    inputs.results["cohort"]["arms"]["treated"]["label"] = "2"
    assert inputs.report().arm("treated") == "qsmk\u00a0=\u00a02"
    inputs.results["cohort"]["arms"]["treated"]["label"] = "veltagliptin"
    assert inputs.report().arm("treated") == "veltagliptin"


@pytest.mark.parametrize(
    ("study", "month", "run"),
    [
        ("", "2025-03", "REF-NHEFS/2025-03/1"),
        ("REF-NHEFS", "2025-04", "REF-NHEFS/2025-03/1"),
        ("REF-NHEFS", "2025-03", ""),
    ],
)
def test_a_lost_parameter_is_an_error(
    inputs: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, study: str, month: str, run: str
) -> None:
    """Parameters that did not arrive, or are of another run, stop the report."""
    for name, data in inputs.files().items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    assert load("REF-NHEFS", "2025-03", "REF-NHEFS/2025-03/1").observational
    with pytest.raises(LostParameterError):
        load(study, month, run)


def test_results_of_another_schema_are_refused(
    inputs: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The template reads the schema that it was written for and no other."""
    inputs.results["schema"] = "medicore-results-2"
    for name, data in inputs.files().items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongSchemaError):
        load("REF-NHEFS", "2025-03", "REF-NHEFS/2025-03/1")
