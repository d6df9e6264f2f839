"""Confidence sequences: other software's multiples, the algebra between them, and coverage at every look."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.monitoring.confidence_sequence import ConfidenceSequence, approximate_tuning, tuning

ANCHOR = 1e-4
"""Of four printed decimals."""

ALGEBRA = 1e-9
sequences = st.builds(
    ConfidenceSequence, st.floats(0.001, 0.4), st.integers(10, 5_000), sides=st.sampled_from([1, 2])
)
subjects = st.integers(1, 100_000)


def test_multiples_of_other_software() -> None:
    """Tuned at 300, drconfseq finds ρ² = .027373 and 3.0351, 3.1110, 3.2463 standard errors at 300, 1,000, 3,000."""
    sequence = ConfidenceSequence(0.05, 300)
    assert sequence.rho_squared == pytest.approx(0.027373, abs=5e-7)
    found = [sequence.multiple(n) for n in (300, 1_000, 3_000)]
    assert found == pytest.approx([3.0351, 3.1110, 3.2463], abs=ANCHOR)


def test_a_one_sided_sequence_of_other_software() -> None:
    """Tuned at 100, level .05: radius .4004691816 at 50, and .1640628448 at 300, for a standard deviation of 1."""
    sequence = ConfidenceSequence(0.05, 100, sides=1)
    assert sequence.multiple(50) / np.sqrt(50) == pytest.approx(0.400469181611798, abs=ALGEBRA)
    assert sequence.multiple(300) / np.sqrt(300) == pytest.approx(0.1640628448433515, abs=ALGEBRA)


def test_tunings_of_other_software() -> None:
    """At 100 and level .05 the exact one is .0821196806, the approximate one .0793615460."""
    assert tuning(0.05, 100) == pytest.approx(0.0821196806206825, abs=ALGEBRA)
    assert approximate_tuning(0.05, 100) == pytest.approx(0.0793615460173756, abs=ALGEBRA)


@given(st.floats(0.001, 0.4), st.integers(10, 5_000), st.floats(0.3, 3))
def test_the_tuned_sequence_is_the_narrowest_there(alpha: float, n: int, other: float) -> None:
    """At the declared n no sequence tuned elsewhere is narrower."""
    elsewhere = ConfidenceSequence(alpha, max(1, round(n * other)))
    assert ConfidenceSequence(alpha, n).multiple(n) <= elsewhere.multiple(n) + ALGEBRA


@given(sequences, subjects, st.floats(-3, 3), st.floats(0.01, 2))
def test_p_value_and_interval_say_the_same(
    sequence: ConfidenceSequence, n: int, value: float, error: float
) -> None:
    """The p-value is below alpha exactly when the interval leaves 0 out; at the limit itself it is alpha."""
    low, high = sequence.interval(value, error, n)
    p = sequence.p_value(value, error, n)
    assert 0 <= p <= 1
    if not low <= 0 <= high:
        assert p <= sequence.alpha * (1 + ALGEBRA)
    elif low < -ALGEBRA and high > ALGEBRA:
        assert p >= sequence.alpha * (1 - ALGEBRA)
    edge = sequence.p_value(sequence.multiple(n) * error, error, n)
    assert edge == pytest.approx(sequence.alpha, rel=1e-6)


def test_an_interval_is_estimate_and_multiple() -> None:
    """Two-sided on both sides; one-sided below alone; a negative estimate has no one-sided evidence."""
    both = ConfidenceSequence(0.05, 300)
    below = ConfidenceSequence(0.05, 300, sides=1)
    reach = both.multiple(500)
    assert both.interval(2.0, 0.5, 500) == pytest.approx((2 - reach / 2, 2 + reach / 2), rel=ALGEBRA)
    assert below.interval(2.0, 0.5, 500) == (2 - below.multiple(500) / 2, np.inf)
    assert below.multiple(500) < reach
    assert below.p_value(-2.0, 0.5, 500) == below.p_value(0.0, 0.5, 500) == 1
    assert both.p_value(0.0, 0.5, 500) == 1
    assert both.p_value(-2.0, 0.5, 500) == both.p_value(2.0, 0.5, 500) < 0.05


def test_p_values_by_hand() -> None:
    """Tuned at 10 with n = 40, v = 4ρ²·10: the formulas, in a range where neither form is cut off at 1."""
    both, below = ConfidenceSequence(0.05, 10), ConfidenceSequence(0.05, 10, sides=1)
    for z in (2.3, 2.6, 4.0, 40.0):
        v = 40 * both.rho_squared
        assert both.p_value(z, 1.0, 40) == pytest.approx(
            np.sqrt(v + 1) * np.exp(-(z**2) * v / (2 * (v + 1))), rel=ALGEBRA
        )
        v = 40 * below.rho_squared
        e = np.exp(z**2 * v / (2 * (v + 1))) if z < 40 else np.inf
        expected = np.sqrt(v + 1) / (2 * (e - 1))
        assert below.p_value(z, 1.0, 40) == pytest.approx(expected, rel=ALGEBRA, abs=1e-300)
    v = 40 * below.rho_squared
    edge = np.sqrt(np.log1p(np.sqrt(v + 1) / 2) * 2 * (v + 1) / v)
    assert below.p_value(edge * 1.001, 1.0, 40) == pytest.approx(1, abs=0.02)
    assert below.p_value(edge * 1.001, 1.0, 40) < 1
    assert below.p_value(edge * 0.999, 1.0, 40) == 1
    assert both.p_value(0.5, 1.0, 40) == 1


def test_a_sequence_is_silent_before_its_first_n() -> None:
    """Before it the interval is the whole line and the p-value 1; from it on they are as without."""
    sequence, plain = ConfidenceSequence(0.05, 300, first=100), ConfidenceSequence(0.05, 300)
    assert sequence.multiple(99) == np.inf
    assert sequence.interval(5.0, 0.1, 99) == (-np.inf, np.inf)
    assert sequence.p_value(5.0, 0.1, 99) == 1
    assert sequence.multiple(100) == plain.multiple(100)
    assert sequence.p_value(5.0, 0.1, 100) == plain.p_value(5.0, 0.1, 100)


@pytest.mark.parametrize("sides", [1, 2])
def test_the_mean_of_a_growing_sample_is_held_at_every_n(sides: int) -> None:
    """Of 4,000 samples looked at after each of 40 to 1,000 subjects, at most alpha ever exclude the mean, to five errors."""
    stream = np.random.Generator(np.random.PCG64(7))
    n = np.arange(1, 1_001)
    sequence = ConfidenceSequence(0.1, 200, first=40, sides=sides)  # type: ignore[arg-type]
    multiples = np.array([sequence.multiple(int(count)) for count in n])
    excluded = 0
    for _ in range(20):
        z = np.cumsum(stream.standard_normal((200, 1_000)), axis=1) / np.sqrt(n)
        excluded += int(((z if sides == 1 else np.abs(z)) > multiples).any(axis=1).sum())
    assert 0.02 < excluded / 4_000 < 0.1 + 5 * np.sqrt(0.1 * 0.9 / 4_000)


@pytest.mark.parametrize(
    ("alpha", "n", "first", "sides", "words"),
    [
        (0.0, 300, 1, 2, "alpha is 0"),
        (0.5, 300, 1, 1, "one-sided sequence has alpha 0.5"),
        (0.05, 0, 1, 2, "tuned at 0 subjects"),
        (0.05, 300, 0, 2, "first spoken for at 0 subjects"),
        (0.05, 300, 1, 3, "has 3 sides"),
    ],
)
def test_a_design_that_is_none_is_refused(alpha: float, n: int, first: int, sides: int, words: str) -> None:
    """Level, sides and numbers of subjects are checked."""
    with pytest.raises(EstimationError, match=words):
        ConfidenceSequence(alpha, n, first, sides)  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "error"), [(np.nan, 1), (1, 0), (1, -1), (1, np.inf)])
def test_an_estimate_without_sequence_is_refused(value: float, error: float) -> None:
    """Interval and p-value need a finite estimate with a standard error above 0."""
    sequence = ConfidenceSequence(0.05, 300)
    for method in (sequence.interval, sequence.p_value):
        with pytest.raises(EstimationError, match="has no confidence sequence"):
            method(value, error, 300)


def test_numbers_that_are_none_are_refused() -> None:
    """No subject, and a level that is none in either tuning."""
    with pytest.raises(EstimationError, match="asked at 0 subjects"):
        ConfidenceSequence(0.05, 300).multiple(0)
    for function in (tuning, approximate_tuning):
        with pytest.raises(EstimationError, match="alpha is 1"):
            function(1.0, 300)
