"""Every key of a protocol that decides about an analysis, its values, and the study on which combinations of them are run."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import yaml

from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.rules.coherence import incoherences
from medicore.records.protocol.rules.combinations import not_offered
from medicore.records.protocol.strategies import unplanned
from tests.steps.analysed_trial import TEXT
from tests.steps.randomised_trial import allocated

FLAGS = 3
"""Negative controls."""
Choice = dict[str, str]
"""The chosen value of each key, by its name in ``VALUES``."""

VALUES: Mapping[str, tuple[str, ...]] = {
    "design": ("observational", "randomised"),
    "estimator": ("aipw", "ancova", "g-computation", "mmrm"),
    "heterogeneous": ("false", "true"),
    "outcome": ("continuous", "binary", "time to event"),
    "measure": ("difference", "risk ratio", "odds ratio", "survival difference", "rmst difference"),
    "target": ("ATE", "ATT", "ATO"),
    "missing": (
        "default",
        "weighted",
        "complete cases",
        "multiple imputation",
        "jump to reference",
        "copy reference",
        "mixed model",
    ),
    "scheme": ("none", "simple", "stratified", "biased coin", "minimisation"),
    "monitoring": ("confidence sequence", "alpha spending", "single"),
    "hypothesis": ("none", "superiority", "non-inferiority", "equivalence"),
    "interval": ("percentile", "BCa"),
    "imputation": ("none", "single", "multiple"),
    "trimming": ("none", "discard"),
    "event": ("treatment policy", "hypothetical", "composite variable", "while on treatment"),
    "secondary": ("none", "continuous", "binary", "weighted", "drawn"),
    "family": ("none", "declared"),
    "flexible": ("none", "penalised"),
    "contrasts": ("declared", "all"),
    "controls": ("none", "declared"),
}
NAMED: Mapping[str, str] = {
    "design": "randomised|observational|randomisation",
    "estimator": "estimator|ANCOVA|g-computation|aipw|mmrm",
    "heterogeneous": "heterogeneous",
    "outcome": "continuous|binary|time to event",
    "measure": "measure|risk ratio|odds ratio|survival difference|rmst difference",
    "target": "target|ATE|ATT|ATO",
    "missing": "missing",
    "scheme": "randomisation|scheme",
    "monitoring": "monitoring",
    "hypothesis": "hypothesis",
    "interval": "BCa",
    "imputation": "imput",
    "trimming": "trimming",
    "event": "intercurrent event|strategy",
    "secondary": "secondary",
    "family": "famil",
    "flexible": "flexible",
    "contrasts": "contrasts",
    "controls": "negative_controls",
}
"""How a message names each key."""

BASES: tuple[Choice, ...] = (
    {"missing": "weighted", "target": "ATT"},
    {"imputation": "multiple"},
    {"missing": "weighted", "outcome": "binary", "measure": "risk ratio", "controls": "declared"},
    {"missing": "weighted", "design": "randomised"},
    {"design": "randomised", "estimator": "ancova", "scheme": "stratified"},
    {
        "design": "randomised", "estimator": "g-computation", "outcome": "binary", "measure": "odds ratio", "scheme": "minimisation", "heterogeneous": "true",
    },
    {"design": "randomised", "hypothesis": "superiority"},
    {"design": "randomised", "estimator": "mmrm", "missing": "mixed model"},
    {"outcome": "time to event", "measure": "survival difference"},
    {"outcome": "time to event", "measure": "rmst difference", "design": "randomised"},
)  # fmt: skip
"""Studies that are offered; what is left out has the first value of its key."""

COLUMNS: tuple[dict[str, Any], ...] = (
    {
        "name": "responded",
        "type": "integer",
        "timing": "follow-up",
        "minimum": 0,
        "maximum": 1,
        "required": False,
    },
    {"name": "early", "type": "number", "unit": "points", "timing": "follow-up", "required": False},
    {
        "name": "cured",
        "type": "integer",
        "timing": "follow-up",
        "minimum": 0,
        "maximum": 1,
        "required": False,
    },
    {"name": "days", "type": "number", "unit": "days", "timing": "follow-up", "minimum": 0},
    {"name": "status", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1},
    {"name": "stopped", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1},
    {"name": "had", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1},
    {"name": "before", "type": "number", "unit": "points", "timing": "follow-up"},
    {"name": "on_treatment", "type": "number", "unit": "days", "timing": "follow-up"},
    *(
        {"name": f"flag{place}", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1}
        for place in range(FLAGS)
    ),
)


def whole(choice: Choice) -> Choice:
    """Return a choice with the first value of every key that it leaves out."""
    return {key: choice.get(key, values[0]) for key, values in VALUES.items()}


def pairs_of(choice: Choice) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield every two keys with their values."""
    yield from combinations(whole(choice).items(), 2)


