"""The steps on a time to event: what its design adds, and what is judged before its estimate exists."""

import json
from pathlib import Path

from medicore.records.protocol.parsing import parse_protocol
from tests.steps.analysed_trial import estimated, section, weighed
from tests.steps.test_survival import followed, plan


def test_the_randomisation_is_described_as_for_other_outcomes(tmp_path: Path) -> None:
    """A declared scheme has its arms' shares and their exact test; without one there is no such part."""
    stored = plan(design="randomised", gates={"smd": None}).as_json()
    made = parse_protocol(json.dumps({**stored, "randomisation": {"scheme": "simple"}}), "TEST-STEPS.yaml")
    files, _ = estimated(tmp_path, followed(), made)
    document = section(files, "effect")
    arms = document["randomisation"]["arms"]
    assert arms["treated"]["n"] + arms["control"]["n"] == document["primary"]["n"]
    assert 0 < document["randomisation"]["p_value"] <= 1
    files, _ = estimated(tmp_path / "none", followed(), plan())
    assert "randomisation" not in section(files, "effect")


def test_a_heavy_weight_of_treatment_and_censoring_is_told_before_the_estimate(tmp_path: Path) -> None:
    """At a limit that one subject reaches the propensity step halts, and no effect has been written."""
    files, findings = weighed(tmp_path, followed(), plan(gates={"weight_share": 0.005}))
    assert ("propensity", "weight share (censoring)") in {(one.step, one.gate) for one in findings}
    assert not files.exists("effect.json")
