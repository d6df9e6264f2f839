"""Drawn outcomes have the mean and spread that a second implementation expects, and draws of another model are found."""

from typing import Any

import numpy as np
import pytest

from medicore.stats.imputation.outcome_draws import draw_outcomes
from medicore.stats.imputation.verified_draws import FARTHEST, DrawsOfArm, distance_of_draws, verify_draws
from tests.stats.imputation.test_outcome_draws import (
    DRAWS,
    EXACT,
    MEAN_TOLERANCE,
    generator,
    least_squares,
    risk,
    study,
)

FEWER = 300
"""Draws of an outcome of 0 and 1, each with a regression of its own."""
CHECKED = 40
"""Draws that the second implementation checks; what it expects is the same for all."""


@pytest.mark.parametrize("rule", ["at random", "reference"])
def test_the_second_implementation_expects_what_is_drawn(rule: Any) -> None:
    """Its mean is that of the draws, and its deviation theirs, under both rules; an arm without gaps has neither."""
    x, treated, outcome, observed = study(18)
    chance = generator(19)
    made = [draw_outcomes(x, treated, outcome, observed, chance, rule=rule) for _ in range(DRAWS)]
    checks = [verify_draws(x, treated, outcome, observed, one, rule) for one in made[:CHECKED]]
    for place, arm in enumerate((treated, ~treated)):
        held = [one for pair in checks if (one := pair[place]) is not None]
        imputed = np.array([one[arm & ~observed].mean() for one in made])
        first = held[0]
        assert [one.imputed for one in held] == imputed[:CHECKED].tolist()
        assert {(one.expected, one.deviation) for one in held} == {(first.expected, first.deviation)}
        donors = (~treated if rule == "reference" else arm) & observed
        rows = np.column_stack([np.ones(len(x)), x])
        found = least_squares(x[donors], outcome[donors])[0]
        assert first.expected == pytest.approx(float((rows @ found)[arm & ~observed].mean()), rel=EXACT)
        assert abs(imputed.mean() - first.expected) < MEAN_TOLERANCE * first.deviation / np.sqrt(DRAWS)
        assert imputed.std(ddof=1) == pytest.approx(first.deviation, rel=0.1)
    everybody = observed | treated
    assert verify_draws(x, treated, np.nan_to_num(outcome), everybody, made[0], rule)[0] is None


@pytest.mark.parametrize("rule", ["at random", "reference"])
def test_the_second_implementation_expects_the_share_that_is_drawn(rule: Any) -> None:
    """Of an outcome of 0 and 1 its mean is that of the draws, under both rules, and its deviation covers theirs."""
    x, treated, outcome, observed = risk(3, 400)
    chance = generator(19)
    made = [
        draw_outcomes(x, treated, outcome, observed, chance, family="binomial", rule=rule)
        for _ in range(FEWER)
    ]
    checks = [verify_draws(x, treated, outcome, observed, one, rule, "binomial") for one in made[:20]]
    for place, arm in enumerate((treated, ~treated)):
        gaps = arm & ~observed
        imputed = np.array([one[gaps].mean() for one in made])
        held = [one for pair in checks if (one := pair[place]) is not None]
        assert len(held) == len(checks)
        assert held[0].imputed == imputed[0]
        assert held[0].step == 1 / gaps.sum()
        assert abs(imputed.mean() - held[0].expected) < MEAN_TOLERANCE * held[0].deviation / np.sqrt(FEWER)
        assert 0.95 < held[0].deviation / imputed.std(ddof=1) < 1.2
        assert abs(distance_of_draws(held)) < MEAN_TOLERANCE


def test_draws_of_another_model_are_found() -> None:
    """Draws from the other arm's chances, and of an outcome turned round, are farther away than chance allows."""
    x, treated, outcome, observed = risk(3, 400)
    chance = generator(20)
    for wrong in (
        lambda: draw_outcomes(x, treated, outcome, observed, chance, family="binomial", rule="reference"),
        lambda: draw_outcomes(x, treated, 1 - outcome, observed, chance, family="binomial"),
    ):
        made = [wrong() for _ in range(20)]
        checks = [
            verify_draws(x, treated, outcome, observed, one, "at random", "binomial")[0] for one in made
        ]
        assert abs(distance_of_draws([one for one in checks if one is not None])) > FARTHEST


def test_a_rare_one_is_no_fault() -> None:
    """One 1 where a hundredth is expected is 13 standard errors off, and less than 2 by Bernstein's inequality."""
    rare = [DrawsOfArm(0.0, 1e-4, 0.0035, 1 / 8)] * 9 + [DrawsOfArm(1 / 8, 1e-4, 0.0035, 1 / 8)]
    off = 1 / 80 - 1e-4
    assert off / (0.0035 / np.sqrt(10)) > 11
    assert distance_of_draws(rare) == pytest.approx(off / np.sqrt(0.0035**2 / 10 + off / 240), rel=EXACT)
    assert distance_of_draws(rare) < 2
    assert distance_of_draws([DrawsOfArm(1.0, 3.0, 0.5), DrawsOfArm(2.0, 3.0, 0.5)]) == pytest.approx(
        -1.5 / (0.5 / np.sqrt(2)), rel=EXACT
    )
    assert distance_of_draws([DrawsOfArm(1.0, 1.0, 0.0)]) == 0
