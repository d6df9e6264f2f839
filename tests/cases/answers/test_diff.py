"""diff: which parts count as changed, what is left to the environment, and when nothing is attributed."""

import math
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from medicore.cases.answers.diff import Difference, diff
from medicore.cli.diff import _show
from medicore.errors import ProtocolError
from medicore.records.identifiers import RunId
from medicore.records.results.difference import Change, ColumnChange
from medicore.stats.robustness.attribution import Contribution
from medicore.stats.verification import verify_effect
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.pair import FIRST, SECOND, PairedHouse, Primary, Recorded, finding, primary
from tests.whole_house.planned_studies import moved, moving
from tests.whole_house.prepared_study import MONTH, PreparedStudy

EXACT = 1e-12
"""Absolute, of sums of a few numbers near 1."""
CONFIRMED = 1e-6
"""How near two implementations of the effect come, in points; their tolerance is in standard errors of 0.4."""


def by_delivery(data: str, *_: str) -> Primary:
    """Return an effect of 2, to which the second delivery adds 1; protocol and code do nothing."""
    return primary(2.0 + (data == "delivery 2"))


def compared(house: PairedHouse, scratch: Path) -> Difference:
    """Return the difference of the house's two runs."""
    return diff(house, FIRST, SECOND, scratch)


def test_only_what_differs_is_recomputed(tmp_path: Path) -> None:
    """Two runs that differ in data alone need two computations, and data made the whole change."""
    second = Recorded(SECOND, data="delivery 2", effect=primary(3.0))
    house = PairedHouse(Recorded(FIRST), second, by_delivery)
    found = compared(house, tmp_path)
    assert (found.changed, len(house.laid_out)) == (("data",), 2)
    assert found.attribution is not None
    assert found.attribution.contributions == (Contribution(("data",), 1.0),)
    assert found.attribution.environment == 0.0


def test_libraries_are_a_part(tmp_path: Path) -> None:
    """Packages of another version are recomputed with, like data; here they take a quarter away and data add 1."""

    def effect(data: str, _: str, __: str, numpy: str) -> Primary:
        return primary(2.0 + (data == "delivery 2") - 0.25 * (numpy == "2.1"))

    second = Recorded(SECOND, data="delivery 2", libraries={"numpy": "2.1"}, effect=primary(2.75))
    found = compared(PairedHouse(Recorded(FIRST), second, effect), tmp_path)
    assert found.libraries == (Change("numpy", "changed", "2.0", "2.1"),)
    assert found.attribution is not None
    assert found.attribution.contributions == (
        Contribution(("data",), 1.0),
        Contribution(("libraries",), -0.25),
    )


def test_what_the_parts_do_not_explain_is_the_environment(tmp_path: Path) -> None:
    """Where the records differ by 1.25 and the data make 1, the other quarter is the environment's."""
    second = Recorded(SECOND, data="delivery 2", effect=primary(3.25))
    found = compared(PairedHouse(Recorded(FIRST), second, by_delivery), tmp_path)
    assert found.attribution is not None
    assert (found.attribution.recorded, found.attribution.environment) == (1.25, 0.25)
    assert found.attribution.contributions == (Contribution(("data",), 1.0),)


def test_a_default_of_the_code_is_no_change_of_the_protocol(tmp_path: Path) -> None:
    """A key that only the later code knows is listed, but the study's file is the same, and the code's part has it."""
    second = Recorded(SECOND, code="code 2", plan="{shift: 0}  # as before", resolved={"new": "default"})
    house = PairedHouse(Recorded(FIRST), second, lambda *parts: primary(2.0 + (parts[2] == "code 2")))
    found = compared(house, tmp_path)
    assert found.protocol == (Change("new", "added", None, "default"),)
    assert [change.name for change in found.code] == ["medicore/steps/effect.py"]
    assert found.changed == ("code",)
    assert found.attribution is not None
    assert found.attribution.contributions == (Contribution(("code",), 1.0),)


def test_subjects_are_counted(tmp_path: Path) -> None:
    """A subject added and a value filled are counted, by column."""
    second = Recorded(SECOND, subjects={"id": ["s1", "s2", "s3"], "age": [50.0, 60.0, 70.0]})
    subjects = compared(PairedHouse(Recorded(FIRST), second, by_delivery), tmp_path).subjects
    assert subjects is not None
    assert (subjects.before, subjects.after, subjects.added, subjects.removed) == (2, 3, 1, 0)
    assert subjects.values == (ColumnChange("age", altered=0, filled=1, emptied=0),)


