"""Try every mutant of ``medicore/stats`` and write ``docs/mutation.md``: ``python -m tests.mutation [module ...]``.

With modules named, only these are tried, with their own tests, where they have
some, and those of no single module; the page stays as it is. The exit status is 1 when a mutant survives that
``tests/mutation/equivalent.toml`` does not explain, or when it explains one that was killed or is gone.
"""

import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import pytest

from tests.mutation.mutants import MODULES, mutants
from tests.mutation.page import PAGE, Judgement, text
from tests.mutation.trial import Trials, module_of

TESTS = Path(__file__).resolve().parents[1] / "stats"
OPTIONS = ["-q", "-s", "-m", "not deep", "-o", "addopts=--strict-markers --import-mode=importlib"]
OPTIONS += [
    part for plugin in ("randomly", "cacheprovider", "timeout", "cov") for part in ("-p", f"no:{plugin}")
]


def main(names: list[str]) -> int:
    """Return the exit status of a run over the named modules, or all."""
    tried = [
        mutant for name in names or MODULES for mutant in mutants(name, MODULES[name].read_text("utf-8"))
    ]
    print(f"{len(tried)} mutants", flush=True)  # noqa: T201
    trials = Trials(tried)
    files = {str(file): module_of(file) for file in sorted(TESTS.rglob("test_*.py"))}
    own = [file for file, module in files.items() if module in {*names, ""}]
    tests = own if names and set(names) <= set(files.values()) else [str(TESTS)]
    status = pytest.main([*OPTIONS, *tests], plugins=[trials])
    if len(trials.fates) < len(tried):
        return int(status) or 1
    judgement = Judgement.of(trials.mutants, trials.fates)
    print(judgement.summary())  # noqa: T201
    if not names:
        PAGE.write_text(text(judgement), encoding="utf-8")
    return judgement.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
