"""Counted harms: everybody in a compared arm counts, counts are held against what was expected, and a signal stands."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.errors import DataError
from medicore.records.canonical import document
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.looks import LOOKS, SeenLook, looks_document
from medicore.records.results.results import document_section
from medicore.stats.monitoring import surveillance
from medicore.stats.monitoring.maxsprt_binomial import binomial_critical_value, binomial_ratio
from medicore.stats.monitoring.maxsprt_poisson import poisson_critical_value, poisson_ratio
from medicore.steps.effect import effect
from medicore.steps.looks.harms import NO_EXPOSURE, NO_SIGNAL, counted_harms
from medicore.stores.files import FolderFiles
from tests.steps.analysed_trial import estimated, protocol, section, subjects, weighed
from tests.steps.looks.seen_looks import SEQUENCE
from tests.steps.test_effect import separated_outcome

BINOMIAL: dict[str, Any] = {
    "name": "fall", "label": "Fall", "kind": "binomial", "events": "falls", "alpha": 0.05, "upper_limit": 40,
}  # fmt: skip
POISSON: dict[str, Any] = {
    **BINOMIAL, "name": "bleeding", "kind": "poisson", "exposure": "years", "rate": 0.05, "upper_limit": 20,
}  # fmt: skip
FRAME = subjects(100)
ACTIVE = (FRAME["arm"] == "active").to_numpy(dtype=bool)


def planned(*harms: dict[str, Any]) -> Protocol:
    """Return the small study's protocol with these harms."""
    stored = protocol().as_json()
    stored["contract"]["columns"] += [
        {"name": "falls", "type": "integer", "timing": "follow-up", "minimum": 0, "locked": False},
        {"name": "years", "type": "number", "timing": "follow-up", "minimum": 0, "unit": "years", "locked": False},
    ]  # fmt: skip
    return protocol(
        contract=stored["contract"], monitoring={**SEQUENCE, "action": "none", "harms": list(harms)}
    )


def extract(treated: int, control: int, years: float = 2.0, frame: pd.DataFrame = FRAME) -> pd.DataFrame:
    """Return subjects of whom so many in each arm fell once, each with the same time at risk."""
    falls = np.zeros(len(frame), dtype=np.int64)
    active = (frame["arm"] == "active").to_numpy(dtype=bool)
    falls[np.flatnonzero(active)[:treated]] = 1
    falls[np.flatnonzero(~active)[:control]] = 1
    return frame.assign(falls=pd.array(falls, dtype="Int64"), years=np.full(len(frame), years))


class Counting:
    """A study whose harms are counted again and again, each time with the looks that the ledger tells by then."""

    def __init__(self, folder: Path, plan: Protocol) -> None:
        self.folder, self.plan = folder, plan
        self.told: list[SeenLook] = []

    def look(self, frame: pd.DataFrame, kind: str = "sealed") -> list[dict[str, Any]]:
        """Return the section of a look; the ledger tells of it from then on, as of a run that ended so."""
        number = len(self.told) + 1
        files = FolderFiles(self.folder / str(number))
        files.write_table("extract.parquet", frame)
        month = f"2025-{number:02d}"
        run = f"TEST-STEPS/{month}/1"
        files.write(LOOKS, document(looks_document(run, month, "candidate", self.told)))
        rows, seen = counted_harms(files, self.plan)
        look = SeenLook(run, month, "candidate", "", None, harms=seen)
        stored = document_section("event", json.loads(json.dumps(look.details())))
        self.told.append(SeenLook.of(stored, run=run, kind=kind))
        return rows


def test_a_binomial_harm_is_compared_by_the_arms_sizes(tmp_path: Path) -> None:
    """Counts, expectation, ratio and critical value are those of the formula with the ratio of subjects."""
    (row,) = Counting(tmp_path, planned(BINOMIAL)).look(extract(7, 2))
    n1, n0 = int(ACTIVE.sum()), int((~ACTIVE).sum())
    assert row["arms"] == {
        "treated": {"subjects": n1, "events": 7, "exposure": float(n1)},
        "control": {"subjects": n0, "events": 2, "exposure": float(n0)},
    }
    assert row["expected"] == pytest.approx(9 * n1 / 100)
    assert row["log_likelihood_ratio"] == binomial_ratio(7, 9, n0 / n1)
    assert row["critical_value"] == binomial_critical_value(40, n0 / n1, 0.05).value
    assert 0 < row["level_spent"] < row["type_one_error"] <= 0.05
    assert (row["signal"], row["first_signal"], row["untested"], row["ended"]) == (False, None, None, False)
    second = row["verification"]
    assert second["critical_value"] == pytest.approx(row["critical_value"], abs=1e-9)
    assert second["level_spent"] == pytest.approx(row["level_spent"], abs=1e-9)
    assert (second["difference"] < 1e-9, second["level_difference"] < 1e-9) == (True, True)


