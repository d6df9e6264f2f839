"""Gates fire as often as they print where nothing is wrong, and the page of simulations has every section."""

import re
from functools import partial

import pytest

from tests.simulation import page
from tests.simulation.alarms import DESIGNS, alarms, rerandomised_alarms
from tests.simulation.effect_alarms import Fired, change_alarms, variance_alarms
from tests.simulation.page import PAGE, SECTIONS, head, text, written

ERRORS = 2.0
"""Monte-Carlo errors by which a rate that was watched may differ from the printed one."""


def test_the_page_has_every_section_in_order() -> None:
    """Nothing stands on the page but its head and the sections, each under its own heading."""
    whole = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", whole, re.MULTILINE) == list(SECTIONS)
    assert "\n".join([head(), *(written(heading) for heading in SECTIONS)]) == whole


def test_a_section_is_made_again_without_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The named section alone is replaced, wherever it stands."""
    whole = PAGE.read_text(encoding="utf-8")
    for heading in (next(iter(SECTIONS)), "Monthly looks", [*SECTIONS][-1]):
        other = f"## {heading}\n\nother\n"
        with monkeypatch.context() as patch:
            patch.setattr(page, "SECTIONS", {**SECTIONS, heading: partial(str, other)})
            assert text([heading]) == whole.replace(written(heading), other)


@pytest.mark.deep
def test_the_gate_alarms_as_often_as_printed() -> None:
    """The simulated rate of the SMD gate is the printed one before weighting, and below it after."""
    rows = alarms()
    assert len(rows) == 2 * len(DESIGNS)
    for row in rows:
        assert abs(row.difference_in_errors) <= ERRORS, row
        assert row.weighted < row.printed, row


@pytest.mark.deep
def test_every_gate_alarms_as_often_as_its_findings_say() -> None:
    """Each gate of the propensity step fires on randomised samples as often as re-randomisation says."""
    rows = rerandomised_alarms()
    assert len(rows) == 4
    for row in rows:
        assert 0.02 < row.fired < 0.98, row
        assert abs(row.difference_in_errors) <= ERRORS, row


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_gates_of_the_effect_step_alarm_as_often_as_they_print() -> None:
    """Sandwich, bootstrap and change of the estimate fire as often as their findings say, small samples included."""
    rows: tuple[Fired, ...] = (*variance_alarms(), *change_alarms())
    assert len(rows) == 10
    for row in rows:
        assert abs(row.difference_in_errors) <= ERRORS, row


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("heading", [heading for heading in SECTIONS if heading.startswith("False alarms")])
def test_the_sections_of_the_page_are_current(heading: str) -> None:
    """``docs/simulation.md`` holds each section as the simulation makes it."""
    assert SECTIONS[heading]() == written(heading)
