"""Evidence reports through the whole house: sealed with the halt, part of what is signed, verified, and built again."""

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.answers.status import line
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.cases.review.approvals import approvals
from medicore.cases.run.stored import read_document, read_provenance, stored_file
from medicore.cli.reviewing.review import _reviewed, _show_reviewed
from medicore.errors import ConfigurationError
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from medicore.settings import Settings
from tests.whole_house.house import WholeHouse
from tests.whole_house.renderer import QuickRenderer
from tests.whole_house.study import BROKEN_RUN, FAILED_RUN, SOUND_RUN, WAITING, WAITING_RUN, sound, waiting

FILES = {"evidence.json", "evidence.pdf"}
TWICE = "TEST-TWICE"


class Failing(QuickRenderer):
    """A renderer that fails with an error of ours, or of a full disk."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def render(self, *_: Any, **__: Any) -> bytes:
        """Fail."""
        raise self._error


def held(whole: WholeHouse, run: str, commit: str) -> set[str]:
    """Return the names of the evidence in the provenance of a record."""
    return FILES & {
        entry["name"] for entry in read_provenance(whole.house, RunId.parse(run), commit)["files"]
    }


def evidence_told(whole: WholeHouse, run: str, commit: str) -> dict[str, Any]:
    """Return the evidence in a record."""
    return read_document(whole.house, RunId.parse(run), commit, "evidence.json")


def all_hold(whole: WholeHouse, run: str) -> bool:
    """Return whether every check of a run holds."""
    return all(check.passed for check in verify(whole.house, RunId.parse(run)))


def test_a_halt_is_sealed_with_its_evidence_and_nothing_else_is(
    month: WholeHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who reviews, asks for the state or reads the copy meets one report, that of the record, with the findings; others have none."""
    for run, step in ((WAITING_RUN, "effect"), (BROKEN_RUN, "check")):
        history = month.history(run)
        assert held(month, run, history.sealed_commit) == FILES
        told = evidence_told(month, run, history.sealed_commit)
        assert told["halt"]["step"] == step
        assert [f["digest"] for f in told["findings"] if f["waits"]] == [f.digest for f in history.findings]
        assert line(month.house, RunId.parse(run))["evidence"].endswith("/evidence.pdf")
        pdf = stored_file(month.house, RunId.parse(run), history.sealed_commit, "evidence.pdf")
        answer = _reviewed(Settings(root=month.root, home=month.home), month.house, RunId.parse(run))
        assert answer["decision_is_bound_to"]["evidence.pdf"] == sha256(pdf)
        assert Path(answer["evidence_report"].removeprefix("file://")).read_bytes() == pdf
        assert answer["report"] is None
        _show_reviewed(answer)
        assert answer["evidence_report"] in capsys.readouterr().out
        assert all_hold(month, run)
    for run in (SOUND_RUN, FAILED_RUN):
        assert held(month, run, month.history(run).sealed_commit) == set()
        assert "evidence" not in line(month.house, RunId.parse(run))


def test_the_evidence_is_built_again_byte_for_byte(month: WholeHouse, tmp_path: Path) -> None:
    """Of a halted run the evidence comes out again as it was sealed."""
    found = {
        one.name: one for one in reproduce(month.house, RunId.parse(WAITING_RUN), tmp_path / "scratch").files
    }
    assert {name for name, one in found.items() if one.identical} >= FILES


def test_a_run_that_halts_twice_has_the_evidence_of_each_halt(founded: WholeHouse) -> None:
    """Each decision is bound to the report of its own halt and stays valid; the candidate's record has no evidence."""
    founded.prepare(sound(TWICE).planned("gates", {"smd": 0.0001, "variance_disagreement": 1e-6}))
    first = founded.run(TWICE)
    run = RunId.parse(first.run)
    second = founded.proceed(first.run)
    assert (first.state, second.state) == ("halted", "halted")
    steps = [evidence_told(founded, first.run, each.commit)["halt"]["step"] for each in (first, second)]
    assert steps == ["propensity", "effect"]
    pages = [stored_file(founded.house, run, each.commit, "evidence.pdf") for each in (first, second)]
    assert pages[0] != pages[1]
    done = founded.proceed(first.run)
    assert (done.state, held(founded, first.run, done.commit)) == ("candidate", set())
    decisions = approvals(founded.house, run)["decisions"]
    assert {each["digests"]["evidence.pdf"] for each in decisions} == set(map(sha256, pages))
    assert all(each["valid_when_signed"] and each["valid_now"] for each in decisions)
    assert all_hold(founded, first.run)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConfigurationError("no font"), "no font"),
        (OSError(errno.ENOSPC, "No space left on device", "place"), "No space left on device"),
    ],
)
def test_a_report_that_fails_does_not_lose_the_halt(
    founded: WholeHouse, error: Exception, words: str
) -> None:
    """The halt is sealed without evidence, its event says why, and the run can be decided on."""
    founded.prepare(waiting())
    founded.house = replace(founded.house, renderer=lambda _: Failing(error))
    halted = founded.run(WAITING)
    assert (halted.state, held(founded, WAITING_RUN, halted.commit)) == ("halted", set())
    (event,) = founded.house.ledger.events(subject=WAITING_RUN, action="run.halted")
    assert event.reason.endswith(
        f"at effect; no evidence report: {words}; decide from the record's documents, or reject and run again"
    )
    assert all_hold(founded, WAITING_RUN)
    founded.sign(WAITING_RUN, "reject")
    founded.follow(WAITING_RUN)
    assert founded.state(WAITING_RUN) is RunState.REJECTED
