"""Outcomes with few events: the family of the outcome models, the events of each arm, and an interval that needs no model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.score_interval import score_interval
from medicore.stats.models.outcome_model import Family

Flags = NDArray[np.bool_]
Vector = NDArray[np.float64]

SCORE_ROW = "Risk difference without covariates, score interval"


def outcome_family(protocol: Protocol) -> Family:
    """Return the family of the outcome models: that of the outcome, penalised where the protocol declares it."""
    if protocol.outcome.type == "binary" and protocol.models.outcome_fit == "firth":
        return "firth"
    return protocol.outcome.family


def events_section(
    protocol: Protocol, treated: Flags, outcome: Vector
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the key ``events`` of the primary result, events and subjects of each arm; none without a penalised likelihood.

    ``treated`` and ``outcome``, ``(n,)``, are those of the subjects with an outcome.
    """
    if outcome_family(protocol) != "firth":
        return {}
    arms = {"treated": treated, "control": ~treated}
    return {
        "events": {
            arm: {
                "events": int((outcome[inside] == 1).sum()),
                "n": int(inside.sum()),
                "share": float((outcome[inside] == 1).mean()),
            }
            for arm, inside in arms.items()
        }
    }


def score_rows(protocol: Protocol, treated: Flags, outcome: Vector) -> list[dict[str, Any]]:
    """Return the row of the score interval, beside penalised outcome models; no row without these.

    ``treated`` and ``outcome``, ``(n,)``, are those of the subjects with an outcome. It has no standard error.
    """
    counts = events_section(protocol, treated, outcome)
    if not counts:
        return []
    one, zero = (counts["events"][arm] for arm in ("treated", "control"))
    empty = dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "p_value"))
    if protocol.inference.cluster is not None:
        note = "not estimable: it has no variance by the clusters that the protocol declares"
        return [
            {
                "name": SCORE_ROW,
                "estimand": "",
                "estimator": "",
                "n": 0,
                **empty,
                "variance": "",
                "note": note,
            }
        ]
    found = score_interval((one["events"], zero["events"]), (one["n"], zero["n"]), protocol.inference.level)
    return [
        {
            "name": SCORE_ROW,
            "estimand": protocol.estimand.target,
            "estimator": "unadjusted",
            "n": found.n,
            "estimate": found.value,
            "standard_error": None,
            "ci_low": found.low,
            "ci_high": found.high,
            "p_value": found.p_value,
            "variance": "score test, Miettinen & Nurminen (1985)",
            "note": f"{one['events']} events of {one['n']} treated, {zero['events']} of {zero['n']} controls",
        }
    ]
