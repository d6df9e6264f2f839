"""All problems of a protocol's file are told at once, each at its line, in words that say what to write."""

import math

import pytest

from medicore.records.protocol.parsing import problems_of
from tests.conftest import ROOT

TEXT = (ROOT / "studies" / "MED-2024-0147.yaml").read_text(encoding="utf-8")
ORIGIN = "studies/MED-2024-0147.yaml"


def changed(*changes: tuple[str, str]) -> str:
    """Return the protocol with each text replaced by another; each must be there."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def told(text: str) -> dict[str, str]:
    """Return the words of each problem by its key, and hold its line against the file."""
    problems = problems_of(text, ORIGIN)
    lines = [problem.line or math.inf for problem in problems]
    assert lines == sorted(lines)
    return {problem.key: problem.words for problem in problems}


def line_of(text: str, words: str) -> int:
    """Return the number of the only line that holds ``words``."""
    (number,) = (place for place, line in enumerate(text.splitlines(), 1) if words in line)
    return number


def test_a_sound_protocol_has_none() -> None:
    """A protocol that a run may use has no problem."""
    assert problems_of(TEXT, ORIGIN) == []


MISTAKES = [
    (("  decimals: 2", "  decimal: 2"), "outcome.decimal", "is no key here; expected 'decimals', or nothing"),
    (("retention:", "retentions:"), "retentions", "is no key here; expected 'retention'"),
    (("  smd: 0.1", "  smd: -1"), "gates.smd", "found -1; expected greater than 0"),
    (("design: observational", "design: observed"), "design", "found 'observed'; expected 'randomised' or 'observational'"),
    (("version: \"1.3\"", "version: 1.3"), "version", "YAML reads 1.3 as a number; expected a text; put it in quotes"),
    (("  treated: veltagliptin", "  treated: velta"), "treatment.treated", "arm 'velta' is not an allowed value of column 'arm'"),
    (("column: comorbidity_index, operator", "column: comorbidity, operator"), "eligibility.4.column",
     "columns ['comorbidity'] are used but not in the contract"),
    (("  propensity: [age,", "  propensity: [site, age,"), "models.propensity.0",
     "columns ['site'] are in a model or subgroup but are not covariates"),
    (("    - {name: bmi, type: number, timing: baseline, unit: kg/m²,", "    - {name: bmi, type: number, timing: baseline,"),
     "contract.columns.6", "column bmi: a number needs its unit"),
    (("timezone: Europe/Zurich", "timezone: Europe/Basel"), "calendar.timezone", "time zone 'Europe/Basel' is unknown"),
    (("title: \"Velta", "titel: \"Velta"), "titel", "is no key here; expected 'title'"),
    (("  interval: percentile", "  interval: yes"), "inference.interval", "YAML reads yes as true; put it in quotes"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "key", "words"), MISTAKES)
def test_a_common_mistake_is_told_at_its_line(change: tuple[str, str], key: str, words: str) -> None:
    """Key and line are those of the mistake, and the words say what was found, what is expected and what to do."""
    text = changed(change)
    assert words in told(text)[key]
    line = next(problem.line for problem in problems_of(text, ORIGIN) if problem.key == key)
    assert line == line_of(text, change[1].splitlines()[0].strip())


def test_mistakes_of_all_kinds_are_told_at_once() -> None:
    """Misspelled keys, values out of range, a wrong arm, an unknown column and a truth: one reading tells all five."""
    kinds = [0, 2, 5, 6, 7]
    found = told(changed(*(MISTAKES[kind][0] for kind in kinds)))
    assert set(found) == {MISTAKES[kind][1] for kind in kinds}


def test_what_is_missing_is_told_where_it_belongs() -> None:
    """A key that must be given is named; what depends on it is not told beside it."""
    assert told(changed(("seed: 20240147", ""))) == {"seed": "is missing; add it"}


def test_a_contradiction_that_names_no_place_is_told_last() -> None:
    """A problem of no single line has none, and comes after those that have one."""
    text = changed(
        ("  lower: 0.001", "")
        if "  lower: 0.001" in TEXT
        else ("  score_lower: 0.001", "  score_lower: 0.9995")
    )
    problems = problems_of(text, ORIGIN)
    assert [(problem.line, problem.key) for problem in problems] == [(0, "protocol")]
    assert "the lower score limit must be below the upper" in problems[0].words