@cache
def _common() -> str:
    made = yaml.load(TEXT, yaml.CSafeLoader)
    made["contract"]["columns"] += COLUMNS
    return json.dumps(made)


def document(choice: Choice) -> dict[str, Any]:
    """Return the protocol's document of a choice."""
    chosen, made = whole(choice), json.loads(_common())
    made["design"] = chosen["design"]
    made["estimand"] |= {"measure": chosen["measure"], "target": chosen["target"]}
    made["estimand"]["intercurrent_events"] = [_event(chosen["event"], chosen["outcome"])]
    made["outcome"] = _outcome(chosen)
    made["inference"] = {"replicates": 200, "interval": chosen["interval"], "estimator": chosen["estimator"]}
    made["inference"] |= {"heterogeneous": chosen["heterogeneous"] == "true", **_hypothesis(chosen)}
    made["monitoring"] = _monitoring(chosen["monitoring"])
    made["imputation"] = {"method": chosen["imputation"], "number": 5, "iterations": 5}
    made["trimming"] = {"method": chosen["trimming"], "lower": 0.02, "upper": 0.98}
    made["treatment"]["contrasts"] = chosen["contrasts"]
    made["sensitivity"] = {"trimming": [], "clipping": [], "leave_one_out": False, "subgroups": []}
    if chosen["scheme"] != "none":
        strata = [] if chosen["scheme"] == "simple" else ["sex", "region"]
        made["randomisation"] = {"scheme": chosen["scheme"], "strata": strata}
    if chosen["flexible"] != "none":
        made["sensitivity"]["flexible"] = {"learners": [chosen["flexible"]], "folds": 2, "repeats": 1}
    if chosen["controls"] == "declared":
        names = [f"flag{place}" for place in range(FLAGS)]
        made["negative_controls"] = [{"name": name, "label": name.title(), "column": name} for name in names]
    if chosen["secondary"] != "none":
        made["secondary"] = [_endpoint(chosen["secondary"])]
    if chosen["family"] == "declared":
        made |= _family(chosen)
    return made


def _event(strategy: str, outcome: str) -> dict[str, Any]:
    event: dict[str, Any] = {"event": "Discontinuation", "strategy": strategy}
    event["detect"] = {"column": "stopped", "operator": "at least", "value": 1}
    own = {
        "composite variable": {"composite": 0},
        "while on treatment": {
            "column_before": "had" if outcome == "binary" else "before",
            "duration": "on_treatment",
        },
    }
    return event | own.get(strategy, {})


def _outcome(chosen: Choice) -> dict[str, Any]:
    if chosen["outcome"] == "time to event":
        found = {"column": "days", "event": "status", "horizon": 100}
    else:
        found = {"column": "change" if chosen["outcome"] == "continuous" else "responded", "assessed": "none"}
        found["missing"] = {"method": "complete cases"}
    if chosen["missing"] != "default":
        found["missing"] = {"method": chosen["missing"], "number": 5}
    if chosen["estimator"] == "mmrm":
        found["visits"] = {"columns": ["early", found["column"]]}
    return {**found, "type": chosen["outcome"], "unit": "points", "label": "Outcome"}


