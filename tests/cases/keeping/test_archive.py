"""archive: the write-once copies of a release, from which alone everything comes back, and of the ledger what is new."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.keeping.archive import archive
from medicore.cases.keeping.archived_run import archived_manifest
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import read_provenance
from medicore.errors import ArchiveError, ConfigurationError
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from tests.conftest import git
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND_RUN, WAITING_RUN

RUN = RunId.parse(SOUND_RUN)
BASE = f"archives/{SOUND_RUN}"


def manifest(whole: WholeHouse, run: str = SOUND_RUN) -> dict[str, Any]:
    """Return the manifest that the ledger names for a run."""
    return dict(json.loads(archived_manifest(whole.house, whole.history(run))[1]))


def told(whole: WholeHouse, key: str) -> list[Mapping[str, Any]]:
    """Return the events in a copy of the ledger."""
    return [json.loads(line) for line in whole.house.archive.get(key).splitlines()]


def keys(whole: WholeHouse, run: str, name: str) -> list[str]:
    """Return the keys of a run's archive whose last part begins with a name."""
    return [key for key in whole.house.archive.keys(f"archives/{run}") if f"/{name}" in key]


def test_every_recorded_file_is_in_the_archive(released: WholeHouse) -> None:
    """Reports, code and record as a bundle, every file of the record, authority and lock file: each as recorded, for 15 years."""
    found = manifest(released)
    entries = {entry["key"]: entry for entry in found["objects"]}
    commit = sealed_commit(released.house, RUN)
    recorded = {
        entry["name"]: entry["sha256"] for entry in read_provenance(released.house, RUN, commit)["files"]
    }
    for name, digest in recorded.items():
        assert entries[f"{BASE}/record/{name}"]["sha256"] == digest
    assert entries[f"reports/{RUN}/report.pdf"]["sha256"] == recorded["report.pdf"]
    for name in ("record.bundle", "authority.pem", "requirements.lock", "record/decisions/index.json"):
        assert f"{BASE}/{name}" in entries
    assert f"reports/{RUN}/report.signed.pdf" in entries
    for key, entry in entries.items():
        data = released.house.archive.get(key, entry["version"])
        assert (sha256(data), len(data)) == (entry["sha256"], entry["size"])
        assert released.house.archive.retention(key) == found["retain_until"] == "2040-04-02"
    assert found["sealed_commit"] == commit
    assert found["record_commit"] == released.records.resolve(f"record/{RUN}")


def test_the_bundle_alone_gives_code_and_record(released: WholeHouse, tmp_path: Path) -> None:
    """From the archived bundle git makes a clone at the released commit, with the history of the code."""
    (tmp_path / "record.bundle").write_bytes(released.house.archive.get(f"{BASE}/record.bundle"))
    git("clone", "--quiet", "--branch", f"record/{RUN}", "record.bundle", "clone", folder=tmp_path)
    assert git("rev-parse", "HEAD", folder=tmp_path / "clone") == manifest(released)["record_commit"]
    assert (tmp_path / "clone" / RUN.folder / "results.json").is_file()
    assert len(git("log", "--format=%H", folder=tmp_path / "clone").split()) == 4


def test_the_ledger_says_what_was_archived(released: WholeHouse) -> None:
    """The event names the manifest, how many objects, until when, and how far the ledger is in the archive."""
    (event,) = released.house.ledger.events(subject=SOUND_RUN, action="archive.completed")
    _, data = archived_manifest(released.house, released.history(RUN))
    found = json.loads(data)
    assert event.details == {
        "manifest": sha256(data),
        "ledger": found["ledger_head"]["sequence"],
        "objects": len(found["objects"]),
        "retain_until": found["retain_until"],
    }


def test_copies_of_the_ledger_together_are_the_ledger(released: WholeHouse) -> None:
    """Each archive holds what was new since the one before; a run's own events lie together with those on its people."""
    released.proceed(WAITING_RUN)
    released.release(WAITING_RUN, by="quinn")
    found = [key for run in (SOUND_RUN, WAITING_RUN) for key in keys(released, run, "ledger-")]
    events = [event.as_json() for event in released.house.ledger.events()]
    together = [event for key in found for event in told(released, key)]
    assert len(found) == 2
    assert together == events[: len(together)]
    assert events[len(together)]["action"] == "archive.completed", "the archive holds all that was known then"
    for run, people in ((SOUND_RUN, {"rita"}), (WAITING_RUN, {"rita", "quinn"})):
        (own,) = keys(released, run, "events-")
        kept = told(released, own)
        until = manifest(released, run)["ledger_head"]["sequence"]
        mine = [
            event
            for event in together[:until]
            if event["subject"] == run and event["action"] != "checkpoint.signed"
        ]
        assert [event for event in kept if event["subject"] == run] == mine
        assert {"authority.created", "run.requested", "decision.signed"} <= {
            event["action"] for event in kept
        }
        assert people <= {event["subject"] for event in kept if event["action"] == "person.added"}
        assert {event["subject"] for event in kept if "/" in event["subject"]} == {run}


def test_what_is_not_released_is_not_archived(month: WholeHouse) -> None:
    """A run that waits for approval is refused, and nothing is written or recorded."""
    before = month.events(SOUND_RUN)
    with pytest.raises(ArchiveError, match=f"run {RUN} is not released; sign its approval"):
        archive(month.house, RUN, 15)
    assert (month.events(SOUND_RUN), month.house.archive.keys("archives")) == (before, ())


def test_an_archive_that_broke_off_leaves_nothing_that_counts(month: WholeHouse) -> None:
    """Objects without a manifest that the ledger names are no archive; the next attempt keeps the same objects."""
    month.sign(SOUND_RUN, "approve")
    blocked = month.home / "archive" / "archives" / SOUND_RUN / "record"
    blocked.parent.mkdir(parents=True)
    blocked.write_bytes(b"no folder")
    with pytest.raises((ArchiveError, ConfigurationError)) as failed:
        month.follow(SOUND_RUN)
    last = month.events(SOUND_RUN)[-1]
    assert (last.action, last.reason) == ("archive.failed", str(failed.value))
    with pytest.raises(ArchiveError, match="is not archived"):
        archived_manifest(month.house, month.history(RUN))
    blocked.unlink()
    begun = month.house.archive.keys("archives")
    assert f"{BASE}/authority.pem" in begun
    month.clock.pass_days(1)
    assert month.follow(SOUND_RUN) is None
    assert month.state(SOUND_RUN) is RunState.ARCHIVED
    assert set(begun) <= set(month.house.archive.keys("archives"))
    assert month.house.archive.retention(f"{BASE}/authority.pem") == manifest(month)["retain_until"]
