"""monitoring: every look is counted, what was spent stays spent, and the claim of a look is valid beside the others."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from medicore.errors import ProtocolError
from medicore.records.protocol.protocol import Protocol
from medicore.stats.effect.estimate import Estimate
from medicore.stats.monitoring.boundaries import AlphaSpending, looks
from medicore.stats.monitoring.confidence_sequence import ConfidenceSequence
from medicore.stats.monitoring.spending import Spending
from medicore.steps.looks.section import monitored
from medicore.stores.files import FolderFiles
from tests.steps.analysed_trial import estimated, section, subjects
from tests.steps.looks.seen_looks import SEQUENCE, SPENDING, Study, planned, primary

EXACT = 1e-9
INTEGRATED = 1e-6
"""Boundaries found by integration, from looks that were stored and read again."""
PUBLISHED = (4.8769, 3.3570, 2.6803, 2.2898, 2.0310)
"""O'Brien–Fleming-type spending, two-sided 0.05, five equal looks (reference/v2)."""
LAST_PLACE = 5e-5


def test_boundaries_are_those_of_the_design_look_by_look(tmp_path: Path) -> None:
    """Five monthly runs, each with what the ledger tells, have the published boundaries, and spend the level whole."""
    found = Study(tmp_path, planned(SPENDING)).looks([(0.5, 20 * k) for k in range(1, 6)])
    assert [one["boundary"] for one in found] == pytest.approx(PUBLISHED, abs=LAST_PLACE)
    assert found[-1]["looks"][-1]["spent"] == pytest.approx(0.05, abs=EXACT)
    assert [row["boundary"] for row in found[-1]["looks"]] == [one["boundary"] for one in found]
    assert not any(one["crossed"] for one in found)


@given(z=st.floats(-6, 6), information=st.floats(100, 400), degrees=st.none() | st.integers(3, 200))
def test_one_look_with_all_information_is_the_fixed_analysis(
    tmp_path_factory: pytest.TempPathFactory, z: float, information: float, degrees: int | None
) -> None:
    """A single look at the planned end has the pointwise interval and p-value, of Student's t too."""
    found = primary(z, information, degrees_of_freedom=degrees)
    claimed = Study(tmp_path_factory.mktemp("one"), planned(SPENDING)).look(found)
    fixed = Estimate("ATE", "AIPW", found["estimate"], found["standard_error"], "", 200, degrees)
    low, high = fixed.interval(0.95)
    assert (claimed["ci_low"], claimed["ci_high"]) == pytest.approx((low, high), abs=1e-7)
    assert claimed["sequential_p"] == pytest.approx(fixed.p_value, abs=1e-6)
    assert claimed["crossed"] == (fixed.p_value <= 0.05)


def test_a_rerun_spends_nothing_and_claims_the_same(tmp_path: Path) -> None:
    """The same delivery with the same numbers is a rerun of its look, even when later looks came in between."""
    study = Study(tmp_path, planned(SPENDING))
    first, second = study.looks([(1.0, 30), (1.2, 60)])
    again = study.look(primary(1.0, 30), data="2025-01")
    assert [row["rerun_of"] for row in again["looks"]] == [None, None, 1]
    assert (again["boundary"], again["ci_low"]) == (first["boundary"], first["ci_low"])
    assert again["sequential_p"] == first["sequential_p"]
    third = study.look(primary(1.0, 90))
    other = Study(tmp_path / "other", planned(SPENDING))
    assert third["boundary"] == other.looks([(1.0, 30), (1.2, 60), (1.0, 90)])[-1]["boundary"]
    assert second["looks"][-1]["spent"] == third["looks"][1]["spent"]


def test_the_same_numbers_of_another_delivery_are_another_look(tmp_path: Path) -> None:
    """Without the same delivered files nothing is a rerun: information that did not rise keeps the boundary."""
    study = Study(tmp_path, planned(SPENDING))
    first = study.look(primary(1.0, 30))
    second = study.look(primary(1.0, 30))
    assert second["looks"][-1]["rerun_of"] is None
    assert second["looks"][-1]["kept"]
    assert second["boundary"] == first["boundary"]


