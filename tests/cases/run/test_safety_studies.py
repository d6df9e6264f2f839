"""A study with adverse events runs from two delivered files to the sealed record; its tables are right, traced and kept."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.answers.explain import explain
from medicore.cases.answers.subject_row import locate
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.cases.run.stored import read_document, read_provenance, stored_file
from medicore.records.identifiers import RunId
from medicore.records.protocol.parsing import parse_recorded
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.origin import matching
from medicore.records.results.paths import leaves_of
from medicore.records.results.result_tables import result_tables
from medicore.records.results.trace import ORIGINS
from tests.whole_house.analysed_study import Analysed
from tests.whole_house.analysed_study import analysed as run_study
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.safety_study import DAYS_AFTER, FILE, PRURITUS, SafetyStudy, safe
from tests.whole_house.timed_study import timed

EXACT = 1e-9
UNTIL = date(2025, 3, 31)


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The month of the study, which waits for its approval."""
    return run_study(tmp_path_factory.mktemp("safety") / "house", safe())


class Counted:
    """The events of one arm, counted subject by subject from the texts of the two files."""

    def __init__(self, study: SafetyStudy, *, active: bool) -> None:
        self.days: dict[str, int] = {}
        self.first: dict[str, date] = {}
        texts = study.texts
        for place, subject in enumerate(texts["subject_id"]):
            begins, ends = texts["first_dose"][place], texts["last_dose"][place]
            if (texts["arm"][place] == "active") is not active or not begins:
                continue
            end = min(UNTIL, date.fromisoformat(ends) + timedelta(days=DAYS_AFTER)) if ends else UNTIL
            self.first[subject] = date.fromisoformat(begins)
            self.days[subject] = (end - self.first[subject]).days + 1
        self.events = [row for row in study.events if self.day(row) is not None]

    def day(self, row: tuple[str, ...]) -> int | None:
        """Return the day of an event, None where its subject is not at risk on it."""
        if row[0] not in self.first:
            return None
        day = (date.fromisoformat(row[4]) - self.first[row[0]]).days + 1
        return day if 1 <= day <= self.days[row[0]] else None

    def of(self, **having: str) -> dict[str, float]:
        """Return subjects, events and rates of the events with these texts."""
        places = {"term": 2, "organ": 3, "serious": 5, "severity": 6}
        chosen = [row for row in self.events if all(row[places[key]] == text for key, text in having.items())]
        until = dict(self.days)
        for row in chosen:
            until[row[0]] = min(until[row[0]], self.day(row) or 0)
        subjects, years = len({row[0] for row in chosen}), sum(until.values()) / 365.25
        return {
            "subjects": subjects,
            "share": subjects / len(self.days),
            "events": len(chosen),
            "years": years,
            "incidence_rate": 100 * subjects / years,
            "event_rate": 100 * len(chosen) / (sum(self.days.values()) / 365.25),
        }


def counted_again(found: Analysed, row: dict[str, Any], **having: str) -> None:
    """Assert that both arms of a row are what the loop over subjects counts."""
    for arm, active in (("treated", True), ("control", False)):
        own = Counted(found.study, active=active).of(**having)
        assert {key: row["arms"][arm][key] for key in own} == pytest.approx(own, abs=EXACT)


def test_the_overview_is_counted_again(analysed: Analysed) -> None:
    """Any event, serious ones and each severity are those of a loop over the delivered texts."""
    any_event, serious, *severities = analysed.results["safety"]["summary"]
    counted_again(analysed, any_event)
    counted_again(analysed, serious, serious="Y")
    for row in severities:
        counted_again(analysed, row, severity=row["name"].removeprefix("Severity: "))
    assert len(severities) == 3


def test_every_class_and_term_is_counted_again(analysed: Analysed) -> None:
    """Each row is that of the loop; classes and terms come in falling order of their subjects."""
    classes = analysed.results["safety"]["classes"]
    for organ in classes:
        counted_again(analysed, organ, organ=organ["name"])
        for term in organ["terms"]:
            counted_again(analysed, term, organ=organ["name"], term=term["name"])
        assert _falling(organ["terms"])
    assert _falling(classes)
    assert {term["name"] for organ in classes for term in organ["terms"]} == {
        row[2] for row in analysed.study.events
    }


def _falling(rows: list[dict[str, Any]]) -> bool:
    sizes = [sum(arm["subjects"] for arm in row["arms"].values()) for row in rows]
    return sizes == sorted(sizes, reverse=True)


def test_every_event_is_told_of(analysed: Analysed) -> None:
    """Counted events, those outside the time at risk and those of others are all that were delivered."""
    section = analysed.results["safety"]
    told = section["events"]
    assert (
        told["selected"]
        == len(analysed.study.events)
        == told["counted"] + told["outside"] + told["elsewhere"]
    )
    assert told["outside"] > 0
    assert sum(arm["without"] for arm in section["arms"].values()) == analysed.study.texts[
        "first_dose"
    ].count("")
    data = analysed.results["data"]
    assert data["adverse_events"]["rows"] == len(analysed.study.events)
    assert FILE in {file["name"] for file in data["files"]}


def test_maxsprt_counts_the_declared_terms(analysed: Analysed) -> None:
    """The harm of a term has the events and the years at risk of the safety tables, and a test of the ratio."""
    (harm,) = analysed.results["harms"]
    skin = analysed.results["safety"]["classes"][0]["terms"][0]
    assert skin["name"] == "Pruritus"
    for arm, found in harm["arms"].items():
        assert found["events"] == skin["arms"][arm]["events"]
        assert found["exposure"] == analysed.results["safety"]["arms"][arm]["years"]
    assert harm["log_likelihood_ratio"] > harm["critical_value"]
    assert harm["first_signal"] == 1


