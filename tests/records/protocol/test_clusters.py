"""Clusters in a protocol: the column, and every plan that is refused beside them."""

from typing import Any

import pytest

from medicore.records.protocol.parsing import parse_protocol
from tests.records.protocol.test_flexible import accepted
from tests.records.protocol.test_protocol import TEXT, Change, put, refusal

SITE: dict[str, Any] = {"name": "site", "type": "identifier", "timing": "administrative"}
SPENDING = {
    "method": "alpha spending",
    "function": "obrien-fleming",
    "alpha": 0.05,
    "maximum_information": 50,
    "first_subjects": 20,
    "action": "none",
}


def clustered(*others: Change, column: dict[str, Any] = SITE, name: str = "site") -> Change:
    """Return a change that declares clusters by site, and makes other changes."""

    def change(stored: dict[str, Any]) -> None:
        stored["contract"]["columns"].append(column)
        stored["inference"] = {"cluster": name}
        stored["outcome"]["missing"] = {"method": "complete cases"}
        stored["monitoring"] = SPENDING
        stored["sensitivity"] = {"trimming": []}
        for other in others:
            other(stored)

    return change


def test_clusters_are_read_and_change_the_digest() -> None:
    """The column is in the resolved protocol where it is declared, and in no other."""
    assert accepted(clustered()).inference.cluster == "site"
    assert "cluster" not in parse_protocol(TEXT, "x").as_json()["inference"]


@pytest.mark.parametrize(
    ("column", "name", "problem"),
    [
        (SITE, "centre", "column 'centre' is not in the contract"),
        ({**SITE, "type": "number", "unit": "m"}, "site", "is of type number; expected a category or an"),
        ({**SITE, "required": False}, "site", "'site' may be missing; expected the cluster of everybody"),
        ({**SITE, "timing": "follow-up"}, "site", "is measured at follow-up; expected clusters"),
        (SITE, "subject_id", "names subjects or arms; expected the column of what subjects share"),
        (SITE, "arm", "names subjects or arms; expected the column of what subjects share"),
    ],
)
def test_a_column_that_names_no_clusters_is_refused(column: dict[str, Any], name: str, problem: str) -> None:
    """A cluster is of everybody, there from the beginning, and neither a subject nor an arm."""
    assert problem in refusal(clustered(column=column, name=name))


@pytest.mark.parametrize(
    ("other", "name"),
    [
        (put("inference", "interval", value="BCa"), "a BCa interval"),
        (put("imputation", value={"method": "multiple"}), "imputation.method 'multiple'"),
        (put("outcome", "missing", value={"method": "weighted"}), "outcome.missing.method 'weighted'"),
        (put("sensitivity", "flexible", value={"learners": ["boosting"]}), "sensitivity.flexible"),
        (put("sensitivity", "subgroups", value=["sex"]), "sensitivity.subgroups"),
        (
            put(
                "monitoring",
                value={
                    "method": "confidence sequence", "alpha": 0.05, "tuned_at": 300, "first": 20, "action": "none",
                },
            ),
            "monitoring by a confidence sequence",
        ),
        (put("inference", "estimator", value="ancova"), "inference.estimator 'ancova'"),
        (put("treatment", "contrasts", value="all"), "treatment.contrasts 'all'"),
        (
            put("randomisation", value={"scheme": "stratified", "strata": ["sex"]}),
            "a scheme of randomisation with strata",
        ),
    ],
)  # fmt: skip
def test_what_has_no_variance_by_clusters_is_refused_by_name(other: Change, name: str) -> None:
    """Each plan is named with the key that it does not go with."""
    assert f"{name} is not offered with inference.cluster" in refusal(clustered(other))


def test_times_to_event_and_negative_controls_are_refused_by_name() -> None:
    """Neither has a variance by clusters."""

    def timed(stored: dict[str, Any]) -> None:
        stored["outcome"]["type"] = "time to event"

    assert "a time to event is not offered with inference.cluster" in refusal(clustered(timed))
    control = {"name": "early", "label": "Score at week 8", "column": "week8"}
    found = refusal(clustered(put("negative_controls", value=[control])))
    assert "negative_controls is not offered with inference.cluster" in found
