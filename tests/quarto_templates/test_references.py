"""Tests of the references: every printed number has one, and the appendix maps those that are printed and no other."""

import copy
import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from presentation.sections import provenance

from medicore.records.results.paths import value_at
from medicore.records.results.printed import numbers_of
from medicore.stores.report.pdf_text import text_of
from medicore.stores.report.renderer_template import parse_template
from tests.quarto_templates.printed_references import cited_in, mapped_in, parts_of
from tests.quarto_templates.test_presentation_flexible import PLAN, SPLIT

TEMPLATES = Path(__file__).resolve().parents[2] / "quarto_templates"
CITED = re.compile(r"cited\(([\d, ]+)\)")
PRINTING = re.compile(r'print\((\w+)\.(\w+)\(report(?:, "(\w+)")?\)\)')
ROW = re.compile(r"\(kind: (?:(?!\(kind: ).)*?whole: (?:true|false)\)")
IMPUTATION = {
    "method": "multiple", "numbers": "matching", "imputations": 20, "iterations": 10, "indicators": False, "seed": 7,
    "covariates": [
        {
            "column": "age", "label": "Age", "unit": "years", "level": None, "missing": {"treated": 3, "control": 5},
            "missing_share": {"treated": 0.0071, "control": 0.0042},
            "mean_observed": 43.7, "mean_imputed": 44.1, "filled_with": None,
        }
    ],
}  # fmt: skip
POOLED = {
    "imputations": 20, "within": 0.2, "between": 0.01, "degrees_of_freedom": 812.0, "missing_information": 0.05,
    "monte_carlo_error": 0.02,
}  # fmt: skip
FINDING = {
    "step": "propensity", "gate": "SMD", "subject": "age", "statistic": "0.1278", "threshold": "0.1", "message": "high",
    "false_alarm_rate": 0.264, "overridable": True, "digest": "cd" * 32, "decision": None,
}  # fmt: skip
CHANGED = {"column": "age", "count": 4}
BROKEN = {"column": "age", "rule": "range", "expected": "0 to 120", "count": 2}


def enriched(inputs: Any) -> None:
    """Give the sample every kind of number that a report can print."""
    results = inputs.results
    results["imputation"] = copy.deepcopy(IMPUTATION)
    results["primary"]["imputation"] = dict(POOLED)
    results["findings"] = [dict(FINDING)]
    results["evalue"] = {"point": 2.31, "limit": 1.74}
    results["tipping"] = {
        "missing": 12, "treated": 415, "missing_share": 0.0289, "delta": -4.2, "unit": "kg",
    }  # fmt: skip
    results["sensitivity"]["flexible"] = [dict(SPLIT)]
    inputs.protocol["sensitivity"]["flexible"] = dict(PLAN)
    results["check"]["violations"] = [dict(BROKEN)]
    results["check"]["comparison"] = {
        "previous_month": "2025-02", "subjects_added": 21, "subjects_vanished": 2, "values_changed": [dict(CHANGED)],
    }  # fmt: skip
    results["propensity"]["trimming"] |= {"method": "discard", "lower": 0.05, "upper": 0.95, "discarded": 9}


_ROOMS = {
    "rendition": "writing",
    **dict.fromkeys(
        ("checklist", "declared", "flow", "follow_up", "literature", "methods_text", "trial"), "design"
    ),
    **dict.fromkeys(("outcome", "rates", "survival", "survival_curves", "wins"), "kinds"),
}
"""The rooms of the modules that are not among the sections."""


def exhibits(report: Any) -> Iterator[tuple[str, str]]:
    """Yield every expression of the template that prints, in order, and what it prints of this report."""
    for line in printing_lines():
        module, function, kind = PRINTING.fullmatch(line).groups()  # type: ignore[union-attr]
        room = _ROOMS.get(module, "sections")
        printing = getattr(import_module(f"presentation.{room}.{module}"), function)
        yield line, printing(report, *([kind] if kind else []))


