"""status: a run's line has its state, who asked, what a human should know, and the figures that its record holds."""

import json
import re
from pathlib import Path

import pytest

from medicore.cases.answers.attempts import attempts
from medicore.cases.answers.explain import explain
from medicore.cases.answers.exploratory import explored, tried_number
from medicore.cases.answers.lookup import lines, sightings, standing_lines
from medicore.cases.answers.status import line, summary
from medicore.cases.run.analysis import Outcome
from medicore.cases.run.histories import history_of
from medicore.cases.run.runs import all_runs, sealed_commit
from medicore.cases.run.seal import read_results
from medicore.errors import IntegrityError, ProtocolError
from medicore.records.identifiers import RunId
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import (
    BROKEN,
    BROKEN_RUN,
    FAILED_RUN,
    FAILING,
    SOUND,
    SOUND_RUN,
    WAITING_RUN,
)

VALID = ("valid_low", "valid_high", "sequential_p", "look")
FIGURES = ("n", "estimate", *VALID, "ci_low", "ci_high", "p_value", "smd_before", "smd_after")


def test_a_sealed_run_has_its_figures(month: WholeHouse) -> None:
    """Estimate, interval, p-value and the worst imbalance before and after are those of the recorded results."""
    run = RunId.parse(SOUND_RUN)
    commit = sealed_commit(month.house, run)
    results = read_results(month.house, run, commit).document
    found = line(month.house, run)
    assert (found["state"], found["requested_by"], found["commit"], found["messages"]) == (
        "sealed, awaiting approval", "ana", commit, [],
    )  # fmt: skip
    for key in ("n", "estimate", "ci_low", "ci_high", "p_value"):
        assert found[key] == results["primary"][key]
    looked = results["monitoring"]
    expected = [looked[key] for key in ("ci_low", "ci_high", "sequential_p", "number")]
    assert [found[key] for key in VALID] == expected
    ends = [found[key] for key in ("valid_low", "ci_low", "estimate", "ci_high", "valid_high")]
    assert ends == sorted(ends)
    assert found["smd_after"] < 0.1 < found["smd_before"]


@pytest.mark.parametrize("name", ["results.json", "provenance.json"])
def test_an_edited_object_is_not_answered_from(month: WholeHouse, tmp_path: Path, name: str) -> None:
    """A loose object edited under its name, results or provenance, is refused by whoever would answer from it (FAULTS 81)."""
    run = RunId.parse(SOUND_RUN)
    commit = sealed_commit(month.house, run)
    place = f"{run.folder}/{name}"
    stored = month.records.read(commit, place)
    month.records.spoil(commit, place, stored.replace(b"1", b"2", 1))
    for ask in (
        lambda: line(month.house, run),
        lambda: lines(month.house),
        lambda: sightings(month.house, "296"),
        lambda: explain(month.house, run, "cohort.analysed", tmp_path / "scratch"),
        lambda: read_results(month.house, run, commit),
    ):
        with pytest.raises(IntegrityError, match=name):
            ask()


def test_a_run_that_stopped_has_its_messages_and_no_estimate(month: WholeHouse) -> None:
    """A finding is told with the beginning of its digest, a failure in its own words; figures as far as the run came."""
    waiting = line(month.house, RunId.parse(WAITING_RUN))
    (halted,) = month.house.ledger.events(subject=WAITING_RUN, action="run.halted")
    assert waiting["messages"] == [
        f"{one['message']} [finding {one['digest'][:12]}]" for one in halted.details["findings"]
    ]
    assert (waiting["estimate"], waiting["n"]) == (None, 299)
    assert waiting["smd_after"] < waiting["smd_before"]
    for run, state in ((BROKEN_RUN, "halted, awaiting a decision"), (FAILED_RUN, "failed")):
        found = line(month.house, RunId.parse(run))
        assert (found["state"], len(found["messages"])) == (state, 1)
        assert [found[key] for key in FIGURES] == [None] * len(FIGURES)


def test_a_run_says_why_it_was_rejected(month: WholeHouse) -> None:
    """The words of who closed a run are its message."""
    month.sign(BROKEN_RUN, "reject", reason="The source must be corrected first")
    month.follow(BROKEN_RUN)
    found = line(month.house, RunId.parse(BROKEN_RUN))
    assert (found["state"], found["messages"]) == ("rejected", ["The source must be corrected first"])


