"""What a processor's kind changes: linear algebra sums in another order where it has wider registers."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from medicore.cases.proof.reproduce import Comparison
from medicore.records.identifiers import RunId
from medicore.records.results.paths import leaves_of
from tests.generations.generation import Generation

_COMPUTED = {
    "propensity.json",
    "effect.json",
    "sensitivity.json",
    "results.json",
    "scores.parquet",
    "report.pdf",
}
"""The files that hold a sum of many products, or print one."""
_LAST_DIGITS = 1e-9
"""How far, as a share, a number may be from the recorded one on a processor of another kind."""


def require_reproduced(kept: Generation, run: RunId, files: Sequence[Comparison], scratch: Path) -> None:
    """Assert that a record came out bit for bit on a processor such as made it, and to the last digits on another.

    The records of the generation were made with AVX-512.
    """
    different = {file.name for file in files if not file.identical}
    if "avx512f" in Path("/proc/cpuinfo").read_text(encoding="ascii"):
        assert different == set()
        return
    assert different <= _COMPUTED
    (made,) = scratch.rglob("results.json")
    now = dict(leaves_of(json.loads(made.read_bytes())))
    then = dict(leaves_of(kept.results(run)))
    assert now.keys() == then.keys()
    for path, value in then.items():
        if isinstance(value, float) and math.isfinite(value):
            assert now[path] == pytest.approx(value, rel=_LAST_DIGITS, abs=_LAST_DIGITS), path
        else:
            assert now[path] == value, path
