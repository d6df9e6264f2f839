"""Scores, weights and balance of real samples, and what happens where there are none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.records.finding import Finding
from medicore.stats.models.logistic import fit_logistic
from medicore.steps.models.terms import model_terms
from medicore.steps.propensity import propensity
from tests.steps.analysed_trial import extracted, protocol, section, subjects, weighed, with_column

FRAME = subjects()
ACTIVE = (FRAME["arm"] == "active").to_numpy(dtype=bool)
ROUNDING = 1e-9


def gates(findings: tuple[Finding, ...]) -> list[str]:
    """Return the names of the gates that fired."""
    return [finding.gate for finding in findings]


def test_scores_and_weights_are_the_models(tmp_path: Path) -> None:
    """Each subject has its fitted score and 1/e or 1/(1 - e), and the document has the model."""
    files, findings = weighed(tmp_path, FRAME, protocol())
    assert findings == ()
    table = files.read_table("scores.parquet")
    fit = fit_logistic(model_terms(protocol(), ("age", "sex", "region"), FRAME).matrix, ACTIVE)
    assert np.array_equal(table["score"].to_numpy(), fit.fitted)
    assert np.array_equal(table["weight"].to_numpy(), np.where(ACTIVE, 1 / fit.fitted, 1 / (1 - fit.fitted)))
    assert table["retained"].all()
    assert table["subject_id"].tolist() == FRAME["subject_id"].tolist()
    made = section(files, "propensity")
    assert [row["term"] for row in made["coefficients"]] == [
        "(Intercept)", "age", "age^2", "sex=M", "region=south", "region=west",
    ]  # fmt: skip
    assert (made["converged"], made["separated"], made["aliased"]) == (True, False, [])
    assert sum(made["histogram"]["treated"]) == ACTIVE.sum()
    assert made["trimming"] == {
        "method": "none",
        "lower": None,
        "upper": None,
        "discarded": 0,
        "refitted": False,
    }


def test_weighting_balances(tmp_path: Path) -> None:
    """After weighting the worst imbalance is smaller than before, and the table has every term."""
    files, _ = weighed(tmp_path, FRAME, protocol())
    balance = section(files, "propensity")["balance"]
    assert [row["term"] for row in balance["terms"]] == [
        "age",
        "age^2",
        "sex=M",
        "region=south",
        "region=west",
    ]
    for sample in ("unweighted", "weighted"):
        sizes = {row["term"]: abs(row[f"smd_{sample}"]) for row in balance["terms"]}
        assert balance["worst"][sample] == {
            "term": max(sizes, key=sizes.__getitem__),
            "smd": max(sizes.values()),
        }
    assert balance["worst"]["weighted"]["smd"] < balance["worst"]["unweighted"]["smd"] / 4


def test_gate_watches_the_declared_sample(tmp_path: Path) -> None:
    """Without weighting the arms differ, and the gate says so when it is told to look at that sample."""
    _, findings = weighed(tmp_path, FRAME, protocol(gates={"smd_sample": "unweighted"}))
    assert gates(findings) == ["SMD (unweighted)"]


def test_trimming_discards_and_fits_again(tmp_path: Path) -> None:
    """Subjects outside the limits have no weight, and scores of the others come from a fit without them."""
    plan = protocol(trimming={"method": "discard", "lower": 0.4, "upper": 0.6})
    files, findings = weighed(tmp_path, FRAME, plan)
    assert "trimmed share" in gates(findings)
    table = files.read_table("scores.parquet")
    retained = table["retained"].to_numpy(dtype=bool)
    x = model_terms(plan, plan.models.propensity, FRAME).matrix
    first = fit_logistic(x, ACTIVE).fitted
    assert np.array_equal(retained, (first >= 0.4) & (first <= 0.6))
    assert 0 < retained.sum() < len(retained)
    assert np.array_equal(
        table["score"].to_numpy()[retained], fit_logistic(x[retained], ACTIVE[retained]).fitted
    )
    assert (table["weight"].to_numpy()[~retained] == 0).all()
    trimming = section(files, "propensity")["trimming"]
    assert trimming == {
        "method": "discard", "lower": 0.4, "upper": 0.6, "discarded": int((~retained).sum()), "refitted": True,
    }  # fmt: skip


def test_trimming_that_discards_nobody_does_not_fit_again(tmp_path: Path) -> None:
    """Where everyone is inside the limits the first fit stands."""
    files, findings = weighed(tmp_path, FRAME, protocol(trimming={"method": "discard"}))
    assert (section(files, "propensity")["trimming"]["refitted"], findings) == (False, ())


@pytest.mark.parametrize(
    ("lower", "upper", "arm"), [(0.98, 0.99, "treated"), (1e-20, 0.5, "treated"), (0.5, 1 - 1e-15, "control")]
)
def test_trimming_that_empties_an_arm_is_told(tmp_path: Path, lower: float, upper: float, arm: str) -> None:
    """When the limits leave nobody in an arm, the message names it and says what to change."""
    plan = protocol(trimming={"method": "discard", "lower": lower, "upper": upper})
    frame = with_column(FRAME, "age", np.where(ACTIVE, 60, 30) + np.arange(240) % 7)
    with pytest.raises(
        EstimationError, match=f"^trimming leaves no {arm} subject, .*widen the trimming limits"
    ):
        weighed(tmp_path, frame, plan)


@pytest.mark.parametrize(
    ("column", "value"), [("sex", "F"), ("region", "west"), ("age", 50), ("weight", 71.25)]
)
def test_covariate_without_variance_is_named(tmp_path: Path, column: str, value: Any) -> None:
    """A covariate of either model that is the same in everyone halts, without its value (FAULTS 53)."""
    expected = f"^covariate '{column}' has one and the same value in every analysed subject; remove it"
    with pytest.raises(EstimationError, match=expected) as caught:
        weighed(tmp_path, with_column(FRAME, column, value), protocol())
    assert str(value) not in str(caught.value).replace(column, "")


def test_level_that_nobody_has_is_no_halt(tmp_path: Path) -> None:
    """An allowed value that does not occur is left out of the model and said to be."""
    frame = with_column(FRAME, "region", FRAME["region"].replace("west", "south"))
    files, _ = weighed(tmp_path, frame, protocol())
    made = section(files, "propensity")
    assert made["aliased"] == ["region=west"]
    assert "region=west" not in [row["term"] for row in made["coefficients"]]


@pytest.mark.parametrize("gap", [1, 30, 300])
def test_perfect_separation_is_a_finding(tmp_path: Path, gap: int) -> None:
    """Arms that a covariate tells apart halt with a readable document, however far apart they are (FAULTS 51, 52)."""
    frame = with_column(FRAME, "age", np.where(ACTIVE, 40 + gap, 20) + np.arange(240) % 20)
    files, findings = weighed(tmp_path, frame, protocol())
    assert gates(findings)[:2] == ["separation", "overlap"]
    assert any(gate.startswith("SMD") for gate in gates(findings))
    assert section(files, "propensity")["separated"] is True


def test_quasi_separation_is_a_finding_with_infinite_imbalance(tmp_path: Path) -> None:
    """A level that belongs to one arm alone separates, and its imbalance has no bound (FAULTS 51, 57)."""
    frame = with_column(FRAME, "region", np.where(ACTIVE, "west", "south"))
    files, findings = weighed(tmp_path, frame, protocol())
    assert gates(findings) == ["separation", "overlap", "SMD (weighted)"]
    assert findings[-1].statistic == "inf"
    balance = section(files, "propensity")["balance"]
    assert {row["term"]: row["smd_weighted"] for row in balance["terms"]}["region=west"] == "inf"


def test_subject_in_an_impossible_arm_has_no_weight(tmp_path: Path) -> None:
    """A subject whose score leaves no chance of its own arm is counted, and the infinite weight goes nowhere."""
    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, 2000)
    active = (x + generator.logistic(0, 0.005, 2000) > 0) & (np.arange(2000) > 0)
    x[0] = 1.0
    frame = subjects(2000).assign(arm=np.where(active, "active", "control"), weight=70 + 10 * x)
    plan = protocol(models={"propensity": ["weight"]})
    with pytest.raises(
        EstimationError, match=r"^1 subject\(s\) have a propensity score of 0 for the arm they are"
    ):
        weighed(tmp_path, frame, plan)


def test_one_arm_only_is_an_estimation_error(tmp_path: Path) -> None:
    """Should an analysis set with one arm ever get here, the model says so (FAULTS 48)."""
    files, _ = weighed(tmp_path, FRAME, protocol())
    analysis = files.read_table("analysis.parquet")
    files.write_table("analysis.parquet", analysis[analysis["treated"]])
    with pytest.raises(EstimationError, match="one outcome only"):
        propensity(files, protocol())


def test_weights_are_summed_up_by_arm(tmp_path: Path) -> None:
    """Effective sample size and largest share in the document are those of each arm's weights."""
    files, _ = weighed(tmp_path, FRAME, protocol())
    weight = files.read_table("scores.parquet")["weight"].to_numpy()
    made = section(files, "propensity")
    for arm, mask in (("treated", ACTIVE), ("control", ~ACTIVE)):
        w = weight[mask]
        assert abs(made["effective_sample_size"][arm] - w.sum() ** 2 / (w**2).sum()) < ROUNDING * len(w)
        assert abs(made["largest_weight_share"][arm] - w.max() / w.sum()) < ROUNDING


