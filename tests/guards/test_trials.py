"""A trial tells apart a test that needs its guard, one that does not, and one that does not come to its own lines."""

from pathlib import Path

import pytest

from tests.guards.__main__ import verdict_of
from tests.guards.breaking import Attack, Guard
from tests.guards.scratch import Scratch

HOUSE = """
LIMIT = 3

def enter(people: int) -> int:
    if people > LIMIT:
        raise ValueError("full")
    return people
"""
TESTS = """
import pytest
from house import LIMIT, enter

@pytest.fixture
def entered():
    return enter(LIMIT)

def test_full(entered):
    with pytest.raises(ValueError):
        enter(entered + 1)

@pytest.mark.skip("has no door")
def test_door():
    raise AssertionError
"""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    """A project of one file and its tests; to load all plugins would take seconds a trial."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (tmp_path / "house.py").write_text(HOUSE)
    (tmp_path / "test_house.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    return Scratch(tmp_path)


@pytest.mark.parametrize(
    ("after", "test", "verdict"),
    [
        ("if False:", "test_full", "found"),
        ("if not people <= LIMIT:", "test_full", "NOT FOUND"),
        ("if True:", "test_full", "ERROR"),
        ("if False:", "test_door", "skipped"),
    ],
)
def test_the_verdict_is_that_of_the_test_alone(copy: Scratch, after: str, test: str, verdict: str) -> None:
    """The test fails for want of its guard, passes, is not reached, or is skipped; the file is whole afterwards."""
    guard = Guard("house.py", "enter", "if people > LIMIT:", after)
    with copy.broken(Attack("house", "too many enter", f"test_house.py::{test}", (guard,))):
        ended = copy.run(f"test_house.py::{test}")
    assert verdict_of(ended) == verdict, ended.printed
    assert (copy.root / "house.py").read_text() == HOUSE
