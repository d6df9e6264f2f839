"""Alternatives to the primary analysis: each a row, also where there is nothing to estimate."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medicore.records.protocol.protocol import Protocol
from medicore.steps.effect import analysed
from medicore.steps.models.sample import Sample
from medicore.steps.primaries.primary import estimate_primary
from medicore.steps.sensitivity import sensitivity
from tests.steps.analysed_trial import (
    compared_once,
    estimated_once,
    protocol,
    section,
    subjects,
    weighed,
    with_column,
)

FRAME = subjects()
ACTIVE = (FRAME["arm"] == "active").to_numpy(dtype=bool)
NUMBERS = ("estimate", "standard_error", "ci_low", "ci_high", "p_value")
ROUNDING = 1e-10


def rows(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the rows of both tables by their name."""
    return {row["name"]: row for table in ("sensitivity", "supplementary") for row in made[table]}


def test_plan_is_the_tables(tmp_path: Path) -> None:
    """Other assumptions and other estimands stay apart, in the order of the plan."""
    made = compared_once(tmp_path, FRAME, protocol(sensitivity={"trimming": [0.3, 0.4]}))
    assert [(row["name"], row["estimand"]) for row in made["sensitivity"]] == [
        ("IPW instead of AIPW", "ATE"),
        ("Outcome models alone", "ATE"),
        ("TMLE instead of AIPW", "ATE"),
        ("Scores clipped to 0.05 to 0.95", "ATE"),
        *((f"Without {covariate.label}", "ATE") for covariate in protocol().covariates),
        ("No adjustment", "ATE"),
    ]
    assert [(row["name"], row["estimand"]) for row in made["supplementary"]] == [
        ("Scores outside 0.3 to 0.7 discarded", "ATE (trimmed)"),
        ("Scores outside 0.4 to 0.6 discarded", "ATE (trimmed)"),
        ("Effect in the treated", "ATT"),
        ("Effect in the overlap", "ATO"),
        ("1:1 matching on the score", "ATT (matched)"),
        ("Sex: F", "ATE within Sex: F"),
        ("Sex: M", "ATE within Sex: M"),
    ]
    assert all(row["ci_low"] < row["estimate"] < row["ci_high"] for row in rows(made).values())
    sizes = [row["n"] for row in made["supplementary"]]
    assert 240 > sizes[0] > sizes[1] > 0


def test_unadjusted_row_is_the_difference_of_means(tmp_path: Path) -> None:
    """Without adjustment the estimate is that of two means."""
    row = rows(compared_once(tmp_path, FRAME, protocol()))["No adjustment"]
    change = FRAME["change"].to_numpy()
    assert abs(row["estimate"] - (change[ACTIVE].mean() - change[~ACTIVE].mean())) < ROUNDING


def test_subgroup_is_the_primary_analysis_within_it(tmp_path: Path) -> None:
    """A subgroup's row is what the primary analysis gives on its subjects alone, with their number."""
    made = rows(compared_once(tmp_path / "all", FRAME, protocol()))
    (everyone,), _ = analysed(estimated_once(tmp_path / "primary", FRAME, protocol()))
    for level in ("F", "M"):
        within = everyone[everyone["sex"] == level].reset_index(drop=True)
        alone, _ = estimate_primary(protocol(), [Sample.of(protocol(), within)])
        row = made[f"Sex: {level}"]
        assert abs(row["estimate"] - alone["estimate"]) < ROUNDING
        assert abs(row["standard_error"] - alone["standard_error"]) < ROUNDING
        assert row["n"] == len(within)


def test_trimming_that_discards_nobody_is_the_primary_estimate(tmp_path: Path) -> None:
    """A threshold below every score changes nothing but the estimand's name."""
    files = estimated_once(tmp_path / "1", FRAME, protocol())
    made = rows(compared_once(tmp_path / "2", FRAME, protocol(sensitivity={"trimming": [0.01]})))
    row = made["Scores outside 0.01 to 0.99 discarded"]
    assert (row["n"], row["note"]) == (240, "models fitted again on who is left")
    assert abs(row["estimate"] - section(files, "effect")["primary"]["estimate"]) < ROUNDING


@pytest.mark.parametrize(
    ("values", "size", "expected"),
    [
        ({"F": 0}, 0, "not estimable: no analysed subject belongs to it"),
        ({"F": 1}, 1, "not estimable: no "),
        ({"F": 3}, 3, "not estimable: "),
    ],
)
def test_subgroup_too_small_is_not_estimable(
    tmp_path: Path, values: dict[str, int], size: int, expected: str
) -> None:
    """An empty or tiny subgroup has a row that says why it has no number; the others keep theirs (FAULTS 59)."""
    sex = np.where(np.arange(240) < values["F"], "F", "M")
    plan = protocol(models={"propensity": ["age", "region"], "outcome": ["weight"]})
    made = rows(compared_once(tmp_path, with_column(FRAME, "sex", sex), plan))
    row = made["Sex: F"]
    assert [row[key] for key in NUMBERS] == [None] * 5
    assert (row["n"], row["estimand"]) == (size, "ATE within Sex: F")
    assert row["note"].startswith(expected)
    assert made["Sex: M"]["estimate"] is not None


def test_trimming_that_leaves_nobody_is_not_estimable(tmp_path: Path) -> None:
    """A threshold beyond every score has a row without numbers that says so."""
    frame = with_column(FRAME, "age", np.where(ACTIVE, 50, 49) + np.arange(240) % 3)
    plan = protocol(
        sensitivity={"trimming": [0.499999]}, models={"propensity": ["age"], "outcome": ["weight"]}
    )
    row = compared_once(tmp_path, frame, plan)["supplementary"][0]
    assert [row[key] for key in NUMBERS] == [None] * 5
    assert row["note"].startswith("not estimable: no ")


