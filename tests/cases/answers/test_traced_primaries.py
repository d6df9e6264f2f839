"""Whatever the primary is, each reader of an origin gives the primary's own: of every path of a run's results."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.answers.explain import explain
from medicore.cases.answers.lookup import sightings
from medicore.records.results.paths import leaves_of
from medicore.records.results.printed import PrintedResults, numbers_of
from medicore.records.results.tracing import Trace
from tests.cases.run.test_planned_analyses import results, sealed
from tests.whole_house import randomised_studies
from tests.whole_house.house import found_whole_house
from tests.whole_house.prepared_study import PreparedStudy
from tests.whole_house.timed_study import timed

SHARED = frozenset(
    {
        "arm_means:arm_means",
        "bootstrap_result:BootstrapResult",
        "contrasts:difference",
        "estimate:Estimate",
        "measures:no_effect",
        "observing:observation_section",
        "outcome_counts:outcome_section",
        "pooling:pooled",
        "primary:estimate_primary",
        "secondary:secondary_endpoints",
        "verification:Verification",
        "verification:agreement",
    }
)
"""What computes numbers of every primary alike."""

AIPW = {
    "estimate": "estimator:primary_result",
    "estimator": "estimator:primary_result",
    "mean_control": "estimator:primary_result",
    "standard_error": "small_sample:small_sample_means",
    "standard_errors.influence": "contrasts:means_of_influence",
    "standard_errors.sandwich": "sandwich:propagate",
    "bootstrap.ci_low": "bootstrap:bootstrap_effect",
    "verification.estimate": "verification:verify_effect",
}
ADJUSTED = {
    "estimate": "adjusted_means:adjusted_means",
    "estimator": "adjusted_means:adjusted_means",
    "mean_control": "adjusted_means:adjusted_means",
    "standard_error": "adjusted_means:AdjustedMeans",
    "standard_errors.influence": "adjusted_means:AdjustedMeans",
    "standard_errors.sandwich": "adjusted_means:AdjustedMeans",
    "bootstrap.ci_low": "bootstrap_adjusted:bootstrap_adjusted",
    "verification.estimate": "verification_adjusted:verify_adjusted",
}
SURVIVAL = {
    "estimate": "augmented_survival:augmented_survival",
    "estimator": "survival_primary:estimate_survival",
    "mean_control": "augmented_survival:augmented_survival",
    "standard_error": "batched_survival:jackknifed",
    "standard_errors.influence": "augmented_survival:augmented_survival",
    "standard_errors.sandwich": "augmented_survival:augmented_survival",
    "bootstrap.ci_low": "batched_survival:SurvivalSample",
    "bootstrap.expected_spread": "batched_survival:jackknifed",
    "verification.estimate": "verification_survival:verify_survival",
}
ENDPOINT = {
    "name": "early", "column": "week_4", "unit": "points", "label": "Change at week 4", "assessed": "none",
    "missing": {"method": "complete cases"},
}  # fmt: skip


def with_endpoint(study: PreparedStudy) -> PreparedStudy:
    """Return the study with the earlier visit as a secondary endpoint."""
    return study.planned("secondary", [ENDPOINT])


def in_the_overlap(target: str) -> PreparedStudy:
    """Return the common study about another population, whose means are those of Hájek."""
    return with_endpoint(PreparedStudy(f"TEST-{target}").planned("estimand.target", target))


STUDIES: Mapping[str, tuple[PreparedStudy, Mapping[str, str], str]] = {
    "AIPW": (with_endpoint(PreparedStudy("TEST-AIPW")), AIPW, "verify_effect"),
    "Hájek, treated": (in_the_overlap("ATT"), AIPW, "verify_effect"),
    "Hájek, overlap": (in_the_overlap("ATO"), AIPW, "verify_effect"),
    "ANCOVA": (with_endpoint(randomised_studies.non_inferior()), ADJUSTED, "verify_adjusted"),
    "g-computation": (with_endpoint(randomised_studies.minimised()), ADJUSTED, "verify_adjusted"),
    "survival": (timed(), SURVIVAL, ""),
}


def short(function: str) -> str:
    """Return the last part of a module, and the name in it."""
    return function.rpartition(".")[2]


def read(value: float) -> str:
    """Return a number as it might be printed."""
    return f"{value:.9f}"


@pytest.mark.parametrize("primary", STUDIES)
def test_every_path_leads_to_the_primary_s_own(primary: str, tmp_path: Path) -> None:
    """Function and definition are those of the estimator that computed the number, in explain, look-up and search alike."""
    study, own, second = STUDIES[primary]
    house = found_whole_house(tmp_path / "house")
    run = sealed(house, study)
    found: dict[str, Any] = results(house, run)
    trace = Trace.of(found)
    for path, function in own.items():
        assert short(trace.origin(f"primary.{path}").function) == function, path
    allowed = SHARED | set(own.values())
    for path, _ in leaves_of(found["primary"], "primary"):
        origin = trace.origin(path)
        assert short(origin.function) in allowed, path
        assert "AIPW (ATE, ATT)" not in origin.definition or own is AIPW
    for path, _ in leaves_of(found["secondary"], "secondary"):
        name = short(trace.origin(path).function)
        assert name in SHARED or name.endswith(f":{second}"), path
    numbers = [
        (path, value) for path, value in numbers_of(found) if path.startswith(("primary.", "secondary."))
    ]
    assert len(numbers) > 25
    printed = PrintedResults(found)
    for path, value in numbers:
        if not math.isfinite(value):
            continue
        told = trace.origin(path).definition
        assert (path, told) in [(one.path, one.definition) for one in printed.places(read(value))]
    for path in (f"primary.{path}" for path in own if path != "estimator"):
        value = dict(numbers)[path]
        told = [(one.path, one.definition) for one in sightings(house.house, read(value))]
        assert (path, trace.origin(path).definition) in told
    path = "secondary.0.verification.estimate" if second else "primary.verification.estimate"
    answer = explain(house.house, run, path, tmp_path / "scratch")
    assert answer.value == answer.recomputed is not None
    assert answer.origin == trace.origin(path)
