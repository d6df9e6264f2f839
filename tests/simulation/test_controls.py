"""What calibration by negative controls promises, held against many studies."""

import numpy as np
import pytest

from tests.simulation import controls_page
from tests.simulation.controls import BIASED, LEVEL, WORLDS, rows, study, summary
from tests.simulation.page import PAGE


def test_calibration_takes_out_most_claims_of_a_biased_world() -> None:
    """In 40 studies of 60 subjects with a bias around 0.3 many claim an effect, far fewer after calibration, and the bias is found."""
    found = summary(BIASED, [study(BIASED, index) for index in range(40)])
    assert found.claimed > 0.1
    assert found.calibrated < found.claimed
    assert found.mean == pytest.approx(0.3, abs=0.08)
    assert found.share_gate > 0.2


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_calibrated_claims_and_intervals_keep_what_the_page_says() -> None:
    """Without an error, independent controls give intervals that cover in about 90 % and claims near the level."""
    assert [row.world for row in rows()] == [*WORLDS]
    for row in rows():
        error = np.sqrt(LEVEL * (1 - LEVEL) / row.simulations)
        if row.world.correlation == 0:
            assert row.covered >= 0.9 - 3 * error, row
            assert row.calibrated <= 0.05 + 3 * error, row
        assert row.mean == pytest.approx(row.world.mean, abs=0.02), row


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_the_section_of_the_page_is_current() -> None:
    """``docs/simulation.md`` holds the section as the simulations make it."""
    assert controls_page.section() in PAGE.read_text(encoding="utf-8")
