"""The ledger in either database, through the command line: shown, proved, cut short, rolled back, written anew."""

import contextlib
import json
import shutil
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from medicore.records.ledger.ledger import LedgerEvent
from tests.conftest import Project, found_project
from tests.line.conftest import REFERENCE, Month
from tests.postgres import Server

STUDY, FIRST, SECOND = "MED-2024-0212", "2025-05", "2025-06"


@dataclass(frozen=True)
class Kept:
    """A project with its ledger in a file or, when ``server`` is there, in one of its databases."""

    project: Project
    server: Server | None = None
    database: str = ""

    def copy(self, folder: Path) -> "Kept":
        """Return a copy of state and ledger that may be spoilt."""
        home = folder / "state"
        shutil.copytree(self.project.home, home, symlinks=True)
        project = replace(self.project, home=home)
        if self.server is None:
            return Kept(project)
        name = self.server.copy(self.database)
        environment = project.environment | {"MEDICORE_LEDGER": self.server.url(name)}
        return Kept(replace(project, environment=environment), self.server, name)

    def roll_back_to(self, older: "Kept") -> None:
        """Put an older copy of the ledger in the place of this one, as a restored backup does."""
        if self.server is None:
            shutil.copy2(older.project.home / "ledger.db", self.project.home / "ledger.db")
            return
        self.server.copy(older.database, self.database)

    def force(self, statement: str, *, guards: bool = True) -> None:
        """Do with the table ``events`` what its guards forbid; they are there again afterwards, or not."""
        if self.server is not None:
            on = "ENABLE ALWAYS TRIGGER events_follow, ENABLE ALWAYS TRIGGER events_stay"
            steps = [
                "ALTER TABLE medicore.events DISABLE TRIGGER ALL",
                "SET search_path = medicore",
                statement,
            ]
            steps += [f"ALTER TABLE medicore.events {on}"] if guards else []
            self.server.sql("; ".join(steps), self.database)
            return
        with contextlib.closing(sqlite3.connect(self.project.home / "ledger.db")) as connection:
            triggers = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
            again = [f"{sql};" for sql in triggers.values()] if guards else []
            dropped = [f"DROP TRIGGER {name};" for name in triggers]
            connection.executescript("\n".join([*dropped, statement, ";", *again]))

    def events(self) -> list[dict[str, Any]]:
        """Return the whole ledger."""
        found: list[dict[str, Any]] = self.project.medicore("ledger", "show", "--json").json()
        return found

    def fail(self, month: str) -> None:
        """Run a study whose month was never delivered: it fails, and is sealed."""
        self.project.medicore("run", STUDY, month, "--json", expected=4)

    def damaged(self) -> dict[str, Any]:
        """Return what ``ledger verify`` says of a ledger that it must find damaged."""
        answer = self.project.medicore("ledger", "verify", "--json", expected=6)
        assert answer.err.startswith("medicore: ")
        assert answer.err.count("\n") == 1
        found: dict[str, Any] = answer.json()
        assert found["intact"] is False
        assert found["failed"]
        return found


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Kept:
    """A project of its own in which one run has failed."""
    folder = tmp_path_factory.mktemp("ledger")
    if request.param == "sqlite":
        found = Kept(found_project(folder, prefect_url))
    else:
        server: Server = request.getfixturevalue("postgres")
        name = server.database()
        found = Kept(found_project(folder, prefect_url, MEDICORE_LEDGER=server.url(name)), server, name)
        assert not (found.project.home / "ledger.db").exists()
        stored = (found.project.home / "medicore.toml").read_text()
        assert f"/{name}" in stored
        assert "staple" not in stored, "the password was written down"
    found.fail(FIRST)
    return found


@pytest.fixture
def copy(kept: Kept, tmp_path: Path) -> Kept:
    """A copy of that project."""
    return kept.copy(tmp_path)


def test_every_sealing_signs_the_head(kept: Kept) -> None:
    """A sealed run leaves its signed head in the archive, and the whole ledger is covered by it."""
    events = kept.events()
    assert [event["action"] for event in events[-2:]] == ["run.failed", "checkpoint.signed"]
    head = events[-1]
    copies = [
        path.name
        for path in (kept.project.home / "archive" / "checkpoints").glob("*")
        if "retention" not in path.name
    ]
    assert copies == [f"{head['sequence']:012d}-{head['digest'][:16]}.json"]
    answer = kept.project.medicore("ledger", "verify", "--json").json()
    assert answer == {
        "intact": True, "events": len(events), "head": head["digest"], "signed_heads": 1,
        "signed_up_to": len(events), "without_a_copy": [], "wrong": None, "failed": {},
    }  # fmt: skip
    assert "intact" in kept.project.medicore("ledger", "verify").out
    assert kept.events() == events, "to verify is to read"