@functools.cache
def printing_lines() -> tuple[str, ...]:
    """Return every expression of the template that prints, in order."""
    template = parse_template((TEMPLATES / "regulatory_report.qmd").read_text(encoding="utf-8"))
    lines = (line for cell in template.cells for line in cell.code.splitlines())
    return tuple(line for line in lines if line.startswith("print("))


def differing(before: str, after: str) -> list[str]:
    """Return the parts of an exhibit that read otherwise: each row of a table by itself, the rest together."""
    old, new = ([*ROW.findall(made), ROW.sub("", made)] for made in (before, after))
    return [part for was, part in zip(old, new, strict=True) if part != was]


def covered(path: str, made: str, references: list[str]) -> bool:
    """Return whether what was made cites the path or something that holds it."""
    cited = {references[int(number) - 1] for found in CITED.findall(made) for number in found.split(",")}
    return any(path == place or path.startswith(f"{place}.") for place in cited)


@contextmanager
def moved(results: Any, path: str) -> Iterator[None]:
    """Change the number at a path a little, for a while."""
    above, _, last = path.rpartition(".")
    holder = value_at(results, above)
    place = int(last) if isinstance(holder, list) else last
    kept = holder[place]
    holder[place] += 1 if isinstance(kept, int) else 0.07 * (abs(kept) or 1)
    yield
    holder[place] = kept


@pytest.mark.parametrize(("design", "scale"), [("observational", "identity"), ("randomised", "logarithm")])
def test_what_a_result_changes_on_paper_cites_it(inputs: Any, design: str, scale: str) -> None:
    """Whatever number of the results is changed, each row or exhibit that then reads otherwise cites that number's place."""
    enriched(inputs)
    inputs.results["study"]["design"] = design
    inputs.results["primary"]["scale"] = scale
    report = inputs.report()
    before = dict(exhibits(report))
    seen: set[str] = set()
    references = inputs.results["references"]
    uncited = []
    for path, _ in numbers_of(inputs.results):
        kind = re.sub(r"\.\d+", ".*", path)
        if kind in seen:
            continue
        seen.add(kind)
        with moved(inputs.results, path):
            changed = dict(exhibits(inputs.report()))
        uncited += [
            (path, line)
            for line, made in changed.items()
            if made != before[line]
            and any(not covered(path, part, references) for part in differing(before[line], made))
        ]
    assert len(seen) > 100
    assert uncited == []


def test_the_appendix_maps_every_reference_without_a_gap(inputs: Any) -> None:
    """In the PDF's text the appendix has every reference of the results with its path, without a gap, and so each that is printed."""
    enriched(inputs)
    body, appendix = parts_of(text_of(inputs.render()))
    references = inputs.results["references"]
    printed = cited_in(body)
    assert len(printed) > 100
    assert mapped_in(appendix) == {f"R{number}": path for number, path in enumerate(references, start=1)}
    assert max(printed) <= len(references)


def test_a_number_without_reference_stops_the_report(inputs: Any) -> None:
    """A place that the sealed list lacks cannot be cited, so that nothing is printed that cannot be looked up."""
    report = inputs.report()
    report.results["references"].remove("primary")
    with pytest.raises(ValueError, match="not in list"):
        dict(exhibits(report))


@pytest.mark.parametrize(("longest", "rows"), [(30, 2), (36, 4)])
def test_long_paths_do_not_stand_beside_each_other(inputs: Any, longest: int, rows: int) -> None:
    """Two references share a row of the appendix where both paths fit beside each other unbroken, else each has its own."""
    report = inputs.report()
    report.results["references"] = names = [f"a.{'b' * 40}", "c", f"d.{'e' * longest}", "f"]
    report.cite(*names)
    made = provenance.references(report)
    assert made.count("kind: ") == rows
    assert all(name in made for name in names)
