"""The small study of the steps with negative controls: numbers and flags that the treatment does not affect."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from tests.steps.analysed_trial import TEXT, protocol, subjects

NUMBERS, FLAGS = 8, 4


def controlled(
    bias: float = 0.0, n: int = 240, numbers: int = NUMBERS, flags: int = FLAGS
) -> tuple[pd.DataFrame, list[dict[str, Any]], list[dict[str, Any]]]:
    """Return an extract with controls, their columns in the contract, and their declarations.

    ``bias`` is what an unmeasured confounder adds in the treated: to a number that, to a flag a tenth of it as risk.
    """
    frame, chance = subjects(n), np.random.default_rng(77)
    active = (frame["arm"] == "active").to_numpy(dtype=float)
    age = frame["age"].to_numpy(dtype=float)
    columns: list[dict[str, Any]] = []
    for index in range(numbers):
        name = f"number{index}"
        frame[name] = (index + 1) * (bias * active + 0.02 * age + chance.normal(size=n))
        columns.append(
            {"name": name, "type": "number", "timing": "follow-up", "unit": "1", "required": False}
        )
    for index in range(flags):
        name = f"flag{index}"
        frame[name] = pd.array((chance.random(n) < 0.4 + 0.1 * bias * active).astype(int), dtype="Int64")
        columns.append(
            {
                "name": name,
                "type": "integer",
                "timing": "follow-up",
                "minimum": 0,
                "maximum": 1,
                "required": False,
            }
        )
    declared = [
        {"name": column["name"], "label": str(column["name"]).capitalize(), "column": column["name"]}
        for column in columns
    ]
    return frame, columns, declared


def controlled_protocol(
    columns: list[dict[str, Any]], declared: list[dict[str, Any]], **changed: Any
) -> Protocol:
    """Return the study's protocol with these controls; ``changed`` as in ``protocol``."""
    own: Mapping[str, Any] = parse_protocol(TEXT, "TEST-STEPS.yaml").as_json()["contract"]
    return protocol(contract={"columns": [*own["columns"], *columns]}, negative_controls=declared, **changed)
