"""Tests of the list of references: a report lists what its texts cite, and nothing that they do not cite."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from presentation.design import literature
from presentation.writing import rendition

from tests.quarto_templates.conftest import TEMPLATES
from tests.quarto_templates.says import says
from tests.quarto_templates.test_presentation_randomised import trial

CITATION = re.compile(
    r"(?:van |von )?[A-Z][\w’'-]+(?:(?:, | & | et al\.)(?:[A-Z][\w’'-]+)?)*,? \(?(?:19|20)\d\d\b"
)
PRINTED = re.compile(r"print\((\w+\.\w+)\(report\)\)")


def told() -> Iterator[str]:
    """Yield every text that the modules of the presentation may print, docstrings left out."""
    for path in sorted((TEMPLATES / "presentation").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        described = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
                yield node.value


def listed(inputs: Any) -> str:
    """Return the list of a report, as if no cell above it had cited anything."""
    return literature.cited(inputs.report())


def test_every_citation_has_its_work_and_every_work_its_citation() -> None:
    """Whatever the sections can print, an author with a year is in the list of works, and each of these is cited somewhere."""
    texts = list(told())
    citations = {found for text in texts for found in CITATION.findall(text)}
    keys = [key for key, _ in literature.works()]
    assert len(citations) > 60
    assert [one for one in citations if not any(literature.cites(one, key) for key in keys)] == []
    everything = "\n".join(texts)
    assert [key for key in keys if not literature.cites(everything, key)] == []


def test_the_works_are_in_the_order_of_their_authors() -> None:
    """The list is sorted, each entry stands once, and it ends with a full stop."""
    entries = [entry for _, entry in literature.works()]
    assert entries == sorted(entries, key=lambda one: one.casefold().replace("á", "a"))
    assert len(set(entries)) == len(entries)
    assert all(entry.endswith(".") for entry in entries)


def test_a_report_lists_what_it_cites_alone(inputs: Any) -> None:
    """An observational study has the authors of its methods and not those of trials, and the other way round."""
    observational = listed(inputs)
    assert says(observational, "Lunceford JK, Davidian M.", "von Elm E", "Austin PC.", "ICH E9(R1).")
    assert not says(observational, "Hopewell S")
    assert not says(observational, "Garwood F.")
    randomised = listed(trial(inputs))
    assert says(randomised, "Hopewell S", "Waudby-Smith I")
    assert not says(randomised, "von Elm E")


def test_what_is_printed_before_the_list_counts(inputs: Any) -> None:
    """A work that a cell above the list cites is listed, though no method below it does."""
    from presentation.sections import sensitivity

    inputs.results["evalue"] = {"point": 2.31, "limit": 1.74}
    report = inputs.report()
    assert not says(literature.cited(report), "VanderWeele TJ")
    rendition.printing(report)(sensitivity.evalue(report))
    assert says(literature.cited(report), "VanderWeele TJ, Ding P.")


def test_the_cells_below_the_list_are_known() -> None:
    """The cells of the methods and of the guidelines are those whose citations are read ahead of them."""
    text = (TEMPLATES / "regulatory_report.qmd").read_text(encoding="utf-8")
    methods = text[text.index("{#section-16-1-9}") : text.index("{#section-16-3}")]
    named = [*PRINTED.findall(methods), "checklist.items"]
    known = [f"{cell.__module__.rpartition('.')[2]}.{cell.__name__}" for cell in literature.LATER]
    assert named == known
