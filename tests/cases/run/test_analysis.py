"""analysis: the steps in order, and the four ways in which they end."""

import pytest

from medicore.cases.proof.verify import verify
from medicore.cases.run.analysis import Outcome, analyse, ended
from medicore.cases.run.runs import ActiveRun
from medicore.cases.run.stored import read_provenance
from medicore.errors import EstimationError, HaltedError, ReviewError
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from medicore.steps.way import STEP_NAMES
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.renderer import PAGE
from tests.whole_house.study import (
    BROKEN_RUN,
    FAILED_RUN,
    SOUND,
    SOUND_RUN,
    WAITING_RUN,
)

FOUND = Finding("cohort", "size", "n", "3", "10", "Too few.", overridable=True)


def test_the_month_ends_in_each_way(month: WholeHouse) -> None:
    """What is sound waits for approval, what has findings at a decision, what cannot be computed has failed."""
    assert [month.state(run) for run in (SOUND_RUN, WAITING_RUN, BROKEN_RUN, FAILED_RUN)] == [
        RunState.SEALED, RunState.HALTED, RunState.HALTED, RunState.FAILED,
    ]  # fmt: skip
    steps = [action for action in month.actions(SOUND_RUN) if action.endswith(".completed")]
    assert steps == [f"{name}.completed" for name in STEP_NAMES]
    assert month.actions(WAITING_RUN)[-3:] == ["effect.halted", "run.halted", "checkpoint.signed"]
    assert month.actions(BROKEN_RUN)[-3:] == ["check.halted", "run.halted", "checkpoint.signed"]
    assert "cohort.completed" not in month.actions(BROKEN_RUN) + month.actions(FAILED_RUN)


def test_how_a_run_stands_is_told_without_doing_anything(month: WholeHouse) -> None:
    """A run that waits, failed, was sealed or archived is told as it stands; one at work, or unknown, is no end."""
    month.release(SOUND_RUN)
    before = month.house.ledger.head()
    told = {run: ended(month.house, RunId.parse(run)) for run in (SOUND_RUN, WAITING_RUN, FAILED_RUN)}
    found = {run: outcome and (outcome.state, outcome.exit_code) for run, outcome in told.items()}
    assert found == {SOUND_RUN: ("archived", 0), WAITING_RUN: ("halted", 10), FAILED_RUN: ("failed", 1)}
    halted = told[WAITING_RUN]
    assert halted is not None
    assert f"see 'medicore review {WAITING_RUN}'" in halted.message
    assert month.house.ledger.head() == before
    assert ended(month.house, RunId(SOUND, MONTH, 99)) is None
    assert ended(month.house, month.begin(SOUND).id) is None


def test_steps_are_done_in_order_and_stop_at_the_first_finding(founded: WholeHouse) -> None:
    """No step comes after one with findings; they are in the outcome and in the ledger, and the exit code says halted."""
    done: list[str] = []

    def step(active: ActiveRun, name: str) -> tuple[Finding, ...]:
        assert active.id.study == SOUND
        done.append(name)
        return (FOUND,) if name == "cohort" else ()

    outcome = analyse(founded.house, founded.begin(SOUND), step)
    assert done == ["extract", "check", "cohort"]
    assert outcome == Outcome(
        SOUND_RUN, "halted", outcome.commit, (FOUND,), "Too few.", HaltedError.exit_code
    )
    (event,) = founded.house.ledger.events(subject=SOUND_RUN, action="run.halted")
    assert (event.details["step"], event.details["findings"]) == ("cohort", [FOUND.as_json()])
    assert event.details["commit"] == outcome.commit == founded.records.resolve(f"run/{SOUND_RUN}")


def test_an_error_of_our_own_ends_the_run_as_failed(founded: WholeHouse) -> None:
    """The record is sealed as it is, with step, message and exit code; a new request begins another run."""

    def step(active: ActiveRun, name: str) -> tuple[Finding, ...]:
        raise EstimationError(f"{name} of {active.id.study} has no solution")

    outcome = analyse(founded.house, founded.begin(SOUND), step)
    message = f"extract of {SOUND} has no solution"
    assert outcome == Outcome(SOUND_RUN, "failed", outcome.commit, (), message, EstimationError.exit_code)
    (event,) = founded.house.ledger.events(subject=SOUND_RUN, action="run.failed")
    assert (event.reason, event.details["error"], event.details["exit_code"]) == (
        message,
        "EstimationError",
        5,
    )
    assert founded.begin(SOUND).id.number == 2


