"""Questions about all runs, through the command line: a number without its run, and everything verified at once."""

import pytest

from medicore.cases.proof.verify_all import Verified, verify_all
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.settings import read_settings
from medicore.wiring import open_house
from tests.conftest import Project
from tests.line.conftest import BROKEN, CLEAN, REFERENCE, Month


def opened(project: Project) -> House:
    """Return the project's house."""
    return open_house(read_settings({"MEDICORE_HOME": str(project.home)}))


def test_a_number_leads_to_its_runs(released: Month) -> None:
    """A number as printed, without a run, leads to run, path, value and definition; ``--study`` narrows the search."""
    project = released.project
    answer = project.medicore("explain", "--value", "3.39", "--json").json()
    first = next(place for place in answer["places"] if place["run"] == released.run(REFERENCE))
    assert first["path"] == "primary.estimate"
    assert f"{first['value']:.2f}" == "3.39"
    assert "propensity scores and outcome models together" in first["definition"]
    narrowed = project.medicore("explain", "--value", "3.39", "--study", REFERENCE, "--json").json()["places"]
    assert {place["run"].split("/")[0] for place in narrowed} == {REFERENCE}
    one = project.medicore("explain", released.run(REFERENCE), "--value", "3.39", "--json").json()["places"]
    assert [place["path"] for place in one] == [
        place["path"] for place in narrowed if place["run"] == released.run(REFERENCE)
    ]
    text = project.medicore("explain", "--value", "3.39").out
    assert "primary.estimate" in text
    assert "Next: medicore explain" in text


def verified(project: Project) -> dict[RunId | None, Verified]:
    """Return what ``verify_all`` finds, by run."""
    return {found.run: found for found in verify_all(opened(project))}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("explain",), 2, "give a run and a path"),
        (("explain", "--study", REFERENCE), 2, "give a run and a path"),
        (("explain", f"{REFERENCE}/2025-03/1", "--value", "3.39", "--study", REFERENCE), 2, "without RUN"),
        (("explain", "--value", "3.37326", "--study", CLEAN), 3, f"no result of {CLEAN} reads"),
        (("explain", "--value", "much"), 3, "is not one number"),
        (("explain", "--value", "3.39", "--study", "../x"), 3, "is not a study identifier"),
    ],
)
def test_nonsense_is_refused(month: Month, arguments: tuple[str, ...], code: int, words: str) -> None:
    """What cannot be searched for is refused in one line."""
    assert words in " ".join(month.project.medicore(*arguments, expected=code).err.split())


def test_damage_is_laid_at_its_run(copied: Project) -> None:
    """A damaged object fails the run that it belongs to and what all share; the other runs stay sound."""
    run = RunId.parse(f"{BROKEN}/2025-03/1")
    house = opened(copied)
    (sealing,) = house.ledger.events(subject=str(run), action="run.halted")
    tree = sealing.details["commit"]
    path = copied.home / "records.git" / "objects" / tree[:2] / tree[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-4])
    found = verified(copied)
    assert {one.run for one in found.values() if one.failed} == {run, None}
    assert f"objects of run/{run}" in {check.subject for check in found[run].failed}
    assert [check.subject for check in found[None].failed] == ["record repository"]
    answer = copied.medicore("verify", "--all", "--json", expected=6)
    assert [row["run"] for row in answer.json() if row["failed"]] == [str(run), None]
    assert [event["action"] for event in copied.events(str(run))].count("verification.failed") == 2