def test_a_binomial_harm_may_be_compared_by_time(tmp_path: Path) -> None:
    """With a column of exposure the sums of the arms' times are the ratio, whatever their numbers."""
    frame = extract(7, 2)
    frame["years"] = np.where(ACTIVE, 1.0, 3.0)
    (row,) = Counting(tmp_path, planned({**BINOMIAL, "exposure": "years"})).look(frame)
    ratio = 3 * int((~ACTIVE).sum()) / int(ACTIVE.sum())
    assert row["log_likelihood_ratio"] == pytest.approx(binomial_ratio(7, 9, ratio))
    assert row["arms"]["control"]["exposure"] == 3.0 * (~ACTIVE).sum()


def test_a_poisson_harm_is_compared_with_the_background(tmp_path: Path) -> None:
    """The treated alone are tested, against rate · exposure; several events of one subject all count."""
    frame = extract(7, 30)
    frame.loc[np.flatnonzero(ACTIVE)[0], "falls"] = 4
    (row,) = Counting(tmp_path, planned(POISSON)).look(frame)
    expected = 0.05 * 2.0 * int(ACTIVE.sum())
    assert row["expected"] == pytest.approx(expected)
    assert row["log_likelihood_ratio"] == pytest.approx(poisson_ratio(10, expected))
    assert row["critical_value"] == poisson_critical_value(20.0, 0.05).value
    assert (row["arms"]["treated"]["events"], row["arms"]["control"]["events"]) == (10, 30)


def test_everybody_in_a_compared_arm_counts(tmp_path: Path) -> None:
    """Who is not eligible or has no outcome counts; who has another arm or none does not."""
    frame = extract(0, 0)
    place = np.flatnonzero(ACTIVE)
    for index in place[:4]:
        frame.loc[index, "falls"] = 1
    frame.loc[place[0], "age"] = 12
    frame.loc[place[1], "change"] = np.nan
    frame.loc[place[2], "arm"] = "other"
    frame.loc[place[3], "arm"] = None
    (row,) = Counting(tmp_path, planned(BINOMIAL)).look(frame)
    assert row["arms"]["treated"] == {
        "subjects": ACTIVE.sum() - 2, "events": 2, "exposure": float(ACTIVE.sum() - 2),
    }  # fmt: skip


def test_a_signal_stands(tmp_path: Path) -> None:
    """Where the counts fall after a signal, this look signals no harm, and the first signal stays what it was."""
    study = Counting(tmp_path, planned(BINOMIAL, POISSON))
    quiet, loud, fallen = (study.look(extract(treated, 1)) for treated in (3, 25, 3))
    assert [row["first_signal"] for row in quiet] == [None, None]
    assert [(row["signal"], row["first_signal"]) for row in loud] == [(True, 2), (True, 2)]
    assert [(row["signal"], row["first_signal"]) for row in fallen] == [(False, 2), (False, 2)]
    told = fallen[0]["looks"]
    assert [(look["number"], look["treated"], look["signal"]) for look in told] == [
        (1, 3, False), (2, 25, True), (3, 3, False),
    ]  # fmt: skip
    assert [look["kind"] for look in told] == ["sealed", "sealed", "candidate"]
    assert fallen[0]["level_spent"] == loud[0]["level_spent"] > quiet[0]["level_spent"]


def test_a_harm_is_followed_by_its_name(tmp_path: Path) -> None:
    """Another design keeps the looks and the signal and tells of the design; another name starts again."""
    study = Counting(tmp_path, planned(BINOMIAL, POISSON))
    study.look(extract(25, 1))
    study.plan = planned({**BINOMIAL, "alpha": 0.01}, {**POISSON, "alpha": 0.01})
    for row in study.look(extract(3, 1)):
        assert [look["other_design"] for look in row["looks"]] == [True, False]
        assert (row["first_signal"], row["level_spent"]) == (1, None)
    study.plan = planned({**BINOMIAL, "name": "other"})
    (other,) = study.look(extract(9, 3))
    assert ([look["number"] for look in other["looks"]], other["first_signal"]) == ([3], None)
    assert other["level_spent"] > 0


def test_an_exploratory_signal_stands_with_todays_design_alone(tmp_path: Path) -> None:
    """A generous level that somebody tried gives no signal that stands; the declared one does, exploratory or not."""
    for alpha, first in ((0.4, None), (0.05, 1)):
        study = Counting(tmp_path / str(alpha), planned({**POISSON, "alpha": alpha}))
        assert study.look(extract(25, 1), kind="exploratory")[0]["signal"]
        study.plan = planned(POISSON)
        (row,) = study.look(extract(3, 1))
        assert (row["looks"][0]["signal"], row["first_signal"]) == (True, first)


