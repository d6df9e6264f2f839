"""Each gate of the propensity step fires at its threshold, exactly there, and stays silent short of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medicore.records.finding import Finding
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.steps.gates.propensity_gates import (
    balance_findings,
    model_findings,
    size_findings,
    weight_findings,
)
from medicore.steps.models.scoring import Scored, scored
from tests.steps.analysed_trial import protocol, subjects

FRAME = subjects()
TREATED = (FRAME["arm"] == "active").to_numpy(dtype=bool)
JUST_LESS = 1 - 1e-12


def fit(**changed: Any) -> LogisticFit:
    """Return a sound fit with some fields changed."""
    return replace(fit_logistic(FRAME[["weight"]].to_numpy(dtype=np.float64), TREATED), **changed)


def gates(findings: Any) -> list[str]:
    """Return the names of the gates that fired."""
    return [finding.gate for finding in findings]


def scores(low: float, high: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return a hundred scores between two that are given."""
    return np.concatenate([[low], np.full(98, 0.5), [high]])


def test_sound_model_has_no_findings() -> None:
    """A model that converged, overlaps and separates nobody passes."""
    assert gates(model_findings(protocol(), fit())) == []


def test_model_that_did_not_converge_cannot_be_overridden() -> None:
    """A model without a maximum is no matter of opinion (FAULTS 58)."""
    (finding,) = model_findings(protocol(), fit(converged=False, iterations=100))
    assert (finding.gate, finding.statistic, finding.overridable) == ("convergence", "not converged", False)
    assert "did not converge in 100 iterations" in finding.message


def test_separation_is_a_finding() -> None:
    """Covariates that predict treatment perfectly are told (FAULTS 51)."""
    (finding,) = model_findings(protocol(), fit(separated=True))
    assert (finding.gate, finding.overridable) == ("separation", True)


@pytest.mark.parametrize(
    ("low", "high", "outside"),
    [(0.001, 0.5, 1), (0.5, 0.999, 1), (0.0001, 0.9999, 2), (0.001 / JUST_LESS, 0.999 * JUST_LESS, 0)],
)
def test_scores_at_or_beyond_the_limits_are_a_finding(low: float, high: float, outside: int) -> None:
    """A score of exactly the limit is outside; how many are is said (FAULTS 52)."""
    findings = list(model_findings(protocol(), fit(fitted=scores(low, high))))
    assert gates(findings) == ["overlap"] * bool(outside)
    assert all(finding.message.startswith(f"{outside} subject(s)") for finding in findings)


@pytest.mark.parametrize(
    ("target", "low", "high", "outside"),
    [("ATT", 1e-9, 0.5, 0), ("ATT", 1e-9, 0.999, 1), ("ATO", 1e-9, 1 - 1e-9, 0)],
)
def test_overlap_is_asked_where_the_target_gives_weight(
    target: str, low: float, high: float, outside: int
) -> None:
    """For the ATT a score near 0 halts nothing and one near 1 does; the overlap population needs no limit."""
    findings = list(model_findings(protocol(estimand={"target": target}), fit(fitted=scores(low, high))))
    assert gates(findings) == ["overlap"] * outside
    assert all("above which the treated have no controls" in finding.message for finding in findings)


def test_trimming_takes_the_place_of_the_overlap_gate() -> None:
    """Where scores are discarded by plan, extreme ones are the trimming's business alone."""
    plan = protocol(trimming={"method": "discard", "lower": 0.01, "upper": 0.99})
    assert gates(model_findings(plan, fit(fitted=scores(1e-9, 0.5)))) == []


@pytest.mark.parametrize(("count", "fires"), [(4, False), (5, True), (6, True)])
def test_trimmed_share_fires_at_its_limit(count: int, fires: bool) -> None:
    """Discarding exactly the limit's share of the subjects halts, one fewer does not (FAULTS 60)."""
    plan = protocol(trimming={"method": "discard", "lower": 0.1, "upper": 0.9})
    fitted = np.concatenate([np.full(count, 0.05), np.full(100 - count, 0.9)])
    findings = list(model_findings(plan, fit(fitted=fitted)))
    assert gates(findings) == ["trimmed share"] * fires
    assert all(
        finding.message.startswith(f"trimming discards {count} of 100 subjects") for finding in findings
    )


