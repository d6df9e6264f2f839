"""All problems of a protocol's file are told at once, each at its line, in words that say what to write."""

import math
import re

import pytest

from medicore.records.protocol.parsing import problems_of
from tests.conftest import ROOT
from tests.steps.analysed_trial import TEXT as PLAIN

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


COMMON = {
    'version: "1.0"': "version: 1.0",
    "design: observational": "design: observation",
    "values: [F, M]": "values: [Yes, No]",
    "type: number, timing: baseline, unit: kg, required: false": "type: number, timing: baseline, required: false",
    "treated: active": "treated: Active",
    "column: age, operator: at least": "column: agee, operator: at least",
    "outcome: [weight, age]": "outcome: [weight, change]",
    "inference: {replicates: 200}": "inference: {replicates: 200, level: 95}",
    "operator: below": 'operator: ">="',
    'first_month: "2025-01"': "first_month: 2025-01-01",
    "seed: 7": "sed: 7",
}


def test_the_commonest_mistakes_are_told_in_one_run_as_the_guide_shows_them() -> None:
    """Values of a wrong kind hide no contradiction: every mistake of the guide's table is told at its own line."""
    text = PLAIN
    for old, new in COMMON.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    found = [(problem.line, problem.words) for problem in problems_of(text, ORIGIN)]
    guide = (ROOT / "docs" / "use.md").read_text(encoding="utf-8").partition("### The commonest mistakes")[2]
    table = re.findall(
        r"^\| `(.+?)` \| (.+?) \|$", guide.partition("\n\n|")[2].partition("\n\n")[0], re.MULTILINE
    )
    assert len(table) == len(COMMON)
    for written, words in table:
        lines = [line for line, told in found if told.startswith(words)]
        assert any(written in text.splitlines()[line - 1] for line in lines), (written, words)
    told = {words for _, words in table}
    beside = [words for _, words in found if not words.startswith(tuple(told))]
    assert beside == ["YAML reads No as false; put it in quotes, or write false", "is missing; add it"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("contract:\n", "contract: 5\nnot: \n"), {"contract", "not"}),
        (("    - {name: arm,", "    - {nam: arm,"), {"contract.columns.1.nam", "contract.columns.1.name"}),
        (("    - {name: arm,", "    - 5\n    - {name: arm,"), {"contract.columns.1"}),
        (("  - {column: age, label: Age, terms: [linear, square]}", "  - {column: age, label: Age, terms: [lin, squ]}"),
         {"covariates.0.terms.0", "covariates.0.terms.1"}),
    ],
)  # fmt: skip
def test_what_cannot_be_mended_hides_no_other_mistake(change: tuple[str, str], expected: set[str]) -> None:
    """A part that is broken beyond knowing is told, and so are the broken keys beside it."""
    assert change[0] in PLAIN
    text = PLAIN.replace(change[0], change[1], 1).replace("seed: 7", "sed: 7")
    keys = {problem.key for problem in problems_of(text, ORIGIN)}
    assert expected | {"sed", "seed"} <= keys


def test_a_stand_in_is_no_mistake_of_the_file() -> None:
    """Of a design that nobody knows, nothing is said to contradict it; two mistakes in one element leave the next as it is."""
    text = PLAIN.replace("design: observational", "design: observation")
    text = text.replace("inference: {replicates: 200}", "inference: {replicates: 200, estimator: ancova}")
    assert [problem.key for problem in problems_of(text, ORIGIN)] == ["design"]
    twice = PLAIN.replace(
        "{column: age, label: Age, terms: [linear, square]}", "{column: age, label: 1, terms: [lin]}"
    )
    keys = [
        problem.key for problem in problems_of(twice.replace("treated: active", "treated: Active"), ORIGIN)
    ]
    assert keys == ["treatment.treated", "covariates.0.label", "covariates.0.terms.0"]
