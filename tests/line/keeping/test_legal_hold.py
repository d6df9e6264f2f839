"""A legal hold through the command line: put on by a signed act, shown, verified, lost and found, and lifted."""

from pathlib import Path
from typing import Any

from tests.conftest import Answer, Project
from tests.line.conftest import REFERENCE, Month
from tests.line.journeys.test_people import add

WHY = "Litigation hold, letter of the court"


def act(project: Project, verb: str, run: str, person: str, expected: int = 0, why: str = WHY) -> Answer:
    """Hold or lift as a user does."""
    given = ("--as", person, "--reason", why, "--json")
    secret = {"MEDICORE_PASSPHRASE_QUINN": "correct quinn"}
    return project.medicore("archive", verb, run, *given, expected=expected, **secret)


def labels(project: Project, run: str, number: int) -> list[Path]:
    """Return the labels of one hold, or end of one, of everything that is archived of a run."""
    return sorted(
        path for path in (project.home / "archive").rglob(f"*~hold-{number}.json") if run in str(path)
    )


def row(project: Project) -> dict[str, Any]:
    """Return what ``archive list`` says of the archived run."""
    (found,) = project.medicore("archive", "list", REFERENCE, "--json").json()
    return dict(found)


def test_a_run_is_held_until_quality_lifts_it(copied: Project, released: Month) -> None:
    """An operator holds every object, twice is as once, an extension leaves it so, and quality alone lifts it."""
    run = released.run(REFERENCE)
    assert row(copied)["held_since"] is None
    found = act(copied, "hold", run, "operator").json()
    event = copied.events(run)[-1]
    assert found == {"new": True, "objects": row(copied)["objects"] + 1, "event": event}
    assert (event["action"], event["actor"], event["reason"]) == ("archive.held", "operator", WHY)
    assert len(labels(copied, run, 1)) == found["objects"], "every object and the manifest"
    assert act(copied, "hold", run, "operator").json() == {"new": False, "objects": 0, "event": event}
    assert copied.events(run)[-1] == event
    extend = ("--until", "2080-02-29", "--as", "operator", "--reason", "A longer duty to keep")
    copied.medicore("archive", "extend", run, *extend)
    assert row(copied)["held_since"] == event["at"]
    assert event["at"] in copied.medicore("archive", "list").out
    (verdict,) = copied.medicore("verify", run, "--json").json()
    assert (verdict["failed"], verdict["warnings"]) == ({}, {})
    answer = act(copied, "lift", run, "operator", expected=7)
    assert "operator has the role operator, which may not lift; expected one of quality" in answer.err
    refused = copied.events(run)[-1]
    assert (refused["action"], refused["details"]["asked"]) == ("archive.refused", "archive.lifted")
    add(copied, "quinn", "quality")
    lifted = act(copied, "lift", run, "quinn").json()
    assert (lifted["new"], lifted["objects"], lifted["event"]["role"]) == (True, found["objects"], "quality")
    assert act(copied, "lift", run, "quinn").json() == {**lifted, "new": False, "objects": 0}
    assert (row(copied)["held_since"], row(copied)["retain_until"]) == (None, "2080-02-29")
    (verdict,) = copied.medicore("verify", run, "--json").json()
    assert (verdict["failed"], verdict["warnings"]) == ({}, {})
