"""The data lock of a run: frozen once, brought back from any whole copy, and at its end when no copy is whole."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from medicore.cases.answers.explain import explain
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.cases.run.analysis import analyse
from medicore.cases.run.data_lock import have_lock
from medicore.cases.run.runs import begin
from medicore.errors import IntegrityError, ProtocolError
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from tests.whole_house.content import MemoryContent, md5
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING, WAITING_RUN

PLACES = ("content store", "local cache")


def raw(whole: WholeHouse, study: str) -> bytes:
    """Return the file of a study's delivery."""
    return (whole.home / "inbox" / study / MONTH / "raw" / "subjects.csv").read_bytes()


def spoil(whole: WholeHouse, data: bytes, *places: str) -> None:
    """Put other bytes in the place of a stored object."""
    for place in places:
        held = {"content store": whole.content.remote, "local cache": whole.content.cache}[place]
        held[md5(data)] = data[:-1] + bytes([data[-1] ^ 1])


def lose_work(whole: WholeHouse, run: str) -> None:
    """Take away the work folder of a run, and the delivery that it was frozen from."""
    shutil.rmtree(whole.home / "work" / run)
    shutil.rmtree(whole.home / "inbox" / run.split("/")[0] / MONTH)


def failed(whole: WholeHouse, run: str) -> list[str]:
    """Return what fails when a run is verified."""
    return sorted(check.subject for check in verify(whole.house, RunId.parse(run)) if not check.passed)


@pytest.mark.parametrize("place", PLACES)
def test_a_lock_comes_back_from_whatever_copy_is_whole(month: WholeHouse, place: str) -> None:
    """Without work folder and delivery, and with one bad copy, a halted run goes on by the other; it extracts nothing again."""
    frozen = raw(month, WAITING)
    lose_work(month, WAITING_RUN)
    spoil(month, frozen, place)
    outcome = month.proceed(WAITING_RUN)
    assert outcome.state == "candidate"
    assert month.house.workspaces.files(RunId.parse(WAITING_RUN)).read("lock/raw/subjects.csv") == frozen
    assert month.actions(WAITING_RUN).count("lock.frozen") == 1
    assert failed(month, WAITING_RUN) == [f"lock/raw/subjects.csv ({place})"]


def test_a_changed_file_of_the_work_folder_is_not_taken_for_the_lock(month: WholeHouse) -> None:
    """A byte that was changed in the work folder while the run waited is put right from the store."""
    files = month.house.workspaces.files(RunId.parse(WAITING_RUN))
    files.write("lock/raw/subjects.csv", raw(month, WAITING) + b"\n")
    assert month.proceed(WAITING_RUN).state == "candidate"
    assert files.read("lock/raw/subjects.csv") == raw(month, WAITING)
    assert failed(month, WAITING_RUN) == []


def test_a_run_whose_lock_is_lost_is_at_its_end(month: WholeHouse, tmp_path: Path) -> None:
    """No copy is what was frozen: the run fails and names the file; nothing bad is sealed, and a new run may be asked for."""
    whole, run = raw(month, WAITING), RunId.parse(WAITING_RUN)
    delivery = month.home / "inbox" / WAITING / MONTH
    shutil.copytree(delivery, tmp_path / "kept")
    lose_work(month, WAITING_RUN)
    spoil(month, whole, *PLACES)
    outcome = month.proceed(WAITING_RUN)
    words = f"lock/raw/subjects.csv of {run}: 2 copies, none with the recorded SHA-256"
    assert (outcome.state, outcome.exit_code) == ("failed", IntegrityError.exit_code)
    assert outcome.message.startswith(words)
    assert set(month.records.names(outcome.commit, run.folder)) == {
        ".gitignore", "lock.dvc", "protocol.json", "provenance.json",
    }  # fmt: skip
    assert failed(month, WAITING_RUN) == [f"lock/raw/subjects.csv ({place})" for place in PLACES]
    with pytest.raises(ProtocolError, match="sealed without results"):
        explain(month.house, run, "primary.estimate", tmp_path / "explained")
    for held in (month.content.remote, month.content.cache):
        del held[md5(whole)]
    shutil.copytree(tmp_path / "kept", delivery)
    again = month.run(WAITING)
    assert (again.run, again.state) == (f"{WAITING}/{MONTH}/2", "halted")
    # The second run has put the same bytes into the store, so that the lock of the first can be laid out.
    with pytest.raises(ProtocolError, match="sealed as failed, before a step was done"):
        reproduce(month.house, run, tmp_path / "reproduced")


