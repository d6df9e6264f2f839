"""Section 10: what the report says of deviations from the approved protocol."""

from typing import Any

import pytest
from presentation.sections import check
from presentation.writing.typst import literal


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"approved_with": None, "keys": []}, "has nothing to deviate from"),
        (
            {"approved_with": "X/2025-02/1", "keys": []},
            "approved with run X/2025-02/1; there is no deviation",
        ),
        ({"approved_with": "X/2025-02/1", "keys": ["gates.smd", "seed"]}, "in 2 keys: gates.smd, seed."),
    ],
)
def test_deviations_are_named(inputs: Any, found: dict[str, Any], words: str) -> None:
    """Section 10.3 says whether the protocol is the approved one, and which keys are not."""
    inputs.results["check"]["protocol"] = found
    assert literal(words)[1:-1] in check.deviations(inputs.report())
