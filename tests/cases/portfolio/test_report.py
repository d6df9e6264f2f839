"""portfolio_report: one document of a month, the same bytes again, and nothing in it that records and ledger do not say."""

from dataclasses import replace
from typing import Any

import pytest

from medicore.cases.answers.status import line
from medicore.cases.portfolio.late_months import deadline, earlier_late
from medicore.cases.portfolio.report import portfolio_contents, portfolio_report
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import file_entry, read_provenance
from medicore.errors import BusyError, ConfigurationError, IntegrityError, ProtocolError
from medicore.records.canonical import document, sha256
from medicore.records.identifiers import RunId
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.study import (
    BROKEN,
    FAILING,
    SOUND,
    SOUND_RUN,
    WAITING,
    WAITING_RUN,
    named,
    sound,
)

RUN = RunId.parse(SOUND_RUN)


def studies(whole: WholeHouse, **asked: Any) -> dict[str, dict[str, Any]]:
    """Return what the month's report says of each study."""
    return {one["study"]: one for one in portfolio_contents(whole.house, MONTH, **asked)["studies"]}


def test_the_same_records_give_the_same_bytes(released: WholeHouse) -> None:
    """Twice the same PDF, by its digest; the day decides on what is late and is printed, so that another day is another report."""
    first, again = (portfolio_report(released.house, MONTH) for _ in range(2))
    assert (first.pdf, first.digest, first.contents) == (again.pdf, again.digest, again.contents)
    assert first.digest == sha256(first.pdf)
    released.clock.pass_days(3)
    assert portfolio_report(released.house, MONTH, day="2025-04-02").pdf == first.pdf
    assert portfolio_report(released.house, MONTH).pdf != first.pdf


def test_nothing_is_written_by_reporting(released: WholeHouse) -> None:
    """A report is a summary of the ledger's state and leaves no trace in it; it names the event that it was made at."""
    head = released.house.ledger.head()
    contents = portfolio_report(released.house, MONTH).contents
    assert released.house.ledger.head() == head
    assert (contents["ledger"]["sequence"], contents["ledger"]["digest"]) == head
    assert contents["code_commit"] == released.house.code.commit()


def test_it_says_what_the_records_say(released: WholeHouse) -> None:
    """States, estimates, digests, tags and approvals are those of the records and the ledger."""
    found = studies(released)
    assert list(found) == sorted([SOUND, WAITING, BROKEN, FAILING])
    for study, run in ((SOUND, SOUND_RUN), (WAITING, WAITING_RUN)):
        assert (found[study]["run"], found[study]["state"]) == (
            run,
            line(released.house, RunId.parse(run))["state"],
        )
    row = line(released.house, RUN)
    commit = sealed_commit(released.house, RUN)
    (own,) = found[SOUND]["runs"]
    assert found[SOUND]["figures"]["estimate"] == row["estimate"] == found[SOUND]["months"][-1]["estimate"]
    assert found[SOUND]["diagnostics"]["smd_after"] == row["smd_after"]
    told = found[SOUND]["figures"]
    assert (told["valid_low"], told["valid_high"]) == (row["valid_low"], row["valid_high"])
    assert told["protocol"]["contract"]["columns"][0]["name"] == told["protocol"]["treatment"]["column"]
    assert (own["tag"], own["commit"], own["record_tag"]) == (f"run/{RUN}", commit, f"record/{RUN}")
    provenance = read_provenance(released.house, RUN, commit)
    assert own["report_sha256"] == file_entry(provenance, "report.pdf")["sha256"]
    assert [one["name"] for one in own["approved_by"]] == ["Rita Reviewer"]
    assert found[SOUND]["waits_for"] is None
    assert found[FAILING]["why"] == [event.reason for event in released.events(f"{FAILING}/{MONTH}/1")[-2:-1]]


def test_it_says_who_can_answer_what_halted(released: WholeHouse) -> None:
    """Each study that waits at findings has all of them, who may answer and by which command; no other study has any."""
    found = studies(released)
    assert {study for study, one in found.items() if one["open"]} == {WAITING, BROKEN}
    waiting = found[WAITING]["open"]
    digests = [one.digest for one in released.history(WAITING_RUN).findings]
    assert [one["digest"] for one in waiting] == digests
    assert {tuple(one["who"]) for one in waiting} == {("Rita Reviewer",)}
    assert all(f"--meaning proceed --finding {one['digest'][:12]}" in one["command"] for one in waiting)
    assert found[WAITING]["waits_for"]["what"] == "a decision on its findings"
    (closed,) = found[BROKEN]["open"]
    assert (closed["answer"], "--meaning reject" in closed["command"]) == ("reject, then a new run", True)


