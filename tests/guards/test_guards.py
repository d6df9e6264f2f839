"""The registers of attacks name guards and tests that exist, and each attack has its own."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.guards.breaking import REGISTERS, ROOT, Guard, attacks

SUBJECTS = {"acts", "blind_spots", "closed", "console", "hosts", "keys", "repository", "service", "ways_out"}

SOURCE = """
LIMIT = 1

class House:
    def open(self) -> int:
        if LIMIT:
            raise ValueError
        return 1

def open() -> int:
    if LIMIT:
        raise ValueError
    return 2
"""


def test_each_subject_has_a_register_with_attacks() -> None:
    """No register is lost, and none is empty."""
    assert {path.stem for path in REGISTERS} == SUBJECTS
    assert {attack.subject for attack in attacks()} == SUBJECTS


def test_each_guard_stands_in_its_place() -> None:
    """Every guard is found exactly once where the register says, and without it the file is still a program of other content."""
    for attack in attacks():
        for name, broken in attack.sources(ROOT).items():
            assert broken != (ROOT / name).read_text(encoding="utf-8"), attack.what
            if name.endswith(".py"):
                compile(broken, name, "exec")


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of the tests in a file."""
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    return frozenset(one.name for one in body if isinstance(one, ast.FunctionDef))


def test_each_attack_has_its_test() -> None:
    """The test that attacks exists under its name, and is no test of the guards' registers."""
    for attack in attacks():
        file, _, name = attack.test.partition("::")
        assert name.partition("[")[0] in names_in(file), attack.what
        assert not file.startswith(f"tests/{Path(__file__).parent.name}/"), attack.what


def test_no_attack_is_named_twice() -> None:
    """Each attack is told apart by its own words."""
    assert [what for what, count in Counter(attack.what for attack in attacks()).items() if count > 1] == []


def test_a_guard_is_broken_in_its_owner_alone() -> None:
    """The same text in another function of the file stays as it is."""
    broken = Guard("house.py", "House.open", "if LIMIT:", "if False:").broken(SOURCE)
    assert broken.count("if False:") == 1
    assert broken.index("if False:") < broken.index("def open() -> int:")
    assert Guard("house.py", "LIMIT", "1", "0").broken(SOURCE) == SOURCE.replace("LIMIT = 1", "LIMIT = 0")


@pytest.mark.parametrize(
    ("owner", "before", "told"),
    [
        ("House.close", "if LIMIT:", "there is no House.close"),
        ("House.open", "if OTHER:", "0 times; expected once"),
        ("", "if LIMIT:", "2 times; expected once"),
    ],
)
def test_a_guard_that_is_not_there_once_is_no_guard(owner: str, before: str, told: str) -> None:
    """A register that names no place, or no single one, is refused."""
    with pytest.raises(ValueError, match=told):
        Guard("house.py", owner, before, "pass").broken(SOURCE)
