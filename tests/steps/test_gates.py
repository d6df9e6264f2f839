"""Each gate fires at its threshold, exactly there, and stays silent short of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medicore.records.finding import Finding
from medicore.stats.logistic import LogisticFit, fit_logistic
from medicore.steps.gates import balance_findings, effect_findings, model_findings, weight_findings
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


def weights(share: float, effective: float) -> list[Finding]:
    """Return the findings about an arm's largest share and its effective share of its size."""
    sizes = {"treated": int(TREATED.sum()), "control": int((~TREATED).sum())}
    section = {
        "largest_weight_share": {"treated": share, "control": 0.01},
        "effective_sample_size": {"treated": sizes["treated"], "control": effective * sizes["control"]},
    }
    return list(weight_findings(protocol(), section, TREATED))


@pytest.mark.parametrize(
    ("share", "effective", "expected"),
    [
        (0.049, 0.31, []),
        (0.05, 1.0, [("weight share", "treated")]),
        (0.01, 0.3 * JUST_LESS, [("effective sample size", "control")]),
        (0.9, 0.01, [("weight share", "treated"), ("effective sample size", "control")]),
    ],
)
def test_weights_are_watched_by_arm(share: float, effective: float, expected: list[tuple[str, str]]) -> None:
    """One subject's weight and the loss of size halt at their limits, in the arm where they occur."""
    assert [(finding.gate, finding.subject) for finding in weights(share, effective)] == expected


def balance(size: float | str, sample: str = "weighted") -> list[Finding]:
    """Return the findings about a table of two terms, the worst of a given size."""
    other = "unweighted" if sample == "weighted" else "weighted"
    rows = [
        {"term": "age", f"smd_{sample}": size if size == "inf" else -float(size), f"smd_{other}": 9.0},
        {"term": "sex=M", f"smd_{sample}": 0.01, f"smd_{other}": 9.0},
    ]
    worst = {sample: {"term": "age", "smd": size}, other: {"term": "age", "smd": 9.0}}
    plan = protocol(gates={"smd": 0.1, "smd_sample": sample})
    return list(balance_findings(plan, {"terms": rows, "worst": worst}, TREATED))


@pytest.mark.parametrize("sample", ["weighted", "unweighted"])
def test_imbalance_of_exactly_the_limit_fires(sample: str) -> None:
    """An SMD of the threshold itself halts, the next number below does not, whichever sample is watched (FAULTS 56)."""
    assert balance(float(np.nextafter(0.1, 0)), sample) == []
    (finding,) = balance(0.1, sample)
    assert (finding.gate, finding.subject, finding.statistic) == (f"SMD ({sample})", "age", "0.1")
    assert finding.message.startswith("1 of 2 terms are imbalanced, worst age with |SMD| 0.100")
    assert finding.false_alarm_rate is not None
    assert 0 < finding.false_alarm_rate < 1


def test_infinite_imbalance_fires() -> None:
    """A term without variance whose means differ is infinitely imbalanced (FAULTS 57)."""
    (finding,) = balance("inf")
    assert (finding.statistic, finding.threshold) == ("inf", "0.1")
    assert "|SMD| inf" in finding.message


def effects(
    sandwich: float = 1.0, bootstrap: float = 1.0, failed: int = 0, difference: float = 0.0
) -> list[Finding]:
    """Return the findings about an estimate with an influence-function standard error of 1."""
    primary = {
        "standard_errors": {"influence": 1.0, "sandwich": sandwich, "bootstrap": bootstrap},
        "bootstrap": {
            "replicates": 200,
            "failed": {"one arm too small": failed - failed // 2, "rank lost": failed // 2},
        },
        "verification": {"relative_difference": difference, "tolerance": 1e-6},
    }
    return list(effect_findings(protocol(gates={"variance_disagreement": 0.25}), primary))


@pytest.mark.parametrize("size", [0.75, 1.25])
def test_disagreeing_variances_fire_at_the_limit(size: float) -> None:
    """A standard error that differs by the limit, up or down, is a finding that names it."""
    assert [finding.subject for finding in effects(sandwich=size)] == ["sandwich"]
    assert [finding.subject for finding in effects(bootstrap=size)] == ["bootstrap"]
    assert gates(effects(size, size)) == ["variance disagreement"] * 2
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
