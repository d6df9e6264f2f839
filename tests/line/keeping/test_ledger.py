"""The ledger in either database, through the command line: shown, proved, cut short, rolled back, without its guards."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project, found_project
from tests.postgres import Server

STUDY, FIRST, SECOND = "MED-2024-0212", "2025-05", "2025-06"


@dataclass(frozen=True)
class Kept:
    """A project with its ledger, as the command line shows it."""

    project: Project

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


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Kept:
    """A project of its own in which one run has failed, its ledger in a file."""
    found = Kept(found_project(tmp_path_factory.mktemp("ledger"), prefect_url))
    found.fail(FIRST)
    return found


@dataclass(frozen=True)
class Hosted(Kept):
    """A project whose ledger is in a database, to be damaged behind its guards' back."""

    server: Server
    database: str

    def copy(self, folder: Path) -> "Hosted":
        """Return a copy of state and ledger that may be damaged."""
        home = folder / "state"
        shutil.copytree(self.project.home, home, symlinks=True)
        name = self.server.copy(self.database)
        environment = self.project.environment | {"MEDICORE_LEDGER": self.server.url(name)}
        return Hosted(replace(self.project, home=home, environment=environment), self.server, name)

    def roll_back_to(self, older: "Hosted") -> None:
        """Put an older copy of the ledger in the place of this one, as a restored backup does."""
        self.server.copy(older.database, self.database)

    def force(self, statement: str, *, guards: bool = True) -> None:
        """Do with the table ``events`` what its guards forbid; they are there again afterwards, or not."""
        on = "ENABLE ALWAYS TRIGGER events_follow, ENABLE ALWAYS TRIGGER events_stay"
        steps = ["ALTER TABLE medicore.events DISABLE TRIGGER ALL", "SET search_path = medicore", statement]
        steps += [f"ALTER TABLE medicore.events {on}"] if guards else []
        self.server.sql("; ".join(steps), self.database)


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory, prefect_url: str, postgres: Server) -> Hosted:
    """A project of its own in which one run has failed, its ledger in PostgreSQL.

    That in a file is damaged in tests/cases.
    """
    name = postgres.database()
    project = found_project(
        tmp_path_factory.mktemp("hosted"), prefect_url, MEDICORE_LEDGER=postgres.url(name)
    )
    assert not (project.home / "ledger.db").exists()
    stored = (project.home / "medicore.toml").read_text()
    assert f"/{name}" in stored
    assert "staple" not in stored, "the password was written down"
    found = Hosted(project, postgres, name)
    found.fail(FIRST)
    return found


@pytest.fixture
def copy(hosted: Hosted, tmp_path: Path) -> Hosted:
    """A copy of that project."""
    return hosted.copy(tmp_path)


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
    assert len(answer.pop("authority")) == 64
    assert answer == {
        "intact": True, "events": len(events), "head": head["digest"], "signed_heads": 1,
        "signed_up_to": len(events), "without_a_copy": [], "wrong": None, "failed": {},
        "clock_corrections": [], "warnings": {},
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


def test_a_truncated_ledger_is_caught(copy: Hosted) -> None:
    """Even one event cut off behind the guards' back is missed, by number; ``verify`` misses it too (FAULTS 8)."""
    length = len(copy.events())
    copy.force(f"DELETE FROM events WHERE sequence = {length}")  # noqa: S608 - a number
    found = copy.damaged()
    assert (found["events"], found["wrong"]) == (length - 1, [length, length])
    assert any(f"event {length} is missing" in text for text in found["failed"].values())
    run = f"{STUDY}/{FIRST}/1"
    assert "is missing" in copy.project.medicore("verify", run, expected=6).err
    assert len(copy.events()) == length - 1, "nothing is added to a damaged ledger"


def test_a_rolled_back_ledger_is_caught(copy: Hosted, tmp_path: Path) -> None:
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


def test_missing_guards_are_caught(copy: Hosted) -> None:
    """Triggers that are off are reported, and the ledger is not used until they are back."""
    copy.force("SELECT 1", guards=False)
    assert set(copy.damaged()["failed"]) == {"guards"}
    assert "not a ledger as MediCore makes it" in copy.project.medicore("ledger", "show", expected=6).err