def test_the_second_file_is_frozen_proved_and_reproduced(analysed: Analysed, tmp_path: Path) -> None:
    """Its digest is in the provenance, the record verifies, and the same bytes come out again."""
    house = analysed.house.house
    provenance = read_provenance(house, analysed.run, sealed_commit(house, analysed.run))
    assert f"lock/raw/{FILE}" in {file["name"] for file in provenance["files"]}
    assert all(check.passed for check in verify(house, analysed.run))
    assert all(one.identical for one in reproduce(house, analysed.run, tmp_path / "again").files)


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("safety.classes.0.terms.0.arms.treated.incidence_rate", "incidence"),
        ("safety.summary.0.risk_difference.ci_low", "risk_differences"),
        ("safety.arms.control.years", "at_risk"),
        ("data.adverse_events.selected", "cast_events"),
    ],
)
def test_a_number_is_explained(analysed: Analysed, tmp_path: Path, path: str, function: str) -> None:
    """A number is traced to its function and files, and comes out again."""
    told = explain(analysed.house.house, analysed.run, path, tmp_path / "scratch")
    assert told.value == told.recomputed
    assert told.origin.function.endswith(f":{function}")
    assert f"lock/raw/{FILE}" in told.inputs
    assert told.protocol["safety"]["at_risk"]["days_after"] == DAYS_AFTER


def test_every_number_has_an_origin_a_row_and_an_analysis(analysed: Analysed) -> None:
    """Trace, tables and reporting event hold the numbers of the safety part, and none names a subject."""
    for path, _ in leaves_of(analysed.results["safety"], "safety"):
        assert matching(ORIGINS, path).function
    tables = result_tables(analysed.results)
    assert {"14.3.1_adverse_events.csv", "14.3.2_by_class_and_term.csv"} <= set(tables)
    protocol = read_document(
        analysed.house.house, analysed.run, sealed_commit(analysed.house.house, analysed.run), "protocol.json"
    )
    event = reporting_event(str(analysed.run), analysed.results, protocol)
    (by_term,) = (one for one in event["analyses"] if one["name"] == "Adverse events by class and term")
    assert by_term["analysisSetId"] in {one["id"] for one in event["analysisSets"]}
    rates = {found["rawValue"] for found in by_term["results"]}
    assert (
        repr(analysed.results["safety"]["classes"][0]["terms"][0]["arms"]["treated"]["incidence_rate"])
        in rates
    )
    written = str(analysed.results) + str(tables) + str(event)
    assert not any(subject in written for subject in analysed.study.texts["subject_id"])


def test_a_subject_is_found_in_the_file_of_subjects(analysed: Analysed) -> None:
    """The second file does not hide in which row of the first a patient was delivered."""
    house, run = analysed.house.house, analysed.run
    commit = sealed_commit(house, run)
    protocol = parse_recorded(json.dumps(read_document(house, run, commit, "protocol.json")), str(run))
    row = locate(
        lambda name: stored_file(house, run, commit, name), protocol, analysed.study.texts["subject_id"][4]
    )
    assert row is not None
    assert (row.place.file, row.place.number) == ("lock/raw/subjects.csv", 5)


def test_a_time_to_event_has_its_adverse_events_too(founded: WholeHouse) -> None:
    """The safety part of a study with a time to event is that of the same subjects and events with another outcome."""
    study = safe(made=timed("TEST-TIMEDSAFETY"))
    founded.prepare(study)
    ended = founded.run(study.study)
    assert ended.state == "candidate", ended.message
    run = RunId.parse(ended.run)
    results = read_results(founded.house, run, sealed_commit(founded.house, run)).document
    for organ in results["safety"]["classes"]:
        for arm, active in (("treated", True), ("control", False)):
            own = Counted(study, active=active).of(organ=organ["name"])
            assert organ["arms"][arm]["incidence_rate"] == pytest.approx(own["incidence_rate"], abs=EXACT)
    assert results["survival"]["horizon"] == 365


def test_events_of_an_unknown_subject_halt(founded: WholeHouse) -> None:
    """An event of nobody, one that is undated and one that was delivered twice stop the run, by count and column."""
    study = safe("TEST-STRAY")
    first, second, *rest = study.events
    study = study.changed(
        events=(("NOBODY", *first[1:]), (*second[:4], "2025-01", *second[5:]), *rest, rest[0])
    )
    founded.prepare(study)
    ended = founded.run(study.study, MONTH)
    assert ended.state == "halted"
    assert {(one.subject, one.statistic) for one in ended.findings} == {
        ("adverse_events (whole table)", "1"),
        ("adverse_events.subject", "1"),
        ("adverse_events.start", "1"),
    }
    assert not any(one.overridable for one in ended.findings)
    assert not any("NOBODY" in one.message for one in ended.findings)


def test_a_term_that_no_event_has_waits_for_the_board(founded: WholeHouse) -> None:
    """A harm with a misspelt term halts the run with a finding that names the term and that a person decides."""
    harm = {**PRURITUS, "terms": ["Syncop"], "action": "board"}
    founded.prepare(safe("TEST-MISSPELT").planned("monitoring.harms", [harm]))
    ended = founded.run("TEST-MISSPELT", MONTH)
    assert ended.state == "halted"
    (finding,) = ended.findings
    assert (finding.gate, finding.subject, finding.overridable) == (
        "monitoring",
        "terms of harm pruritus",
        True,
    )
    assert "'Syncop'" in finding.message
