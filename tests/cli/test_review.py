"""What ``review`` tells a person that a finding may be answered with."""

import pytest

from medicore.cli.findings import possible_answer
from medicore.records.finding import StoredFinding
from medicore.records.section import Section


@pytest.mark.parametrize(
    ("finding", "told"),
    [
        ({"overridable": True, "step": "propensity"}, "proceed or reject"),
        ({"overridable": False, "step": "propensity"}, "reject; no signature overrides it"),
        ({"overridable": False, "step": "check"}, "reject; the data need correction"),
    ],
)
def test_a_finding_names_its_answers(finding: dict[str, object], told: str) -> None:
    """What nobody may override is to be rejected, and broken data are to be corrected."""
    assert possible_answer(StoredFinding(Section("finding", finding, ""))) == told