def test_a_ratio_is_attributed_on_its_logarithm(tmp_path: Path) -> None:
    """Of a risk ratio that data double and code triples, the parts are the logarithms of 2 and 3."""

    def ratio(data: str, _: str, code: str, *__: str) -> Primary:
        estimate = (2.0 if data == "delivery 2" else 1.0) * (3.0 if code == "code 2" else 1.0)
        return primary(estimate, measure="risk ratio", scale="logarithm", unit="")

    first = Recorded(FIRST, effect=ratio("delivery 1", "", "code 1"))
    second = Recorded(SECOND, data="delivery 2", code="code 2", effect=ratio("delivery 2", "", "code 2"))
    found = compared(PairedHouse(first, second, ratio), tmp_path).attribution
    assert found is not None
    assert [one.value for one in found.contributions] == pytest.approx([math.log(2), math.log(3)], abs=EXACT)
    assert found.recorded == math.log(6)


def test_three_parts_share_what_they_do_together(tmp_path: Path) -> None:
    """Of 1.5^code (2 + data + 3·protocol), each of three parts has its mean over all six orders of change."""

    def effect(data: str, plan: str, code: str, *_: str) -> Primary:
        added = (data == "delivery 2") + 3.0 * (plan == "{shift: 1}")
        return primary((2.0 + added) * (1.5 if code == "code 2" else 1.0))

    second = Recorded(SECOND, data="delivery 2", plan="{shift: 1}", code="code 2", effect=primary(9.0))
    house = PairedHouse(Recorded(FIRST), second, effect)
    found = compared(house, tmp_path)
    assert (found.changed, len(house.laid_out)) == (("data", "protocol", "code"), 8)
    assert found.attribution is not None
    shares = {one.parts: one.value for one in found.attribution.contributions}
    # data and protocol by the mean factor of the code; half of the effect by what is there when the code comes
    truth = {("data",): 1.25, ("protocol",): 3.75, ("code",): 0.5 * (2.0 + 0.5 + 1.5)}
    assert shares == pytest.approx(truth, abs=EXACT)
    assert (found.attribution.recorded, found.attribution.environment) == (7.0, 0.0)


def test_measures_that_differ_are_not_attributed(tmp_path: Path) -> None:
    """Between a difference and a ratio there is no change; nothing is computed."""
    second = Recorded(SECOND, plan="{measure: ratio}", effect=primary(1.5, measure="risk ratio"))
    house = PairedHouse(Recorded(FIRST), second, by_delivery)
    found = compared(house, tmp_path)
    assert (found.attribution, house.laid_out) == (None, [])
    assert found.obstacle.startswith("the measure of the effect is 'difference of means' in one run")


def test_a_run_without_an_estimate_is_compared_all_the_same(tmp_path: Path) -> None:
    """Of a run that halted before its extract, protocol, code and libraries are still compared."""
    second = Recorded(SECOND, plan="{shift: 1}", resolved={"shift": 1}, effect=None, subjects=None)
    found = compared(PairedHouse(Recorded(FIRST), second, by_delivery), tmp_path)
    assert found.obstacle == f"{SECOND} ended before it had an estimate"
    assert (found.attribution, found.subjects, found.after.estimate) == (None, None, None)
    assert [change.name for change in found.protocol] == ["shift"]


def test_a_run_that_cannot_be_computed_again_is_named(tmp_path: Path) -> None:
    """Where one of the two runs itself does not come out any more, that is said and nothing is attributed."""
    second = Recorded(SECOND, data="delivery 2")
    broken = finding("check", "contract", overridable=False)
    house = PairedHouse(
        Recorded(FIRST),
        second,
        by_delivery,
        halts=lambda data, *_: {"check": broken} if data == "delivery 2" else {},
    )
    found = compared(house, tmp_path)
    assert found.attribution is None
    assert found.obstacle == f"{SECOND} cannot be computed again: contract at check"


def test_runs_of_two_studies(tmp_path: Path) -> None:
    """Runs of two studies are refused."""
    house = PairedHouse(Recorded(FIRST), Recorded(SECOND), by_delivery)
    with pytest.raises(ProtocolError, match="are runs of two studies"):
        diff(house, FIRST, RunId("TEST-OTHER", "2025-03", 1), tmp_path)


@pytest.fixture(scope="module")
def moved_house(tmp_path_factory: pytest.TempPathFactory) -> WholeHouse:
    """A house in which March has, after February, every treated outcome a point higher and another target."""
    whole = found_whole_house(tmp_path_factory.mktemp("diff"))
    for month, study in (
        ("2025-02", moving()),
        (MONTH, moved(1.0).planned("estimand.target", "ATT")),
    ):
        whole.prepare(study.planned("gates.estimate_change", 100.0), month=month)
        outcome = whole.run(study.study, month)
        assert outcome.state == "candidate", outcome.message
    return whole