def test_sample_holds_both_designs(tmp_path: Path) -> None:
    """A sample has the designs of the two models and the propensity fit on its own subjects."""
    (analysis,), _ = analysed(estimated_once(tmp_path, FRAME, protocol()))
    sample = Sample.of(protocol(), analysis)
    assert (sample.x_propensity.shape, sample.x_outcome.shape) == ((240, 5), (240, 3))
    assert sample.fit.converged
    assert sample.primary().influence_function.n == 240


def test_randomised_trial_shows_ancova_too(tmp_path: Path) -> None:
    """In a randomised trial the covariate-adjusted difference stands beside the unadjusted one."""
    names = [
        row["name"] for row in compared_once(tmp_path, FRAME, protocol(design="randomised"))["sensitivity"]
    ]
    assert "ANCOVA with interactions" in names
    assert "ANCOVA with interactions" not in rows(compared_once(tmp_path / "other", FRAME, protocol()))


def test_only_covariate_cannot_be_left_out(tmp_path: Path) -> None:
    """Without its only covariate a model is no adjustment, and the row says that it is not estimable."""
    alone = protocol(models={"propensity": ["age"], "outcome": ["age"]})
    row = rows(compared_once(tmp_path, FRAME, alone))["Without Age"]
    assert row["estimate"] is None
    assert "only one of a model" in row["note"]


def test_leave_one_out_can_be_left_out(tmp_path: Path) -> None:
    """The plan decides whether covariates are left out one by one."""
    made = rows(compared_once(tmp_path, FRAME, protocol(sensitivity={"leave_one_out": False})))
    assert not any(name.startswith("Without") for name in made)


def test_subgroups_carry_the_test_of_interaction(tmp_path: Path) -> None:
    """Each level of a subgroup shows the p-value of the test that the effect is the same in all."""
    made = rows(compared_once(tmp_path, FRAME, protocol()))
    (shown,) = {made[f"Sex: {level}"]["interaction_p_value"] for level in ("F", "M")}
    first, second = made["Sex: F"], made["Sex: M"]
    gap = (first["estimate"] - second["estimate"]) / np.hypot(
        first["standard_error"], second["standard_error"]
    )
    assert shown == pytest.approx(math.erfc(abs(gap) / math.sqrt(2)), abs=5e-4)


def binary(**changed: Any) -> Protocol:
    """Return the plan with a binary outcome, ``responder``, made from the change."""
    stored = protocol().as_json()
    column = {"name": "responder", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1}
    return protocol(
        contract={"columns": [*stored["contract"]["columns"], column]},
        outcome={"column": "responder", "type": "binary", "label": "Responder", "unit": "risk"},
        eligibility=[],
        **changed,
    )


RESPONDERS = FRAME.assign(responder=(FRAME["change"] > FRAME["change"].median()).astype("Int64"))


@pytest.mark.parametrize("measure", ["risk ratio", "odds ratio"])
@pytest.mark.parametrize("target", ["ATE", "ATT", "ATO"])
def test_every_row_is_on_the_measure_and_names_its_population(
    tmp_path: Path, measure: str, target: str
) -> None:
    """A ratio in a target population is the primary result, and all rows are that ratio around it, on its population."""
    plan = binary(estimand={"measure": measure, "target": target})
    files = estimated_once(tmp_path, RESPONDERS, plan)
    primary = section(files, "effect")["primary"]
    assert (primary["measure"], primary["scale"], primary["null"]) == (measure, "logarithm", 1.0)
    assert primary["estimand"] == f"{target}, {measure}"
    one, zero = primary["mean_treated"], primary["mean_control"]
    expected = one / zero if measure == "risk ratio" else one * (1 - zero) / (zero * (1 - one))
    assert primary["estimate"] == pytest.approx(expected, rel=1e-12)
    assert primary["absolute_difference"]["estimate"] == pytest.approx(one - zero, rel=1e-12)
    assert primary["ci_low"] * primary["ci_high"] == pytest.approx(primary["estimate"] ** 2, rel=1e-9)
    assert primary["bootstrap"]["ci_low"] < primary["estimate"] < primary["bootstrap"]["ci_high"]
    assert primary["verification"]["relative_difference"] <= 1e-6
    errors = primary["standard_errors"]
    assert errors["bootstrap"] == pytest.approx(errors["influence"], rel=0.25)
    sensitivity(files, plan)
    made = section(files, "sensitivity")
    assert all(row["estimate"] > 1 for row in made["sensitivity"])
    assert {row["estimand"] for row in made["sensitivity"]} == {f"{target}, {measure}"}
    others = {f"{name}, {measure}" for name in ("ATE", "ATT", "ATO") if name != target}
    assert others <= {row["estimand"] for row in made["supplementary"]}


def test_weights_are_those_of_the_target(tmp_path: Path) -> None:
    """Of the treated the weights are 1 and the odds, of the overlap the chance of the other arm."""
    for target, own in (("ATT", 1.0), ("ATO", None)):
        files, _ = weighed(tmp_path / target, FRAME, protocol(estimand={"target": target}))
        table = files.read_table("scores.parquet")
        score, weight = table["score"].to_numpy(), table["weight"].to_numpy()
        expected = 1 - score[ACTIVE] if own is None else np.full(ACTIVE.sum(), own)
        assert np.allclose(weight[ACTIVE], expected)
        control = score[~ACTIVE] if own is None else score[~ACTIVE] / (1 - score[~ACTIVE])
        assert np.allclose(weight[~ACTIVE], control)
