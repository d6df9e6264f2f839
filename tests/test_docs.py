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
from tests import english

ROOT = Path(__file__).resolve().parent.parent
UNTESTED: list[int] = []
"""Faults that no test shows yet."""

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
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
    import medicore.cli.looks
    import medicore.cli.people
    import medicore.cli.questions
    import medicore.cli.report
    import medicore.cli.reviewing.review  # noqa: F401 - adds its verbs

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


def test_generated_pages_are_current() -> None:
    """What is made from the code's tables is as ``python docs/generate.py`` makes it."""
    pages = generator().pages()
    assert pages.keys() >= {"states.md", "ledger.md", "faults.md", "guards.md", "refusals.md"}
    for name, text in pages.items():
        assert DOCS[name] == text, name


def test_every_fault_has_its_test() -> None:
    """Each numbered fault is named by a test; those of integrity, approval, code, statistics and attacks by one of the whole product.

    That is a test through the command line, or one of a whole house in one process.
    """
    tests = generator().shown_by()
    groups = tomllib.loads((ROOT / "docs" / "faults.toml").read_text(encoding="utf-8"))
    numbers = [int(number) for faults in groups.values() for number in faults]
    assert numbers == sorted(set(numbers))
    assert numbers[:72] == list(range(1, 73))
    assert [number for number in numbers if number not in tests] == UNTESTED
    for group in ("Integrity", "Approval", "Code and configuration", "Statistics", "Attacks"):
        for number in groups[group]:
            assert any(name.startswith(("line/", "cases/")) for name in tests[int(number)]), (group, number)


def test_locked_libraries_are_installed_as_the_lock_says() -> None:
    """Every text that installs a lock file asks for its hashes and for nothing beside it, as the pips of Python 3.11 need."""
    ours = (path for folder in ("medicore", "docs") for path in (ROOT / folder).rglob("*"))
    texts = [path.read_text(encoding="utf-8") for path in ours if path.suffix in {".md", ".py"}]
    told = [
        line for text in texts for line in text.splitlines() if "pip install" in line and "-hashes" in line
    ]
    assert len(told) > 5
    assert not [line for line in told if "--no-deps --require-hashes" not in line]


def test_links_lead_somewhere() -> None:
    """Every relative link in README leads to a file or folder."""
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


def floors() -> list[set[str]]:
    """Return the floors that import-linter checks, from the top, each as its rooms."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = (found for found in settings["contracts"] if found["type"] == "layers")
    return [_rooms(layer.replace("medicore.", "")) for layer in contract["layers"]]


def _rooms(text: str) -> set[str]:
    return {name.strip() for name in text.split("|")}


def test_the_picture_shows_the_floors() -> None:
    """The picture in README has the floors of ``pyproject.toml``, in their order and with the same rooms side by side."""
    (picture,) = re.findall(
        r"```mermaid\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    labels = dict(re.findall(r'(\w+)\["([^"<]+)', picture))
    arrows = re.findall(r'^\s+(\w+)(?:\[".*?"\])? --> (\w+)', picture, re.MULTILINE)
    assert [above for above, _ in arrows[1:]] == [below for _, below in arrows[:-1]], (
        "the arrows are one chain"
    )
    assert [_rooms(labels[name]) for name in (arrows[0][0], *(below for _, below in arrows))] == floors()


def test_the_layout_names_every_room() -> None:
    """The layout in CONTRIBUTING has the floors from the top down, and every room below medicore, no other."""
    (tree,) = re.findall(r"\n    medicore/\n(.*?)\n    quarto_templates/", CONTRIBUTING, re.DOTALL)
    drawn: list[str] = []
    inner: dict[str, set[str]] = {}
    for line in tree.splitlines():
        words = re.split(r"\s{2,}", line.strip())
        if line.startswith(" " * 8):
            inner[drawn[-1]].update(words)
        else:
            drawn += sorted(_rooms(words[0].removesuffix("/")))
            inner[drawn[-1]] = set()
    floor_of = {room: number for number, floor in enumerate(floors()) for room in floor}
    assert sorted(drawn) == sorted(floor_of)
    assert [floor_of[room] for room in drawn] == sorted(floor_of.values())
    folders = {
        path.parent.relative_to(ROOT / "medicore") for path in (ROOT / "medicore").rglob("__init__.py")
    }
    assert {(room, name) for room, names in inner.items() for name in names} == {
        folder.parts for folder in folders if len(folder.parts) == 2
    }


def test_every_path_that_contributing_names_is_there() -> None:
    """Every path in CONTRIBUTING leads to a file or folder, and every make target is one of the Makefile."""
    paths = re.findall(r"`([\w.-]+/[\w./-]*|[\w-]+\.\w+)`", CONTRIBUTING)
    assert len(paths) > 40
    for path in paths:
        assert (ROOT / path).exists(), path
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z-]+)", CONTRIBUTING):
        assert re.search(rf"^{target}:", rules, re.MULTILINE), target


@pytest.mark.parametrize("pattern", sorted(english.TEXTS))
def test_texts_are_plain(pattern: str) -> None:
    """No docstring, message, comment or document has what the word list forbids (tests/english.toml)."""
    found = english.banned(pattern, english.texts())
    assert not found, f"write {english.TEXTS[pattern]!r} instead:\n" + "\n".join(found)


def test_names_are_plain() -> None:
    """No function, class, parameter or variable has a name that the word list forbids."""
    found = [f"{one.place}: {one.text}" for one in english.names() if one.text in english.NAMES]
    assert not found, (
        f"name the thing, as {[english.NAMES[line.rpartition(' ')[2]] for line in found]}: {found}"
    )


def test_words_are_found_wherever_they_stand(tmp_path: Path) -> None:
    """A forbidden word is found in docstring, message, comment and document, whatever its case, and names in all places."""
    (tmp_path / "medicore").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "medicore" / "example.py").write_text(
        '"""All is Vain."""\n\nill = 1  # vain\n\n\ndef begun(carry):\n    raise ValueError(f"{ill} is\\nvain")\n',
        encoding="utf-8",
    )
    (tmp_path / "docs" / "use.md").write_text("One.\nIn vain.\n", encoding="utf-8")
    found = english.banned(r"\b(is|in) vain|# vain", tuple(english.texts(tmp_path)))
    assert [place.partition(": ")[0] for place in found] == [
        "medicore/example.py:1", "medicore/example.py:7", "medicore/example.py:3", "docs/use.md:2",
    ]  # fmt: skip
    assert {one.text for one in english.names(tmp_path)} == {"ill", "begun", "carry"}


def test_files_are_short() -> None:
    """No source file is longer than 300 lines: one that wants to be holds two ideas."""
    for folder in ("medicore", "flows", "tests", "quarto_templates", "examples", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path.relative_to(ROOT)
