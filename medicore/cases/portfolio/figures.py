"""portfolio_figures: of a run's results what the portfolio report prints, and what its own report needs to print it so."""

from collections.abc import Mapping
from typing import Any

from medicore.records.blinding.pooled import HIDDEN, pooled_finding

_PRIMARY = (
    "estimand", "estimator", "measure", "scale", "null", "unit", "estimate", "standard_error", "ci_low", "ci_high",
    "p_value", "level", "n",
)  # fmt: skip
_DIAGNOSTICS = ("c_statistic", "effective_sample_size", "largest_weight_share", "equipoise")
_FINDING = ("step", "gate", "subject", "message", "statistic", "threshold", "overridable", "digest")
_SIGNED = ("meaning", "reason", "name", "role", "signed_at")
_CLAIM = ("number", "controlled", "boundary", "level", "sequential_p")
_DECLARED = ("type", "decimals", "better", "relevant")


def shown(results: Mapping[str, Any], protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures, the change since the latest earlier month, the diagnostics and the findings of a run."""
    balance, propensity = results["balance"], results["propensity"]
    return {
        "figures": figures(results, protocol),
        "change": results["change"],
        "diagnostics": {
            "smd_before": balance["worst"]["unweighted"]["smd"],
            "smd_after": balance["worst"]["weighted"]["smd"],
            "smd_limit": balance["threshold"],
            "arms": {name: arm["n"] for name, arm in results["cohort"]["arms"].items()},
            **{key: propensity.get(key) for key in _DIAGNOSTICS},
        },
        "findings": [finding(one) for one in results["findings"]],
    }


def pooled_entry(found: Mapping[str, Any], until: str) -> dict[str, Any]:
    """Return the contents for a closed study: its states and conduct, and why no result is shown."""
    opened = [
        pooled_finding(one) | {"who": one["who"], "run": one["run"], "answer": one["answer"]}
        for one in found["open"]
    ]
    why = f"comparative results are closed until {until}"
    halted = [one["message"] for one in opened]
    return {
        **found,
        "open": [{**one, "command": HIDDEN} for one in opened],
        "why": [why, *halted],
        "closed": until,
    }


def finding(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a finding with the decision on it."""
    decision = stored.get("decision")
    return {
        **{key: stored[key] for key in _FINDING},
        "decision": None if decision is None else {key: decision[key] for key in _SIGNED},
    }


def figures(results: Mapping[str, Any], protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return the primary figures, the claim valid at every look, the arms, and the part of the protocol that prints them.

    The claim is None for results of the time before looks. ``protocol`` is the resolved one that the run began with.
    """
    found = results.get("monitoring")
    return {
        **{key: results["primary"].get(key) for key in _PRIMARY},
        **{f"valid_{end}": (found or {}).get(f"ci_{end}") for end in ("low", "high")},
        "claim": None if found is None else {key: found.get(key) for key in _CLAIM},
        "arms": {name: {"label": arm.get("label", name)} for name, arm in results["cohort"]["arms"].items()},
        "protocol": _printing(protocol),
    }


def _printing(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a protocol, in its own form, what prints an effect; one recorded earlier may lack declarations."""
    outcome, column = protocol.get("outcome", {}), protocol.get("treatment", {}).get("column", "treatment")
    columns = protocol.get("contract", {}).get("columns", ())
    return {
        "outcome": {key: outcome[key] for key in _DECLARED if outcome.get(key) is not None},
        "treatment": {"column": column},
        "contract": {
            "columns": [
                {"name": column, "labels": dict(held.get("labels") or {})}
                for held in columns
                if held["name"] == column
            ]
        },
    }
