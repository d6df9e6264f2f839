"""A small randomised study for the tests of the steps: blocks within sex and region, a binary and a continuous outcome."""

import json
from typing import Any

import numpy as np
import pandas as pd

from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from tests.steps.analysed_trial import protocol

RESPONDED = {
    "column": "responded",
    "type": "binary",
    "unit": "responders",
    "label": "Response",
    "assessed": "none",
    "missing": {"method": "complete cases"},
}
CONTINUOUS = {"missing": {"method": "complete cases"}}
STRATA = {"scheme": "stratified", "strata": ["sex", "region"]}


def randomised(**changed: Any) -> Protocol:
    """Return the study's protocol, ANCOVA under the stratified scheme, with top-level keys replaced, merged, or (None) deleted."""
    stored = protocol().as_json()
    stored["contract"]["columns"].append(
        {"name": "responded", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1}
    )
    plan: dict[str, Any] = {
        "design": "randomised",
        "outcome": CONTINUOUS,
        "gates": {"smd": None},
        "sensitivity": {"leave_one_out": False},
        **changed,
        "randomisation": _scheme(changed),
        "inference": {"estimator": "ancova", **changed.get("inference", {})},
    }
    for key, value in plan.items():
        if value is None:
            stored.pop(key, None)
        elif isinstance(value, dict) and isinstance(stored.get(key), dict) and key != "monitoring":
            stored[key] = {**stored[key], **value}
        else:
            stored[key] = value
    return parse_protocol(json.dumps(stored), "TEST-STEPS.yaml")


def _scheme(changed: dict[str, Any]) -> dict[str, Any] | None:
    """Return the stratified scheme with what is changed of it; None where it is deleted."""
    found = changed.get("randomisation", {})
    return None if found is None else {**STRATA, **found}


def allocated(n: int = 240, seed: int = 2, arms: tuple[str, ...] = ("active", "control")) -> pd.DataFrame:
    """Return an extract in which blocks of two of each arm balance every stratum, and treatment raises the outcome by 1."""
    chance = np.random.default_rng(seed)
    sex, region = chance.choice(["F", "M"], n), chance.choice(["north", "south", "west"], n)
    arm = np.empty(n, dtype=object)
    for stratum in sorted(set(zip(sex, region, strict=True))):
        inside = np.flatnonzero((sex == stratum[0]) & (region == stratum[1]))
        blocks = [chance.permutation(np.repeat(arms, 2)) for _ in range(len(inside) // 2 + 1)]
        arm[inside] = np.concatenate(blocks)[: len(inside)]
    age = chance.integers(20, 80, n)
    weight = chance.normal(70, 8, n)
    signal = 0.05 * age + 1.5 * (sex == "M") + 1.0 * (region == "west") + 1.0 * (arm == "active")
    change = signal + chance.normal(0, 1, n)
    return pd.DataFrame(
        {
            "subject_id": [f"{number:03d}" for number in range(n)],
            "arm": arm.astype(str),
            "age": pd.array(age, dtype="Int64"),
            "weight": weight,
            "sex": sex,
            "region": region,
            "change": change,
            "responded": pd.array((change > np.median(change)).astype(int), dtype="Int64"),
        }
    )