def test_show_filters(kept: Kept) -> None:
    """Each filter shows exactly the events that it names, all of them together too."""
    events = kept.events()
    run = f"{STUDY}/{FIRST}/1"

    def shown(*options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = kept.project.medicore("ledger", "show", *options, "--json").json()
        return found

    assert shown("--action", "run.failed") == [e for e in events if e["action"] == "run.failed"] != []
    assert shown("--action", "person.") == [e for e in events if e["action"] == "person.added"] != []
    assert shown("--actor", "analyst") == [e for e in events if e["actor"] == "analyst"] != []
    assert shown("--role", "analyst") == [e for e in events if e["action"] == "run.requested"] != []
    assert (
        shown("--subject", run)
        == shown("--subject", f"{STUDY}/")
        == [e for e in events if e["subject"] == run]
    )
    assert shown("--since", events[2]["at"], "--until", events[3]["at"]) == events[2:4]
    assert shown("--since", events[0]["at"][:10]) == events
    assert shown("--until", "2001-01-01") == []
    assert shown("--last", "2") == events[-2:]
    assert shown("--subject", run, "--role", "service", "--last", "1") == events[-1:]
    table = kept.project.medicore("ledger", "show", "--subject", run).out
    assert "run.failed" in table
    assert "person.added" not in table


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--action", "run.deleted"), 3, "not one that the ledger knows"),
        (("--since", "yesterday"), 3, "expected a day as 2025-03-31"),
        (("--until", "2025-03-31T08:15"), 3, "expected a day as 2025-03-31"),
        (("--last", "0"), 2, "greater than or equal to 1"),
    ],
)
def test_show_refuses_what_names_nothing(
    kept: Kept, options: tuple[str, ...], code: int, message: str
) -> None:
    """A filter that cannot fit any event is refused, not answered with nothing."""
    assert message in kept.project.medicore("ledger", "show", *options, expected=code).err


@pytest.mark.parametrize("dropped", [1, 3])
def test_a_truncated_ledger_is_caught(copy: Kept, dropped: int) -> None:
    """Even one event cut off behind the guards' back is missed, by number; ``verify`` misses it too (FAULTS 8)."""
    length = len(copy.events())
    copy.force(f"DELETE FROM events WHERE sequence > {length - dropped}")  # noqa: S608 - a number
    found = copy.damaged()
    assert (found["events"], found["wrong"]) == (length - dropped, [length - dropped + 1] * 2)
    assert any(f"event {length - dropped + 1} is missing" in text for text in found["failed"].values())
    run = f"{STUDY}/{FIRST}/1"
    assert "is missing" in copy.project.medicore("verify", run, expected=6).err
    assert len(copy.events()) == length - dropped, "nothing is added to a damaged ledger"


def test_a_ledger_cut_to_nothing_is_caught(copy: Kept) -> None:
    """Without any event the ledger knows neither runs nor people, and is still held against the signed heads."""
    copy.force("DELETE FROM events")
    assert copy.damaged()["events"] == 0
    assert "signed heads" in copy.project.medicore("verify", "--all", expected=6).err


def test_a_rolled_back_ledger_is_caught(copy: Kept, tmp_path: Path) -> None:
    """An older copy of the database is whole in itself; the archive's head of a later run betrays it (FAULTS 9, 10)."""
    older = copy.copy(tmp_path / "older")
    length = len(copy.events())
    copy.fail(SECOND)
    copy.project.medicore("ledger", "verify")
    copy.roll_back_to(older)
    assert copy.damaged()["wrong"] == [length + 1] * 2
    assert "is missing" in copy.project.medicore("verify", "--all", expected=6).err
    # Grown again past where it was, it is another ledger from there on.
    copy.fail("2025-07")
    copy.fail("2025-08")
    assert copy.damaged()["wrong"] == [length + 1, length + 3], (
        "from the roll-back to the head that was signed"
    )
    assert "was replaced" in copy.project.medicore("verify", "--all", expected=6).err


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET reason = 'all was well' WHERE sequence = {this}",
        "DELETE FROM events WHERE sequence = {this}",
        "UPDATE events SET sequence = 0 WHERE sequence = {this}; UPDATE events SET sequence = {this} "
        "WHERE sequence = {next}; UPDATE events SET sequence = {next} WHERE sequence = 0",
    ],
    ids=["edited", "deleted", "exchanged"],
)
def test_a_tampered_event_is_named(copy: Kept, change: str) -> None:
    """An event edited in place, taken out, or exchanged with the next is named by its number (FAULTS 5-7)."""
    number = len(copy.events()) - 3
    copy.force(change.format(this=number, next=number + 1))
    found = copy.damaged()
    assert found["wrong"] == [number, number]
    assert f"event {number} " in found["failed"]["chain"]


