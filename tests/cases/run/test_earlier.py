"""earlier: what a month is compared with is the last lock that was sound and the last estimate that stands."""

from medicore.cases.run.advance import advance
from medicore.cases.run.earlier import approved_last, previous_estimate, previous_lock
from medicore.cases.run.seal import seal
from medicore.records.identifiers import RunId
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH, PreparedStudy
from tests.whole_house.study import BROKEN, FAILED_RUN, FAILING, SOUND, SOUND_RUN, WAITING, sound

NEXT = RunId(SOUND, "2025-05", 1)


def locked(whole: WholeHouse, study: PreparedStudy, month: str) -> str:
    """Deliver a month, extract and check it, seal it as it is, and return the run."""
    study.deliver(whole, month)
    active = whole.begin(study.study, month)
    findings = [advance(whole.house, active, step) for step in ("extract", "check")][-1]
    seal(
        whole.house,
        active,
        "halted" if findings else "failed",
        "",
        {"findings": [f.as_json() for f in findings]},
    )
    return str(active.id)


def test_the_lock_before_is_the_last_one_that_passed_its_check(month: WholeHouse) -> None:
    """Of the earlier months with a sealed lock that passed, the latest counts, whatever became of its run; later ones do not."""
    older = sound().column("age", ["50.00000"] * 300)
    locked(month, older, "2025-02")
    assert previous_lock(month.house, RunId(SOUND, "2025-02", 2)) is None
    found = previous_lock(month.house, RunId.parse(SOUND_RUN))
    assert found is not None
    assert (found[0], set(found[1]["age"])) == ("2025-02", {50.0})
    found = previous_lock(month.house, NEXT)
    assert found is not None
    assert (found[0], len(found[1])) == (MONTH, 300)
    assert found[1]["age"].nunique() > 100


def test_a_lock_that_broke_its_contract_is_compared_with_nothing(month: WholeHouse) -> None:
    """A run that halted at its check, and one whose lock was never sealed, leave no lock to compare with."""
    assert previous_lock(month.house, RunId(BROKEN, "2025-04", 1)) is None
    sound().deliver(month, "2025-04")
    active = month.begin(SOUND, "2025-04")
    for step in ("extract", "check"):
        advance(month.house, active, step)
    found = previous_lock(month.house, NEXT)
    assert found is not None
    assert found[0] == MONTH


def test_a_month_that_failed_later_has_a_lock_that_counts(month: WholeHouse) -> None:
    """What failed after its check was extracted soundly: its lock is compared with, and it has no estimate."""
    found = previous_lock(month.house, RunId(FAILING, "2025-04", 1))
    assert found is not None
    assert found[0] == RunId.parse(FAILED_RUN).month == MONTH
    assert previous_estimate(month.house, RunId(FAILING, "2025-04", 1)) is None
    assert faulty.one_arm().study == FAILING


def test_the_estimate_before_is_of_the_last_run_that_stands(month: WholeHouse) -> None:
    """Of a month's runs the last counts; one that was rejected counts no more, and one that was released counts most."""
    second = month.run(SOUND).run
    for expected in (second, SOUND_RUN):
        found = previous_estimate(month.house, NEXT)
        assert found is not None
        assert (found["month"], found["run"]) == (MONTH, expected)
        if expected == second:
            month.sign(second, "reject")
            month.follow(second)
    third = month.run(SOUND).run
    month.release(SOUND_RUN)
    found = previous_estimate(month.house, NEXT)
    assert found is not None
    assert (found["run"], third) == (SOUND_RUN, f"{SOUND}/{MONTH}/3")
    assert previous_estimate(month.house, RunId.parse(SOUND_RUN)) is None


def test_a_halted_run_has_no_estimate_that_stands(month: WholeHouse) -> None:
    """What waits at findings is compared with by nobody until it is continued."""
    later = RunId(WAITING, "2025-04", 1)
    assert previous_estimate(month.house, later) is None
    outcome = month.proceed(f"{WAITING}/{MONTH}/1")
    found = previous_estimate(month.house, later)
    assert found is not None
    assert found["run"] == outcome.run


def test_the_protocol_approved_last_is_that_of_the_last_release(month: WholeHouse) -> None:
    """Only a release makes a protocol the approved one; a run is not held against its own."""
    assert approved_last(month.house, NEXT) is None
    month.release(SOUND_RUN)
    found = approved_last(month.house, NEXT)
    assert found is not None
    assert found["run"] == SOUND_RUN
    assert approved_last(month.house, RunId.parse(SOUND_RUN)) is None
    assert approved_last(month.house, RunId(WAITING, "2025-05", 1)) is None
