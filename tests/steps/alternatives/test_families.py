"""Families of hypotheses: what enters with which p-value, and what counts as p = 1."""

import json
from pathlib import Path
from typing import Any

import pytest

from medicore.records.canonical import document
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.looks import LOOKS, looks_document
from medicore.steps.alternatives.families import NOT_ESTIMABLE, UNCONTROLLED, HypothesisResults, families_of
from medicore.steps.effect import effect
from medicore.steps.sensitivity import sensitivity
from tests.steps.alternatives.test_secondary import AGAIN, frame, planned
from tests.steps.analysed_trial import section, weighed

MONTH = "2025-06"
SINGLE = {"method": "single", "month": MONTH, "action": "none"}
SPENDING = {
    "method": "alpha spending", "function": "obrien-fleming", "sides": 2, "alpha": 0.05, "maximum_information": 100,
    "first_subjects": 60, "action": "none",
}  # fmt: skip
FEMALE = {"subgroup": "sex", "level": "F"}
MALE = {"subgroup": "sex", "level": "M"}
FAMILY: dict[str, Any] = {
    "name": "main", "hypotheses": ["primary", "again", FEMALE], "method": "holm", "alpha": 0.05, "month": MONTH,
}  # fmt: skip
GRAPH = {"method": "graph", "weights": [1, 0, 0], "transitions": [[0, 0.5, 0.5], [0, 0, 1], [0, 1, 0]]}


def plan_with(family: dict[str, Any], plan: dict[str, Any] | None = None) -> Protocol:
    """Return the small study's protocol with one secondary endpoint and this family."""
    stored = planned(AGAIN).as_json() | {"families": [{**FAMILY, **family}]}
    stored["sensitivity"]["subgroups"] = ["sex"]
    if plan is not None:
        stored["monitoring"] = plan
    return parse_protocol(json.dumps(stored), "TEST-STEPS.yaml")


