"""What MediCore leans on: every dependency is used, every use is a dependency, and the lock files agree."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CODE = ("medicore", "flows", "quarto_templates")
NOT_IMPORTED = {"dvc-s3": "DVC loads it for remotes in a bucket"}
"""Dependencies that no file of ours imports, and who does."""
BROUGHT = {
    "anyio": "prefect",  # its workers start processes by it
    "asn1crypto": "pyhanko",
    "boto3": "prefect-aws",
    "botocore": "prefect-aws",
    "dvc-objects": "dvc",
    "pyhanko-certvalidator": "pyhanko",
}
"""Packages whose types are part of a dependency's own interface, by that dependency."""
ONE_RENDERER = "medicore/stores/report/renderer_quarto.py"

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$", re.MULTILINE)


def names(requirements: list[str]) -> set[str]:
    """Return the names of requirements."""
    return {str(canonicalize_name(Requirement(text).name)) for text in requirements}


DECLARED = names(PROJECT["project"]["dependencies"])
QUARTO = names(PROJECT["project"]["optional-dependencies"]["quarto"])
EARLIER = [Requirement(text) for text in PROJECT["dependency-groups"]["earlier-records"]]


def pins(name: str) -> set[tuple[str, str, str | None]]:
    """Return name, version and marker of every package in a lock file."""
    found = _PIN.findall((ROOT / name).read_text("utf-8"))
    return {(str(canonicalize_name(package)), version, marker or None) for package, version, marker in found}


def imports() -> Iterator[tuple[str, str]]:
    """Yield each file of the code with the top-level name of each module that it imports."""
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                file = path.relative_to(ROOT).as_posix()
                if isinstance(node, ast.Import):
                    yield from ((file, name.name.split(".")[0]) for name in node.names)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    yield file, str(node.module).split(".")[0]


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """Return the packages of others that the code imports, with the files that do."""
    owners = packages_distributions()
    ours = {*CODE, "presentation", "bundle_acts", "bundle_parts", *sys.stdlib_module_names}
    found: dict[str, set[str]] = {}
    for file, module in imports():
        # "typst" is also a module of the presentation, and a package's name may be that of a folder beside it.
        if module in ours or (file.startswith("quarto_templates") and module == "typst"):
            continue
        for owner in owners[module]:
            found.setdefault(str(canonicalize_name(owner)), set()).add(file)
    return found


def test_every_dependency_is_imported(imported: dict[str, set[str]]) -> None:
    """A dependency that no file imports is not among the run-time set, unless another package loads it for us."""
    assert DECLARED - set(imported) == set(NOT_IMPORTED)


def test_every_import_is_a_dependency(imported: dict[str, set[str]]) -> None:
    """What is imported is declared, or is part of the interface of what is declared and needs it."""
    assert set(imported) - DECLARED - QUARTO == set(BROUGHT)
    for package, by in BROUGHT.items():
        assert by in DECLARED
        assert package in names(requires(by) or [])


def test_what_quarto_needs_is_imported_for_it_alone(imported: dict[str, set[str]]) -> None:
    """The optional packages are imported by the renderer that needs them, and by no other file."""
    files = set().union(*(imported.get(package, set()) for package in QUARTO))
    assert files == {ONE_RENDERER}


def test_lock_files_agree() -> None:
    """The lock files for Quarto and for developers repeat the run-time one, and add to it."""
    base, quarto, dev = (
        pins("requirements.lock"),
        pins("requirements-quarto.lock"),
        pins("requirements-dev.lock"),
    )
    assert len(base) > 100
    assert base < quarto
    assert base < dev
    assert quarto < dev
    assert {name for name, *_ in quarto - base} >= QUARTO
    assert {name for name, *_ in base} >= DECLARED


def test_earlier_records_find_their_packages() -> None:
    """What left the run-time set stays in the developers' environment in its one version, and nowhere else."""
    locked = {name for name, *_ in pins("requirements.lock")}
    dev = {(name, version) for name, version, _ in pins("requirements-dev.lock")}
    for earlier in EARLIER:
        (pinned,) = earlier.specifier
        assert pinned.operator == "=="
        assert canonicalize_name(earlier.name) not in locked
        assert (canonicalize_name(earlier.name), pinned.version) in dev
    assert {"include-group": "earlier-records"} in PROJECT["dependency-groups"]["dev"]


def test_bounds_on_other_packages_hold() -> None:
    """Each constraint is on a package that others bring, and the locked version keeps it."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    bounds = [Requirement(text) for line in lines if (text := line.partition("#")[0].strip())]
    assert {bound.name for bound in bounds} == {"fastapi", "sqlalchemy"}
    locked = {name: version for name, version, _ in pins("requirements.lock")}
    for bound in bounds:
        assert bound.name not in DECLARED
        assert locked[bound.name] in bound.specifier
