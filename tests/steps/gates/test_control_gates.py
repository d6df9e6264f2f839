"""The gates of negative controls: what fires, at which limit, how often by chance, and what the finding says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from medicore.records.finding import Finding
from medicore.steps.gates.control_gates import control_findings, fired_gates
from tests.steps.analysed_trial import section, weighed
from tests.steps.controlled_trial import controlled, controlled_protocol

FRAME, COLUMNS, DECLARED = controlled()
PLAN = controlled_protocol(COLUMNS, DECLARED)


def told(**changed: Any) -> dict[str, Any]:
    """Return a section in which nothing is beyond its limit, with some parts changed."""
    rows = [
        {"name": f"c{index}", "estimate": 0.0, "p_value": 0.04 if index == 3 else 0.5} for index in range(10)
    ]
    return {
        "scale": "logarithm of the risk ratio",
        "level": 0.95,
        "controls": [{"name": "lacking", "estimate": None, "p_value": None}, *rows],
        "estimated": 10,
        "differing": 1,
        "share": 0.1,
        "too_few": None,
        "systematic_error": {"value": 0.05, "ci_low": 0.0, "ci_high": 0.2},
        "detectable": {"power": 0.8, "standard_error": 0.1, "effect": 1.3, "calibrated": 1.4},
        "limits": {"controls_share": 0.25, "systematic_error": 0.25, "detectable_effect": 1.5},
        **changed,
    }  # fmt: skip


def found_by(told: Mapping[str, Any] | None, rates: Mapping[str, float] | None = None) -> tuple[Finding, ...]:
    """Return the findings; the rates may be asked for only where they are given."""

    def alarm_rates() -> Mapping[str, float]:
        assert rates is not None
        return rates

    return control_findings(PLAN, told, alarm_rates)


def test_nothing_fires_below_the_limits() -> None:
    """No finding, and nobody asks how often chance makes one."""
    assert found_by(told()) == ()
    assert found_by(None) == ()
    assert fired_gates(None) == ()


@pytest.mark.parametrize(
    ("changed", "gate", "words"),
    [
        (
            {"share": 0.25, "differing": 3, "estimated": 12},
            "negative controls",
            "3 of 12 negative controls differ between the arms at p < 0.05, most clearly c3; the limit is a share of 0.25",
        ),
        (
            {"systematic_error": {"value": 0.25, "ci_low": 0.1, "ci_high": 0.4}},
            "systematic error",
            "an expected absolute systematic error of 0.25 (0.95 interval 0.1 to 0.4; scale: logarithm of the risk ratio)",
        ),
    ],
)
def test_a_limit_that_is_reached_is_a_finding_with_its_false_alarm_rate(
    changed: dict[str, Any], gate: str, words: str
) -> None:
    """It is answered by a signature, before the effect step; a gate that never fired by chance has the rate 0."""
    (found,) = found_by(told(**changed), {gate: 0.03})
    assert (found.step, found.gate, found.overridable, found.false_alarm_rate) == (
        "propensity",
        gate,
        True,
        0.03,
    )
    assert words in found.message
    (never,) = found_by(told(**changed), {})
    assert never.false_alarm_rate == 0.0


def test_a_study_that_finds_only_large_effects_is_a_finding_without_a_rate() -> None:
    """Precision does not depend on who is in which arm, so that chance has no rate, and none is computed."""
    section = told(limits={**told()["limits"], "detectable_effect": 1.29})
    (found,) = found_by(section)
    assert (found.gate, found.statistic, found.threshold, found.false_alarm_rate) == (
        "detectable effect", "1.3", "1.29", None,
    )  # fmt: skip
    assert "with a power of 0.8 is 1.3; the limit is 1.29" in found.message
    assert found_by(told(limits={**told()["limits"], "detectable_effect": 1.3})) == ()
    assert found_by(told(detectable=None)) == ()
    both = told(share=0.5, limits=section["limits"])
    assert [one.false_alarm_rate for one in found_by(both, {"negative controls": 0.01})] == [0.01, None]


def test_too_few_controls_judge_nothing() -> None:
    """Neither share nor error fires; the detectable effect, which needs no control, still does."""
    few = told(too_few="9 of 9", share=1.0, systematic_error=None)
    assert fired_gates(few) == ()
    few["limits"]["detectable_effect"] = 1.1
    assert fired_gates(few) == ("detectable effect",)


def test_biased_controls_halt_before_the_estimate(tmp_path: Path) -> None:
    """An error of half a deviation fires both gates with rates by re-randomisation, which are small, and no effect is computed."""
    frame, columns, declared = controlled(bias=0.6)
    files, findings = weighed(tmp_path, frame, controlled_protocol(columns, declared))
    assert [finding.gate for finding in findings] == ["negative controls", "systematic error"]
    for finding in findings:
        assert finding.false_alarm_rate is not None
        assert finding.false_alarm_rate <= 0.3
    assert not files.exists("effect.json")
    quiet, none = weighed(
        tmp_path / "quiet", FRAME, controlled_protocol(COLUMNS, DECLARED, gates={"systematic_error": 0.3})
    )
    assert none == ()
    assert section(quiet, "propensity")["negative_controls"]["limits"]["systematic_error"] == 0.3


def test_equipoise_is_a_gate_where_it_is_declared(tmp_path: Path) -> None:
    """A share below the limit is a finding with its rate; without a limit, and above it, there is none."""
    plain = controlled_protocol(COLUMNS, [])
    files, none = weighed(tmp_path / "plain", FRAME, plain)
    share = section(files, "propensity")["equipoise"]
    assert none == ()
    assert 0.9 < share < 1
    _, fired = weighed(
        tmp_path / "fired", FRAME, controlled_protocol(COLUMNS, [], gates={"equipoise": share + 1e-6})
    )
    (found,) = fired
    assert (found.gate, found.subject) == ("equipoise", "preference score")
    assert f"{share:.1%} of the subjects have a preference score between 0.3 and 0.7" in found.message
    assert found.false_alarm_rate is not None
    _, quiet = weighed(
        tmp_path / "quiet", FRAME, controlled_protocol(COLUMNS, [], gates={"equipoise": share})
    )
    assert quiet == ()
