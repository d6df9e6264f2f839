"""The calibrated effect where there is no error distribution, and where the measure is a ratio."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from medicore.records.protocol.parsing import parse_protocol
from medicore.steps.models.controls import calibration, control_section
from tests.steps.analysed_trial import estimated, section
from tests.steps.controlled_trial import controlled, controlled_protocol
from tests.steps.models.test_controls import COLUMNS, FRAME, PLAN, SAME


def test_ratios_are_calibrated_on_the_logarithm(tmp_path: Path) -> None:
    """Flags beside a risk ratio are fitted as logarithms, in no unit of a deviation, and the ratio is divided."""
    frame, columns, declared = controlled(numbers=0, flags=11)
    chance = np.random.default_rng(3)
    frame["change"] = (chance.random(240) < 0.3 + 0.2 * (frame["arm"] == "active")).astype(float)
    outcome = {
        "name": "change",
        "type": "integer",
        "timing": "follow-up",
        "minimum": 0,
        "maximum": 1,
        "required": False,
    }
    own = [
        column
        for column in PLAN.as_json()["contract"]["columns"]
        if column["name"][:4] not in ("numb", "flag", "chan")
    ]
    stored = PLAN.as_json()
    stored |= {"negative_controls": declared}
    stored["contract"]["columns"] = [*own, outcome, *columns]
    stored["outcome"]["type"], stored["estimand"]["measure"] = "binary", "risk ratio"
    ratio = parse_protocol(json.dumps(stored), "x")
    files, _ = estimated(tmp_path, frame, ratio)
    found, effect = section(files, "propensity")["negative_controls"], section(files, "effect")
    assert found["scale"] == "logarithm of the risk ratio"
    assert found["outcome_deviation"] is None
    assert found["limits"]["systematic_error"] == 0.25
    primary, null = effect["primary"], found["null"]
    assert effect["calibration"]["estimate"] == pytest.approx(
        primary["estimate"] / np.exp(null["mean"]), rel=SAME
    )
    low = (
        np.log(primary["estimate"])
        - null["mean"]
        - norm.ppf(0.975) * np.hypot(primary["standard_error"], null["deviation"])
    )
    assert effect["calibration"]["ci_low"] == pytest.approx(np.exp(low), rel=SAME)
    z = norm.ppf(0.975) + norm.ppf(0.8)
    assert found["detectable"]["effect"] == pytest.approx(np.exp(z * primary["standard_error"]), rel=SAME)


def test_without_controls_there_is_no_section_and_no_calibration() -> None:
    """None stands for a protocol without controls, and for one whose controls are too few."""
    plain = controlled_protocol(COLUMNS, [])
    assert control_section(plain, [FRAME]) is None
    assert calibration(plain, None, {}) is None
    assert calibration(PLAN, {"null": None}, {}) is None
