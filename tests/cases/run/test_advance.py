"""advance: a step is done once on the same files, done again on others, and stops the run at what nobody has decided."""

from medicore.cases.run.advance import advance
from medicore.cases.run.runs import ActiveRun, reopen
from medicore.records.canonical import sha256
from medicore.steps.way import STEP_NAMES
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import BROKEN, SOUND, SOUND_RUN, WAITING_RUN


def started(founded: WholeHouse) -> ActiveRun:
    """Return a run whose data are extracted and checked."""
    active = founded.begin(SOUND)
    for step in ("extract", "check"):
        assert advance(founded.house, active, step) == ()
    founded.told.clear()
    return active


def test_a_step_is_recorded_with_what_it_read_and_wrote(founded: WholeHouse) -> None:
    """The event of a step has the SHA-256 of each file in, the protocol among them, and of each file out."""
    active = started(founded)
    (event,) = founded.house.ledger.events(subject=SOUND_RUN, action="check.completed")
    assert event.actor == "medicore"
    assert set(event.details["inputs"]) == {
        "protocol.json", "lock/looks.json", "lock/transfer.json", "lock/raw/subjects.csv", "extract.json", "extract.parquet",
    }  # fmt: skip
    assert event.details["inputs"]["protocol.json"] == active.protocol.digest
    assert event.details["outputs"] == {"check.json": sha256(active.files.read("check.json"))}


def test_a_step_that_is_done_is_kept(founded: WholeHouse) -> None:
    """On the same files nothing is done again and nothing recorded; the step says that it was kept."""
    active = started(founded)
    before = founded.events(SOUND_RUN)
    assert advance(founded.house, active, "check") == ()
    assert founded.events(SOUND_RUN) == before
    assert founded.told == [(SOUND_RUN, "check", "kept")]


def test_a_step_is_done_again_when_its_files_are_not_what_they_were(founded: WholeHouse) -> None:
    """A lost or changed output is made again, to the byte."""
    active = started(founded)
    whole = active.files.read("check.json")
    active.files.write("check.json", whole + b" ")
    advance(founded.house, active, "check")
    assert active.files.read("check.json") == whole
    (active.files.path("check.json")).unlink()
    advance(founded.house, active, "check")
    assert active.files.read("check.json") == whole
    assert founded.actions(SOUND_RUN).count("check.completed") == 3


def test_a_finding_stops_the_step_and_is_recorded(month: WholeHouse) -> None:
    """The findings of a step that nobody has decided come back and are in its event."""
    active = month.begin(BROKEN)
    advance(month.house, active, "extract")
    findings = advance(month.house, active, "check")
    event = month.events(str(active.id))[-1]
    assert event.action == "check.halted"
    assert event.details["findings"] == [finding.as_json() for finding in findings] != []


def test_a_halt_that_was_never_sealed_is_a_halt_when_the_run_is_taken_up(month: WholeHouse) -> None:
    """A process that is killed between a step's findings and the seal leaves a run that halts, and does not fail."""
    active = month.begin(BROKEN)
    for step in ("extract", "check"):
        advance(month.house, active, step)
    outcome = month.run(BROKEN)
    assert (outcome.run, outcome.state) == (str(active.id), "halted")
    assert [finding.gate for finding in outcome.findings] == ["contract"]
    assert month.actions(outcome.run)[3:] == [
        "check.halted",
        "run.resumed",
        "run.halted",
        "checkpoint.signed",
    ]


def test_a_finding_that_was_accepted_stops_nothing(month: WholeHouse) -> None:
    """A continued run passes the step whose findings were answered, and computes no earlier step again."""
    for finding in month.events(WAITING_RUN)[-2].details["findings"]:
        month.sign(WAITING_RUN, "proceed", finding=finding["digest"])
    outcome = month.follow(WAITING_RUN)
    assert outcome is not None
    assert outcome.state == "candidate"
    done = [(step, what) for run, step, what in month.told if run == WAITING_RUN]
    assert [step for step, what in done if what == "kept"] == [*STEP_NAMES[: STEP_NAMES.index("sensitivity")]]
    assert ("sensitivity", "done") in done
    assert len(reopen(month.house, month.history(WAITING_RUN), fence=0).identity["accepted"]) == 2