def _hypothesis(chosen: Choice) -> dict[str, Any]:
    kind = chosen["hypothesis"]
    if kind == "none":
        return {}
    found: dict[str, Any] = {"hypothesis": kind}
    if kind != "superiority":
        found["margin"] = 1.5
    if kind != "equivalence":
        found["benefit"] = "higher"
    return found


def _monitoring(method: str) -> dict[str, Any]:
    plans: dict[str, dict[str, Any]] = {
        "confidence sequence": {"alpha": 0.05, "tuned_at": 300, "first": 20},
        "alpha spending": {
            "function": "obrien-fleming", "alpha": 0.05, "maximum_information": 400, "first_subjects": 20,
        },
        "single": {"month": "2025-03"},
    }  # fmt: skip
    return {"method": method, "action": "none", **plans[method]}


def _endpoint(kind: str) -> dict[str, Any]:
    column = "cured" if kind == "binary" else "early"
    method = {"weighted": "weighted", "drawn": "multiple imputation"}.get(kind, "complete cases")
    return {
        "name": "second", "column": column, "unit": "points", "label": "Second", "assessed": "none",
        "type": "binary" if kind == "binary" else "continuous",
        "measure": "risk ratio" if kind == "binary" else "difference", "missing": {"method": method, "number": 5},
    }  # fmt: skip


def _family(chosen: Choice) -> dict[str, Any]:
    """Return a family of the primary and a subgroup, tested in the month of the study."""
    family: dict[str, Any] = {"name": "efficacy", "method": "holm", "alpha": 0.05}
    family["hypotheses"] = ["primary", {"subgroup": "sex", "level": "F"}]
    if chosen["monitoring"] != "single":
        family["month"] = "2025-03"
    return {
        "families": [family],
        "sensitivity": {"trimming": [], "clipping": [], "leave_one_out": False, "subgroups": ["sex"]},
    }


def problems(choice: Choice) -> tuple[str, ...]:
    """Return what a new run of the choice is refused for, in words."""
    return _problems(json.dumps(whole(choice)))


@cache
def _problems(choice: str) -> tuple[str, ...]:
    made = Protocol.model_validate(document(json.loads(choice)))
    return (*incoherences(made), *unplanned(made), *not_offered(made))


def extract(choice: Choice, n: int = 240) -> pd.DataFrame:
    """Return subjects of three arms with every column; what the choice says how to handle is missing here and there."""
    chosen = whole(choice)
    frame = allocated(n, arms=("active", "control", "other"))
    chance = np.random.default_rng(5)
    signal = frame["change"].to_numpy(dtype=float)
    active = (frame["arm"] == "active").to_numpy(dtype=float)
    hazard = np.exp(-0.4 * active - 0.1 * (signal - signal.mean())) / 90
    event, left = chance.exponential(1 / hazard), chance.uniform(40, 200, n)
    days = np.minimum(event, left).round(1)
    flags = {f"flag{place}": chance.random(n) < 0.4 for place in range(FLAGS)}
    flags |= {"cured": signal + chance.normal(size=n) > np.median(signal), "stopped": chance.random(n) < 0.06}
    flags |= {
        "had": chance.random(n) < 0.5,
        "responded": signal + chance.normal(0, 2, n) > np.median(signal),
        "status": event <= left,
    }
    made = frame.assign(
        days=np.maximum(days, 0.1),
        early=signal + chance.normal(size=n),
        before=signal / 2,
        on_treatment=chance.uniform(20, 100, n),
        **{name: pd.array(values.astype(int), dtype="Int64") for name, values in flags.items()},
    )
    lost = chance.random(n) < 0.08
    if chosen["missing"] != "default":
        made["change"] = made["change"].where(~lost)
        made["responded"] = made["responded"].where(~lost)
    if chosen["secondary"] != "none":
        unseen = chance.random(n) < 0.08
        made["early"], made["cured"] = made["early"].mask(unseen), made["cured"].mask(unseen)
    if chosen["imputation"] != "none":
        made["age"] = made["age"].where(chance.random(n) >= 0.08)
        made["weight"] = made["weight"].where(chance.random(n) >= 0.08)
    return made