def test_rejected_and_exploratory_looks_count(tmp_path: Path) -> None:
    """Whatever became of a run, its look has spent: the next one has less than it would have had alone."""
    study = Study(tmp_path, planned({**SPENDING, "function": "pocock"}))
    study.look(primary(2.0, 30), kind="rejected")
    study.look(primary(2.0, 45), kind="exploratory")
    last = study.look(primary(2.0, 60))
    alone = Study(tmp_path / "alone", planned({**SPENDING, "function": "pocock"})).look(primary(2.0, 60))
    assert last["boundary"] > alone["boundary"]
    assert [row["kind"] for row in last["looks"]] == ["rejected", "exploratory", "candidate"]


def test_information_that_fell_keeps_the_fraction(tmp_path: Path) -> None:
    """A corrected lock with less information keeps fraction, boundary and spent level, and the look after goes on."""
    study = Study(tmp_path, planned(SPENDING))
    found = study.looks([(1.0, 40), (1.0, 35), (1.0, 70)])
    rows = found[-1]["looks"]
    assert [row["kept"] for row in rows] == [False, True, False]
    assert rows[1]["spent"] == rows[0]["spent"]
    direct = looks(AlphaSpending(Spending("obrien-fleming"), 0.05), [0.4, 0.7])
    assert rows[2]["boundary"] == pytest.approx(direct[1].critical_value, abs=INTEGRATED)


def test_no_level_is_spent_before_enough_subjects(tmp_path: Path) -> None:
    """Before the first number of subjects nothing is claimed, and the whole level is left for later."""
    study = Study(tmp_path, planned(SPENDING, first_subjects=150, function="pocock"))
    held = study.look(primary(5.0, 20, n=100))
    assert (held["boundary"], held["ci_low"], held["ci_high"]) == ("inf", "-inf", "inf")
    assert (held["crossed"], held["sequential_p"], held["looks"][0]["spent"]) == (False, 1.0, 0.0)
    spoken = study.look(primary(1.0, 60, n=300))
    alone = looks(AlphaSpending(Spending("pocock"), 0.05), [0.6])[0]
    assert spoken["boundary"] == pytest.approx(alone.critical_value, abs=INTEGRATED)


def test_a_changed_design_keeps_what_was_spent(tmp_path: Path) -> None:
    """Looks of another design keep boundary and spent level, are named, and no level comes back."""
    study = Study(tmp_path, planned(SPENDING, function="pocock"))
    study.looks([(1.0, 30), (1.0, 50)])
    study.plan = planned(SPENDING)
    found = study.look(primary(1.0, 60))
    assert [row["other_design"] for row in found["looks"]] == [True, True, False]
    spent = [row["spent"] for row in found["looks"]]
    assert spent[1] > 0.02
    assert spent[2] == spent[1]
    assert found["boundary"] == "inf"
    study.plan = planned(SPENDING, alpha=0.05, maximum_information=50.0)
    last = study.look(primary(1.0, 70))
    assert last["looks"][-1]["spent"] == pytest.approx(0.05, abs=EXACT)
    assert 1.96 < last["boundary"] < 3


def test_more_spent_than_the_new_level_leaves_nothing(tmp_path: Path) -> None:
    """Where an earlier one-sided design spent more than today's level, no boundary is left, and nothing breaks."""
    wide = planned(SPENDING, function="pocock", sides=1, alpha=0.2, benefit="higher")
    study = Study(tmp_path, wide)
    study.look(primary(0.5, 80))
    study.plan = planned(SPENDING)
    assert study.look(primary(9.0, 90))["boundary"] == "inf"


