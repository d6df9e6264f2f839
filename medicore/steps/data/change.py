"""The change since last month: this estimate compared with that of the latest earlier sealed run."""

import json
import math
from typing import Any

from medicore.ports.files import RecordFiles

EARLIER = "lock/estimate.json"
_SAME = ("estimand", "measure", "unit")


def earlier_estimate(month: str, run: str, primary: dict[str, Any]) -> dict[str, Any]:
    """Return the part of an earlier run's primary result that the data lock stores for the comparison."""
    kept = ("estimand", "estimator", "measure", "scale", "unit", "estimate", "standard_error", "n")
    return {"month": month, "run": run, **{key: primary[key] for key in kept}}


def change_since(files: RecordFiles, primary: dict[str, Any]) -> dict[str, Any] | None:
    """Return the change since the earlier estimate that was frozen with the lock, or None when there is none.

    It is measured in this month's standard errors, on the scale of inference. It is None when estimand, measure or unit
    differ, because the two estimates cannot be compared.
    """
    if not files.exists(EARLIER):
        return None
    earlier = json.loads(files.read(EARLIER))
    difference = None
    if all(earlier[key] == primary[key] for key in _SAME):
        now, then = primary["estimate"], earlier["estimate"]
        moved = now - then if primary["scale"] == "identity" else math.log(now / then)
        difference = moved / primary["standard_error"]
    return {
        "month": earlier["month"],
        "run": earlier["run"],
        "previous_estimate": earlier["estimate"],
        "previous_standard_error": earlier["standard_error"],
        "previous_n": earlier["n"],
        "estimate": primary["estimate"],
        "standard_error": primary["standard_error"],
        "n": primary["n"],
        "in_standard_errors": difference,
        "unit": primary["unit"],
    }
