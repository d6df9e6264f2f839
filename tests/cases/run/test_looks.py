"""looks: every run whose comparative result somebody could see is a look, and the ledger tells them all."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from medicore.cases.run.looks import looks_before
from medicore.cases.run.seal import read_results
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import LOOK
from medicore.records.ledger.ledger import LedgerEvent
from tests.whole_house.house import WholeHouse
from tests.whole_house.looked_study import LOOKED, YEAR, by_month, looked
from tests.whole_house.prepared_study import MONTH, PreparedStudy
from tests.whole_house.study import BROKEN, FAILING, SOUND, SOUND_RUN, WAITING, sound

EXACT = 1e-12
CROSSING = 6
"""The place in the year of the month that crosses."""


class Old:
    """A ledger whose events are an older version's: they tell of no look."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger

    def head(self) -> tuple[int, str]:
        """Return the last event's number and digest."""
        sequence, digest = self._ledger.head()
        return sequence, digest

    def events(self, **asked: Any) -> Iterable[LedgerEvent]:
        """Return the events without what they tell of looks."""
        for event in self._ledger.events(**asked):
            kept = {key: value for key, value in event.details.items() if key != LOOK}
            yield replace(event, details=kept)


def before(whole: WholeHouse, study: str, month: str = "2025-04") -> list[dict[str, Any]]:
    """Return the looks before a run that is not there yet."""
    return list(looks_before(whole.house, RunId(study, month, 9), exploratory=False)["earlier"])


def monitoring(whole: WholeHouse, run: str) -> dict[str, Any]:
    """Return the section of a run's results."""
    found = RunId.parse(run)
    return dict(read_results(whole.house, found, whole.history(run).sealed_commit).document["monitoring"])


def test_what_stopped_before_its_estimate_was_no_look(month: WholeHouse) -> None:
    """A run that halted at its check or failed before effect was seen by nobody; one that halted at effect was."""
    assert before(month, BROKEN) == before(month, FAILING) == []
    (halted,) = before(month, WAITING)
    assert (halted["kind"], halted["run"]) == ("halted", f"{WAITING}/{MONTH}/1")
    (sealed,) = before(month, SOUND)
    assert (sealed["kind"], sealed["seen"]["n"]) == ("sealed", 299)
    assert looks_before(month.house, RunId.parse(SOUND_RUN), exploratory=True)["earlier"] == []


def test_a_rejected_run_was_seen(month: WholeHouse) -> None:
    """Rejection takes no look back."""
    month.sign(SOUND_RUN, "reject")
    month.follow(SOUND_RUN)
    (look,) = before(month, SOUND)
    assert look["kind"] == "rejected"
    assert look["seen"] is not None


def test_a_rerun_of_the_same_lock_spends_nothing(month: WholeHouse) -> None:
    """The month run again on the same delivery is listed as a rerun of its look, and claims the same."""
    again = month.run(SOUND).run
    first, second = (monitoring(month, run) for run in (SOUND_RUN, again))
    assert [row["rerun_of"] for row in second["looks"]] == [None, 1]
    assert (first["ci_low"], first["ci_high"]) == (second["ci_low"], second["ci_high"])


def test_an_exploratory_run_tells_its_numbers_in_the_ledger(month: WholeHouse) -> None:
    """What has no record is a look all the same: its numbers come from its event alone."""
    other = sound().planned("models.outcome", ["age"])
    other.write_protocol(month)  # type: ignore[arg-type] # a house has the folders of a project
    explored = month.run(SOUND, exploratory=True).run
    told = before(month, SOUND)
    assert [look["kind"] for look in told] == ["sealed", "exploratory"]
    assert told[1]["run"] == explored
    assert told[1]["seen"]["estimate"] != told[0]["seen"]["estimate"]
    assert told[1]["lock"] == told[0]["lock"]


def test_records_of_before_are_counted_from_what_is_sealed(month: WholeHouse) -> None:
    """Events that tell of no look are read from the sealed record, halted ones too; an exploratory run stays unknown."""
    month.run(SOUND, exploratory=True)
    new = {study: before(month, study) for study in (SOUND, WAITING, FAILING)}
    month.house = replace(month.house, ledger=Old(month.house.ledger))  # type: ignore[arg-type] # it is read alone
    old = {study: before(month, study) for study in (SOUND, WAITING, FAILING)}
    for study in (SOUND, WAITING):
        assert old[study][0]["claim"] is None
        assert old[study][0]["lock"] == new[study][0]["lock"]
        told, recorded = new[study][0]["seen"], old[study][0]["seen"]
        assert told["digest"] == recorded["digest"]
        assert told["information"] == pytest.approx(recorded["information"], rel=EXACT)
    assert (old[SOUND][1]["kind"], old[SOUND][1]["seen"]) == ("exploratory", None)
    assert old[FAILING] == []


def test_a_year_of_looks(founded: WholeHouse) -> None:
    """Twelve months: the seventh look crosses and is a finding; an exploratory run counts; a rerun spends nothing."""
    study = looked()
    study.write_protocol(founded)  # type: ignore[arg-type] # a house has the folders of a project
    founded.commit("The plan of the year")
    crossing, ended = f"{LOOKED}/{YEAR[CROSSING]}/1", {}
    for month in YEAR:
        by_month(study, month).deliver(founded, month)  # type: ignore[arg-type]
        if month == YEAR[CROSSING + 2]:
            explored = _explore(founded, study, month)
        ended[month] = founded.run(LOOKED, month)
    states = [one.state for one in ended.values()]
    assert states[: CROSSING + 1] == ["candidate"] * CROSSING + ["halted"]
    (finding,) = ended[YEAR[CROSSING]].findings
    assert (finding.gate, finding.subject) == ("monitoring", "boundary of alpha spending")
    assert founded.proceed(crossing).state == "candidate"
    found = monitoring(founded, crossing)
    assert (found["number"], found["crossed"], found["first_crossing"]) == (7, True, 7)
    assert found["stage_wise"]["ci_low"] > 0
    rerun = founded.run(LOOKED, YEAR[CROSSING])
    assert rerun.state == "candidate"  # the board has decided on this look
    _is_the_year(monitoring(founded, rerun.run), explored)


def _explore(whole: WholeHouse, study: PreparedStudy, month: str) -> str:
    """Return an exploratory run of the month, by outcome models that are not committed."""
    study.planned("models.outcome", ["age", "bmi", "severity", "region"]).write_protocol(whole)  # type: ignore[arg-type]
    explored = whole.run(LOOKED, month, exploratory=True).run
    study.write_protocol(whole)  # type: ignore[arg-type]
    return explored


def _is_the_year(found: dict[str, Any], explored: str) -> None:
    """Assert that the looks of the year are all there, in the ledger's order, with what each spent."""
    rows = found["looks"]
    assert len(rows) == len(YEAR) + 2
    assert [row["run"] for row in rows if row["kind"] == "exploratory"] == [explored]
    assert rows[CROSSING + 2]["run"] == explored
    assert [row["rerun_of"] for row in rows] == [None] * 13 + [7]
    spent = [row["spent"] for row in rows[:-1]]
    assert spent == sorted(spent)
    assert spent[CROSSING + 2] > spent[CROSSING + 1]
    assert rows[-1]["spent"] == rows[CROSSING]["spent"]
    assert (rows[-1]["boundary"], found["first_crossing"]) == (rows[CROSSING]["boundary"], 7)