def test_looks_of_an_old_record_have_the_boundary_that_the_design_would_have_given(tmp_path: Path) -> None:
    """A look of before there were designs is counted as if today's had applied; one without numbers is listed alone."""
    study = Study(tmp_path, planned(SPENDING))
    study.looks([(1.0, 40), (1.0, 50)])
    study.told = [replace(study.told[0], claim=None), replace(study.told[1], claim=None, seen=None)]
    found = study.look(primary(1.0, 70))
    rows = found["looks"]
    assert rows[0]["boundary"] == pytest.approx(
        looks(AlphaSpending(Spending("obrien-fleming"), 0.05), [0.4])[0].critical_value
    )
    assert (rows[1]["n"], rows[1]["boundary"], rows[1]["information"]) == (None, None, None)
    assert [row["other_design"] for row in found["looks"]] == [True, True, False]


def test_another_question_is_listed_and_has_no_part(tmp_path: Path) -> None:
    """Looks at another measure or unit are listed; their information is of another scale and enters no boundary."""
    study = Study(tmp_path, planned(SPENDING))
    study.look(primary(1.0, 40, unit="kg"))
    found = study.look(primary(1.0, 60))
    assert found["looks"][0]["boundary"] is None
    alone = Study(tmp_path / "alone", planned(SPENDING)).look(primary(1.0, 60))
    assert found["boundary"] == alone["boundary"]


def test_a_crossing_has_direction_and_stage_wise_estimate(tmp_path: Path) -> None:
    """At the first crossing the stage-wise numbers are the published ones; looks after it have none, and name it."""
    study = Study(tmp_path, planned(SPENDING))
    found = study.looks([(0.5, 20), (1.0, 45), (2.7, 70), (2.9, 80)])
    third = found[2]
    assert (third["crossed"], third["direction"], third["first_crossing"]) == (True, "above", 3)
    assert third["stage_wise"]["p_value"] == pytest.approx(2 * 0.003866, abs=2e-6)
    assert third["stage_wise"]["estimate"] == pytest.approx(3.2093 / 10, abs=LAST_PLACE)
    assert (third["stage_wise"]["ci_low"], third["stage_wise"]["ci_high"]) == pytest.approx(
        (0.08520, 0.55579), abs=1e-4
    )
    assert third["sequential_p"] <= 0.05
    assert (found[3]["stage_wise"], found[3]["first_crossing"]) == (None, 3)
    below = Study(tmp_path / "below", planned(SPENDING)).looks([(-0.5, 20), (-1.0, 45), (-2.7, 70)])[-1]
    assert below["direction"] == "below"
    assert below["stage_wise"]["estimate"] == pytest.approx(-third["stage_wise"]["estimate"], abs=INTEGRATED)


def test_a_sided_look_points_to_the_benefit(tmp_path: Path) -> None:
    """With one side the interval is bounded against the benefit alone, and only the benefit crosses."""
    plan = planned(SPENDING, sides=1, alpha=0.025, benefit="lower")
    claimed = Study(tmp_path, plan).look(primary(-3.0, 100))
    assert claimed["ci_low"] == "-inf"
    assert claimed["ci_high"] == pytest.approx(-0.3 + 0.1 * float(ndtri(0.975)), abs=EXACT)
    assert claimed["crossed"]
    assert claimed["stage_wise"]["estimate"] == pytest.approx(-0.3, abs=INTEGRATED)
    assert not Study(tmp_path / "harm", plan).look(primary(3.0, 100))["crossed"]


def test_harm_and_futility_have_bounds_of_their_own(tmp_path: Path) -> None:
    """Harm lies against the benefit and spends a level of its own; futility asks for the planned effect."""
    plan = planned(
        SPENDING,
        benefit="lower",
        harm={"alpha": 0.05, "function": "pocock"},
        futility={"beta": 0.1, "effect": 0.33, "function": "pocock"},
    )
    study = Study(tmp_path, plan)
    quiet = study.look(primary(-1.5, 50))
    assert (quiet["harm"]["crossed"], quiet["futility"]["crossed"]) == (False, False)
    assert quiet["harm"]["boundary"] > 0 > quiet["futility"]["boundary"]
    bad = study.look(primary(2.2, 70))
    assert (bad["harm"]["crossed"], bad["futility"]["crossed"], bad["crossed"]) == (True, True, False)
    assert bad["harm"]["spent"] < 0.05
    assert study.look(primary(0.0, 110))["futility"] is None


