"""What the portfolio report says of one study: its standing run's results, what it waits for, and who can give that."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.portfolio.entry import entry
from medicore.cases.portfolio.figures import figures
from medicore.errors import IntegrityError
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.ledger.ledger import NewEvent
from tests.whole_house.indexed import AT, indexed_house
from tests.whole_house.people import add_person, found_house

STUDY, MONTH = "MED-2024-0198", "2025-03"
NOW = "2025-04-01T06:00:00.000000Z"
LATER = "2025-05-01T06:00:00.000000Z"
FINDING = {
    "step": "propensity", "gate": "SMD", "subject": "age", "message": "age is imbalanced", "statistic": "0.2",
    "threshold": "0.1", "overridable": True, "digest": "5d" * 32, "false_alarm_rate": 0.05,
}  # fmt: skip
PROTOCOL = {
    "title": "A title of its own",
    "outcome": {"type": "continuous", "label": "Weight", "decimals": 1, "better": "lower", "relevant": None},
    "treatment": {"column": "arm"},
    "contract": {"columns": [{"name": "age", "labels": None}, {"name": "arm", "labels": {"1": "new"}}]},
}
Seal = Callable[..., str]


@pytest.fixture
def housed(tmp_path: Path) -> tuple[House, Seal]:
    """A house with two reviewers, and what puts a run into its ledger and its record repository."""
    indexed = indexed_house(tmp_path / "records")
    house = replace(found_house(tmp_path)[0], records=indexed.records)
    for person in ("rita", "rolf"):
        add_person(house, person, "reviewer")

    def say(action: str, run: str, details: dict[str, Any], reason: str = "because") -> None:
        house.ledger.append(NewEvent("rolf", "reviewer", action, run, reason, details))

    def seal(
        month: str, action: str, *then: str, estimate: float = 1.0, digest: str = "", **details: Any
    ) -> str:
        run = f"{STUDY}/{month}/1"
        say("run.requested", run, {"protocol": PROTOCOL})
        content = json.dumps(results(estimate)).encode()
        files = [{"name": "report.pdf", "sha256": "ab" * 32, "md5": None}]
        files.append({"name": "results.json", "sha256": digest or sha256(content), "md5": None})
        provenance = {"run": {"code_commit": "cd" * 20}, "files": files if action == "run.sealed" else []}
        named = {"results.json": content, "provenance.json": json.dumps(provenance).encode()}
        commit = indexed.records.seal(
            parent=indexed.base,
            replaced=f"records/{STUDY}/{month}",
            files={f"records/{STUDY}/{month}/{name}": data for name, data in named.items()},
            tag=f"run/{run}",
            message=run,
            actor="ana",
            at=AT,
        )
        told = {"commit": commit, "tag": f"run/{run}", "provenance": sha256(named["provenance.json"])}
        say(action, run, told | details)
        for following in then:
            say(following, run, {"commit": commit, "tag": f"record/{run}"}, "The data were wrong")
        return commit

    return house, seal


def results(estimate: float) -> dict[str, Any]:
    """Return results with what the portfolio report reads."""
    primary = {
        "estimand": "ATE", "estimator": "AIPW", "measure": "difference of means", "scale": "identity", "null": 0.0,
        "unit": "kg", "estimate": estimate, "standard_error": 0.5, "ci_low": estimate - 1, "ci_high": estimate + 1,
        "p_value": 0.01, "level": 0.95, "n": 60, "bootstrap": {"replicates": 200},
    }  # fmt: skip
    decision = {
        "meaning": "proceed", "reason": "looked at", "name": "Rita Person", "role": "reviewer", "signed_at": NOW,
        "signer": "rita",
    }  # fmt: skip
    return {
        "primary": primary,
        "monitoring": {
            "number": 2,
            "controlled": True,
            "boundary": 3.0,
            "level": 0.95,
            "sequential_p": 0.02,
            "crossed": False,
            "ci_low": estimate - 1.5,
            "ci_high": estimate + 1.5,
        },
        "change": {"month": "2025-02", "in_standard_errors": 0.5},
        "balance": {"worst": {"unweighted": {"smd": 0.25}, "weighted": {"smd": -0.01}}, "threshold": 0.1},
        "propensity": {"c_statistic": 0.6, "effective_sample_size": {"treated": 20.0, "control": 30.0}},
        "cohort": {"arms": {"treated": {"n": 25, "label": "1"}, "control": {"n": 35, "label": "old"}}},
        "findings": [{**FINDING, "decision": decision}],
    }


def test_a_sealed_run_shows_its_recorded_results(housed: tuple[House, Seal]) -> None:
    """Estimate, diagnostics, decided findings and digests are the record's; it waits for those who did not ask for it."""
    house, seal = housed
    seal("2025-02", "run.sealed", "run.released", estimate=2.0)
    commit = seal(MONTH, "run.sealed", estimate=3.0)
    found = entry(house, STUDY, MONTH, NOW)
    assert (found["run"], found["state"]) == (f"{STUDY}/{MONTH}/1", "sealed, awaiting approval")
    assert found["title"] == "A title of its own"
    assert found["figures"]["estimate"] == 3.0
    assert "bootstrap" not in found["figures"]
    assert (found["figures"]["valid_low"], found["figures"]["claim"]["sequential_p"]) == (1.5, 0.02)
    assert found["figures"]["arms"] == {"treated": {"label": "1"}, "control": {"label": "old"}}
    assert found["figures"]["protocol"] == {
        "outcome": {"type": "continuous", "decimals": 1, "better": "lower"},
        "treatment": {"column": "arm"},
        "contract": {"columns": [{"name": "arm", "labels": {"1": "new"}}]},
    }
    assert [(one["month"], one["estimate"], one["released"]) for one in found["months"]] == [
        ("2025-02", 2.0, True),
        (MONTH, 3.0, False),
    ]
    assert found["diagnostics"]["arms"] == {"treated": 25, "control": 35}
    assert (found["diagnostics"]["smd_before"], found["diagnostics"]["smd_after"]) == (0.25, -0.01)
    assert found["findings"][0]["decision"]["name"] == "Rita Person"
    assert "signer" not in found["findings"][0]["decision"]
    assert found["waits_for"] == {"what": "approval", "who": ["Rita Person"]}
    (row,) = found["runs"]
    assert (row["commit"], row["tag"], row["report_sha256"]) == (commit, f"run/{STUDY}/{MONTH}/1", "ab" * 32)
    assert (row["record_tag"], row["approved_by"], row["late"]) == (None, [], False)
    assert entry(house, STUDY, MONTH, LATER)["late"] is True