@pytest.fixture(scope="module")
def difference(moved_house: WholeHouse, tmp_path_factory: pytest.TempPathFactory) -> Difference:
    """How the two months differ."""
    before, after = (RunId(moving().study, month, 1) for month in ("2025-02", MONTH))
    return diff(moved_house.house, before, after, tmp_path_factory.mktemp("scratch"))


def test_every_part_has_its_known_share(difference: Difference) -> None:
    """Of effect + shift·data + (ATT − ATE)·protocol, data and protocol have their shares, and they are the whole change."""
    found = difference
    everybody, treated = (second_effect(moving(), target) for target in ("ATE", "ATT"))
    assert found.changed == ("data", "protocol")
    assert found.attribution is not None
    shares = {one.parts: one.value for one in found.attribution.contributions}
    assert shares[("data",)] == pytest.approx(1.0, abs=CONFIRMED)
    assert shares[("protocol",)] == pytest.approx(treated - everybody, abs=CONFIRMED)
    assert abs(treated - everybody) > 1000 * CONFIRMED
    assert (found.before.estimate, found.after.estimate) == tuple(
        one.estimate for one in found.attribution.recomputed if one.later in {(), ("data", "protocol")}
    )
    change = found.after.estimate - found.before.estimate  # type: ignore[operator]
    assert (found.attribution.recorded, found.attribution.environment) == (change, 0.0)
    assert [(one.name, one.before, one.after) for one in found.protocol] == [
        ("estimand.target", "ATE", "ATT")
    ]


def test_what_differs_is_counted_without_a_patients_value(
    moved_house: WholeHouse, difference: Difference
) -> None:
    """Subjects and values are counted by column, and no identifier or value of a patient is in the answer or progress."""
    found = difference
    assert found.subjects is not None
    assert (found.subjects.before, found.subjects.after, found.subjects.changed) == (
        300,
        300,
        moving().active.sum(),
    )
    assert [(one.column, one.altered) for one in found.subjects.values] == [("change", moving().active.sum())]
    written = f"{found} {moved_house.told}"
    assert moving().told_in(written) + moved(1.0).told_in(written) == []


def test_parts_that_cannot_be_told_apart_are_joined(
    moved_house: WholeHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A covariate that only one month's data have joins data and protocol; the text says so, and why."""
    study = moved(1.0).planned("estimand.target", "ATT").planned("gates.estimate_change", 100.0)
    moved_house.prepare(with_height(study), month="2025-04")
    assert moved_house.run(study.study, "2025-04").state == "candidate"
    before, after = (RunId(study.study, month, 1) for month in (MONTH, "2025-04"))
    found = diff(moved_house.house, before, after, tmp_path)
    _show(found)
    text = capsys.readouterr().out
    change = found.after.estimate - found.before.estimate  # type: ignore[operator]
    assert f"{change:+.4f}" != f"{0:+.4f}"
    for name, value in (
        ("data + protocol", change),
        ("environment", 0.0),
        ("together", change),
    ):
        figures = [f"{value:+.4f}", f"{value / found.after.standard_error:+.2f}"]  # type: ignore[operator]
        assert [*name.split(), *figures] in [line.split() for line in text.splitlines()]
    for said in (
        "300 subjects, then 300: 0 added, 0 removed, 0 with another value",
        "columns added: height",
        "covariates[height] added",
        "code       the same",
        "libraries  the same",
        "Column height is in the export but not in the data contract.",
        "Column height of the data contract is not in the export.",
        "data and protocol share one number",
        "Shapley",
    ):
        assert said in text


def with_height(study: PreparedStudy) -> PreparedStudy:
    """Return the study with the height of its subjects, measured, in the contract and in both models."""
    plan = study.protocol
    height = np.random.default_rng(7).normal(170, 9, len(study.texts["age"]))
    for place, entry in (
        ("contract.columns", {"name": "height", "type": "number", "timing": "baseline", "unit": "cm"}),
        ("covariates", {"column": "height", "label": "Height"}),
        ("models.propensity", "height"),
        ("models.outcome", "height"),
    ):
        *parts, last = place.split(".")
        study = study.planned(place, [*(plan[parts[0]] if parts else plan)[last], entry])
    return study.column("height", height.tolist())


def second_effect(study: PreparedStudy, target: Literal["ATE", "ATT"]) -> float:
    """Return the effect in a population by the second implementation, which no step of diff uses."""
    columns = [study.numbers(name) for name in ("age", "bmi", "severity")]
    columns.append(np.array(study.texts["smoker"]) == "current")
    columns += [np.array(study.texts["region"]) == region for region in ("north", "south")]
    x = np.column_stack(columns).astype(np.float64)
    return verify_effect(x, x, study.active, study.numbers("change"), target=target).value
