"""Re-randomisation gives the chance that a gate fires when nothing but chance divides the arms."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.balance.rerandomisation import DRAWS, UNESTIMABLE, false_alarm_rates

TREATED = np.arange(200) < 80


def test_rate_is_that_of_the_randomisation_distribution() -> None:
    """The share of assignments with at least 45 of the first 100 treated is the hypergeometric tail."""
    from scipy.stats import hypergeom

    expected = float(hypergeom.sf(44, 200, 80, 100))
    rates = false_alarm_rates(
        TREATED, lambda arm: ["many"] if arm[:100].sum() >= 45 else [], seed=1, draws=4000
    )
    assert rates["many"] == pytest.approx(expected, abs=4 * np.sqrt(expected / 4000))


def test_arms_keep_their_sizes_and_the_seed_its_draws() -> None:
    """Every draw has as many treated as the sample; the same seed draws the same, more draws begin alike."""
    seen: dict[int, list[bytes]] = {}
    for draws in (5, 8):
        kept = seen.setdefault(draws, [])

        def gates(arm: np.ndarray, kept: list[bytes] = kept) -> list[str]:  # type: ignore[type-arg]
            assert arm.sum() == 80
            kept.append(arm.tobytes())
            return ["always", "always"]

        assert false_alarm_rates(TREATED, gates, seed=3, draws=draws) == {"always": 1.0}
    assert seen[8][:5] == seen[5]
    assert len(set(seen[8])) == 8


def test_what_cannot_be_estimated_is_no_silence() -> None:
    """A draw whose gates cannot be computed counts as such."""

    def gates(arm: np.ndarray) -> list[str]:  # type: ignore[type-arg]
        raise EstimationError(f"nothing to compare among {len(arm)}")

    assert false_alarm_rates(TREATED, gates, seed=3, draws=4) == {UNESTIMABLE: 1.0}


def test_as_many_draws_as_hold_the_error_at_two_and_a_half_per_cent() -> None:
    """Without a number given, the rate has a standard error of √(0.5 · 0.5/400) at most."""
    drawn: list[int] = []
    false_alarm_rates(TREATED, lambda arm: [str(drawn.append(int(arm.sum())))], seed=4)
    assert len(drawn) == DRAWS
    assert np.sqrt(0.25 / DRAWS) == 0.025
