"""``medicore report portfolio``: the month's studies on one page, from their records and the ledger alone."""

import hashlib
from pathlib import Path

import pytest

from medicore.stores.report.pdf_text import pages_of, text_of, tight
from tests.line.conftest import BROKEN, CLEAN, IMBALANCED, MONTH, REFERENCE, Month

STUDIES = (REFERENCE, BROKEN, IMBALANCED, CLEAN)
COMMAND = ("report", "portfolio", MONTH, *STUDIES)


@pytest.fixture(scope="module")
def report(released: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portfolio report of the released month, in a folder of its own."""
    folder = tmp_path_factory.mktemp("portfolio") / "new"
    released.project.medicore(*COMMAND, "--output", str(folder))
    return folder / f"portfolio_{MONTH}.pdf"


def test_the_same_records_give_the_same_bytes(released: Month, report: Path, tmp_path: Path) -> None:
    """In another folder and time zone the report is the same to the byte, and the answer names its digest."""
    again = released.project.medicore(
        *COMMAND, "--output", str(tmp_path), "--json", TZ="Pacific/Auckland", LC_ALL="C"
    ).json()
    data = Path(again["written"]).read_bytes()
    assert data == report.read_bytes()
    assert again["sha256"] == hashlib.sha256(data).hexdigest()
    named = released.project.medicore(*COMMAND, "--on", again["day"], "--output", str(tmp_path / "on"))
    assert again["sha256"] in named.out


def test_it_is_what_a_report_must_be(released: Month, report: Path) -> None:
    """``report check`` finds every requirement met."""
    found = released.project.medicore("report", "check", str(report), "--json").json()
    assert set(found[str(report)].values()) == {"met"}


def test_it_says_what_records_and_ledger_say(released: Month, report: Path, tmp_path: Path) -> None:
    """States, estimates, digests, tags and who is waited for are those of the records, for each study of the month."""
    answer = released.project.medicore(*COMMAND, "--output", str(tmp_path), "--json").json()
    studies = {study["study"]: study for study in answer["studies"]}
    rows = {row["run"]: row for row in released.project.medicore("status", "--json").json()}
    first, text = pages_of(report.read_bytes())[0], text_of(report.read_bytes())
    assert sorted(studies) == sorted(STUDIES)
    for name, study in studies.items():
        row = rows[study["run"]]
        assert (study["state"], study["due"], study["late"]) == (row["state"], row["due"], row["late"])
        assert name in first
        assert all(one["record_tag"] is None or one["record_tag"] in text for one in study["runs"])
    for name in (REFERENCE, CLEAN):
        run = studies[name]["run"]
        recorded = released.results(name)["primary"]["estimate"]
        assert studies[name]["figures"]["estimate"] == recorded == studies[name]["months"][-1]["estimate"]
        assert studies[name]["runs"][-1]["results_sha256"] in text
        assert studies[name]["diagnostics"]["smd_after"] == rows[run]["smd_after"]
    (own,) = [one for one in studies[REFERENCE]["runs"] if one["run"] == studies[REFERENCE]["run"]]
    assert [one["name"] for one in own["approved_by"]] == ["Rosa Reviewer"]
    laid = released.project.home / "reports" / REFERENCE / MONTH / f"{REFERENCE}_{MONTH}_1.pdf"
    assert own["report_sha256"] == hashlib.sha256(laid.read_bytes()).hexdigest()
    assert answer["ledger"]["digest"] in text


def test_it_says_who_can_answer_what_halted(released: Month, report: Path, tmp_path: Path) -> None:
    """Each study that waits at findings is printed with all of them, who may answer and how; no other study is."""
    answer = released.project.medicore(*COMMAND, "--output", str(tmp_path), "--json").json()
    listed = released.project.medicore("review", "--json").json()
    halted = {row["run"] for row in listed if row["state"].startswith("halted")}
    text = text_of(report.read_bytes())
    for study in answer["studies"]:
        found = study["open"]
        assert bool(found) == (study["run"] in halted)
        if found:
            waiting = released.project.medicore("review", study["run"], "--json").json()
            assert [one["digest"] for one in found] == [one["digest"] for one in waiting["findings"]]
            assert all("Rosa Reviewer" in one["who"] for one in found)
            assert all(one["digest"] in text and tight(one["command"]) in text for one in found)


def test_what_cannot_be_reported_is_refused(released: Month, tmp_path: Path) -> None:
    """A month without runs is one line, and no file."""
    answer = released.project.medicore(
        "report", "portfolio", "2031-01", "--output", str(tmp_path), expected=3
    )
    assert "no run of 2031-01 is in the ledger" in answer.err
    assert answer.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_is_there_stays(released: Month, report: Path) -> None:
    """A second report of the name is refused, and the first is not touched."""
    before = report.read_bytes()
    answer = released.project.medicore(*COMMAND, "--output", str(report.parent), expected=9)
    assert f"portfolio_{MONTH}.pdf exists already" in answer.err
    assert report.read_bytes() == before
