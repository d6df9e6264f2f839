"""The gate of secondary endpoints: an estimate that the second implementation does not confirm stops the run."""

from typing import Any

import pytest

from medicore.steps.gates.endpoint_gates import endpoint_findings


def row(difference: float | None) -> dict[str, Any]:
    """Return the row of an endpoint whose two implementations differ by so many standard errors."""
    second = None if difference is None else {"relative_difference": difference, "tolerance": 1e-6}
    return {"name": "early", "verification": second}


@pytest.mark.parametrize("difference", [1.1e-6, 5.0, float("nan")])
def test_a_disagreement_is_a_finding_that_nobody_overrides(difference: float) -> None:
    """The finding names the endpoint; what is not a number confirms nothing."""
    (finding,) = endpoint_findings([row(0.0), row(difference)])
    assert (finding.step, finding.gate, finding.subject) == (
        "sensitivity", "double programming", "secondary endpoint early",
    )  # fmt: skip
    assert not finding.overridable


@pytest.mark.parametrize("difference", [None, 0.0, 1e-6])
def test_what_is_confirmed_or_not_estimable_is_no_finding(difference: float | None) -> None:
    """At the tolerance it is confirmed still."""
    assert [*endpoint_findings([row(difference)])] == []
