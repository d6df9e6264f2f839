"""Double programming of counted harms: both implementations agree, and a test that is wrong in one of them is found."""

from dataclasses import replace
from typing import Any

import pytest

from medicore.stats.monitoring.surveillance import (
    Surveillance,
    SurveillanceResult,
    binomial_surveillance,
    poisson_surveillance,
)
from medicore.steps.looks.second_harms import LEVEL_TOLERANCE, TOLERANCE, Counted, verified_harm

POISSON = Counted(Surveillance(0.05, 12.0, 2), 9, 4, 100.0, 0.03, None, 1.5)
BINOMIAL = Counted(Surveillance(0.05, 40.0), 9, 4, 50.0, None, 1.25, 6)


def first_of(counted: Counted) -> SurveillanceResult:
    """Return the test by the first implementation."""
    if counted.rate is not None:
        expected = counted.rate * counted.exposure
        return poisson_surveillance(counted.design, counted.treated, expected, counted.furthest)
    furthest = None if counted.furthest is None else int(counted.furthest)
    assert counted.ratio is not None
    return binomial_surveillance(counted.design, counted.treated, counted.events, counted.ratio, furthest)


@pytest.mark.parametrize(
    "counted",
    [
        POISSON,
        BINOMIAL,
        replace(POISSON, treated=0, exposure=0.0),
        replace(BINOMIAL, treated=0, control=0),
        replace(POISSON, exposure=900.0),
        replace(BINOMIAL, control=60),
        replace(POISSON, furthest=None),
        replace(BINOMIAL, furthest=None),
        replace(BINOMIAL, design=Surveillance(0.05, 3.0)),
        replace(BINOMIAL, design=Surveillance(1 / 32, 8.0), ratio=1.0, treated=5, control=0, furthest=5),
    ],
)
def test_both_implementations_agree(counted: Counted) -> None:
    """At a signal and without, without events, past the end, with an unknown level, and where the level is exactly alpha."""
    first = first_of(counted)
    second = verified_harm(counted, first)
    assert 0 <= second["difference"] <= second["tolerance"] == TOLERANCE
    assert 0 <= second["level_difference"] <= second["level_tolerance"] == LEVEL_TOLERANCE
    for name in ("expected", "log_likelihood_ratio", "critical_value", "type_one_error", "level_spent"):
        claimed = getattr(first, name)
        assert second[name] == (None if claimed is None else pytest.approx(claimed, abs=1e-9)), name
    assert "SciPy" in second["library"]


@pytest.mark.parametrize("counted", [POISSON, BINOMIAL])
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("expected", "difference"),
        ("log_likelihood_ratio", "difference"),
        ("critical_value", "difference"),
        ("type_one_error", "level_difference"),
        ("level_spent", "level_difference"),
    ],
)
def test_a_wrong_number_is_found(counted: Counted, name: str, key: str) -> None:
    """What is off by a hundred-thousandth is beyond the tolerance, relative above 1, and what is no number is infinitely off."""
    first = first_of(counted)
    wrong = getattr(first, name) * (1 + 1e-5) + 1e-5
    off = verified_harm(counted, replace(first, **{name: wrong}))
    assert off[key] > 1e-6
    other = {"difference", "level_difference"} - {key}
    assert off[other.pop()] <= 1e-6
    for none in (None, float("nan")):
        changed: dict[str, Any] = {name: none}
        assert verified_harm(counted, replace(first, **changed))[key] == "inf"


@pytest.mark.parametrize("counted", [POISSON, BINOMIAL])
def test_another_answer_is_found(counted: Counted) -> None:
    """Where one implementation signals the harm and the other does not, they are infinitely far apart."""
    first = first_of(counted)
    assert verified_harm(counted, replace(first, signal=not first.signal))["difference"] == "inf"
