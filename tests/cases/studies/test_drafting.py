"""A draft is a protocol that only a person can finish, and it carries no value of a patient that nobody allowed."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.cases.studies.drafting import Choices, Draft, draft, propose_subject
from medicore.errors import DataError, ProtocolError
from medicore.records.delivery.delimited import TextTable
from medicore.records.protocol.file.undecided import require_decided, undecided_places
from medicore.records.protocol.parsing import parse_protocol, problems_of
from medicore.records.protocol.protocol import Protocol
from medicore.steps.preview.profile import profile
from tests.whole_house.site_file import HEAD, rows

CHOICES = Choices("ACME-01", "site.csv", "arm", "score", "2025-01", levels=frozenset({"sex", "region"}))


def table(head: tuple[str, ...] = HEAD, found: list[dict[str, str]] | None = None) -> TextTable:
    """Return the small file as a table of texts."""
    listed = rows() if found is None else found
    return TextTable(head, tuple(tuple(row[name] for name in head) for row in listed))


def drafted(chosen: Choices = CHOICES, given: TextTable | None = None) -> Draft:
    """Return the draft for the small file, or another."""
    return draft(profile(given or table()), chosen)


def parsed(made: Draft) -> Protocol:
    """Return the draft as a protocol."""
    assert problems_of(made.text, "studies/ACME-01.yaml") == []
    return parse_protocol(made.text, "studies/ACME-01.yaml")


def test_a_draft_is_a_protocol_of_the_file() -> None:
    """Types, arms and levels are those of the file; the control arm is recognised, and every used column has its source."""
    protocol = parsed(drafted())
    assert protocol.treatment.treated == "new drug"
    assert protocol.treatment.control == "control"
    assert {column.name: column.type for column in protocol.contract.columns} == {
        "Patient_ID": "identifier",
        "arm": "category",
        "age": "integer",
        "bmi": "number",
        "sex": "category",
        "region": "category",
        "score": "number",
    }
    (dataset,) = protocol.edc.datasets
    assert dataset.subject == "Patient ID"
    assert dataset.columns["age"] == "age"
    assert protocol.covariate("region").terms == ("categories",)


def test_what_a_draft_leaves_out_has_its_reason() -> None:
    """Free text, dates and categories whose levels nobody confirmed are left out by name."""
    left = drafted().left_out
    assert set(left) == {"visit date", "note", "died"}
    assert "--levels" in left["died"]


def test_a_binary_outcome_is_recoded() -> None:
    """Two levels become 0 and 1 in the order of the alphabet, and the type is binary."""
    chosen = Choices("ACME-01", "site.csv", "arm", "died", "2025-01", late=("score",))
    protocol = parsed(drafted(chosen))
    assert protocol.outcome.type == "binary"
    assert protocol.contract.column("died").recode == {"No": "0", "Yes": "1"}
    assert protocol.contract.column("score").timing == "follow-up"
    assert "score" not in [covariate.column for covariate in protocol.covariates]


def test_gaps_in_covariates_plan_an_imputation() -> None:
    """A covariate with gaps is not required, its gaps are texts of the contract, and the draft imputes."""
    found = rows()
    for row in found[:30]:
        row["bmi"] = "NA"
    protocol = parsed(drafted(given=table(found=found)))
    assert protocol.imputation.method == "multiple"
    assert "NA" in protocol.contract.missing
    assert not protocol.contract.column("bmi").required


def test_what_a_person_should_see_of_a_column_is_noted_beside_it() -> None:
    """Many gaps and levels that few have are noted with the key that mends them, and so are integers that nobody shares."""
    found = rows()
    for place, row in enumerate(found):
        row["sex"] = "" if place % 4 else row["sex"]
        row["bmi"] = "" if place % 2 else row["bmi"]
        row["region"] = "far" if place < 3 else row["region"]
        row["age"] = str(3 * place)
        row["died"] = "Yes" if place < 2 else "No"
    lines = {}
    chosen = replace(CHOICES, levels=CHOICES.levels | {"died"})
    late = replace(chosen, late=("bmi",))
    for line in drafted(chosen, table(found=found)).text.splitlines():
        if line.startswith("    - {name: "):
            lines[line.removeprefix("    - {name: ").split(",")[0]] = line
    assert (
        "75% have no value; where that says something, make it a level: recode: {'': 'none'}" in lines["sex"]
    )
    assert "50% have no value; leave it out" in lines["bmi"]
    assert (
        "few subjects have: far; to merge it with another level: recode: {'far': 'another level'}"
        in lines["region"]
    )
    assert "no two subjects share a value" in lines["age"]
    assert "few subjects have: Yes; leave it out" in lines["died"]
    assert "50%" not in drafted(late, table(found=found)).text, "what is measured later is no covariate"


def test_a_number_of_the_row_is_no_covariate() -> None:
    """A column without a name that counts the rows, as R writes it, is left out with its reason."""
    head = ("", *HEAD)
    counted = [row | {"": str(place)} for place, row in enumerate(rows(), start=1)]
    made = drafted(given=table(head, counted))
    assert made.left_out[""] == "numbers the rows; a number of a row is no covariate"
    assert "column_1" not in made.text


def test_no_number_of_a_patient_is_in_a_draft() -> None:
    """No value of a numeric column, no identifier and no unconfirmed level stands in the text; its words are our own."""
    found = [row | {"age": str(7000 + place), "bmi": f"{8000 + place}.5"} for place, row in enumerate(rows())]
    text = drafted(Choices("ACME-01", "site.csv", "arm", "score", "2025-01"), table(found=found)).text
    assert not re.search(r"\b[78]\d{3}(\.5)?\b", text)
    for word in ("P-0", "north", "free words", "2024-03"):
        assert word not in text
    assert not any(row["score"] in text for row in found if len(row["score"]) > 4)


def test_todo_stands_only_where_a_person_decides() -> None:
    """The marked places are texts of title, estimand and outcome; while one is left, no run begins."""
    made = drafted()
    keys = {problem.key for problem in undecided_places(made.text, "x")}
    assert keys == {
        "title", "sponsor", "phase", "estimand.treatment", "estimand.population", "estimand.variable",
        "estimand.summary_measure", "estimand.intercurrent_events.0.event",
        "estimand.intercurrent_events.0.reason", "outcome.unit", "outcome.label",
    }  # fmt: skip
    with pytest.raises(ProtocolError, match=r"ACME-01 is a draft: title and 10 more is marked TODO"):
        require_decided(parsed(made))
    require_decided(parse_protocol(re.sub("TODO: ?", "", made.text), "x"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"treatment": "age"}, "has 50 levels; expected a column with two"),
        ({"treatment": "nothing"}, "is no column of the file; expected one of: Patient ID, arm"),
        ({"outcome": "region", "levels": frozenset()}, "neither a number nor a column of two levels"),
        ({"treated": "drug"}, "is no level of 'arm'"),
        ({"late": ("age", "bmi"), "levels": frozenset()}, "no column is left as a covariate"),
    ],
)
def test_a_role_that_does_not_fit_is_refused(changed: dict[str, object], words: str) -> None:
    """The option is named, with what was found and what is expected."""
    fields = {
        "study": "ACME-01",
        "file": "site.csv",
        "treatment": "arm",
        "outcome": "score",
        "first_month": "2025-01",
    }
    with pytest.raises(DataError, match=re.escape(words)):
        drafted(Choices(**{**fields, "levels": frozenset({"sex"}), **changed}))  # type: ignore[arg-type]


def test_the_subject_is_proposed_by_name_or_by_being_alone() -> None:
    """A telling name wins; one unique column is taken; several without such a name are told."""
    assert propose_subject(profile(table())) == "Patient ID"
    assert propose_subject(profile(TextTable(("code", "x"), (("a", "1"), ("b", "1"))))) == "code"
    with pytest.raises(DataError, match=r"2 column\(s\) that tell subjects apart \(one, two\)"):
        propose_subject(profile(TextTable(("one", "two"), (("a", "1"), ("b", "2")))))
    with pytest.raises(
        DataError, match="no column of the file tells subjects apart; expected one with another"
    ):
        propose_subject(profile(TextTable(("x",), (("1",), ("1",)))))


@given(
    st.lists(st.text(alphabet="aB1 ._-é'\"#:{", min_size=0, max_size=12), min_size=3, max_size=6, unique=True)
)
def test_any_names_of_columns_make_a_protocol(names: list[str]) -> None:
    """Blanks, quotes, marks and letters of any language in the head still give a draft that is a protocol."""
    head = ("subject", "arm", "score", *(f"{name}~" for name in names))
    found = tuple(
        (f"S{place}", "ab"[place % 2], f"{place}.5", *(str(2 * place + one) for one in range(len(names))))
        for place in range(40)
    )
    made = draft(profile(TextTable(head, found)), CHOICES)
    protocol = parsed(made)
    assert len(protocol.covariates) == len(names)


def test_a_file_without_rows_has_no_arms(tmp_path: Path) -> None:
    """A head alone tells nothing of the arms."""
    with pytest.raises(DataError, match="--treatment 'arm' has 0 levels"):
        draft(
            profile(TextTable(HEAD, ())),
            Choices("ACME-01", "a.csv", "arm", "score", "2025-01", subject="arm"),
        )
    assert [*tmp_path.iterdir()] == []
