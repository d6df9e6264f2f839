"""A preview tells what is wrong with a plan before the first run, and it never reads an outcome."""

from pathlib import Path

import pytest

from medicore.cases.studies.drafting import Choices, draft
from medicore.cases.studies.preview_page import preview_page
from medicore.cases.studies.previewing import lines_of, preview_of
from medicore.cases.studies.profiling import profile_of
from medicore.edc.declared import Declared
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.sample import sample_of
from medicore.steps.preview.preview import Preview
from tests.whole_house.site_file import HEAD, Change, Row, rows, written

LEVELS = frozenset({"sex", "region"})


def planned(path: Path, **changed: object) -> Protocol:
    """Return the drafted protocol of a file."""
    with sample_of("ACME-01", [path], Declared()) as (transfer, _):
        found = profile_of(transfer)
    fields: dict[str, object] = {
        "treatment": "arm",
        "outcome": "score",
        "first_month": "2025-01",
        "levels": LEVELS,
    }
    return parse_protocol(draft(found, Choices("ACME-01", path.name, **{**fields, **changed})).text, "x")  # type: ignore[arg-type]


def previewed(path: Path, protocol: Protocol) -> Preview:
    """Return the preview of a file."""
    with sample_of("ACME-01", [path], Declared()) as (transfer, _):
        return preview_of(protocol, transfer)


def changed(*changes: Change, n: int = 400) -> list[Row]:
    """Return the rows after changes."""
    found = rows(n)
    for change in changes:
        change(found)
    return found


def test_a_sound_plan_has_nothing_against_it(tmp_path: Path) -> None:
    """Cohort, overlap, balance, false alarms and the detectable difference are told; nothing would halt."""
    path = written(tmp_path, rows(1500))
    found = previewed(path, planned(path))
    assert found.problems == ()
    assert found.findings == ()
    assert found.sparse == ()
    assert sum(found.cohort["arms"].values()) == 1500
    assert found.scores is not None
    assert found.detectable is not None
    assert 0.14 < found.detectable["difference"] < 0.16  # 2.8·√(1/n1 + 1/n0) with arms of about 750
    assert max(abs(row["weighted"]) for row in found.balance) < 0.05


def test_the_outcome_is_never_read(tmp_path: Path) -> None:
    """Other outcomes, impossible ones and none at all give the same preview to the byte, page included (blind)."""
    path = written(tmp_path, rows())
    protocol = planned(path, late=("died",), levels=LEVELS | {"died"})
    first = previewed(path, protocol)
    pages = {preview_page(protocol, first)}
    for text in ("", "999999", "not a number"):
        hostile = [row | {"score": text, "died": text} for row in rows()]
        pages.add(preview_page(protocol, previewed(written(tmp_path, hostile), protocol)))
    assert len(pages) == 1
    assert set(first.cohort["hidden"]) == {"died", "score"}


def test_few_subjects_of_a_level_are_named_with_what_mends_it(tmp_path: Path) -> None:
    """A level that an arm hardly has is told with its counts before any bootstrap meets it."""

    def rare(found: list[Row]) -> None:
        for row in found[:3]:
            row["region"] = "far away"

    path = written(tmp_path, changed(rare))
    found = previewed(path, planned(path))
    assert [(one["column"], one["level"]) for one in found.sparse] == [("region", "far away")]
    assert "SPARSE       region=far away" in "\n".join(lines_of(found))
    assert "merge it with another level" in preview_page(planned(path), found)


@pytest.mark.parametrize("method", ["single", "multiple"])
def test_gaps_that_a_run_would_impute_are_filled(tmp_path: Path, method: str) -> None:
    """Everybody is in the scores though half of a number and of a category are missing, and the outcome says nothing."""
    gaps = [row | {"bmi": "", "sex": ""} if place % 2 else row for place, row in enumerate(rows(600))]
    path = written(tmp_path, gaps)
    protocol = planned(path)
    protocol = protocol.model_copy(
        update={"imputation": protocol.imputation.model_copy(update={"method": method})}
    )
    found = previewed(path, protocol)
    assert found.histogram is not None
    assert sum(map(sum, found.histogram.values())) == 600
    assert found.findings == ()
    assert "Missing      bmi 300, sex 300; the preview fills each gap once, without the outcome" in lines_of(
        found
    )
    other = written(tmp_path, [row | {"score": "1.0"} for row in gaps])
    assert preview_page(protocol, previewed(other, protocol)) == preview_page(protocol, found)