def look(
    month: str = MONTH,
    rerun_of: int | None = None,
    p: float | None = 0.01,
    earlier: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    """Return the effect step's section of a look in a month, after earlier looks."""
    return {
        "primary": {"p_value": 0.001},
        "monitoring": {"sequential_p": p, "looks": [*earlier, {"month": month, "rerun_of": rerun_of}]},
        "look": {"month": month},
    }


def came_to(
    effect_section: dict[str, Any], again: float | None = 0.02, female: float | None = 0.03
) -> HypothesisResults:
    """Return what the hypotheses came to: p-values of the endpoint and of the women."""
    return HypothesisResults(
        effect_section,
        [{"name": "again", "label": "Change, again", "p_value": again}],
        [{"name": "Effect in the treated", "p_value": 0.9}, {"name": "Sex: F", "p_value": female}],
    )


def hypotheses(plan: Protocol, found: HypothesisResults) -> list[tuple[Any, ...]]:
    """Return name, p-value, p-value in the family, adjusted p-value and decision of each hypothesis."""
    (family,) = families_of(plan, found)
    keys = ("name", "unadjusted_p", "entering_p", "adjusted_p", "rejected")
    return [tuple(one[key] for key in keys) for one in family["hypotheses"]]


def test_in_its_month_every_hypothesis_is_tested() -> None:
    """The primary enters with its sequential p-value, the others with their own."""
    assert hypotheses(plan_with({}), came_to(look())) == [
        ("primary", 0.001, 0.01, 0.03, True),
        ("again", 0.02, 0.02, 0.04, True),
        ("sex: F", 0.03, 0.03, 0.04, True),
    ]


def test_in_another_month_the_primary_alone_is_tested() -> None:
    """Earlier and later the others count as p = 1, and their own p-value stays beside it."""
    (family,) = families_of(plan_with({}), came_to(look("2025-05")))
    assert [one["entering_p"] for one in family["hypotheses"]] == [0.01, 1.0, 1.0]
    assert [one["rejected"] for one in family["hypotheses"]] == [True, False, False]
    assert [one["unadjusted_p"] for one in family["hypotheses"]] == [0.001, 0.02, 0.03]
    assert [one["reason"] for one in family["hypotheses"]] == [
        "sequential p-value", "tested in 2025-06 alone", "tested in 2025-06 alone",
    ]  # fmt: skip
    assert family["looks_in_month"] == 0


def test_a_graph_passes_the_level_on() -> None:
    """The endpoint has no share until the primary is rejected; the women wait for either."""
    plan = plan_with(GRAPH, SPENDING)
    assert hypotheses(plan, came_to(look())) == [
        ("primary", 0.001, 0.01, 0.01, True),
        ("again", 0.02, 0.02, 0.04, True),
        ("sex: F", 0.03, 0.03, 0.04, True),
    ]
    kept = hypotheses(plan, came_to(look(p=0.06)))
    assert [one[3:] for one in kept] == [(0.06, False), (0.06, False), (0.06, False)]
    (family,) = families_of(plan, came_to(look()))
    assert (family["weights"], family["transitions"]) == (GRAPH["weights"], GRAPH["transitions"])


def test_a_single_look_is_tested_in_its_month() -> None:
    """The month is that of the plan, the primary's p-value holds as it is, and Hochberg may be used."""
    plan = plan_with({"month": None, "method": "hochberg"}, SINGLE)
    (family,) = families_of(plan, came_to(look()))
    assert (family["month"], family["looks_in_month"]) == (MONTH, 1)
    assert [one["reason"] for one in family["hypotheses"]] == ["", "", ""]
    assert [one["adjusted_p"] for one in family["hypotheses"]] == [0.03, 0.03, 0.03]


def test_what_has_no_valid_p_value_counts_as_1() -> None:
    """A look that nobody planned, and what cannot be estimated, reject nothing and say why."""
    (family,) = families_of(plan_with({}), came_to(look(p=None), again=None))
    found = {
        one["name"]: (one["unadjusted_p"], one["entering_p"], one["reason"]) for one in family["hypotheses"]
    }
    assert found == {
        "primary": (0.001, 1.0, UNCONTROLLED), "again": (None, 1.0, NOT_ESTIMABLE), "sex: F": (0.03, 0.03, ""),
    }  # fmt: skip


def test_looks_of_the_month_with_other_data_are_counted() -> None:
    """A rerun of the same data is no further look; a corrected lock is one."""
    before = ({"month": "2025-05", "rerun_of": None}, {"month": MONTH, "rerun_of": None})
    again, corrected = look(rerun_of=2, earlier=before), look(earlier=before)
    assert families_of(plan_with({}), came_to(again))[0]["looks_in_month"] == 1
    assert families_of(plan_with({}), came_to(corrected))[0]["looks_in_month"] == 2


@pytest.mark.parametrize("plan", [SPENDING, SINGLE])
def test_a_family_of_a_study_is_tested_end_to_end(tmp_path: Path, plan: dict[str, Any]) -> None:
    """On data, the p-values are those of the effect step, of the endpoint and of the subgroup in the same run."""
    hypothesis_names = ["primary", "again", FEMALE, MALE]
    chosen = plan_with({"hypotheses": hypothesis_names, "method": "bonferroni"}, plan)
    files, _ = weighed(tmp_path, frame(), chosen)
    files.write(LOOKS, document(looks_document(f"TEST-STEPS/{MONTH}/1", MONTH, "candidate", ())))
    effect(files, chosen)
    assert sensitivity(files, chosen) == ()
    made, found = section(files, "sensitivity"), section(files, "effect")
    (family,) = made["families"]
    subgroups = {row["name"]: row["p_value"] for row in made["supplementary"]}
    expected = [
        found["monitoring"]["sequential_p"],
        made["secondary"][0]["p_value"],
        subgroups["Sex: F"],
        subgroups["Sex: M"],
    ]
    assert [one["entering_p"] for one in family["hypotheses"]] == expected
    assert [one["adjusted_p"] for one in family["hypotheses"]] == [min(4 * p, 1) for p in expected]
    assert all(one["rejected"] for one in family["hypotheses"])
    assert made["secondary"][0]["family"] == "main"
