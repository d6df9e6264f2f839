"""Tests of the portfolio report, rendered: its first page, its numbers, its marks, its bytes."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.portfolio.figures import pooled_entry
from medicore.errors import ConfigurationError
from medicore.stores.report.pdf_text import pages_of, text_of, tight
from medicore.stores.report.renderer import scratch_folder
from medicore.stores.report.renderer_cells import execute
from medicore.stores.report.renderer_quarto import QuartoRenderer
from medicore.stores.report.renderer_template import parse_template
from medicore.stores.report.report_check import check_report
from tests.quarto_templates.conftest import TEMPLATES
from tests.quarto_templates.page_extent import half_empty
from tests.quarto_templates.portfolio_sample import CREATED, LONG, TEMPLATE, contents, files, identity, render
from tests.quarto_templates.test_both_renderers import quarto  # noqa: F401 - a fixture
from tests.quarto_templates.test_report import HOSTILE

CLEARED = {"figures": None, "change": None, "diagnostics": None, "findings": [], "months": []}
"""What the contents for a closed study never hold."""
RENDER = """
import json, sys, datetime
from medicore.stores.report.renderer_embedded import EmbeddedRenderer
from medicore.stores.report.renderer_proven import ProvenRenderer
files = {name: text.encode() for name, text in json.load(sys.stdin).items()}
created = datetime.datetime.fromisoformat(sys.argv[2])
sys.stdout.buffer.write(ProvenRenderer(EmbeddedRenderer()).render(sys.argv[1], files, created, sys.argv[3]))
"""


@pytest.fixture(scope="module")
def portfolio() -> bytes:
    """The report of eight studies, rendered once."""
    return render(contents())


def test_it_is_what_a_report_must_be(portfolio: bytes) -> None:
    """It is archival, accessible, closed, and says portfolio, month, event and that it is a summary on every page."""
    assert [(one.name, one.found) for one in check_report(portfolio) if not one.met] == []
    pages = pages_of(portfolio)
    for page in pages:
        assert "portfolio·2025-03·event412" in page
        assert "SUMMARY" in page
        assert tight("a summary, itself no record") in page


def test_a_page_that_calls_the_event_a_run_is_found() -> None:
    """What would pass for the report of a run does not meet the requirement of every page."""
    made = render(contents(), unit="run")
    broken = {one.name: one.found for one in check_report(made) if not one.met}
    assert broken == {"every page": "page 1 does not say portfolio·2025-03·event412"}


def test_the_first_page_holds_the_month(portfolio: bytes) -> None:
    """Eight studies with long titles stand on page 1: states, who is waited for, what stopped, what is late, estimates."""
    first, second = pages_of(portfolio)[:2]
    wanted = (
        "3 released", "2 wait for approval", "1 halted", "2 without a result", "5 late",
        "waits for approval by Rosa Reviewer, Quentin Quality and 1 more", "waits for a decision on its findings",
        "1 of 5 terms are imbalanced", "The export was cut", "LATE since 2025-04-07",
        "−12.2 (−23.1 to −1.3)", "mmol/L; n = 1,001; pointwise −19.1 to −5.4", "+0.11 SE 2025-02",
        "−24.50 (−35.40 to −13.60)", LONG,
        "Lower values are better: the estimate favours antibody. It reaches the smallest relevant difference, 3.5 mmol/L, "
        "which the valid interval does not show.", "Higher values are better: the estimate favours placebo.",
        "The protocol declares no direction.",
        "Late, too, are earlier months of MED-2024-0007 and later months of MED-2024-0008 (Table 2.2).",
    )  # fmt: skip
    assert [words for words in wanted if tight(words) not in first] == []
    assert all(f"MED-2024-{number:04d}" in first for number in range(1, 9))
    assert "…" not in first
    assert tight("2 States and dates") in second


def test_what_follows_names_people_digests_and_commands(portfolio: bytes) -> None:
    """Approvers, digests, diagnostics, decisions, open findings and records with their tags can be found by search."""
    text = text_of(portfolio)
    wanted = (
        "Rosa Reviewer, 2025-04-04", "1f" * 32, "6d" * 32, "2025-01 to 2025-02", "2025-04 failed 2025-05-07", "0.388", "0.016 (0.1)", "342.4, 292.6", "0.673",
        "proceed: Discussed with the clinical lead", "5.0 % if nothing were wrong", f"--finding {'5d' * 6}",
        "record/MED-2024-0001/2025-03/1", "ef" * 20, "1e" * 32, "event 412", "5e" * 32, "--on 2025-04-08",
    )  # fmt: skip
    assert [words for words in wanted if tight(words) not in text] == []


def test_the_same_contents_give_the_same_bytes_everywhere(portfolio: bytes, tmp_path: Path) -> None:
    """Another process, folder, home, time zone and locale give the very same report."""
    home = tmp_path / "home of another"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "TZ": "Pacific/Auckland", "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
    }  # fmt: skip
    given = json.dumps({name: data.decode() for name, data in files(contents()).items()})
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(TEMPLATES), CREATED.isoformat(), TEMPLATE],
        cwd=TEMPLATES.parent, env=environment, input=given.encode(), capture_output=True, check=True,
    )  # fmt: skip
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(portfolio).digest()


@pytest.mark.usefixtures("quarto")
def test_both_renderers_print_the_same() -> None:
    """What the cells print of a portfolio is the same by Quarto's way and by the embedded renderer's."""
    given = files(contents())
    made = QuartoRenderer().render(str(TEMPLATES), given, CREATED, TEMPLATE).decode()
    with scratch_folder(str(TEMPLATES), given, TEMPLATE) as scratch:
        folder, home = scratch / "report", scratch / "home"
        template = parse_template((folder / TEMPLATE).read_text(encoding="utf-8"))
        named = {"study_id": "portfolio", "month": "2025-03", "run": identity()["id"]}
        outputs = execute(template.cells, named, folder, home)
    printed = "".join(outputs[cell.label] for cell in template.cells)
    assert printed == made.removeprefix("%PDF <pdfaid:part>")
    assert "month-panels(" in printed


def test_twelve_studies_fill_their_pages() -> None:
    """A dozen studies with a year of months each go over pages: each row of panels is whole, and no page is half empty."""
    document = contents()
    drawn = document["studies"][:4]
    document["studies"] = [
        {**drawn[number % 4], "study": f"MED-2025-{number:04d}"} for number in range(1, 13)
    ]
    made = render(document)
    assert half_empty(made) == []
    assert all(one.met for one in check_report(made))
    assert [text_of(made).count(f"MED-2025-{number:04d}") >= 4 for number in range(1, 13)] == [True] * 12


def test_what_follows_a_month_that_runs_over_page_1_fills_its_page() -> None:
    """With ten studies the table goes on to page 2 with its head, and the next section begins below it."""
    document = contents()
    again = [{**one, "study": f"MED-2025-{number:04d}"} for number, one in enumerate(document["studies"][:2])]
    document["studies"] += again
    first, second = pages_of(render(document))[:2]
    assert tight("Table 1.1 The studies (continued)") in second
    assert tight("2 States and dates") in second
    assert tight("2 States and dates") not in first


def test_hostile_texts_are_printed_and_never_obeyed() -> None:
    """Titles, reasons, names, arms and units that look like Typst, Markdown or Python are set as they stand."""
    document = contents()
    for study, text in zip(document["studies"], HOSTILE, strict=False):
        study["title"] = text
        study["why"] = [text] if study["why"] else []
        for row in study["runs"]:
            row["requested_by"] = text
        if study["figures"]:
            study["figures"]["unit"] = study["figures"]["arms"]["control"]["label"] = text
    made = render(document, paper="us-letter")
    text = text_of(made)
    assert "root:" not in text
    assert [words for words in HOSTILE[:7] if tight(words) not in text] == []
    assert all(one.met for one in check_report(made))


def test_a_month_with_little_to_say_is_still_a_report() -> None:
    """One study without a run, without a calendar, nothing late: sentences stand in the places of the exhibits."""
    document = contents()
    (last,) = document["studies"][-1:]
    document["studies"] = [{**last, "due": None, "late": False}]
    document["earlier_late"] = document["later_late"] = []
    made = render(document)
    text = text_of(made)
    for words in (
        "0 halted", "No other month is late", "No other month of these studies is late", "Without an estimate",
        "No run of the month has a record yet",
        "none has diagnostics", "No gate fired", "No run of the month waits at a finding",
    ):  # fmt: skip
        assert tight(words) in text
    assert all(one.met for one in check_report(made))


def test_what_is_late_everywhere_is_said_once() -> None:
    """Where all studies have late months, their names are not listed; where none has, the page says so."""
    from presentation.portfolio.front import counts
    from presentation.portfolio.inputs import Portfolio

    document = contents()
    (one,) = document["later_late"]
    document["later_late"] = [{**one, "study": study["study"]} for study in document["studies"]]
    found = counts(Portfolio(document, identity())).calls[0].arguments[0]
    assert found.endswith("earlier months of MED-2024-0007 and later months of all studies (Table 2.2).")
    document["earlier_late"] = document["later_late"]
    found = counts(Portfolio(document, identity())).calls[0].arguments[0]
    assert found.endswith("Late, too, are earlier and later months of all studies (Table 2.2).")
    document["earlier_late"] = document["later_late"] = []
    assert counts(Portfolio(document, identity())).calls[0].arguments[0].endswith("No other month is late.")


def test_a_month_is_called_the_first_only_where_none_came_before() -> None:
    """Without a recorded change an earlier month is named; only where none has an estimate is this one the first."""
    from presentation.portfolio.front import glance
    from presentation.portfolio.inputs import Portfolio

    document = contents()
    document["studies"] = [{**study, "change": None} for study in document["studies"][:2]]
    document["studies"][1]["earlier"] = None
    printed = glance(Portfolio(document, identity()))
    assert printed.count("2025-02 ended later") == printed.count("first estimate") == 1


def test_lost_parameters_and_another_months_contents_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parameter that got lost, and contents of another month or schema, give no report."""
    for change, name in (
        ({"month": "2025-02"}, "WrongSchemaError"),
        ({"schema": "other"}, "WrongSchemaError"),
    ):
        with pytest.raises(ConfigurationError, match=name):
            render({**contents(), **change})
    lost: dict[str, Any] = {"study_id": "", "month": "2025-03", "run": identity()["id"]}
    monkeypatch.setattr("medicore.stores.report.renderer_embedded.parameters", lambda _: lost)
    with pytest.raises(ConfigurationError, match="LostParameterError"):
        render(contents())


def test_families_across_studies_are_a_table(portfolio: bytes) -> None:
    """Each study has its p-values and its decision; a portfolio without families says that nothing is adjusted."""
    text = tight(text_of(portfolio))
    assert tight("Table 3.2 Families across studies") in text
    assert tight("metabolic: holm, level 5.0 %; declared in commit 3a52404c3c1f") in text
    assert tight("0.0010 0.0030 rejected") in text
    assert tight("1.00 1.00 not rejected not sealed") in text
    without = render({**contents(), "families": []})
    assert tight("No family across studies is declared") in tight(text_of(without))


def test_closed_studies_show_their_states_alone() -> None:
    """Their rows have state, reason and what they wait for, and no number that compares arms; their family is named."""
    document = contents()
    document["studies"] = [pooled_entry(one | CLEARED, "2027-06-30") for one in document["studies"]]
    made = render(document | {"families": [], "closed_families": ["lipids"]})
    text = tight(text_of(made))
    assert text.count(tight("comparative results are closed until 2027-06-30")) >= 8
    assert tight("a study of theirs are closed: lipids") in text
    for number in ("12.25", "24.50", "0.1315", "0.388", "374"):
        assert number not in text
