"""seal: a run's files become one commit, named by the ledger, and a process killed on the way makes no second one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import yaml

from medicore.cases.run.advance import advance
from medicore.cases.run.runs import reopen, sealed_commit
from medicore.cases.run.seal import read_results, release_commit, seal
from medicore.cases.run.stored import read_provenance
from medicore.errors import IntegrityError, ProtocolError
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.appending import FENCE
from medicore.records.ledger.ledger import NewEvent
from medicore.records.ledger.states import RunState
from medicore.steps.way import STEP_NAMES, STEPS
from tests.whole_house.content import md5
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import (
    BROKEN_RUN,
    FAILED_RUN,
    SOUND,
    SOUND_RUN,
    WAITING_RUN,
)

RUN = RunId.parse(SOUND_RUN)
DOCUMENTS = {name for step in STEPS for name in step.documents}
STORED = {name for step in STEPS for name in step.stored}


def sealing(whole: WholeHouse, run: str) -> tuple[str, dict[str, Any]]:
    """Return the commit of a run's last sealing, and its provenance."""
    named = RunId.parse(run)
    commit = sealed_commit(whole.house, named)
    return commit, read_provenance(whole.house, named, commit)


def test_a_record_is_the_code_with_the_run_in_it(month: WholeHouse) -> None:
    """The sealed commit's parent is the code; beside the code its tree has the documents, pointers and parameters."""
    commit, _ = sealing(month, SOUND_RUN)
    code = reopen(month.house, month.history(RUN), fence=0).identity["code_commit"]
    assert month.records.resolve(f"run/{SOUND_RUN}") == commit
    assert month.records.commit_object(commit).split(b"\n")[1] == f"parent {code}".encode()
    assert set(month.records.names(commit, RUN.folder)) == {
        *DOCUMENTS, "protocol.json", "lock.dvc", "provenance.json", ".gitignore",
    }  # fmt: skip
    before = {file.name: file.data for file in month.records.tree(code)}
    after = {file.name: file.data for file in month.records.tree(commit)}
    changed = {name for name in after if before.get(name) != after[name]}
    outside = {name for name in changed if not name.startswith(f"{RUN.folder}/")}
    assert outside == {"params.yaml", ".dvc/config", "dvc.lock"}
    assert set(before) <= set(after)
    assert yaml.load(after["params.yaml"], yaml.CSafeLoader)["run"] == reopen(
        month.house, month.history(RUN), fence=0
    ).identity | {"record_tag": f"run/{SOUND_RUN}"}
    ignored = set(after[f"{RUN.folder}/.gitignore"].decode().split())
    assert ignored == {"/lock", "/report.signed.pdf", *(f"/{name}" for name in STORED)}


def test_provenance_names_every_file_with_its_digest(month: WholeHouse) -> None:
    """Each document, table, report and file of the lock is there with SHA-256, size and, where stored, MD5."""
    commit, provenance = sealing(month, SOUND_RUN)
    entries = {entry["name"]: entry for entry in provenance["files"]}
    lock = {"lock/looks.json", "lock/transfer.json", "lock/raw/subjects.csv"}
    assert set(entries) == {*DOCUMENTS, *STORED, *lock, "protocol.json", "lock.dvc"}
    files = month.house.workspaces.files(RUN)
    for name, entry in entries.items():
        data = files.read(name)
        stored = name in STORED | lock
        assert entry == {
            "name": name, "sha256": sha256(data), "size": len(data), "md5": md5(data) if stored else None,
        }  # fmt: skip
        if stored:
            assert month.content.objects(md5(data)) == (("content store", data), ("local cache", data))
        else:
            assert month.records.read(commit, f"{RUN.folder}/{name}") == data
    assert (provenance["outcome"], provenance["seed"]) == ("candidate", 48)
    assert provenance["environment"] == month.house.environment.locked() != {}


def test_the_ledger_names_commit_tag_and_provenance(month: WholeHouse) -> None:
    """The event of a sealing has what pins the record, and the signed head of the ledger follows it."""
    commit, provenance = sealing(month, SOUND_RUN)
    *_, sealed, signed = month.events(SOUND_RUN)
    stored = month.records.read(commit, f"{RUN.folder}/provenance.json")
    assert (sealed.action, sealed.actor, signed.action) == ("run.sealed", "medicore", "checkpoint.signed")
    assert sealed.details == {
        "commit": commit,
        "tag": f"run/{SOUND_RUN}",
        "provenance": sha256(stored),
        FENCE: month.events(SOUND_RUN)[0].sequence,
    }
    told = {event.sequence: event.digest for event in month.house.ledger.events()}
    head = provenance["ledger_head"]
    assert told[head["sequence"]] == head["digest"]
    assert head["sequence"] < sealed.sequence


