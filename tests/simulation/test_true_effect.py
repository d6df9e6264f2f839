"""The generator and the primary estimator together: over many seeds the true effect is recovered."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.edc.simulated.simulator import STUDIES, simulate, true_effect
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.steps.cohort import analysis_set
from medicore.steps.data.outcome_states import outcomes_of
from medicore.steps.data.satisfying import satisfies
from medicore.steps.models.sample import Sample

FOLDER = Path(__file__).resolve().parents[2] / "studies"
LOCK = date(2025, 2, 1)
# A mean over replicas this many of its standard errors from the truth is bias: by chance one run in 2,000.
BIAS_LIMIT = 3.5


@dataclass(frozen=True, slots=True)
class Replicas:
    """Estimates over independent replicas of a study, all ``(replicas,)``."""

    adjusted: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    unadjusted: NDArray[np.float64]

    def bias(self, truth: float) -> float:
        """Return the adjusted estimates' mean error in its own standard errors."""
        return _in_errors(self.adjusted, truth)

    def confounding(self, truth: float) -> float:
        """Return the unadjusted differences' mean error in its own standard errors."""
        return _in_errors(self.unadjusted, truth)

    def coverage(self, truth: float) -> float:
        """Return the share of 95 % intervals that hold the truth."""
        return float(np.mean(np.abs(self.adjusted - truth) <= 1.959964 * self.standard_error))


def _in_errors(estimates: NDArray[np.float64], truth: float) -> float:
    return float((estimates.mean() - truth) / (estimates.std(ddof=1) / np.sqrt(len(estimates))))


def replicate(study: str, count: int) -> Replicas:
    """Return ``count`` replicas of a study's first month, analysed as its protocol says."""
    protocol = parse_protocol((FOLDER / f"{study}.yaml").read_text(encoding="utf-8"), study)
    found = np.array([_estimate(protocol, seed_offset) for seed_offset in range(1, count + 1)])
    return Replicas(found[:, 0], found[:, 1], found[:, 2])


def _estimate(protocol: Protocol, seed_offset: int) -> tuple[float, float, float]:
    subjects = simulate(protocol.study, "2025-01", seed_offset)
    for criterion in protocol.eligibility:
        subjects = subjects[satisfies(subjects[criterion.column], criterion)]
    arms = subjects[protocol.treatment.column]
    subjects = subjects[arms.isin([protocol.treatment.treated, protocol.treatment.control])]
    outcomes = outcomes_of(protocol, subjects, LOCK)
    sample = Sample.of(
        protocol, analysis_set(protocol, subjects[outcomes.due], outcomes.outcome[outcomes.due])
    )
    made = sample.primary()
    known, treated = sample.outcome[sample.observed], sample.treated[sample.observed]
    difference = known[treated].mean() - known[~treated].mean()
    return made.sandwich.value, made.sandwich.standard_error, float(difference)


def test_true_effect_is_recovered_where_comparing_the_arms_is_wrong() -> None:
    """Over 80 replicas of a confounded study, AIPW is unbiased and its intervals cover; the plain difference is not."""
    study = "MED-2024-0239"
    replicas, truth = replicate(study, 80), true_effect(study)
    assert abs(replicas.bias(truth)) < BIAS_LIMIT
    assert abs(replicas.confounding(truth)) > 10
    assert 0.90 <= replicas.coverage(truth) <= 0.99


def test_true_effect_is_recovered_when_the_propensity_model_is_wrong() -> None:
    """In the study that fails its balance gate, the outcome model alone carries AIPW to the truth."""
    study = "MED-2024-0251"
    replicas, truth = replicate(study, 40), true_effect(study)
    assert abs(replicas.bias(truth)) < BIAS_LIMIT
    assert abs(replicas.confounding(truth)) > 10


@pytest.mark.deep
@pytest.mark.parametrize("study", sorted(STUDIES))
def test_true_effect_of_every_study_is_recovered(study: str) -> None:
    """Over 400 replicas the mean estimate is the truth within its error, and 95 % intervals cover as they say."""
    replicas, truth = replicate(study, 400), true_effect(study)
    assert abs(replicas.bias(truth)) < BIAS_LIMIT
    assert 0.92 <= replicas.coverage(truth) <= 0.98
    randomised = STUDIES[study].covariates[0].selection == 0
    assert (abs(replicas.confounding(truth)) > 10) is not randomised
