"""Somebody without any key writes into the state folder: no command believes it, and each says what it found."""

import base64
import subprocess
import zlib
from dataclasses import replace
from pathlib import Path

from medicore.cases.run.decisions import decision_digests
from medicore.cases.run.runs import sealed_commit
from medicore.records.canonical import canonical
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.records.people.decision import Statement
from medicore.settings import read_settings
from medicore.stores.clock import SystemClock
from medicore.wiring import open_house
from tests.conftest import PASSPHRASES, Project, copied_project, git
from tests.line.conftest import CLEAN, REFERENCE, Month
from tests.whole_house.tampering import slip_in


def forge(project: Project, action: str, run: str, **details: object) -> int:
    """Write an event of the service into the ledger's file, its chain intact; return its number."""
    (event,) = slip_in(
        project.home / "ledger.db", SystemClock(), NewEvent("medicore", "service", action, run, "", details)
    )
    return event.sequence


def test_a_second_seal_is_named_and_corrected(month: Month, tmp_path: Path) -> None:
    """A second seal, as an older version let two workers make, blocks a month until an operator signs that it is skipped."""
    project, run = copied_project(month.project, tmp_path), month.run(CLEAN)
    house = open_house(read_settings({"MEDICORE_HOME": str(project.home)}), read_only=True)
    (sealed,) = house.ledger.events(subject=run, action="run.sealed")
    number = forge(project, "run.sealed", run, **{**sealed.details, "commit": "0" * 40})
    told = project.medicore("status", CLEAN, expected=6).err
    assert f"ledger event {number} says 'run.sealed'" in told
    correct = ("ledger", "correct", run, "--reason", "Two workers sealed it")
    project.medicore(*correct, "--as", "analyst", expected=7, MEDICORE_PASSPHRASE="correct analyst")
    project.medicore(*correct, "--as", "operator", MEDICORE_PASSPHRASE="correct operator")
    assert f"by operator: skips event(s) {number}\n" in project.medicore("verify", run).out
    project.sign(run, "approve")


def test_decisions_past_the_rules_release_nothing(copied: Project, released: Month) -> None:
    """An approval by the requester's own key, and one replayed from another run, are named by every command (FAULTS 75)."""
    project, run, other = copied, released.run(CLEAN), released.run(REFERENCE)
    house = open_house(read_settings({"MEDICORE_HOME": str(project.home)}))
    (event,) = house.ledger.events(subject=other, action="decision.signed")
    replayed = NewEvent(event.actor, event.role, event.action, run, event.reason, event.details)
    digests = tuple(
        sorted(decision_digests(house, RunId.parse(run), sealed_commit(house, RunId.parse(run))).items())
    )
    (signed,) = house.ledger.events(subject="analyst", action="person.added")
    own = replace(
        Statement.from_payload(canonical(event.details["statement"])), run=run, digests=digests, signer="analyst",
        printed_name=signed.details["name"], role="analyst", certificate=signed.details["fingerprint"],
    )  # fmt: skip
    envelope = base64.b64encode(house.seals.sign(own, PASSPHRASES["analyst"])).decode()
    approving = NewEvent(
        "analyst",
        "analyst",
        "decision.signed",
        run,
        own.reason,
        {"statement": own.as_json(), "envelope": envelope},
    )
    first, second = slip_in(project.home / "ledger.db", SystemClock(), replayed, approving)
    told = project.medicore("verify", run, expected=6).out
    assert f"signature {first.sequence} by reviewer: " in told
    assert f"signature {second.sequence} by analyst: " in told
    project.medicore("approvals", run, expected=6)
    assert project.medicore("follow", run, expected=7).err
    (row,) = project.medicore("status", CLEAN, "--json").json()
    assert "awaiting approval" in row["state"]


def test_an_edited_object_is_not_answered_from(month: Month, tmp_path: Path) -> None:
    """A loose object with another estimate in the record repository: no command answers from it (FAULTS 81)."""
    project, run = copied_project(month.project, tmp_path), RunId.parse(month.run(CLEAN))
    records = project.home / "records.git"
    place = f"refs/tags/run/{run}:{run.folder}/results.json"
    name = git("rev-parse", place, folder=records)
    data = subprocess.run(
        ["git", "cat-file", "blob", name], cwd=records, capture_output=True, check=True
    ).stdout.replace(b"1", b"2")
    loose = records / "objects" / name[:2] / name[2:]
    if loose.exists():
        loose.chmod(0o644)
    loose.parent.mkdir(exist_ok=True)
    loose.write_bytes(zlib.compress(b"blob %d\0" % len(data) + data))
    (project.home / "index.db").unlink(missing_ok=True)
    for asked in (
        ("status", CLEAN),
        ("explain", str(run), "primary.estimate"),
        ("report", "tables", str(run), str(tmp_path / "t")),
    ):
        assert "results.json" in project.medicore(*asked, expected=6).err
