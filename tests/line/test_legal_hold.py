"""A legal hold through the command line: put on by a signed act, shown, verified, lost and found, and lifted."""

from pathlib import Path
from typing import Any

from tests.conftest import Answer, Project
from tests.line.conftest import BROKEN, REFERENCE, Month
from tests.line.test_people import add

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


def test_a_hold_that_the_archive_lost_is_found_and_put_on_again(copied: Project, released: Month) -> None:
    """Without the label of a hold ``archive verify`` fails by its object, until the run is held again by a signed act."""
    run = released.run(REFERENCE)
    act(copied, "hold", run, "operator")
    report = copied.home / "archive" / "reports" / run / "report.pdf~hold-1.json"
    report.unlink()
    at = row(copied)["held_since"]
    answer = copied.medicore("archive", "verify", run, expected=6)
    words = f"reports/{run}/report.pdf (legal hold): not held, where a hold since {at} is recorded"
    assert words in answer.err
    failed = copied.events(run)[-1]
    assert (failed["action"], failed["details"]["failed"]) == ("verification.failed", [words])
    again = act(copied, "hold", run, "operator").json()
    assert (again["new"], again["objects"]) == (True, 1)
    copied.medicore("archive", "verify", run)
    report.chmod(0o644)
    report.write_bytes(report.read_bytes() + b" ")
    answer = copied.medicore("archive", "verify", run, expected=6)
    assert f"the legal hold label 1 of reports/{run}/report.pdf is damaged" in answer.err


def test_a_hold_that_nobody_signed_is_a_finding(copied: Project, released: Month) -> None:
    """What the archive holds past the ledger is a warning and an event; a hold by a signed act takes it over."""
    run = released.run(REFERENCE)
    act(copied, "hold", run, "operator")
    held = {path: path.read_bytes() for path in labels(copied, run, 1)}
    add(copied, "quinn", "quality")
    act(copied, "lift", run, "quinn")
    (copied.home / "archive" / "reports" / run / "report.pdf~hold-2.json").unlink()
    assert all(path.read_bytes() == data for path, data in held.items()), "a label is never written again"
    words = f"reports/{run}/report.pdf (legal hold): held past MediCore: no hold is recorded"
    assert copied.medicore("archive", "verify", run).err == f"medicore: warning: {words}\n"
    warned = next(event for event in reversed(copied.events(run)) if event["action"] == "verification.warned")
    assert warned["details"]["warned"] == [words]
    again = act(copied, "lift", run, "quinn").json()
    assert (again["new"], again["objects"]) == (True, 1)
    assert copied.medicore("archive", "verify", run).err == ""


def test_what_cannot_be_held_is_refused(month: Month) -> None:
    """A run that is not archived is not held, whoever asks; one line says so and nothing is recorded."""
    run = month.run(BROKEN)
    before = month.project.events(run)
    for verb in ("hold", "lift"):
        answer = act(month.project, verb, run, "operator", expected=8)
        assert (
            answer.err
            == f"medicore: run {run} is not archived; expected one that is; see 'medicore archive list'\n"
        )
    assert month.project.events(run) == before


def test_who_may_not_or_says_not_why_holds_nothing(copied: Project, released: Month) -> None:
    """An analyst, an empty reason and a wrong passphrase are refused, each an event, and no label is written."""
    run = released.run(REFERENCE)
    assert "analyst, which may not extend" in act(copied, "hold", run, "analyst", expected=7).err
    act(copied, "hold", run, "operator", expected=7, why=" ")
    secret = {"MEDICORE_PASSPHRASE": "wrong", "MEDICORE_PASSPHRASE_OPERATOR": ""}
    given = ("archive", "hold", run, "--as", "operator", "--reason", WHY)
    copied.medicore(*given, expected=7, **secret)
    causes = [event["details"]["cause"] for event in copied.events(run)[-3:]]
    assert causes == ["refused", "refused", "passphrase"]
    assert labels(copied, run, 1) == []
