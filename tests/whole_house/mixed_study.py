"""Randomised studies whose primary estimator is the mixed model for repeated measures."""

from typing import Any

from tests.whole_house.prepared_study import PreparedStudy
from tests.whole_house.visited_study import visited


def mixed(study: str = "TEST-MIXED", **keys: Any) -> PreparedStudy:
    """Return the study of ``visited`` with the mixed model as its primary estimator; ``keys`` are of its visits."""
    return (
        visited(study, **keys)
        .planned("inference.estimator", "mmrm")
        .planned("outcome.missing", {"method": "mixed model"})
        .planned("inference.hypothesis", "superiority")
        .planned("inference.benefit", "higher")
        .planned("randomisation", {"scheme": "simple", "allocation": {"active": 1, "control": 1}})
        .planned("sensitivity.subgroups", ["smoker"])
        .planned("sensitivity.leave_one_out", value=True)
    )