def test_the_level_of_another_ratio_is_not_known(tmp_path: Path) -> None:
    """Where the arms' ratio of exposure changed since an earlier look, the level spent so far is not told."""
    study = Counting(tmp_path, planned(BINOMIAL, POISSON))
    study.look(extract(3, 1))
    binomial, poisson = study.look(extract(3, 1, frame=FRAME.iloc[:-9]))
    assert binomial["level_spent"] is None
    assert binomial["critical_value"] is not None
    assert poisson["level_spent"] == pytest.approx(study.look(extract(3, 1))[1]["level_spent"])


def test_what_cannot_be_tested_says_why(tmp_path: Path) -> None:
    """Without exposure nothing is compared; where no signal is possible the ratio has no critical value."""
    no_time = {**BINOMIAL, "exposure": "years"}
    short = {**BINOMIAL, "name": "short", "upper_limit": 3}
    study = Counting(tmp_path, planned(no_time, POISSON, short))
    compared, background, few = study.look(extract(3, 1, years=0.0))
    for row in (compared, background):
        assert (row["untested"], row["verification"]) == (NO_EXPOSURE, None)
        assert (row["log_likelihood_ratio"], row["critical_value"], row["signal"]) == (None, None, False)
    assert (few["untested"], few["critical_value"]) == (NO_SIGNAL, None)
    assert few["log_likelihood_ratio"] > 0
    assert few["verification"]["critical_value"] is None
    compared, background, _ = study.look(extract(0, 1, years=0.0))
    assert compared["untested"] == NO_EXPOSURE
    assert (background["untested"], background["log_likelihood_ratio"]) == (None, 0.0)


@pytest.mark.parametrize("column", ["falls", "years"])
def test_a_missing_count_is_no_zero(tmp_path: Path, column: str) -> None:
    """A subject of a compared arm without a count or exposure stops the count, by column and number."""
    frame = extract(3, 1)
    frame.loc[:1, column] = pd.NA if column == "falls" else np.nan
    with pytest.raises(DataError, match=f"column '{column}' of the harm 'bleeding' is missing for 2 subject"):
        Counting(tmp_path, planned(POISSON)).look(frame)


def test_the_effect_step_tells_harms_in_section_and_look(tmp_path: Path) -> None:
    """Without a declared harm the section is empty and the look is that of before; with one both tell it."""
    files, findings = estimated(tmp_path / "without", extract(3, 1, frame=subjects()), planned())
    assert findings == ()
    assert section(files, "effect")["harms"] == []
    assert "harms" not in section(files, "effect")["look"]
    frame = extract(3, 1, frame=subjects())
    files, findings = estimated(tmp_path / "with", frame, planned(BINOMIAL))
    told = section(files, "effect")
    assert findings == ()
    assert told["harms"][0]["looks"][0]["treated"] == told["look"]["harms"][0]["treated"] == 3
    assert told["look"]["seen"] is not None
    loud = extract(25, 1, frame=subjects())
    files.write_table("extract.parquet", loud)
    (finding,) = effect(files, planned(BINOMIAL))
    assert (finding.gate, finding.subject, finding.overridable) == ("monitoring", "harm fall", True)


def test_harms_are_counted_where_no_estimate_follows(tmp_path: Path) -> None:
    """A run that stops before its estimate tells its harms all the same, to the board and as a look without numbers."""
    plan, frame = separated_outcome()
    stored = plan.as_json()
    with_harms = planned(BINOMIAL).as_json()
    stored["contract"]["columns"] += with_harms["contract"]["columns"][-2:]
    stored["monitoring"] = with_harms["monitoring"]
    files, _ = weighed(tmp_path, extract(25, 1, frame=frame), Protocol.model_validate(stored))
    findings = effect(files, Protocol.model_validate(stored))
    assert {finding.subject for finding in findings if finding.gate == "monitoring"} == {"harm fall"}
    told = section(files, "effect")
    assert (told["primary"], told["harms"][0]["first_signal"]) == (None, 1)
    look = SeenLook.of(
        document_section("event", {**told["look"], "month": "2025-01"}), run="A/2025-01/1", kind="halted"
    )
    assert (look.seen, look.claim, look.harms[0].treated) == (None, None, 25)


def test_a_critical_value_that_is_wrong_ends_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is a thousandth too large is a finding of double programming, which nothing overrides (FAULTS 62)."""
    right = surveillance.binomial_critical_value

    def wrong(*given: Any) -> Any:
        found = right(*given)
        return replace(found, value=found.value + 1e-3)

    monkeypatch.setattr(surveillance, "binomial_critical_value", wrong)
    plan = planned({**BINOMIAL, "action": "none"})
    _, findings = estimated(tmp_path, extract(3, 1, frame=subjects()), plan)
    (ratio, *_) = [finding for finding in findings if finding.gate == "double programming of looks"]
    assert (ratio.subject, ratio.overridable) == ("harm fall, ratio", False)
    assert float(ratio.statistic) > float(ratio.threshold) == 1e-6
