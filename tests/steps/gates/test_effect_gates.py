"""Each gate of the effect step fires at its threshold, exactly there, and stays silent short of it."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from medicore.records.finding import Finding
from medicore.stats.missing.observation import fit_observation
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Form, fit_outcome_models
from medicore.steps.gates.effect_gates import change_findings, effect_findings, outcome_model_findings
from medicore.steps.models.sample import Sample
from medicore.steps.models.terms import Terms
from tests.steps.analysed_trial import protocol

JUST_LESS = 1 - 1e-12


def gates(findings: Any) -> list[str]:
    """Return the names of the gates that fired."""
    return [finding.gate for finding in findings]


def effects(
    sandwich: float = 1.0, bootstrap: float = 1.0, failed: int = 0, difference: float = 0.0
) -> list[Finding]:
    """Return the findings about an influence-function standard error of 1, and an expected spread of 2 in ``bootstrap`` units."""
    primary = {
        "standard_errors": {"influence": 1.0, "sandwich": sandwich, "bootstrap": 9.0},
        "bootstrap": {
            "spread": 2.0 * bootstrap,
            "expected_spread": 2.0,
            "replicates": 200,
            "failed": {"one arm too small": failed - failed // 2, "rank lost": failed // 2},
        },
        "verification": {"relative_difference": difference, "tolerance": 1e-6},
    }
    rates = {"sandwich": 0.125, "bootstrap": 0.25}
    return list(effect_findings(protocol(gates={"variance_disagreement": 0.25}), primary, "", rates.get))


@pytest.mark.parametrize("size", [0.75, 1.25])
def test_disagreeing_variances_fire_at_the_limit(size: float) -> None:
    """A sandwich that differs by the limit, or a spread of replicates, is a finding that names it and has its own rate."""
    assert [finding.subject for finding in effects(sandwich=size)] == ["sandwich"]
    assert [finding.subject for finding in effects(bootstrap=size)] == ["bootstrap"]
    assert gates(effects(size, size)) == ["variance disagreement"] * 2
    sandwich, bootstrap = effects(size, size)
    assert (sandwich.false_alarm_rate, bootstrap.false_alarm_rate) == (0.125, 0.25)
    nearer = 1 + (size - 1) * 0.99
    assert effects(nearer, nearer) == []


@pytest.mark.parametrize(("failed", "fires"), [(3, False), (4, True)])
def test_failed_replicates_fire_at_the_limit(failed: int, fires: bool) -> None:
    """Replicates that failed, for whatever reason, are counted together."""
    assert gates(effects(failed=failed)) == ["failed replicates"] * fires


@pytest.mark.parametrize(
    ("difference", "fires"), [(0.0, False), (1e-6, False), (1.1e-6, True), (float("nan"), True)]
)
def test_unconfirmed_estimate_cannot_be_overridden(difference: float, fires: bool) -> None:
    """A second implementation that disagrees, or finds no number, stops the run for good (FAULTS 62)."""
    findings = effects(difference=difference)
    assert gates(findings) == ["double programming"] * fires
    assert not any(finding.overridable for finding in findings)


def about_models(
    x: NDArray[np.float64], treated: NDArray[np.bool_], outcome: NDArray[np.float64], form: Form = "per arm"
) -> list[Finding]:
    """Return the findings about the outcome models of one term, called rare."""
    terms = Terms(x, ("site=rare",), ("site",))
    frame = pd.DataFrame()
    observed = np.ones(len(treated), dtype=bool)
    scores = fit_logistic(x, treated)
    observing = partial(fit_observation, x, treated, observed)
    sample = Sample(frame, "binomial", "ATE", x, x, x, treated, outcome, observed, scores, observing)
    return list(
        outcome_model_findings(
            protocol(), terms, sample, fit_outcome_models(x, treated, outcome, "binomial", form)
        )
    )


def test_separated_outcome_model_is_named_with_its_arm() -> None:
    """A category without an event in one arm separates that arm's model: arm, events and term are told."""
    rng = np.random.default_rng(3)
    treated, rare = np.arange(200) % 2 == 0, np.arange(200) % 20 < 4
    outcome = (rng.random(200) < 0.5).astype(np.float64)
    outcome[treated & rare] = 0.0
    x = rare[:, None].astype(np.float64)
    (found,) = about_models(x, treated, outcome)
    assert (found.gate, found.subject) == ("outcome separation", "outcome model, treated")
    label, events = protocol().treatment.treated, int(outcome[treated].sum())
    assert f"in the treated arm ({label}), with {events} events of 100" in found.message
    assert "no event: site=rare does so alone" in found.message
    assert about_models(x, treated, (rng.random(200) < 0.5).astype(np.float64)) == []