def test_outcome_is_not_looked_at(tmp_path: Path) -> None:
    """The design stage does not depend on the outcome: other outcomes give the same bytes."""
    made = []
    for name, frame in (("1", FRAME), ("2", with_column(FRAME, "change", FRAME["change"] ** 2))):
        files, _ = weighed(tmp_path / name, frame, protocol())
        made.append((files.read("propensity.json"), files.read("scores.parquet")))
    assert made[0] == made[1]
    assert not extracted(tmp_path / "3", FRAME).exists("propensity.json")


@pytest.mark.parametrize(
    ("values", "how"),
    [
        (np.round(FRAME["weight"] * 2.20462, 2), "nearly collinear"),
        (FRAME["weight"] * 2, "linear combinations"),
    ],
)
def test_one_thing_in_two_units_is_nearly_collinear(tmp_path: Path, values: Any, how: str) -> None:
    """Kilograms and pounds separate nobody: the terms are named, and a decision may answer that."""
    stored = protocol().as_json()
    plan = protocol(
        contract={
            "columns": [
                *stored["contract"]["columns"],
                {**stored["contract"]["columns"][3], "name": "pounds", "unit": "lb"},
            ]
        },
        covariates=[*stored["covariates"], {"column": "pounds", "label": "Pounds"}],
        models={"propensity": ["weight", "pounds"], "outcome": ["weight", "pounds"]},
    )
    _, findings = weighed(tmp_path, FRAME.assign(pounds=values), plan)
    (finding,) = [one for one in findings if one.gate in {"collinearity", "separation"}]
    assert (finding.gate, finding.overridable, finding.false_alarm_rate) == ("collinearity", True, None)
    assert "pounds" in finding.subject
    assert how in finding.message


def test_a_calendar_year_and_its_square_are_no_finding(tmp_path: Path) -> None:
    """Far from its origin a number and its square go together, and their model is as good as any."""
    frame = with_column(FRAME, "age", 2015 + np.arange(240) % 11)
    plan = protocol(models={"propensity": ["age"], "outcome": ["age"]})
    files, findings = weighed(tmp_path, frame, plan)
    assert gates(findings) == []
    assert section(files, "propensity")["separated"] is False
