"""The code of a house: a small git checkout with what a record takes from one, and the packages that are installed."""

import re
import shutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

from medicore.records.export.sbom import Licence
from medicore.records.results import survival_trace
from medicore.records.results.outcomes import counted_trace, ordinal_trace
from medicore.records.results.outcomes.traced import OWN, origins_of
from medicore.records.results.trace import origin_of
from medicore.stores.content.environment import LOCK_FILE, LockedEnvironment
from medicore.stores.git.code import GitCode
from tests.conftest import ROOT, git
from tests.whole_house.renderer import PAGE, TEMPLATE

LOCKED = ("numpy", "pandas", "pyarrow", "scipy", "typst")
"""The packages that the lock file of a small checkout names."""

ORIGINS_MODULE = origin_of.__module__
_PINNED = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+).*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


class SmallCode(GitCode):
    """A git checkout of which the running modules are no part: these are the ones under test, wherever they lie."""

    def _foreign(self, recorded: Mapping[str, str]) -> list[str]:  # noqa: ARG002 - nothing is held against the commit
        return []


class SmallEnvironment(LockedEnvironment):
    """The installed packages, held against the checkout's lock file; their licences are read once for all tests."""

    def licences(self) -> dict[tuple[str, str], Licence]:
        """Return what the installed packages say of their licences."""
        return dict(_licences())


def make_checkout(root: Path) -> None:
    """Make a committed checkout in a new folder: pipeline, lock file, template, a little code, and no study."""
    (root / "studies").mkdir(parents=True)
    (root / "quarto_templates").mkdir()
    (root / "quarto_templates" / PAGE).write_text(TEMPLATE)
    (root / "studies" / "README.md").write_text("Protocols of the tests.\n")
    shutil.copy(ROOT / "dvc.yaml", root / "dvc.yaml")
    (root / LOCK_FILE).write_text(small_lock())
    for name in ("medicore/__init__.py", *_code()):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    git("init", "--quiet", "--initial-branch=main", "--template=", folder=root)
    git("config", "user.name", "Tester", folder=root)
    git("config", "user.email", "tester@medicore.invalid", folder=root)
    git("config", "gc.auto", "0", folder=root)
    commit(root, "Code")


def commit(root: Path, message: str) -> str:
    """Commit everything in a checkout, if there is anything new, and return the commit."""
    git("add", "--all", folder=root)
    if git("status", "--porcelain", folder=root):
        git("commit", "--quiet", "--message", message, folder=root)
    return git("rev-parse", "HEAD", folder=root)


@cache
def small_lock() -> str:
    """Return the product's lock file for a few packages alone, in the versions that are installed."""
    entries = _PINNED.finditer((ROOT / LOCK_FILE).read_text())
    installed = {name: version(name) for name in LOCKED}
    return "".join(found[0] for found in entries if installed.get(found["name"]) == found["version"])


def _code() -> list[str]:
    """Return the code to which results lead, and the tables that say so, by name below the root."""
    tables = {
        ORIGINS_MODULE,
        *(
            f"medicore.records.results.origins.trace_{part}"
            for part in (
                "controls",
                "described",
                "hypotheses",
                "keys",
                "looks",
                "mixed",
                "randomised",
                "terms",
                "visits",
            )
        ),
        "medicore.records.results.safety.trace_safety",
    }
    modules = {origin.function.partition(":")[0] for origin in origins_of(OWN)} | tables
    modules |= {survival_trace.__name__, counted_trace.__name__, ordinal_trace.__name__}
    return sorted(f"{module.replace('.', '/')}.py" for module in modules)


@cache
def _licences() -> dict[tuple[str, str], Licence]:
    return LockedEnvironment(ROOT).licences()
