"""The documents say what the code does."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import typer

from medicore import errors
from medicore.cli import work  # noqa: F401 - adds its verbs
from medicore.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
UNTESTED: list[int] = []
"""Faults that no test shows yet."""

DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}


def generator() -> ModuleType:
    """Return ``docs/generate.py``."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands() -> list[str]:
    """Return every verb that is not hidden."""
    import medicore.cli.answers
    import medicore.cli.archive
    import medicore.cli.diff
    import medicore.cli.explain
    import medicore.cli.export
    import medicore.cli.ledger
    import medicore.cli.people
    import medicore.cli.questions
    import medicore.cli.report
    import medicore.cli.review  # noqa: F401 - adds its verbs

    group = typer.main.get_command(app)
    return [name for name, command in group.commands.items() if not command.hidden]  # type: ignore[attr-defined]


def test_every_verb_is_documented() -> None:
    """README, changelog or a guide names every verb with its program."""
    text = "\n".join([*DOCS.values(), (ROOT / "README.md").read_text(encoding="utf-8")])
    assert len(commands()) > 10
    for name in commands():
        assert f"medicore {name}" in text, f"no document shows 'medicore {name}'"


def test_every_exit_code_is_documented() -> None:
    """The operator's guide and the help text list the exit code of every family of errors."""
    families = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)
    ]
    for family in families:
        assert re.search(rf"\b{family.exit_code} [a-z]", DOCS["operate.md"]), family
        assert re.search(rf"\b{family.exit_code} [a-z]", app.info.epilog), family


@pytest.mark.parametrize("name", ["states.md", "ledger.md", "faults.md"])
def test_generated_pages_are_current(name: str) -> None:
    """What is made from the code's tables is as ``python docs/generate.py`` makes it."""
    assert DOCS[name] == generator().pages()[name]


def test_every_fault_has_its_test() -> None:
    """Each numbered fault is named by a test; those of integrity, approval, code and statistics by one of the command line."""
    tests = generator().shown_by()
    groups = tomllib.loads((ROOT / "docs" / "faults.toml").read_text(encoding="utf-8"))
    numbers = [int(number) for faults in groups.values() for number in faults]
    assert numbers == list(range(1, 73))
    assert [number for number in numbers if number not in tests] == UNTESTED
    for group in ("Integrity", "Approval", "Code and configuration", "Statistics"):
        for number in groups[group]:
            assert any(name.startswith("line/") for name in tests[int(number)]), (group, number)


def test_links_lead_somewhere() -> None:
    """Every relative link in README leads to a file or folder."""
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


def test_files_are_short() -> None:
    """No source file is longer than 300 lines: one that wants to be holds two ideas."""
    for folder in ("medicore", "flows", "tests", "quarto_templates", "examples", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path.relative_to(ROOT)