def written_anew(events: list[dict[str, Any]], number: int, reason: str) -> str:
    """Return the statements that change an event's reason and every digest from there on."""
    statements, before = [], events[number - 2]["digest"]
    for event in (LedgerEvent(**event) for event in events[number - 1 :]):
        changed = replace(event, previous=before, reason=reason if event.sequence == number else event.reason)
        before = changed.compute_digest()
        told = changed.reason.replace("'", "''")
        statements.append(
            f"UPDATE events SET reason = '{told}', previous = '{changed.previous}', digest = '{before}' "  # noqa: S608 - our own
            f"WHERE sequence = {changed.sequence}"
        )
    return "; ".join(statements)


def test_a_ledger_written_anew_is_caught(copy: Kept) -> None:
    """An edited event with every later digest computed again has a good chain and not the signed head."""
    events = copy.events()
    number = len(events) - 3
    copy.force(written_anew(events, number, "all was well"))
    found = copy.damaged()
    assert "chain" not in found["failed"]
    assert found["wrong"] == [1, len(events)]
    assert "was replaced" in copy.project.medicore("verify", f"{STUDY}/{FIRST}/1", expected=6).err


def test_missing_guards_are_caught(copy: Kept) -> None:
    """Triggers that are off are reported, and the ledger is not used until they are back."""
    copy.force("SELECT 1", guards=False)
    assert set(copy.damaged()["failed"]) == {"guards"}
    assert "not a ledger as MediCore makes it" in copy.project.medicore("ledger", "show", expected=6).err


def test_a_forged_head_is_named(copy: Kept) -> None:
    """A checkpoint that was altered in the archive is named by its key."""
    (path,) = (
        p for p in (copy.project.home / "archive" / "checkpoints").glob("*.json") if "retention" not in p.name
    )
    envelope = json.loads(path.read_text())
    path.chmod(0o644)
    path.write_text(path.read_text().replace(envelope["payload"][:8], "eyJhdCI7"))
    assert list(copy.damaged()["failed"]) == [f"checkpoints/{path.name}"]


def test_an_archive_that_fails_stops_no_run(copy: Kept) -> None:
    """A head that the archive did not take is in the ledger as such, and the next one covers its events."""
    folder = copy.project.home / "archive" / "checkpoints"
    shutil.rmtree(folder)
    folder.write_bytes(b"no folder")
    copy.fail(SECOND)
    signed, failed = copy.events()[-2:]
    assert (signed["action"], failed["action"]) == ("checkpoint.signed", "checkpoint.failed")
    assert failed["details"] == {"sequence": signed["sequence"]}
    folder.unlink()
    copy.fail(SECOND)
    answer = copy.project.medicore("ledger", "verify", "--json").json()
    assert answer["signed_up_to"] == answer["events"]
    assert answer["without_a_copy"][-1] == signed["sequence"]
    assert str(signed["sequence"]) in copy.project.medicore("ledger", "verify").out


def test_an_archived_copy_names_the_event(released: Month, tmp_path: Path) -> None:
    """Where the archive holds a copy of the ledger, the one event that was written anew is named."""
    copy = Kept(released.project).copy(tmp_path)
    number = next(e["sequence"] for e in copy.events() if e["action"] == "extract.completed")
    copy.force(written_anew(copy.events(), number, "all was well"))
    found = copy.damaged()
    assert found["wrong"] == [number, number]
    done = [event["action"] for event in copy.events() if event["subject"] == released.run(REFERENCE)]
    assert done[done.index("archive.completed") + 1] == "checkpoint.signed", (
        "the archive's own event is covered"
    )
