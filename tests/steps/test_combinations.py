"""Every two keys of a protocol are offered together, and then run to an estimate, or are refused by both names."""

import json
import re
from pathlib import Path

import pytest

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol, parse_recorded
from medicore.steps.cohort import cohort
from medicore.steps.effect import effect
from medicore.steps.propensity import propensity
from medicore.steps.sensitivity import sensitivity
from tests.steps.analysed_trial import extracted, section
from tests.steps.combinations import BASES, NAMED, Choice, document, extract, pairs_of, problems
from tests.steps.offered_studies import every_pair, offered, studies

REFUSED: tuple[tuple[Choice, str], ...] = (
    (
        {"design": "randomised", "estimator": "ancova", "secondary": "weighted"},
        "secondary endpoint 'second': missing.method 'weighted' needs propensity scores, and inference.estimator 'ancova'",
    ),
    (
        {"missing": "multiple imputation", "interval": "BCa"},
        "a BCa interval is not defined over the completed data sets of outcome.missing 'multiple imputation'",
    ),
)
"""Choices that ran, or failed while running, before they were refused."""


def named(message: str) -> set[str]:
    """Return the keys that a message names."""
    return {key for key, words in NAMED.items() if re.search(words, message)}


def test_what_is_not_offered_is_refused_by_the_names_of_both_keys() -> None:
    """Two values that no study may declare together are named, or one of them beside the third value that it rules out."""
    refused = [pair for pair in every_pair() if pair not in offered()]
    assert len(refused) > 100
    for pair in refused:
        keys = {key for key, _ in pair}
        told = [problems({**base, **dict(pair)}) for base in BASES]
        assert all(any(keys & named(words) for words in one) for one in told), pair
        assert any(len(named(words)) > 1 and keys & named(words) for one in told for words in one), pair


def test_the_studies_declare_every_two_offered_values() -> None:
    """No combination is left out of what is run."""
    covered = {pair for study in studies() for pair in pairs_of(json.loads(study))}
    assert offered() <= covered
    assert len(offered()) > 1200


@pytest.mark.parametrize("place", range(12))
def test_what_is_offered_runs_to_its_estimates(place: int, tmp_path: Path) -> None:
    """A study of each kind has its primary estimate, confirmed, and that of its secondary endpoint."""
    chosen = studies()[place :: len(studies()) // 12][0]
    ran(tmp_path, json.loads(chosen))


@pytest.mark.deep
def test_every_offered_combination_runs_to_its_estimates(tmp_path: Path) -> None:
    """Every two values that may be declared together have an estimate in some study."""
    for place, study in enumerate(studies()):
        ran(tmp_path / str(place), json.loads(study))


def ran(folder: Path, choice: Choice) -> None:
    """Run a study from cohort to sensitivity; the primary, and every endpoint and flexible row, have an estimate."""
    plan = parse_protocol(json.dumps(document(choice)), "TEST-STEPS.yaml")
    files = extracted(folder, extract(choice))
    findings = [
        finding for step in (cohort, propensity, effect, sensitivity) for finding in step(files, plan)
    ]
    assert [finding.message for finding in findings if not finding.overridable] == [], choice
    primary, rows = section(files, "effect")["primary"], section(files, "sensitivity")
    assert primary["ci_low"] < primary["estimate"] < primary["ci_high"], choice
    assert primary["verification"]["relative_difference"] < primary["verification"]["tolerance"], choice
    told = [*rows["secondary"], *(row for row in rows["sensitivity"] if row["name"].startswith("Penalised"))]
    assert [row["note"] for row in told if row["estimate"] is None] == [], choice


@pytest.mark.parametrize(("choice", "words"), REFUSED)
def test_a_combination_that_nothing_computes_is_refused_and_its_record_is_read(
    choice: Choice, words: str
) -> None:
    """A new run is refused with exit code 3 by the names of both keys; a record of it stays readable."""
    text = json.dumps(document(choice))
    with pytest.raises(ProtocolError, match=re.escape(words)):
        parse_protocol(text, "TEST-STEPS.yaml")
    assert ProtocolError.exit_code == 3
    assert parse_recorded(text, "TEST-STEPS.yaml").study == "TEST-STEPS"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "time to event"}, "the type 'time to event' is not offered for a secondary endpoint"),
        ({"horizon": 100}, "'horizon' belongs to an outcome of type 'time to event'"),
    ],
)
def test_an_endpoint_has_no_key_of_a_time_to_event(change: dict[str, object], words: str) -> None:
    """Follow-up is not offered for an endpoint: it was read as a number, censored or not."""
    made = document({"secondary": "continuous"})
    made["secondary"][0] |= change
    with pytest.raises(ProtocolError, match=re.escape(f"secondary endpoint 'second': {words}")):
        parse_protocol(json.dumps(made), "TEST-STEPS.yaml")


def test_the_last_value_of_a_flag_is_a_flag() -> None:
    """A binary outcome while on treatment needs a column of 0 and 1 for who had the event."""
    made = document({"outcome": "binary", "event": "while on treatment"})
    made["estimand"]["intercurrent_events"][0]["column_before"] = "before"
    with pytest.raises(ProtocolError, match="column_before 'before' is no flag, and the outcome is binary"):
        parse_protocol(json.dumps(made), "TEST-STEPS.yaml")


def test_a_binary_endpoint_beside_an_ancova_is_g_computed(tmp_path: Path) -> None:
    """Its risk ratio is that of the standardised risks, confirmed by the second implementation of g-computation."""
    choice = {"design": "randomised", "estimator": "ancova", "scheme": "stratified", "secondary": "binary"}
    ran(tmp_path, choice)
    (row,) = json.loads((tmp_path / "sensitivity.json").read_text())["secondary"]
    assert row["estimator"] == "g-computation, joint model"
    assert row["estimate"] == pytest.approx(row["mean_treated"] / row["mean_control"], rel=1e-12)
