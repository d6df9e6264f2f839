"""Last digits: how far the numbers of two JSON documents are apart that differ in nothing else."""

import json
import math
from typing import Any

from medicore.records.results.paths import leaves_of


def furthest(recorded: bytes, rebuilt: bytes) -> float | None:
    """Return the largest relative difference between the numbers of two JSON documents, as a share of the larger one.

    None when they differ in anything else: a text, a key, a count.
    """
    then, now = (dict(leaves_of(json.loads(document))) for document in (recorded, rebuilt))
    if then.keys() != now.keys():
        return None
    apart = 0.0
    for path, value in then.items():
        other = now[path]
        if value == other:
            continue
        if not (_is_number(value) and _is_number(other)):
            return None
        apart = max(apart, abs(value - other) / max(abs(value), abs(other)))
    return apart


def _is_number(value: Any) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(value, float) and math.isfinite(value)
