"""Two hosts on one ledger, each with a state folder of its own: one of them has a run, the other is told so (FAULTS 66)."""

from datetime import timedelta

import pytest

from medicore.cases.keeping.release import follow
from medicore.cases.run.advance import advance
from medicore.cases.run.analysis import analyse
from medicore.cases.run.runs import ActiveRun
from medicore.errors import BusyError
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from medicore.steps.way import STEP_NAMES
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING, WAITING_RUN, waiting

LEASE = timedelta(seconds=900)


def test_a_run_that_a_host_is_at_work_on_is_left_to_it(founded: WholeHouse) -> None:
    """Until it was silent for its lease a run is its holder's: the other host is told who has it, and writes nothing."""
    elsewhere, active = founded.elsewhere(), founded.begin(SOUND)
    founded.clock.time += LEASE - timedelta(seconds=1)
    with pytest.raises(BusyError, match=f"run {SOUND_RUN} is held by a test, last heard of at"):
        elsewhere.run(SOUND)
    advance(founded.house, active, "extract")
    founded.clock.time += LEASE - timedelta(seconds=1)
    with pytest.raises(BusyError):
        elsewhere.run(SOUND)
    assert founded.actions(SOUND_RUN) == ["run.requested", "lock.frozen", "extract.completed"]
    assert analyse(founded.house, active).state == "candidate"


@pytest.mark.parametrize("asleep", ["check", "report"])
def test_a_sleeper_that_lost_its_lease_writes_nothing(founded: WholeHouse, asleep: str) -> None:
    """A host that slept past its lease finds its run sealed by the other: one seal, one tag, and the sleeper is refused."""
    elsewhere, active = founded.elsewhere(), founded.begin(SOUND)

    def sleeping(run: ActiveRun, name: str) -> tuple[Finding, ...]:
        if name == asleep:
            founded.clock.time += LEASE
            assert elsewhere.run(SOUND).state == "candidate"
        return advance(founded.house, run, name)

    with pytest.raises(BusyError, match=f"run {SOUND_RUN} was taken by elsewhere with ledger event"):
        analyse(founded.house, active, sleeping)
    assert founded.state(SOUND_RUN) is RunState.SEALED
    assert founded.actions(SOUND_RUN).count("run.sealed") == 1
    assert founded.records.tags(f"run/{SOUND}") == (f"run/{SOUND_RUN}",)
    elsewhere.release(SOUND_RUN)


def test_a_sleeper_before_its_seal_seals_nothing(founded: WholeHouse) -> None:
    """A host that slept between its last step and its seal makes neither tag nor event once another took the run."""
    elsewhere, active = founded.elsewhere(), founded.begin(SOUND)
    for name in STEP_NAMES:
        advance(founded.house, active, name)
    founded.clock.time += LEASE
    taken = elsewhere.begin(SOUND)
    with pytest.raises(BusyError, match="was taken by elsewhere"):
        analyse(founded.house, active)
    assert founded.records.tags(f"run/{SOUND}") == ()
    assert analyse(elsewhere.house, taken).state == "candidate"


def test_a_halt_is_continued_by_one_host(founded: WholeHouse) -> None:
    """A run that a host continues is that host's, too: another follows the decisions only after its lease."""
    elsewhere = founded.elsewhere()
    founded.prepare(waiting())
    founded.run(WAITING)
    for finding in founded.history(WAITING_RUN).findings:
        founded.sign(WAITING_RUN, "proceed", finding=finding.digest)
    continued = follow(founded.house, RunId.parse(WAITING_RUN))
    assert continued is not None
    with pytest.raises(BusyError):
        elsewhere.follow(WAITING_RUN)
    founded.clock.time += LEASE
    ended = elsewhere.follow(WAITING_RUN)
    assert ended is not None
    assert ended.state == "candidate"
    with pytest.raises(BusyError):
        analyse(founded.house, continued)
