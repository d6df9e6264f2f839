"""verify_all: every run with the same checks as one, and what all share read once."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from medicore.cases.proof.verify import verify
from medicore.cases.proof.verify_all import REPOSITORY, Verified, verify_all
from medicore.cases.proof.verify_archived import verify_archived
from medicore.cases.run.runs import all_runs, sealed_commit
from medicore.errors import IntegrityError
from medicore.records.identifiers import RunId
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND_RUN, WAITING_RUN
from tests.whole_house.tampering import force

RUN = RunId.parse(SOUND_RUN)


def verified(whole: WholeHouse) -> dict[RunId | None, Verified]:
    """Return what is found, by run."""
    return {found.run: found for found in verify_all(whole.house)}


def test_every_run_has_the_checks_that_it_has_alone(released: WholeHouse) -> None:
    """For each run the same subjects with the same findings; then the repository, all of it."""
    found = verified(released)
    assert list(found) == [*all_runs(released.house), None]
    for run in all_runs(released.house):
        assert found[run].checks == verify(released.house, run)
        assert found[run].failed == ()
    assert [check.subject for check in found[None].checks][-1] == REPOSITORY
    assert found[None].failed == ()


def test_damage_is_told_of_its_own_run_alone(released: WholeHouse) -> None:
    """One run's damaged document fails that run and the repository, and leaves an event on that run."""
    commit = sealed_commit(released.house, RunId.parse(WAITING_RUN))
    released.records.spoil(commit, f"{RunId.parse(WAITING_RUN).folder}/effect.json", b"{}")
    found = verified(released)
    bad = {str(run): [check.subject for check in one.failed] for run, one in found.items() if one.failed}
    assert set(bad) == {WAITING_RUN, "None"}
    assert "effect.json (record repository)" in bad[WAITING_RUN]
    assert bad["None"] == [REPOSITORY]
    assert released.actions(WAITING_RUN)[-1] == "verification.failed"
    assert released.actions(SOUND_RUN)[-1] == "checkpoint.signed"


def test_a_damaged_ledger_ends_it(released: WholeHouse) -> None:
    """Without a ledger to rely on nothing is said of any run."""
    force(released.home / "ledger.db", "DELETE FROM events")
    (found,) = verify_all(released.house)
    assert found.run is None
    assert [check.subject for check in found.failed] == ["ledger"]


class Changing:
    """A ledger that tells an event otherwise once it has been read from end to end."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self._whole = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def events(self, **asked: Any) -> Iterator[Any]:
        """Yield events; the reason of a request is another after the first whole reading."""
        for event in self._ledger.events(**asked):
            changed = self._whole and event.action == "run.requested"
            yield replace(event, reason="Because") if changed else event
        self._whole = self._whole or not asked or set(asked.values()) <= {None, 0}


def test_an_event_that_changes_meanwhile_is_not_believed(released: WholeHouse) -> None:
    """What is read of a run must be what was read when the chain was proved."""
    house = replace(released.house, ledger=Changing(released.house.ledger))  # type: ignore[arg-type]
    with pytest.raises(IntegrityError, match="has changed while runs were verified"):
        list(verify_all(house))


def test_what_is_written_meanwhile_is_left_for_the_next_time(released: WholeHouse) -> None:
    """Events after the beginning, as those on what failed, are not told in the same reading, and harm nothing."""
    commit = sealed_commit(released.house, RUN)
    released.records.spoil(commit, f"{RUN.folder}/results.json", b"{}")
    first = released.house.ledger.head()[0]
    for _ in verify_all(released.house):
        pass
    assert released.house.ledger.head()[0] == first + 1
    assert verified(released)[RUN].failed


def test_what_is_foreign_in_the_repository_fails_every_run(released: WholeHouse) -> None:
    """Whatever git would obey fails the runs, since all are read there, and is in the ledger; the archive is not asked there."""
    released.records.foreign = "hooks/update is a program for git to run"
    found = verified(released)
    for run in all_runs(released.house):
        assert {check.found for check in found[run].failed} == {released.records.foreign}
        assert found[run].checks == verify(released.house, run)
    event = released.events(SOUND_RUN)[-1]
    assert (event.action, event.reason) == ("verification.failed", "record repository (foreign parts)")
    assert all(check.passed for _, checks in verify_archived(released.house, [RUN]) for check in checks)