def test_a_separated_model_of_both_arms_is_one_finding() -> None:
    """Where one model serves both arms, a category without an event is told once, with the events of everybody."""
    rng = np.random.default_rng(3)
    treated, rare = np.arange(200) % 2 == 0, np.arange(200) % 20 < 4
    outcome = (rng.random(200) < 0.5).astype(np.float64)
    outcome[rare] = 0.0
    x = rare[:, None].astype(np.float64)
    (found,) = about_models(x, treated, outcome, "joint")
    assert (found.gate, found.subject) == ("outcome separation", "outcome model, both arms")
    assert f"in both arms, with {int(outcome.sum())} events of 200" in found.message
    assert "no event: site=rare does so alone" in found.message
    assert about_models(x, treated, (rng.random(200) < 0.5).astype(np.float64), "joint") == []


def test_a_model_of_both_arms_that_did_not_converge_stops_the_run() -> None:
    """It is one finding, which no signature overrides."""
    rng = np.random.default_rng(4)
    x, treated = rng.normal(size=(60, 1)), np.arange(60) % 2 == 0
    outcome = (rng.random(60) < 0.5).astype(np.float64)
    one, zero = fit_outcome_models(x, treated, outcome, "binomial", "joint")
    stuck = replace(one, converged=False), replace(zero, converged=False)
    terms, every = Terms(x, ("age",), ("age",)), np.ones(60, dtype=bool)
    observing = partial(fit_observation, x, treated, every)
    fit = fit_logistic(x, treated)
    sample = Sample(pd.DataFrame(), "binomial", "ATE", x, x, x, treated, outcome, every, fit, observing)
    (found,) = outcome_model_findings(protocol(), terms, sample, stuck)
    assert (found.gate, found.subject, found.overridable) == (
        "outcome convergence",
        "outcome model, both arms",
        False,
    )


def change(
    size: float | None, before: int = 110, after: int = 121, limit: float = 1.0, **planned: str
) -> list[Finding]:
    """Return the findings about an estimate that moved so many of its standard errors, under models of ten parameters."""
    moved = {"month": "2025-02", "in_standard_errors": size, "previous_n": before, "n": after}
    return list(change_findings(protocol(gates={"estimate_change": limit}, **planned), moved, 10))


def test_change_of_exactly_the_limit_fires() -> None:
    """A move by the limit, up or down, is a finding that names the month; less, or no comparison, is none."""
    assert change(None) == change(JUST_LESS) == change(-JUST_LESS) == []
    assert list(change_findings(protocol(), None, 10)) == []
    for size in (1.0, -1.0):
        (finding,) = change(size)
        assert (finding.gate, finding.subject, finding.statistic) == (
            "change of estimate",
            "since 2025-02",
            "1",
        )
        assert finding.overridable


def test_change_has_the_false_alarm_rate_of_growing_data() -> None:
    """The rate is that of a simulated mean of n subjects that grow to m, and 0 where nothing new came."""
    rng = np.random.default_rng(9)
    samples = rng.normal(size=(20_000, 121))
    moved = samples.mean(axis=1) - samples[:, :100].mean(axis=1)
    simulated = float((np.abs(moved) >= 0.5 / np.sqrt(121)).mean())
    (finding,) = change(9.0, before=110, after=131, limit=0.5)
    assert finding.false_alarm_rate == pytest.approx(simulated, abs=4 * np.sqrt(0.25 / 20_000))
    (finding,) = change(9.0, before=105, after=126, limit=0.5, design="randomised")
    assert finding.false_alarm_rate == pytest.approx(simulated, abs=4 * np.sqrt(0.25 / 20_000))
    assert change(9.0, before=121)[0].false_alarm_rate == 0.0


def test_the_rate_of_a_change_is_the_simulated_one_where_there_is_one() -> None:
    """It is asked for with the change itself, and only where the gate fires."""
    asked: list[object] = []

    def simulated(about: object) -> float | None:
        asked.append(about)
        return 0.125

    moved = {"month": "2025-02", "in_standard_errors": 0.5, "previous_n": 50, "n": 60}
    assert list(change_findings(protocol(gates={"estimate_change": 1.0}), moved, 10, simulated)) == []
    assert asked == []
    (found,) = change_findings(protocol(gates={"estimate_change": 0.5}), moved, 10, simulated)
    assert (found.false_alarm_rate, asked) == (0.125, [moved])