def test_a_process_killed_before_the_event_makes_no_second_record(founded: WholeHouse) -> None:
    """A run that has its tag and lacks its event gets the event on that commit, an hour later and only once."""
    active = founded.begin(SOUND)
    begun = founded.house
    deaf = replace(begun, ledger=Dying(begun.ledger, "run.failed"))  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        seal(deaf, active, "failed", "It broke off")
    first = founded.records.resolve(f"run/{SOUND_RUN}")
    assert founded.state(SOUND_RUN) is RunState.RUNNING
    founded.clock.pass_days(1)
    assert seal(begun, active, "failed", "It broke off") == first is not None
    assert founded.actions(SOUND_RUN) == ["run.requested", "run.failed", "checkpoint.signed"]


class Dying:
    """A ledger at whose event of one action the process dies."""

    def __init__(self, ledger: Any, action: str) -> None:
        self._ledger, self._action = ledger, action

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def append(self, event: Any) -> Any:
        """Append an event unless it is the one."""
        if event.action == self._action:
            raise KeyboardInterrupt(event.action)
        return self._ledger.append(event)


def test_what_halted_or_failed_is_sealed_as_far_as_it_came(month: WholeHouse) -> None:
    """The record of a run that stopped holds the steps that were done, the lock, and nothing of a later step."""
    for run, outcome, documents in (
        (WAITING_RUN, "halted", {"extract", "check", "cohort", "propensity", "effect"}),
        (BROKEN_RUN, "halted", {"extract", "check"}),
        (FAILED_RUN, "failed", {"extract", "check"}),
    ):
        commit, provenance = sealing(month, run)
        names = month.records.names(commit, RunId.parse(run).folder)
        assert {
            name.removesuffix(".json") for name in names if name in {f"{s.name}.json" for s in STEPS}
        } == documents
        assert provenance["outcome"] == outcome
        assert "lock/raw/subjects.csv" in {entry["name"] for entry in provenance["files"]}
        with pytest.raises(ProtocolError, match="sealed without results"):
            read_results(month.house, RunId.parse(run), commit)


def test_a_continued_run_is_sealed_upon_its_sealing_before(month: WholeHouse) -> None:
    """The second sealing is a child of the first, under a tag of its own, and the first stays what it was."""
    first, _ = sealing(month, WAITING_RUN)
    outcome = month.proceed(WAITING_RUN)
    second, provenance = sealing(month, WAITING_RUN)
    assert second == outcome.commit == month.records.resolve(f"run/{WAITING_RUN}.2")
    assert month.records.resolve(f"run/{WAITING_RUN}") == first
    assert month.records.commit_object(second).split(b"\n")[1] == f"parent {first}".encode()
    assert [taken["signer"] for taken in provenance["run"]["accepted"]] == ["rita", "rita"]
    month.records.check()


def test_an_exploratory_run_is_not_sealed(founded: WholeHouse) -> None:
    """An exploratory run ends with an event and without commit, tag, signed head or stored object."""
    outcome = founded.run(SOUND, exploratory=True)
    assert (outcome.state, outcome.commit) == ("candidate", "")
    assert founded.actions(SOUND_RUN)[-1] == "run.explored"
    assert founded.state(SOUND_RUN) is RunState.EXPLORED
    assert (founded.records.named, founded.content.remote) == ({}, {})
    assert founded.house.archive.keys("checkpoints") == ()


def test_the_commit_of_a_release_is_the_ledgers(month: WholeHouse, released: WholeHouse) -> None:
    """Until a human has released a run there is no such commit."""
    assert release_commit(month.house, RUN) is None
    commit = release_commit(released.house, RUN)
    assert commit == released.records.resolve(f"record/{SOUND_RUN}") is not None


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(0)], ids=["time", "head"])
def test_a_tag_that_waits_gives_a_run_neither_time_nor_head(founded: WholeHouse, ahead: timedelta) -> None:
    """The very record under the run's next tag, but sealed in the future or on another ledger, is refused (FAULTS 74)."""
    active = founded.begin(SOUND)
    for name in STEP_NAMES:
        advance(founded.house, active, name)
    ledger, now = founded.home / "ledger.db", founded.clock.time
    before = ledger.read_bytes()
    if not ahead:
        founded.house.ledger.append(NewEvent("medicore", "service", "notice.sent", SOUND_RUN))
    founded.clock.time = now + ahead
    planted = seal(founded.house, active, "candidate")
    ledger.write_bytes(before)
    founded.clock.time = now
    with pytest.raises(IntegrityError, match=f"tag run/{RUN} exists already, on another record"):
        seal(founded.house, active, "candidate")
    assert founded.records.resolve(f"run/{RUN}") == planted
    assert founded.state(SOUND_RUN) is RunState.RUNNING
