"""Conditional means under the reference-based rules, by hand and against one another."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.stats.imputation.reference_based import conditional_means
from medicore.stats.repeated.mixed_model import fit_mixed
from tests.stats.repeated_samples import profiles

EXACT = 1e-9
RULES = ("at random", "jump to reference", "copy reference", "copy increments")
NAN = np.nan
COVARIANCE = np.array([[4.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 4.0]])
OWN, REFERENCE = np.array([[4.0, 7.0, 12.0]]), np.array([[1.0, 2.0, 4.0]])
"""Means of the own arm and of the reference arm."""


def completed(outcome: list[float], rule: Any, own: Any = OWN) -> list[float]:
    """Return a subject's outcomes at three visits."""
    found: list[float] = conditional_means(COVARIANCE, own, REFERENCE, np.array([outcome]), rule)[0].tolist()
    return found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # residual 2 from its own mean 4 at the first visit: half of it at the second, a quarter at the third
        ("at random", [6.0, 7 + 1.0, 12 + 0.5]),
        ("jump to reference", [6.0, 2 + 1.0, 4 + 0.5]),
        # residual 5 from the reference's mean 1
        ("copy reference", [6.0, 2 + 2.5, 4 + 1.25]),
        # own mean 4, then what the reference gains: 1 and 3
        ("copy increments", [6.0, 4 + 1 + 1.0, 4 + 3 + 0.5]),
    ],
)
def test_after_the_first_visit_by_hand(rule: str, expected: list[float]) -> None:
    """Who is last seen at the first visit follows the rule's profile from there."""
    assert completed([6.0, NAN, NAN], rule) == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize(
    ("rule", "expected"), [(RULES[0], [4, 7, 12]), *((rule, [1, 2, 4]) for rule in RULES[1:])]
)
def test_who_was_never_seen_has_the_profile_of_the_rule(rule: str, expected: list[float]) -> None:
    """Without an observed visit there is the subject's own profile at random, else that of the reference arm."""
    assert completed([NAN, NAN, NAN], rule) == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("rule", RULES)
def test_a_gap_before_the_last_visit_is_filled_at_random(rule: str) -> None:
    """Who was seen at the end has not left: the gap is filled from their own arm, whatever the rule."""
    assert completed([4.0, NAN, 12.0], rule) == pytest.approx([4.0, 7.0, 12.0], rel=EXACT)


def test_a_gap_and_a_dropout_by_hand() -> None:
    """Up to the last visit seen the subject's own profile counts, under copy reference the reference's throughout."""
    assert completed([NAN, 7.0, NAN], "jump to reference") == pytest.approx([4.0, 7.0, 4.0], rel=EXACT)
    assert completed([NAN, 7.0, NAN], "copy increments") == pytest.approx([4.0, 7.0, 9.0], rel=EXACT)
    assert completed([NAN, 7.0, NAN], "copy reference") == pytest.approx([3.5, 7.0, 6.5], rel=EXACT)


@pytest.mark.parametrize("rule", RULES)
def test_the_reference_arm_is_completed_at_random(rule: str) -> None:
    """A subject of the reference arm has one profile under every rule."""
    assert completed([3.0, NAN, NAN], rule, REFERENCE) == pytest.approx([3.0, 3.0, 4.5], rel=EXACT)


@settings(max_examples=10)
@given(st.integers(0, 2**31), st.sampled_from(RULES))
def test_observed_outcomes_are_kept_and_every_gap_is_filled(seed: int, rule: Any) -> None:
    """With one visit the three reference-based rules are one; with more, what was observed never changes."""
    data = profiles(seed)
    fit, outcome = fit_mixed(data.design, data.outcome), data.outcome
    own, control = fit.means(data.design), fit.means(data.reference)
    found = conditional_means(fit.covariance, own, control, outcome, rule)
    seen = ~np.isnan(outcome)
    assert np.array_equal(found[seen], outcome[seen])
    assert np.isfinite(found).all()
    last = fit.covariance[-1:, -1:], own[:, -1:], control[:, -1:], outcome[:, -1:]
    alike = [conditional_means(*last, name) for name in RULES[1:]]  # type: ignore[arg-type]
    assert np.array_equal(alike[0], alike[1])
    assert np.array_equal(alike[0], alike[2])
