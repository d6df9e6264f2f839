"""Test files are started the longest first, and the first of all builds the month that many need."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.longest import SECONDS, TESTS, longest_first


def item(name: str, *fixtures: str) -> Any:
    """Return what the order is made by: a test's file and the fixtures that it needs."""
    return SimpleNamespace(path=TESTS / name, fixturenames=fixtures)


def test_every_file_whose_time_is_known_is_there() -> None:
    """A test file that is moved or renamed takes its recorded seconds along."""
    assert [name for name in SECONDS if not (TESTS / name).is_file()] == []


def test_longest_come_first_in_their_group() -> None:
    """Whole commands go first, and those without the month between its first user and the others; shorter ones follow."""
    names = {
        "records/test_moment.py": (),
        "steps/test_combinations.py": (),
        "generations/test_generations.py": (),
        "line/journeys/test_moments.py": ("built_month",),
        "line/journeys/test_month.py": ("built_month",),
        "line/journeys/test_verbs.py": ("built_month",),
        "line/journeys/test_diff.py": (),
        "line/failures/test_served.py": (),
    }
    found = longest_first([item(name, *fixtures) for name, fixtures in names.items()])
    assert [one.path.relative_to(TESTS).as_posix() for one in found] == [
        "line/journeys/test_verbs.py",
        "line/failures/test_served.py",
        "line/journeys/test_diff.py",
        "line/journeys/test_month.py",
        "line/journeys/test_moments.py",
        "generations/test_generations.py",
        "steps/test_combinations.py",
        "records/test_moment.py",
    ]


def test_files_of_unknown_time_stay_as_they_come() -> None:
    """What is not listed, below the tests or elsewhere, keeps the order that chance gave it, and its tests theirs."""
    shuffled = [item("b.py"), item("a.py"), item("a.py"), SimpleNamespace(path=Path("/elsewhere/test_c.py"))]
    assert [id(one) for one in longest_first(shuffled)] == [id(one) for one in shuffled]