def weights(treated: list[float], control: list[float]) -> list[tuple[str, str]]:
    """Return gate and arm of the findings about arms with these weights."""
    arm = np.repeat([True, False], [len(treated), len(control)])
    everybody = np.ones(len(arm), dtype=bool)
    sound = fit()
    made = Scored(arm, sound, sound, everybody, np.full(len(arm), 0.5), np.array(treated + control), ())
    return [(finding.gate, finding.subject) for finding in weight_findings(protocol(), made)]


@pytest.mark.parametrize(
    ("treated", "control", "expected"),
    [
        ([1.0] * 21, [1.0] * 31 + [0.0] * 69, []),
        ([2.0] * 20, [1.0] * 40, [("weight share", "treated")]),
        ([1.0] * 21, [3.0] * 30 + [0.0] * 70, [("effective sample size", "control")]),
        (
            [9.0] + [0.001] * 99,
            [1.0] * 40,
            [("weight share", "treated"), ("effective sample size", "treated")],
        ),
    ],
)
def test_weights_are_watched_by_arm(
    treated: list[float], control: list[float], expected: list[tuple[str, str]]
) -> None:
    """One subject's weight and the loss of size halt at their limits exactly, in the arm where they occur."""
    assert weights(treated, control) == expected


def balance(size: float, sample: str = "weighted") -> list[Finding]:
    """Return the findings about two terms, the worst of a given size."""
    other = "unweighted" if sample == "weighted" else "weighted"
    made = scored(protocol(), FRAME[["weight"]].to_numpy(dtype=np.float64), TREATED)
    terms = [
        replace(made.balance[0], **{f"smd_{sample}": found, f"smd_{other}": 9.0}) for found in (-size, 0.01)
    ]
    plan = protocol(gates={"smd": 0.1, "smd_sample": sample})
    return list(balance_findings(plan, ("age", "sex=M"), replace(made, balance=tuple(terms))))


@pytest.mark.parametrize("sample", ["weighted", "unweighted"])
def test_imbalance_of_exactly_the_limit_fires(sample: str) -> None:
    """An SMD of the threshold itself halts, the next number below does not, whichever sample is watched (FAULTS 56)."""
    assert balance(float(np.nextafter(0.1, 0)), sample) == []
    (finding,) = balance(0.1, sample)
    assert (finding.gate, finding.subject, finding.statistic) == (f"SMD ({sample})", "age", "0.1")
    assert finding.message.startswith("1 of 2 terms are imbalanced, worst age with |SMD| 0.1 (")


def test_infinite_imbalance_fires() -> None:
    """A term without variance whose means differ is infinitely imbalanced (FAULTS 57)."""
    (finding,) = balance(float("inf"))
    assert (finding.statistic, finding.threshold) == ("inf", "0.1")
    assert "|SMD| inf" in finding.message


def sized(n1: int, n0: int, columns: int, outcome_columns: int, **planned: Any) -> list[Finding]:
    """Return the findings about arms of these sizes under models of so many terms."""
    chance = np.random.Generator(np.random.PCG64(n1 + n0))
    plan = protocol(**planned)
    x = chance.normal(size=(n1 + n0, columns))
    made = scored(plan, x, np.arange(n1 + n0) < n1)
    everybody = np.ones(n1 + n0, dtype=bool)
    return list(size_findings(plan, made, chance.normal(size=(n1 + n0, outcome_columns)), everybody))


@pytest.mark.parametrize(("columns", "outcome_columns", "model"), [(5, 2, "propensity"), (2, 5, "outcome")])
@pytest.mark.parametrize(("n1", "n0", "label"), [(11, 30, "active"), (30, 11, "control")])
def test_too_few_subjects_for_the_parameters_stop_for_good(
    columns: int, outcome_columns: int, model: str, n1: int, n0: int, label: str
) -> None:
    """Eleven subjects of an arm for six parameters of either model halt without override; twelve do not."""
    (finding,) = sized(n1, n0, columns, outcome_columns)
    assert (finding.gate, finding.subject, finding.overridable) == (
        "subjects per parameter",
        f"{model} model",
        False,
    )
    assert finding.message.startswith(
        f"arm {label!r} has 11 subjects for the 6 parameters of the {model} model; expected 12 or more"
    )
    assert sized(max(n1, 12), max(n0, 12), columns, outcome_columns) == []


