"""Every reader of an origin goes one way, by what the primary analysis of the results is."""

import pytest

from medicore.errors import IntegrityError
from medicore.records.results import trace
from medicore.records.results.origin import Origin
from medicore.records.results.tracing import Trace


@pytest.mark.parametrize(
    ("estimator", "function"),
    [
        ("AIPW", "medicore.steps.models.estimator:primary_result"),
        ("augmented overlap weighting", "medicore.steps.models.estimator:primary_result"),
        ("ANCOVA, interactions", "medicore.stats.randomisation.adjusted_means:adjusted_means"),
        (
            "g-computation, joint model, calibrated in strata",
            "medicore.stats.randomisation.adjusted_means:adjusted_means",
        ),
    ],
)
def test_the_name_of_the_estimator_decides(estimator: str, function: str) -> None:
    """Results are traced by the estimator that they name, whether they are at hand whole or by their paths."""
    results = {"primary": {"estimator": estimator, "estimate": 1.0}}
    assert Trace.of(results).origin("primary.estimate").function == function
    assert Trace.by(("primary.estimate",), estimator) == Trace.of(results)


def test_results_without_an_estimator_are_traced_as_ever() -> None:
    """Where no estimate was reached, or the estimator is unknown, each path is its own."""
    assert Trace.of({"primary": None}).path("primary.estimate") == "primary.estimate"
    assert Trace.by(("cohort.analysed",), None).origins == trace.ORIGINS


def test_an_earlier_table_is_asked_for_what_it_has() -> None:
    """A table of before an estimator had paths of its own holds the path itself."""
    earlier = (Origin("secondary.**", "sensitivity", "a:b", "Earlier"),)
    found = Trace.of({"primary": {"estimator": "ANCOVA"}}).within(earlier)
    assert found.origin("secondary.0.estimate").definition == "Earlier"
    assert found.parts == {"secondary"}
    with pytest.raises(IntegrityError, match="not in the trace table"):
        found.origin("primary.estimate")
