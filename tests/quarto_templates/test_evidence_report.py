"""The evidence report of a halted run, as pages: the finding and the choices first, no effect, and every requirement of a report."""

import json
import re
from typing import Any

import pytest

from medicore.records.results.references import references_of
from medicore.stores.report.pdf_text import pages_of, text_of, tight
from medicore.stores.report.renderer_embedded import EmbeddedRenderer
from medicore.stores.report.renderer_proven import ProvenRenderer
from medicore.stores.report.rendition import render_html
from medicore.stores.report.report_check import check_report
from tests.quarto_templates.conftest import CREATED, TEMPLATES, Inputs
from tests.quarto_templates.page_extent import half_empty
from tests.quarto_templates.pages import elements, parsed, words
from tests.quarto_templates.test_html import OF, TEMPLATE

STEPS = ("extract", "check", "cohort", "propensity", "effect", "sensitivity")
PARTS = {
    "check": ("check",),
    "cohort": ("cohort", "baseline"),
    "propensity": ("balance", "propensity", "negative_controls"),
}
TOLD = "The weighted SMD of age is 0.213; the limit is 0.1."


def evidence(inputs: Inputs, step: str, **finding: Any) -> dict[str, Any]:
    """Return the evidence of the sample as if its run had halted at a step; ``finding`` are other fields of its finding."""
    reached = STEPS[: STEPS.index(step) + 1]
    parts = [part for name in reached for part in PARTS.get(name, ())]
    found = {
        "step": step, "gate": "SMD (weighted)", "subject": "age", "statistic": "0.213", "threshold": "0.1",
        "message": TOLD, "false_alarm_rate": 0.0123, "overridable": True, "digest": "ab" * 32, "decision": None,
        "waits": True, "answered_by": ["reviewer"], **finding,
    }  # fmt: skip
    made = {
        "schema": "medicore-evidence-1",
        "study": inputs.results["study"],
        "halt": {"step": step, "reached": list(reached), "effect_computed": "effect" in reached},
        "data": inputs.results["data"],
        **{part: inputs.results[part] for part in parts},
        "findings": [found],
    }
    return {**made, "references": list(references_of(made))}


def files_of(inputs: Inputs, contents: dict[str, Any]) -> dict[str, bytes]:
    """Return the files of evidence as a renderer takes them."""
    study = contents["study"]
    run = {
        **inputs.run, "status": "evidence", "kind": "Evidence report", "title": study["title"], "author": study["sponsor"],
    }  # fmt: skip
    parts = {"evidence": contents, "protocol": inputs.protocol, "run": run}
    return {f"{name}.json": json.dumps(part).encode() for name, part in parts.items()}


def rendered(inputs: Inputs, contents: dict[str, Any]) -> bytes:
    """Return the report that the embedded renderer makes of evidence."""
    files = files_of(inputs, contents)
    return ProvenRenderer(EmbeddedRenderer()).render(str(TEMPLATES), files, CREATED, "evidence_report.qmd")


@pytest.mark.parametrize("step", ["check", "effect"])
def test_the_report_shows_what_was_reached(step: str, inputs: Inputs) -> None:
    """Each page is marked; page 2 has finding, chance and choices; plots come only after their step; the effect never does."""
    contents = evidence(inputs, step)
    made = rendered(inputs, contents)
    assert [requirement for requirement in check_report(made) if not requirement.met] == []
    assert half_empty(made) == []
    pages, text = pages_of(made), tight(text_of(made))
    assert all("EVIDENCE" in page for page in pages)
    for told in (
        TOLD,
        "in 1.2 % of runs if nothing were wrong",
        "Proceed",
        "Correct the data",
        "Amend the protocol",
    ):
        assert tight(told) in pages[1], told
    full = step == "effect"
    assert (tight("Figure 14.1.2") in text, tight("Figure 14.1.3") in text) == (full, full)
    assert (tight("before the step propensity; there is nothing to show") in text) is not full
    withheld = tight("is withheld here") if full else tight("No effect was computed")
    assert withheld in pages[1]
    estimate = inputs.results["primary"]["estimate"]
    assert f"{estimate:.2f}" not in text
    assert "14.2.1" not in text
    printed = {int(number) for number in re.findall(r"R(\d+)", tight(" ".join(pages[-2:])))}
    assert max(printed) <= len(contents["references"])
    assert len(printed) > (20 if full else 3)


def test_the_rendition_shows_what_the_pages_show(inputs: Inputs) -> None:
    """The page in HTML is marked, names the two files of the evidence, has the findings, every exhibit and each link's end."""
    contents = evidence(inputs, "effect")
    of = {**OF, "state": "halted, awaiting a decision", "results": "evidence.json", "report": "evidence.pdf"}
    files = files_of(inputs, contents) | {"rendition.json": json.dumps(of).encode()}
    page = render_html(TEMPLATE, files, "evidence_report.qmd")
    assert page == render_html(TEMPLATE, files, "evidence_report.qmd")
    root = parsed(page)
    shown = words(root)
    for told in (
        TOLD,
        "EVIDENCE",
        "evidence.json, SHA-256",
        "a decision is bound to evidence.pdf",
        "withheld here",
    ):
        assert tight(told) in shown, told
    held = {element.get("id") for element in root.iter() if element.get("id")}
    assert {
        "table-1-1",
        "table-2-1",
        "table-14-1-1",
        "table-14-1-2",
        "figure-14-1-2",
        "figure-14-1-3",
    } <= held
    links = {link.get("href", "") for link in elements(root, "a")}
    assert {link for link in links if link.startswith("#") and link[1:] not in held} == set()
    assert f"{inputs.results['primary']['estimate']:.2f}" not in shown


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        ({}, "Each finding needs its own signed decision, with a reason."),
        (
            {"overridable": False, "answered_by": []},
            "Not possible for this run: no signature overrides finding 1.",
        ),
    ],
)
def test_to_proceed_is_offered_only_where_a_signature_counts(
    finding: dict[str, Any], words: str, inputs: Inputs
) -> None:
    """A finding that no signature overrides says so, in its own table and among the choices."""
    from presentation.evidence.decision import choices, findings
    from presentation.writing.html import html
    from presentation.writing.inputs import Report

    report = Report(evidence(inputs, "check", **finding), inputs.protocol, inputs.run)
    shown = "".join(html(code) for block in (findings(report), choices(report)) for code in block.calls)  # type: ignore[attr-defined]
    assert words in shown
    assert ("to proceed needs the signature of a person in the role reviewer" in shown) is not bool(finding)
