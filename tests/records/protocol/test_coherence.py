"""Coherence of a protocol: its parts agree with the data contract and with each other, or it is refused."""

from typing import Any

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol
from tests.records.protocol.test_protocol import TEXT, Change, refusal

COLUMNS = {name: name for name in ("enrolled", "age", "sex", "arm")}
SUBJECTS: dict[str, Any] = {"file": "subjects.csv", "subject": "subject_id", "columns": COLUMNS}
SCORES: dict[str, Any] = {
    "file": "scores.xpt",
    "subject": "USUBJID",
    "columns": {"week8": "WEEK8", "change": "CHG"},
}
DATASETS = [SUBJECTS, SCORES]
MULTIPLE = {"method": "multiple", "number": 5}


def joined(datasets: list[dict[str, Any]], **contract: object) -> Change:
    """Return a change that gives the protocol these data sets, and its contract these keys."""

    def change(stored: dict[str, Any]) -> None:
        stored["edc"]["datasets"] = datasets
        stored["contract"].update(contract)

    return change


def declared(design: str, imputation: dict[str, Any], **more: object) -> Change:
    """Return a change of design, imputation and other sections."""
    return lambda stored: stored.update(design=design, imputation=imputation, **more)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (joined([SUBJECTS]), "['change', 'week8'] are only in the contract or only in edc.datasets"),
        (joined([*DATASETS, SCORES]), "two data sets give the column 'week8'"),
        (joined([{**SUBJECTS, "columns": {**COLUMNS, "subject_id": "x"}}, SCORES]), "is the subject of"),
        (joined(DATASETS, missing=["NA"]), "list '' under contract.missing"),
        (joined(DATASETS, blinded=True, unblinding=["CHG"]), "['CHG'] of edc.datasets would unblind"),
        (declared("observational", {"method": "single"}), "single imputation leaves confounding behind"),
        (declared("randomised", {"method": "none", "indicators": True}), "indicators belong to single"),
        (declared("observational", MULTIPLE, trimming={"method": "discard"}), "declare no trimming"),
        (declared("observational", MULTIPLE, inference={"interval": "BCa"}), "declare percentile"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(change: Change, problem: str) -> None:
    """Data sets, contract, design and imputation agree; what does not is said in one line."""
    assert problem in refusal(change)


def test_data_sets_that_give_every_column_once_are_accepted() -> None:
    """Two data sets that give all columns of the contract, each from one of them, make a protocol."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    joined(DATASETS)(stored)
    protocol = parse_protocol(yaml.safe_dump(stored), "x")
    assert [dataset["file"] for dataset in protocol.as_json()["edc"]["datasets"]] == [
        "subjects.csv",
        "scores.xpt",
    ]


def test_the_family_of_outcome_models_follows_the_type() -> None:
    """An outcome of 0 and 1 is modelled as binomial, any other as gaussian."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    assert parse_protocol(yaml.safe_dump(stored), "x").outcome.family == "gaussian"
    stored["outcome"] |= {"type": "binary", "column": "died"}
    stored["contract"]["columns"].append(
        {"name": "died", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1}
    )
    assert parse_protocol(yaml.safe_dump(stored), "x").outcome.family == "binomial"


def test_multiple_imputation_of_an_observational_study_is_accepted() -> None:
    """Multiple imputation without trimming and with percentile intervals makes a protocol."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    declared("observational", MULTIPLE, inference={"interval": "percentile"})(stored)
    stored["outcome"]["missing"]["method"] = "complete cases"
    assert parse_protocol(yaml.safe_dump(stored), "x").imputation.method == "multiple"


def test_a_category_can_be_a_subgroup() -> None:
    """A covariate with allowed values divides the subjects into subgroups."""
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    stored["sensitivity"] = {"subgroups": ["sex"]}
    assert parse_protocol(yaml.safe_dump(stored), "x").sensitivity.subgroups == ("sex",)


def test_several_tables_need_data_sets() -> None:
    """A source that names several forms must say how they are joined; one form in a list needs nothing."""
    rave = {"system": "rave", "address": "https://edc.example", "project": "M"}
    assert "edc.form names 2 tables; expected edc.datasets" in refusal(
        lambda stored: stored.update(edc={**rave, "form": ["DM", "VS"]})
    )
    stored = yaml.load(TEXT, yaml.CSafeLoader)
    parse_protocol(yaml.safe_dump({**stored, "edc": {**rave, "form": ["DM"]}}), "x")


def test_words_that_yaml_reads_as_truths_are_told_as_keys_and_values() -> None:
    """A plain NO or on is a truth to YAML, wherever it stands; true and false are what they say."""
    text = TEXT.replace("seed:", "ON: 1\nseed:", 1)
    with pytest.raises(ProtocolError, match="ON: YAML reads ON as true; put it in quotes, or write true"):
        parse_protocol(text, "x")


def test_an_error_in_a_union_has_the_key_of_the_file() -> None:
    """Alternatives of a type are no keys, and each place is told once."""
    message = refusal(joined([{**SUBJECTS, "where": {"AVISITN": 1.5}}, SCORES]))
    assert (
        "edc.datasets.0.where.AVISITN: YAML reads 1.5 as a number; expected a text; put it in quotes"
        in message
    )
    assert "1 problem(s) in all" in message


def test_many_problems_are_counted() -> None:
    """The first dozen are told in the order of the file, the rest is counted."""
    message = refusal(lambda stored: stored.update({f"key{number}": 1 for number in range(15)}))
    assert "; and 3 more; 15 problem(s) in all" in message


def test_an_empty_protocol_is_refused() -> None:
    """A file without anything has no key to name."""
    with pytest.raises(ProtocolError, match="1 problem"):
        parse_protocol("", "x")