def test_a_confidence_sequence_speaks_from_its_first_subjects(tmp_path: Path) -> None:
    """Interval and p-value are those of the sequence at n; before the first n there are none."""
    study = Study(tmp_path, planned(SEQUENCE))
    held = study.look(primary(4.0, 10, n=49))
    assert (held["ci_low"], held["ci_high"], held["sequential_p"]) == ("-inf", "inf", 1.0)
    spoken = study.look(primary(4.0, 50, n=300))
    sequence = ConfidenceSequence(0.05, 300, 50)
    error = 50**-0.5
    assert (spoken["ci_low"], spoken["ci_high"]) == pytest.approx(
        sequence.interval(4 * error, error, 300), abs=EXACT
    )
    assert spoken["crossed"]
    assert spoken["looks"][1]["spent"] is None
    quiet = study.look(primary(0.1, 60, n=400))
    assert (quiet["crossed"], quiet["first_crossing"]) == (False, 2)
    assert quiet["sequential_p"] == spoken["sequential_p"]


def test_a_single_month_has_the_whole_level_once(tmp_path: Path) -> None:
    """The first look of the planned month is the fixed analysis; every other look is without control."""
    study = Study(tmp_path, planned({"method": "single", "month": "2025-02"}))
    asked = (("2025-01", "a"), ("2025-02", "b"), ("2025-02", "c"))
    found = [study.look(primary(2.5, 50), month=month, data=data) for month, data in asked]
    assert [one["controlled"] for one in found] == [False, True, False]
    assert found[0]["ci_low"] == "-inf"
    assert found[0]["sequential_p"] is None
    assert found[1]["ci_low"] == pytest.approx((2.5 - 1.959963985) / 50**0.5, abs=EXACT)
    assert found[1]["sequential_p"] == pytest.approx(0.0124193, abs=INTEGRATED)


def test_a_ratio_is_presented_on_its_own_scale(tmp_path: Path) -> None:
    """Of a ratio the limits are exponentiated: nothing claimed is 0 to infinity."""
    stored = planned(SPENDING, first_subjects=150).as_json()
    stored["estimand"]["measure"] = "risk ratio"
    study = Study(tmp_path, Protocol.model_validate(stored))
    ratio = {"scale": "logarithm", "measure": "risk ratio", "unit": "", "estimate": 1.5}
    held = study.look(primary(1.0, 50, n=100, **ratio))
    assert (held["ci_low"], held["ci_high"]) == (0.0, "inf")
    spoken = study.look(primary(1.0, 100, n=200, **ratio))
    assert spoken["ci_low"] == pytest.approx(1.5 * math.exp(-0.1 * spoken["boundary"]), abs=EXACT)
    assert spoken["looks"][-1]["estimate"] == pytest.approx(1.5, abs=EXACT)


def test_a_protocol_without_a_plan_makes_no_claim(tmp_path: Path) -> None:
    """An old protocol at today's code is told what to write."""
    old = planned(SPENDING).model_copy(update={"monitoring": None})
    with pytest.raises(ProtocolError, match="monitoring is missing; expected how the monthly looks"):
        monitored(FolderFiles(tmp_path), old, primary(1.0, 50))


def test_the_order_of_subjects_changes_no_claim(tmp_path: Path) -> None:
    """The same subjects in another order have the same look, to the rounding of sums."""
    plan, frame = planned(SPENDING), subjects(160)
    shuffled = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    one, other = (
        section(estimated(tmp_path / name, rows, plan)[0], "effect")["monitoring"]
        for name, rows in (("one", frame), ("other", shuffled))
    )
    for key in ("information", "z", "boundary", "ci_low", "ci_high", "sequential_p"):
        assert one[key] == pytest.approx(other[key], rel=EXACT)
    assert (one["crossed"], one["direction"]) == (other["crossed"], other["direction"]) == (True, "above")