def test_a_crash_leaves_the_run_to_be_taken_up(founded: WholeHouse) -> None:
    """What is not an error of ours, as a killed process, seals nothing: the run goes on where it was."""

    def step(active: ActiveRun, name: str) -> tuple[Finding, ...]:
        raise KeyboardInterrupt(active.id, name)

    with pytest.raises(KeyboardInterrupt):
        analyse(founded.house, founded.begin(SOUND), step)
    assert founded.state(SOUND_RUN) is RunState.RUNNING
    assert founded.records.resolve(f"run/{SOUND_RUN}") is None
    outcome = founded.run(SOUND)
    assert (outcome.run, outcome.state) == (SOUND_RUN, "candidate")
    assert founded.actions(SOUND_RUN)[:2] == ["run.requested", "run.resumed"]


def test_a_delivery_that_is_not_there_fails_the_run(month: WholeHouse) -> None:
    """A month that was never delivered has a run, which failed for lack of data and says where they were expected."""
    outcome = month.run(SOUND, "2025-04")
    assert (outcome.state, outcome.exit_code) == ("failed", 4)
    assert outcome.message.startswith(f"{SOUND}/2025-04/transfer.json cannot be read")
    assert month.state(SOUND_RUN) is RunState.SEALED
    assert outcome.run == f"{SOUND}/2025-04/1"


def test_a_report_that_fails_to_render_cannot_be_signed(founded: WholeHouse) -> None:
    """The run fails at its report, its record has none, and every signature on it is refused (FAULTS 70)."""
    (founded.root / "quarto_templates" / PAGE).write_text('#panic("no such cell")')
    founded.commit("A template that cannot be set")
    outcome = founded.run(SOUND)
    assert (outcome.state, outcome.exit_code) == ("failed", 9)
    assert outcome.message.startswith("the quick renderer could not make the report")
    actions = founded.actions(SOUND_RUN)
    assert "sensitivity.completed" in actions
    assert not {"report.completed", "run.sealed"} & set(actions)
    (event,) = founded.house.ledger.events(subject=SOUND_RUN, action="run.failed")
    assert event.details["step"] == "report"
    run = RunId.parse(SOUND_RUN)
    assert "report.pdf" not in {
        e["name"] for e in read_provenance(founded.house, run, outcome.commit)["files"]
    }
    for meaning in ("approve", "reject"):
        with pytest.raises(ReviewError):
            founded.sign(SOUND_RUN, meaning)
    assert founded.actions(SOUND_RUN)[-2:] == ["decision.refused"] * 2
    assert [check for check in verify(founded.house, run) if not check.passed] == []


def test_the_work_folder_of_a_run_goes_when_the_run_has_ended(month: WholeHouse) -> None:
    """A failed, a rejected and an archived run leave no scratch files; those of runs that wait, or explore, stay."""

    def left() -> set[str]:
        home = month.home / "work"
        return {path.relative_to(home).as_posix() for path in home.glob("*/*/*") if path.is_dir()}

    assert left() == {SOUND_RUN, WAITING_RUN, BROKEN_RUN}
    month.sign(BROKEN_RUN, "reject")
    month.follow(BROKEN_RUN)
    assert left() == {SOUND_RUN, WAITING_RUN}
    scratch = month.house.workspaces.path(RunId.parse(BROKEN_RUN))
    scratch.mkdir(parents=True)  # as a process leaves it that is killed after the last event
    month.follow(BROKEN_RUN)
    assert left() == {SOUND_RUN, WAITING_RUN}
    month.release(SOUND_RUN)
    assert left() == {WAITING_RUN}
    tried = month.run(SOUND, "2025-04", exploratory=True)
    assert left() == {WAITING_RUN, tried.run}