class Killed(MemoryContent):
    """A content store in which the process dies before anything is stored."""

    def add(self, folder: Path, name: str) -> bytes:
        """Die."""
        raise KeyboardInterrupt(folder, name)


def test_a_lock_that_the_ledger_did_not_know_yet_is_frozen(founded: WholeHouse) -> None:
    """A process killed when the lock was written, before the ledger said so, extracts nothing a second time (FAULTS 65)."""
    house = replace(founded.house, content=Killed())
    with pytest.raises(KeyboardInterrupt):
        analyse(house, begin(house, founded.request(SOUND)))
    assert founded.actions(SOUND_RUN) == ["run.requested"]
    frozen = raw(founded, SOUND)
    shutil.rmtree(founded.home / "inbox" / SOUND / MONTH)
    assert founded.run(SOUND).state == "candidate"
    assert founded.actions(SOUND_RUN)[:3] == ["run.requested", "run.resumed", "lock.frozen"]
    assert founded.content.remote[md5(frozen)] == frozen
    assert failed(founded, SOUND_RUN) == []


def test_a_lock_without_its_manifest_is_none(founded: WholeHouse) -> None:
    """What a killed process wrote of a lock before its manifest is extracted again."""
    active = founded.begin(SOUND)
    active.files.write("lock/raw/subjects.csv", b"half a li")
    have_lock(founded.house, active, founded.history(active.id).data_lock)
    assert active.files.read("lock/raw/subjects.csv") == raw(founded, SOUND)
    (event,) = founded.house.ledger.events(subject=SOUND_RUN, action="lock.frozen")
    assert set(event.details["files"]) == {"lock/looks.json", "lock/raw/subjects.csv", "lock/transfer.json"}
    assert event.details["pointer"].encode() == active.files.read("lock.dvc")


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_frozen_upon_a_spoilt_object(month: WholeHouse, place: str) -> None:
    """The store has other bytes under the name of the data: the run fails before they count as frozen (FAULTS 1).

    When the object is set aside as evidence, a new run of the month is sealed, and verifies.
    """
    spoil(month, raw(month, SOUND), place)
    outcome = month.run(SOUND)
    assert (outcome.state, outcome.exit_code) == ("failed", IntegrityError.exit_code)
    assert f"subjects.csv cannot be stored: the {place} has other bytes as object" in outcome.message
    assert month.actions(outcome.run) == ["run.requested", "run.failed", "checkpoint.signed"]
    assert not month.house.workspaces.files(RunId.parse(outcome.run)).exists("lock")
    {"content store": month.content.remote, "local cache": month.content.cache}[place].pop(
        md5(raw(month, SOUND))
    )
    third = month.run(SOUND)
    assert (third.run, third.state) == (f"{SOUND}/{MONTH}/3", "candidate")
    assert failed(month, third.run) == []


def test_an_exploratory_lock_is_not_stored(founded: WholeHouse) -> None:
    """Nothing of an exploratory run goes to the content store; its lock is the bytes in its folder."""
    active = founded.begin(SOUND, exploratory=True)
    have_lock(founded.house, active, founded.history(active.id).data_lock)
    have_lock(founded.house, active, founded.history(active.id).data_lock)
    (event,) = founded.house.ledger.events(subject=SOUND_RUN, action="lock.frozen")
    assert event.details["pointer"] == ""
    assert (founded.content.remote, founded.content.cache) == ({}, {})
    assert founded.state(SOUND_RUN) is RunState.RUNNING
    assert json.loads(active.files.read("lock/transfer.json"))["source"] == SOUND