def test_a_request_that_was_refused_has_a_line_without_a_run(month: WholeHouse) -> None:
    """What a portfolio prints of a study that was refused is the refusal; of others the run's own line."""
    refused = summary(month.house, Outcome(f"{SOUND}/2024-12", "refused", "", message="too early"))
    assert (refused["state"], refused["messages"], refused["estimate"]) == ("refused", ["too early"], None)
    done = summary(month.house, Outcome(SOUND_RUN, "candidate", ""))
    assert done == line(month.house, RunId.parse(SOUND_RUN))


def test_the_index_answers_as_ledger_and_records_do(month: WholeHouse) -> None:
    """The lines of all runs, asked for before and after something happened, are those read one by one."""
    assert lines(month.house) == tuple(line(month.house, run) for run in all_runs(month.house))
    month.proceed(WAITING_RUN)
    month.release(SOUND_RUN)
    again = month.run(SOUND).run
    assert lines(month.house) == tuple(line(month.house, run) for run in all_runs(month.house))
    (stands,) = standing_lines(month.house, SOUND)
    assert (stands["run"], stands["later"]) == (
        SOUND_RUN,
        [{"run": again, "state": "sealed, awaiting approval"}],
    )
    assert [row["state"] for row in lines(month.house, SOUND)] == ["archived", "sealed, awaiting approval"]


def test_a_number_leads_to_its_runs(month: WholeHouse) -> None:
    """A number as printed leads to each run that holds it, the latest first, with path, value and what it is."""
    month.proceed(WAITING_RUN)
    estimate = line(month.house, RunId.parse(SOUND_RUN))["estimate"]
    found = sightings(month.house, f"{estimate:.3f}")
    assert {one.run for one in found} == {SOUND_RUN, WAITING_RUN}
    assert found[0].run == WAITING_RUN, "it was requested later"
    first = next(one for one in found if one.run == SOUND_RUN)
    assert (first.path, first.value) == ("primary.estimate", estimate)
    assert "propensity scores and outcome models together" in first.definition
    assert {one.run for one in sightings(month.house, f"{estimate:.3f}", SOUND)} == {SOUND_RUN}


@pytest.mark.parametrize(
    ("study", "words"), [(BROKEN, "break the rule .allowed values."), (FAILING, "no eligible subject")]
)
def test_an_exploratory_run_that_stopped_says_why(month: WholeHouse, study: str, words: str) -> None:
    """Its line, its review and the list of attempts have the findings, or the error, as those of a regulatory run have."""
    outcome = month.run(study, exploratory=True)
    assert outcome.exit_code != 0
    (said,) = summary(month.house, outcome)["messages"]
    told = explored(month.house, history_of(month.house, RunId.parse(outcome.run)))
    row = attempts(month.house, study)[-1]
    findings = [finding["message"] for finding in told["findings"]]
    assert row["messages"] == findings + told["messages"]
    assert re.search(words, row["messages"][0])
    assert said.startswith(row["messages"][0])


def test_an_exploratory_run_that_just_ended_has_its_figures_and_its_report(founded: WholeHouse) -> None:
    """What was tried is told from its work folder: the figures of its results, and where its report lies."""
    outcome = founded.run(SOUND, exploratory=True)
    run = RunId.parse(outcome.run)
    found = summary(founded.house, outcome)
    results = json.loads(founded.house.workspaces.files(run).read("results.json"))
    assert found["estimate"] == results["primary"]["estimate"]
    assert found["valid_low"] == results["monitoring"]["ci_low"]
    assert Path(found["report"]).read_bytes() == founded.house.workspaces.files(run).read("report.pdf")
    assert line(founded.house, run)["estimate"] is None
    told = explored(founded.house, history_of(founded.house, run))
    assert told["estimate"] == found["estimate"]
    assert told["report"] == found["report"]
    assert told["findings"] == []
    assert "neither signed nor archived" in told["next"]
    for asked, printed in (("primary.estimate", False), ("R1", False), (repr(found["estimate"]), True)):
        number = tried_number(founded.house, run, asked, printed=printed)
        assert number["definition"]
        assert number["code"].startswith("medicore/")
    assert tried_number(founded.house, run, "primary.estimate", printed=False)["value"] == found["estimate"]
    with pytest.raises(ProtocolError, match=r"primary\.nothing"):
        tried_number(founded.house, run, "primary.nothing", printed=False)
    (founded.house.workspaces.path(run) / run.folder / "results.json").unlink()
    with pytest.raises(ProtocolError, match="is exploratory and reached no results"):
        tried_number(founded.house, run, "primary.estimate", printed=False)
