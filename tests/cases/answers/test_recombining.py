"""Recombining: whose parts are laid out, which findings are set aside, and what cannot be computed."""

from pathlib import Path

import pytest

from medicore.cases.answers.recombining import (
    PARTS,
    Recomputed,
    recompute,
    require_comparable,
    sealed_run,
)
from medicore.errors import ConfigurationError, EstimationError, ProtocolError
from medicore.records.finding import Finding
from medicore.records.results.results import Primary, primary_of
from tests.whole_house.pair import FIRST, SECOND, PairedHouse, Recorded, finding, primary


def pair(
    halt: Finding | None = None, crash: EstimationError | ConfigurationError | None = None
) -> PairedHouse:
    """Return two runs that differ in everything, and halt at one finding if any."""
    return PairedHouse(
        Recorded(FIRST),
        Recorded(SECOND, data="delivery 2", plan="{shift: 1}", code="code 2", libraries={"numpy": "2.1"}),
        effect=lambda *_: primary(2.0),
        halts=lambda *_: {halt.step: halt} if halt else {},
        crash=crash,
    )


def computed(house: PairedHouse, scratch: Path, *later: str) -> Recomputed:
    """Return the combination with these parts of the second run."""
    runs = (sealed_run(house, FIRST), sealed_run(house, SECOND))
    return recompute(house, runs, later, scratch)


@pytest.mark.parametrize(
    ("later", "laid_out"),
    [
        ((), ("delivery 1", "{shift: 0}", "code 1", "2.0")),
        (("data",), ("delivery 2", "{shift: 0}", "code 1", "2.0")),
        (("protocol",), ("delivery 1", "{shift: 1}", "code 1", "2.0")),
        (("code",), ("delivery 1", "{shift: 0}", "code 2", "2.0")),
        (("libraries",), ("delivery 1", "{shift: 0}", "code 1", "2.1")),
        (PARTS, ("delivery 2", "{shift: 1}", "code 2", "2.1")),
    ],
)
def test_each_part_comes_from_its_run(
    tmp_path: Path, later: tuple[str, ...], laid_out: tuple[str, ...]
) -> None:
    """Data, protocol, code and libraries are laid out from the runs that were asked for, and the steps up to the effect run."""
    house = pair()
    assert computed(house, tmp_path, *later) == Recomputed(later, 2.0, 2.0)
    assert house.laid_out == [laid_out]
    assert house.performed == [["extract", "check", "cohort", "propensity", "effect"]]


@pytest.mark.parametrize(
    "halt",
    [
        finding("propensity", "smd", overridable=True),
        finding("check", "previous lock", overridable=False),
        finding("effect", "double programming", overridable=False),
    ],
)
def test_findings_that_do_not_prevent_the_number_are_set_aside(tmp_path: Path, halt: Finding) -> None:
    """What a signature may answer, another month's lock, and doubts about the finished number stop nothing."""
    house = pair(halt)
    assert computed(house, tmp_path, "code") == Recomputed(("code",), 2.0, 2.0, set_aside=(halt.message,))
    done = [step for steps in house.performed for step in steps]
    assert done[-1] == "effect"


@pytest.mark.parametrize(
    "halt",
    [
        finding("check", "contract", overridable=False),
        finding("propensity", "separation", overridable=False),
    ],
)
def test_findings_that_nobody_may_answer_are_obstacles(tmp_path: Path, halt: Finding) -> None:
    """Data that break the protocol's contract, or a model without a solution, give no number."""
    found = computed(pair(halt), tmp_path, "data")
    assert found == Recomputed(("data",), obstacle=halt.message)


@pytest.mark.parametrize(
    ("crash", "obstacle"),
    [
        (EstimationError("python exited with 4: medicore: arm 'b' is empty"), "arm 'b' is empty"),
        (
            EstimationError("python exited with 1: ValueError: 63.5"),
            "the code of one run cannot work with the parts of the other",
        ),
        (ConfigurationError("the environment cannot be built"), "the environment cannot be built"),
    ],
)
def test_why_a_step_failed(
    tmp_path: Path, crash: EstimationError | ConfigurationError, obstacle: str
) -> None:
    """Our own message is repeated; that of a program that crashed is not, since it may hold a value."""
    assert computed(pair(crash=crash), tmp_path).obstacle == obstacle


def test_measures_and_units_are_not_mixed() -> None:
    """Two primary results are comparable when they are of one measure, scale and unit, whatever their estimand."""

    def found(estimate: float, **other: str) -> Primary:
        return primary_of("effect.json", {"primary": primary(estimate, **other)})

    require_comparable(found(1.0), found(2.0, estimand="ATT"))
    with pytest.raises(ProtocolError, match="'difference of means' in one run and 'risk ratio' in the other"):
        require_comparable(found(1.0), found(1.0, measure="risk ratio", scale="logarithm"))
    with pytest.raises(
        ProtocolError, match="the scale of the effect is 'identity' in one run and 'logarithm'"
    ):
        require_comparable(found(1.0), found(1.0, scale="logarithm"))
    with pytest.raises(ProtocolError, match="the unit of the effect"):
        require_comparable(found(1.0), found(1.0, unit="kg"))
