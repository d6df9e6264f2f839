"""The guards against each attack, and the trial of each: with the guard broken, the test of its attack must fail.

The registers beside this file name for every attack the guard that finds it, as a place in the code, a text in its place
that lets the attack pass, and the test that attacks. Where several guards find an attack, all of them are broken at once.
"""

import ast
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REGISTERS = tuple(sorted(Path(__file__).parent.glob("*.toml")))


@dataclass(frozen=True, slots=True)
class Guard:
    """A place in the code that finds an attack, and the text that leaves the guard out.

    ``owner`` is the function, class or constant around it, as Python names it; it is empty in a file of another language.
    """

    file: str
    owner: str
    before: str
    after: str

    def broken(self, source: str) -> str:
        """Return the source without this guard; raise ValueError unless the guard stands in its owner exactly once."""
        first, last = _lines_of(source, self.owner) if self.owner else (0, len(source.splitlines()))
        lines = source.splitlines(keepends=True)
        own = "".join(lines[first:last])
        if (count := own.count(self.before)) != 1:
            raise ValueError(
                f"{self.file}: {self.owner or 'the file'} has {self.before!r} {count} times; expected once"
            )
        changed = own.replace(self.before, self.after)
        return "".join([*lines[:first], changed, *lines[last:]])

    def __str__(self) -> str:
        """Return the file and the owner in it."""
        return f"{self.file}::{self.owner}" if self.owner else self.file


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack, the test that makes it, and the guards that find it; ``subject`` is the register that names it."""

    subject: str
    what: str
    test: str
    guards: tuple[Guard, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The files that hold the guards."""
        return tuple(dict.fromkeys(guard.file for guard in self.guards))

    def sources(self, root: Path) -> dict[str, str]:
        """Return each of these files, by its name, with the guards broken."""
        found = {name: (root / name).read_text(encoding="utf-8") for name in self.files}
        for guard in self.guards:
            found[guard.file] = guard.broken(found[guard.file])
        return found


def attacks() -> tuple[Attack, ...]:
    """Return every attack of the registers."""
    return tuple(_attack(path.stem, entry) for path in REGISTERS for entry in _entries(path))


def titles() -> dict[str, str]:
    """Return the title of each register by its subject."""
    return {path.stem: str(tomllib.loads(path.read_text(encoding="utf-8"))["title"]) for path in REGISTERS}


def _entries(register: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(register.read_text(encoding="utf-8"))["attack"]
    return found


def _attack(subject: str, entry: dict[str, Any]) -> Attack:
    return Attack(subject, entry["what"], entry["test"], tuple(Guard(**guard) for guard in entry["guard"]))


def _lines_of(source: str, owner: str) -> tuple[int, int]:
    """Return the first line of a function, class or constant, counted from zero, and the one after its last."""
    body: Sequence[ast.stmt] = ast.parse(source).body
    found: ast.stmt | None = None
    for name in owner.split("."):
        found = next((one for one in body if name in _names(one)), None)
        if found is None:
            raise ValueError(f"there is no {owner}")
        body = getattr(found, "body", [])
    if found is None or found.end_lineno is None:
        raise ValueError(f"there is no {owner}")
    return found.lineno - 1, found.end_lineno


def _names(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    targets = [*getattr(statement, "targets", []), getattr(statement, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}