def test_gaps_that_nothing_fills_end_the_preview(tmp_path: Path) -> None:
    """A covariate without an observed value is told as what would end the run."""
    protocol = planned(
        written(tmp_path, [row | {"bmi": ""} if row["age"] == "30" else row for row in rows()])
    )
    found = previewed(written(tmp_path, [row | {"bmi": ""} for row in rows()]), protocol)
    assert len(found.problems) == 1
    assert "bmi" in found.problems[0]


@pytest.mark.parametrize(("few", "fires"), [(5, True), (14, False)])
def test_levels_that_a_binary_outcome_splits_are_named(tmp_path: Path, few: int, fires: bool) -> None:
    """Of a binary outcome each level needs both outcomes in each arm: what even half of them would lose is told, blind."""
    held = {"new drug": 0, "control": 0}

    def rare(found: list[Row]) -> None:
        for row in found:
            if held[row["arm"]] < few:
                held[row["arm"]] += 1
                row["region"] = "far away"

    path = written(tmp_path, changed(rare))
    found = previewed(path, planned(path, outcome="died"))
    told = [one.message for one in found.findings if one.gate == "failed replicates"]
    assert bool(told) == fires
    words = "even if half have it, about 29% of the bootstrap's resamples would lose a level and could not be estimated: "
    assert all(
        f"{words}region=far away (5 in the control arm) and region=far away (5 in" in one for one in told
    )


def test_a_copied_covariate_is_named(tmp_path: Path) -> None:
    """A column that is another one in other units would halt the run: it is named."""
    found = [row | {"age in months": str(12 * int(row["age"]))} for row in rows()]
    path = written(tmp_path, found, head=(*HEAD, "age in months"))
    gates = {one.gate: one.message for one in previewed(path, planned(path)).findings}
    assert "age_in_months" in gates["collinearity"]


def test_a_covariate_that_decides_the_arm_is_named(tmp_path: Path) -> None:
    """Perfect prediction of the treatment is told as separation with its term."""
    found = [row | {"site": "1" if row["arm"] == "control" else "0"} for row in rows()]
    path = written(tmp_path, found, head=(*HEAD, "site"))
    told = previewed(path, planned(path))
    words = [*told.problems, *(one.message for one in told.findings)]
    assert any("site" in one or "propensity score of 0" in one for one in words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: [row.update(arm="") for row in found if row["arm"] == "control"], "arm 'control' has no eligible subject"),
        (lambda found: [row.update(bmi="") for row in found[:5]], "covariates are missing and no imputation is planned: bmi (5)"),
    ],
)  # fmt: skip
def test_what_would_end_a_run_is_told(tmp_path: Path, change: Change, words: str) -> None:
    """An empty arm and gaps without a plan end a run: the preview says so, and goes no further."""
    protocol = planned(written(tmp_path, rows()))
    found = previewed(written(tmp_path, changed(change)), protocol)
    assert any(words in one for one in found.problems)
    assert found.scores is None


def test_texts_of_the_protocol_are_escaped(tmp_path: Path) -> None:
    """No text of a protocol or a file becomes markup of the page."""
    found = [row | {"region": "<b>x</b>"} if place < 4 else row for place, row in enumerate(rows())]
    path = written(tmp_path, found)
    protocol = planned(path).model_copy(update={"title": "<script>alert(1)</script>"})
    page = preview_page(protocol, previewed(path, protocol))
    assert "<script>" not in page
    assert "<b>x" not in page
    assert "&lt;script&gt;" in page