def test_results_of_the_time_before_looks_claim_nothing() -> None:
    """A record without monitoring, of a protocol without declarations, has its figures, no claim and nothing declared."""
    old = {key: held for key, held in results(3.0).items() if key != "monitoring"}
    found = figures(old, {"title": "A title of its own"})
    assert (found["estimate"], found["claim"], found["valid_low"]) == (3.0, None, None)
    assert (found["protocol"]["outcome"], found["protocol"]["contract"]["columns"]) == ({}, [])


def test_results_that_are_not_the_recorded_ones_are_refused(housed: tuple[House, Seal]) -> None:
    """No number is read from results whose SHA-256 is not that of the provenance."""
    house, seal = housed
    seal(MONTH, "run.sealed", digest="00" * 32)
    with pytest.raises(IntegrityError, match=r"results.json of MED-2024-0198/2025-03/1"):
        entry(house, STUDY, MONTH, NOW)


@pytest.mark.parametrize(
    ("overridable", "answer", "what", "command"),
    [
        (True, "proceed or reject", "a decision on its findings", f"proceed --finding {'5d' * 6} --as"),
        (False, "reject, then a new run", "rejection, then a new run", "reject --as"),
    ],
)
def test_a_halted_run_shows_who_answers_and_how(
    housed: tuple[House, Seal], overridable: bool, answer: str, what: str, command: str
) -> None:
    """Its findings stand open with the command that answers them; it has no numbers, and gates tell why it stopped."""
    house, seal = housed
    seal(MONTH, "run.halted", findings=[{**FINDING, "overridable": overridable}])
    found = entry(house, STUDY, MONTH, NOW)
    (opened,) = found["open"]
    assert (opened["answer"], opened["who"]) == (answer, ["Rita Person"])
    assert f"--meaning {command} PERSON" in opened["command"]
    assert found["waits_for"] == {"what": what, "who": ["Rita Person"]}
    assert found["why"] == ["age is imbalanced"]
    assert (found["figures"], found["months"], found["runs"][0]["results_sha256"]) == (None, [], None)


def test_a_rejected_run_tells_the_words_of_who_rejected_it(housed: tuple[House, Seal]) -> None:
    """Its month waits for a new run, its estimate is not shown, and the reason is the signer's."""
    house, seal = housed
    seal(MONTH, "run.sealed", "run.rejected")
    found = entry(house, STUDY, MONTH, NOW)
    assert (found["why"], found["waits_for"]["what"]) == (["The data were wrong"], "a new run")
    assert (found["figures"], found["months"]) == (None, [])


@pytest.mark.parametrize(
    ("events", "what", "why"),
    [
        ((), "its computation", []),
        (("run.failed",), "a new run", ["because"]),
        (("run.sealed", "run.released"), "its archive", []),
    ],
)
def test_a_month_waits_for_what_its_run_has_before_it(
    housed: tuple[House, Seal], events: tuple[str, ...], what: str, why: list[str]
) -> None:
    """A run that works, failed or is released waits for nobody's decision, and only a failure says why."""
    house, seal = housed
    if events:
        seal(MONTH, *events)
    else:
        details = {"protocol": {"title": "A title of its own"}}
        house.ledger.append(NewEvent("rolf", "reviewer", "run.requested", f"{STUDY}/{MONTH}/1", "", details))
    found = entry(house, STUDY, MONTH, NOW)
    assert found["waits_for"] == {"what": what, "who": []}
    assert (found["open"], found["why"]) == ([], why)


def test_an_archived_run_waits_for_nothing(housed: tuple[House, Seal]) -> None:
    """Nothing is left to do for a month whose record is archived."""
    house, seal = housed
    seal(MONTH, "run.sealed", "run.released", "archive.completed")
    found = entry(house, STUDY, MONTH, NOW)
    assert (found["waits_for"], found["open"], found["why"]) == (None, [], [])


def test_a_study_without_a_run_is_told_by_its_protocol(housed: tuple[House, Seal]) -> None:
    """Title and due date are the protocol's, and the month waits for a request."""
    house, _ = housed
    found = entry(house, STUDY, MONTH, LATER)
    assert found["title"] == house.protocols.load(STUDY).title
    assert (found["state"], found["run"], found["due"], found["late"]) == ("no run", None, "2025-04-07", True)
    assert found["waits_for"] == {"what": "a request", "who": []}


def test_months_begin_in_2000(housed: tuple[House, Seal]) -> None:
    """A month early in 2000 has no twelve months before it, and is reported all the same."""
    assert entry(housed[0], STUDY, "2000-03", NOW)["months"] == []
