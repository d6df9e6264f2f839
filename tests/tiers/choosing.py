"""Which tests a change concerns: those that mirror a changed file, import a changed module, or name a changed file."""

import ast
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ALWAYS = ("tests/test_docs.py",)
"""Tests that any change concerns: they read every file."""
SLOW = ("tests/generations/", "tests/line/")
"""Folders whose tests start whole commands and take minutes."""
TEMPLATES = "quarto_templates/"
"""Its files that are not Python make one page together: each concerns all tests of the folder."""
_MAIN = ("main", "origin/main")


@dataclass(frozen=True, slots=True)
class Choice:
    """The test files that a change concerns, each with its reason, the nearest first; and those that are too slow."""

    chosen: Mapping[str, str]
    slow: Mapping[str, str]


def changed_files(root: Path) -> tuple[str, ...]:
    """Return the files that differ from where this branch left the main line: committed, in the tree, untracked."""
    base = "HEAD"
    for name in _MAIN:
        found = _git(root, "merge-base", "HEAD", name)
        if found:
            base = found.strip()
            break
    differing = _git(root, "diff", "--name-only", "--no-renames", "-z", base)
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return tuple(sorted({name for name in (differing + untracked).split("\0") if name}))


def sources_of(root: Path) -> dict[str, str]:
    """Return the source text of every Python file below ``tests``, by its path in the repository."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((root / "tests").rglob("*.py"))
    }


def choose(changed: Sequence[str], sources: Mapping[str, str]) -> Choice:
    """Return which of the tests in ``sources`` the ``changed`` files concern.

    A test that reaches a change through other modules only is not among them.
    """
    reasons = {name: "it is changed" for name in changed if name in sources and _is_test(name)}
    mirrors = {mirror_of(name): name for name in changed}
    for test in sources:
        mirrored = next((name for mirror, name in mirrors.items() if mirror and _mirrors(test, mirror)), None)
        if mirrored:
            reasons.setdefault(test, f"it mirrors {mirrored}")
    modules = {module_of(name): name for name in changed if name.endswith(".py")}
    files = [name for name in changed if not name.endswith(".py")]
    for test, source in sources.items():
        if _is_test(test):
            for name in _used(test, source, modules, files):
                reasons.setdefault(test, f"it uses {name}")
    if changed:
        reasons |= {name: reasons.get(name, "it reads every file") for name in ALWAYS if name in sources}
    slow = {test: reason for test, reason in reasons.items() if test.startswith(SLOW)}
    return Choice({test: reason for test, reason in reasons.items() if test not in slow}, slow)


def mirror_of(name: str) -> str:
    """Return how the path of the tests of a file begins: ``tests/steps/test_check`` of ``medicore/steps/check.py``."""
    path = PurePosixPath(name)
    parts = path.parts[1:] if path.parts[0] == "medicore" else path.parts
    if path.suffix != ".py" or path.parts[0] in {"tests", "docs"} or path.stem == "__init__":
        return ""
    return str(PurePosixPath("tests", *parts[:-1], f"test_{path.stem}"))


def module_of(name: str) -> str:
    """Return the name by which a Python file is imported: ``medicore.steps.check`` of ``medicore/steps/check.py``."""
    return name.removeprefix(TEMPLATES).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _mirrors(test: str, mirror: str) -> bool:
    return test == f"{mirror}.py" or test.startswith(f"{mirror}_")


def _used(test: str, source: str, modules: Mapping[str, str], files: Sequence[str]) -> Iterable[str]:
    """Yield the changed files that a test imports, that are a conftest above it, or that its source names."""
    for name in _imported(source):
        if name in modules:
            yield modules[name]
    for name in modules.values():
        if name.endswith("/conftest.py") and test.startswith(name.removesuffix("conftest.py")):
            yield name
    for name in files:
        if _names(source, name) or (name.startswith(TEMPLATES) and test.startswith(f"tests/{TEMPLATES}")):
            yield name


def _names(source: str, file: str) -> bool:
    """Say whether a source names a file, and its folder where it is in one: there are many of the name README.md."""
    path = PurePosixPath(file)
    return path.name in source and path.parent.name in source


def _imported(source: str) -> set[str]:
    """Return the modules that a source imports, wherever in it; of a name imported from a package, both."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _is_test(name: str) -> bool:
    return PurePosixPath(name).name.startswith("test_") and name.endswith(".py")


def _git(root: Path, *arguments: str) -> str:
    """Return what git prints; nothing when it fails, as without a branch of that name."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""
