"""Penalised outcome models in a protocol: what they go with, and every plan that is refused beside them."""

from typing import Any

import pytest

from medicore.records.protocol.parsing import parse_protocol
from tests.records.protocol.test_clusters import clustered
from tests.records.protocol.test_flexible import accepted
from tests.records.protocol.test_protocol import TEXT, Change, put, refusal


def penalised(*others: Change) -> Change:
    """Return a change to an outcome of 0 and 1 with penalised outcome models, and other changes."""

    def change(stored: dict[str, Any]) -> None:
        column = next(one for one in stored["contract"]["columns"] if one["name"] == "change")
        column |= {"type": "integer", "minimum": 0, "maximum": 1}
        column.pop("unit", None)
        stored["outcome"] |= {"type": "binary", "missing": {"method": "complete cases"}}
        stored["models"]["outcome_fit"] = "firth"
        for other in others:
            other(stored)

    return change


def test_the_fit_is_read_and_changes_the_digest() -> None:
    """The key is in the resolved protocol where it is declared, and in no other."""
    assert accepted(penalised()).models.outcome_fit == "firth"
    assert "outcome_fit" not in parse_protocol(TEXT, "x").as_json()["models"]
    assert accepted(penalised(clustered())).inference.cluster == "site"


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (put("outcome", "type", value="continuous"), "is for an outcome of type binary"),
        (put("estimand", "measure", value="risk ratio"), "the measure 'risk ratio' is not offered with"),
        (put("outcome", "missing", value={"method": "weighted"}), "outcome.missing.method 'weighted' is not"),
        (
            put("sensitivity", value={"flexible": {"learners": ["boosting"]}}),
            "sensitivity.flexible is not offered with",
        ),
        (
            put("inference", value={"estimator": "g-computation"}),
            "inference.estimator 'g-computation' is not offered with",
        ),
        (put("models", "outcome_fit", value="exact"), "models.outcome_fit: found 'exact'; expected"),
        (
            put(
                "secondary",
                value=[
                    {
                        "name": "early", "label": "Early", "column": "change", "unit": "x", "type": "binary",
                        "measure": "odds ratio", "missing": {"method": "complete cases"}, "assessed": "none",
                    }
                ],
            ),
            "the measure 'odds ratio' of secondary endpoint 'early' is not offered with",
        ),
    ],
)  # fmt: skip
def test_what_does_not_go_with_a_penalty_is_refused_by_name(other: Change, problem: str) -> None:
    """Each plan is named with the key that it does not go with."""
    assert problem in refusal(penalised(other))