def test_a_term_that_an_arm_lacks_is_no_parameter() -> None:
    """A column that is constant among all subjects is not fitted, and not counted."""
    treated = np.arange(40) < 10
    x = np.random.Generator(np.random.PCG64(2)).normal(size=(40, 5))
    x[:, 4] = 1.0
    made = scored(protocol(), x, treated)
    everybody = np.ones(40, dtype=bool)
    assert list(size_findings(protocol(), made, x, everybody)) == []
    x[3, 4] = 2.0
    assert gates(size_findings(protocol(), made, x, everybody)) == ["subjects per parameter"]


@pytest.mark.parametrize("arm", ["active", "control"])
def test_only_subjects_with_an_observed_outcome_count(arm: str) -> None:
    """Twenty subjects of an arm, of whom seven have an outcome, cannot carry four parameters; eight can."""
    x = np.random.Generator(np.random.PCG64(12)).normal(size=(40, 3))
    treated = np.arange(40) < 20
    made = scored(protocol(), x, treated)
    inside = treated if arm == "active" else ~treated
    observed = ~inside | (np.cumsum(inside) <= 8)
    assert list(size_findings(protocol(), made, x, observed)) == []
    observed[np.flatnonzero(inside)[0]] = False
    (finding,) = size_findings(protocol(), made, x, observed)
    assert (finding.statistic, finding.overridable) == ("7 for 4", False)
    assert finding.message.startswith(
        f"arm {arm!r} has 7 subjects with an observed outcome for the 4 parameters of the propensity model; expected 8 "
    )


def test_a_term_that_varies_among_the_unobserved_alone_is_no_parameter_of_the_outcome_model() -> None:
    """The outcome model is fitted among the observed, where such a column is constant."""
    treated = np.arange(40) < 20
    x = np.random.Generator(np.random.PCG64(13)).normal(size=(40, 2))
    made = scored(protocol(), x, treated)
    observed = np.arange(20)[np.cumsum(np.ones(40, dtype=int)) % 20 - 1] < 8
    design = np.column_stack([x, np.arange(40), np.where(observed, 1.0, x[:, 0])])
    assert list(size_findings(protocol(), made, design, observed)) == []
    design[[0, 20], 3] = 2.0
    assert [one.statistic for one in size_findings(protocol(), made, design, observed)] == ["8 for 5"]


def test_an_arm_without_any_outcome_is_told() -> None:
    """No outcome of an arm is no subject for its parameters."""
    treated = np.arange(40) < 20
    x = np.random.Generator(np.random.PCG64(14)).normal(size=(40, 2))
    made = scored(protocol(), x, treated)
    (finding,) = size_findings(protocol(), made, x, treated)
    assert finding.statistic == "0 for 3"
    (finding,) = size_findings(protocol(), made, x, np.zeros(40, dtype=bool))
    assert finding.statistic == "0 for 3"


def test_only_subjects_that_trimming_retains_count() -> None:
    """Who is discarded carries no parameter: arms that are large enough before may be too small after."""
    chance = np.random.Generator(np.random.PCG64(8))
    x = chance.normal(size=(60, 3))
    treated = x[:, 0] + chance.normal(size=60) > 0.6
    plan = protocol(trimming={"method": "discard", "lower": 0.4, "upper": 0.65})
    made = scored(plan, x, treated)
    smallest = min(int(made.arm.sum()), int((~made.arm).sum()))
    assert smallest < 8 <= min(int(treated.sum()), int((~treated).sum()))
    everybody = np.ones(60, dtype=bool)
    (finding,) = size_findings(plan, made, x, everybody)
    assert finding.statistic == f"{smallest} for 4"
    assert list(size_findings(protocol(), scored(protocol(), x, treated), x, everybody)) == []