@pytest.mark.parametrize(
    ("month_asked", "asked", "words"),
    [
        ("2031-01", {}, "no run of 2031-01 is in the ledger; expected"),
        (MONTH, {"studies": ["TEST-UNRUN"]}, f"no run of {MONTH} is in the ledger for these studies"),
        ("2025-13", {}, "month '2025-13' is malformed"),
        (MONTH, {"studies": ["MED-2099-0001"]}, "study MED-2099-0001 has neither protocol nor run"),
        (MONTH, {"studies": ["../x"]}, "is not a study identifier"),
        (MONTH, {"day": "2999-01-01"}, "day 2999-01-01 is not between"),
        (MONTH, {"day": "2025-03-01"}, "day 2025-03-01 is not between"),
        (MONTH, {"day": "today"}, "day 'today' is malformed"),
    ],
)
def test_what_cannot_be_reported_is_refused(
    released: WholeHouse, month_asked: str, asked: dict[str, Any], words: str
) -> None:
    """A month without runs, an unknown study and a day that is not one, or not yet, are refused."""
    named(sound(), "TEST-UNRUN").write_protocol(released)  # type: ignore[arg-type]
    released.commit("A study that nobody ran")
    with pytest.raises(ProtocolError, match=words):
        portfolio_report(released.house, month_asked, **asked)


def test_changed_code_reports_nothing(released: WholeHouse) -> None:
    """The report names the commit of the code; code that is not that commit makes none."""
    (released.root / "dvc.yaml").write_text("{}\n")
    with pytest.raises(ConfigurationError, match="the code is not commit"):
        portfolio_report(released.house, MONTH)


def test_results_that_are_not_the_recorded_ones_are_not_reported(released: WholeHouse) -> None:
    """A number is printed only from results that are what was recorded."""
    commit = sealed_commit(released.house, RUN)
    name = f"{RUN.folder}/results.json"
    stored = released.records.read(commit, name)
    released.records.spoil(commit, name, stored.replace(b'"estimate": 1', b'"estimate": 9') + b"\n")
    with pytest.raises(IntegrityError, match=r"results\.json"):
        portfolio_report(released.house, MONTH)


class Busy:
    """A ledger to which somebody writes while the report is gathered."""

    def __init__(self, whole: WholeHouse) -> None:
        self._whole = whole
        self._written = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole.house.ledger, name)

    def events(self, **asked: Any) -> Any:
        """Yield events; the first question about a run writes one more."""
        if asked.get("subject") == WAITING_RUN and not self._written:
            self._written = True
            self._whole.sign(WAITING_RUN, "reject")
        return self._whole.house.ledger.events(**asked)


def test_a_ledger_that_grows_meanwhile_makes_no_report(released: WholeHouse) -> None:
    """A report never mixes two moments."""
    with pytest.raises(BusyError, match="the ledger grew past event"):
        portfolio_report(replace(released.house, ledger=Busy(released)), MONTH)  # type: ignore[arg-type]


def test_a_late_month_is_told_by_the_calendar_of_its_study(released: WholeHouse) -> None:
    """March is due on 7 April; what is released then is not late, what waits is, and a month without a run is told."""
    at = released.clock.now()
    assert deadline(released.house, SOUND, MONTH, "sealed, awaiting approval", at) == ("2025-04-07", False)
    released.clock.pass_days(40)
    at = released.clock.now()
    assert deadline(released.house, SOUND, MONTH, "sealed, awaiting approval", at) == ("2025-04-07", True)
    assert deadline(released.house, SOUND, MONTH, "archived", at) == ("2025-04-07", False)
    assert deadline(released.house, "TEST-NEVER", MONTH, "failed", at) == (None, False)
    rows = earlier_late(released.house, [SOUND, WAITING], "2025-05", at)
    assert [(row["study"], row["first"], row["last"], row["state"]) for row in rows] == [
        (SOUND, "2025-04", "2025-04", "no run"),
        (WAITING, MONTH, MONTH, "halted, awaiting a decision"),
        (WAITING, "2025-04", "2025-04", "no run"),
    ]
    contents = portfolio_contents(released.house, MONTH)
    assert contents["earlier_late"] == []
    assert [(row["study"], row["first"]) for row in contents["later_late"]] == [
        (study, "2025-04") for study in sorted((SOUND, WAITING, BROKEN, FAILING))
    ]
    assert {one["study"] for one in contents["studies"] if one["late"]} == {WAITING, BROKEN, FAILING}
    assert document(contents)
