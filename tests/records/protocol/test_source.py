"""Sources of a study: every system with its own keys, and no secret among them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from medicore.records.protocol.source import (
    Dataset,
    DatasetJsonSource,
    FolderSource,
    RaveSource,
    RedcapSource,
    Source,
    named,
)

ADDRESS = "https://edc.example/api"
SOURCES: list[tuple[dict[str, Any], type]] = [
    ({"system": "files"}, FolderSource),
    ({"system": "csv"}, FolderSource),
    ({"system": "rave", "address": ADDRESS, "project": "Mediflex", "form": "DM"}, RaveSource),
    ({"system": "redcap", "address": ADDRESS, "project": 17}, RedcapSource),
    ({"system": "dataset-json-api", "address": ADDRESS, "project": "X", "dataset": "DM"}, DatasetJsonSource),
]


def read(given: dict[str, Any]) -> Any:
    """Return the source that a protocol's part is."""
    return TypeAdapter(Source).validate_python(given)


@pytest.mark.parametrize(("given", "kind"), SOURCES)
def test_system_chooses_the_keys(given: dict[str, Any], kind: type) -> None:
    """The key 'system' alone says which model reads the rest."""
    assert isinstance(read(given), kind)


@pytest.mark.parametrize(("given", "kind"), SOURCES)
def test_secrets_have_no_place(given: dict[str, Any], kind: type) -> None:
    """A token, a password or any other key is refused."""
    assert kind in (FolderSource, RaveSource, RedcapSource, DatasetJsonSource)
    for key in ("token", "password", "secret"):
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            read({**given, key: "x"})


@pytest.mark.parametrize(
    "address", ["ftp://edc.example", "https://user:pw@edc.example", "https://e?token=x", "edc"]
)
def test_addresses_hold_nothing_but_a_place(address: str) -> None:
    """An address with a user, a query or another scheme is refused."""
    with pytest.raises(ValidationError):
        read({"system": "redcap", "address": address, "project": 17})


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a?b"])
def test_names_fit_into_an_address(name: str) -> None:
    """Names that would lead elsewhere are refused (FAULTS 31)."""
    with pytest.raises(ValidationError):
        read({"system": "rave", "address": ADDRESS, "project": name, "form": "DM"})


def test_source_in_the_repository_needs_its_folder() -> None:
    """A delivery beside the code is named."""
    with pytest.raises(ValidationError, match="needs its folder"):
        read({"system": "files", "root": "repository"})


def test_forms_and_datasets_are_one_or_several() -> None:
    """A source names one table, as ever, or a list of them."""
    one = read({"system": "rave", "address": ADDRESS, "project": "M", "form": "DM"})
    two = read({"system": "dataset-json-api", "address": ADDRESS, "project": "M", "dataset": ["DM", "VS"]})
    assert (named(one.form), named(two.dataset)) == (("DM",), ("DM", "VS"))
    assert one.model_dump(mode="json").get("datasets") is None
    with pytest.raises(ValidationError):
        read({"system": "rave", "address": ADDRESS, "project": "M", "form": []})


def test_a_whole_number_selects_by_its_text() -> None:
    """``where: {AVISITN: 24}`` means the text 24; a fraction could be spelled in many ways, and is refused."""
    dataset = {"file": "d.csv", "subject": "id", "columns": {"age": "AGE"}}
    found = read({"system": "files", "datasets": [{**dataset, "where": {"AVISITN": 24, "DAY": [1, "2"]}}]})
    assert found.datasets[0].where == {"AVISITN": "24", "DAY": ("1", "2")}
    assert (
        found.datasets[0].table,
        read({"system": "files", "datasets": [{**dataset, "member": "ADSL"}]}).datasets[0].table,
    ) == (
        "d.csv",
        "d.csv:ADSL",
    )
    for wrong in (1.5, True):
        with pytest.raises(ValidationError):
            read({"system": "files", "datasets": [{**dataset, "where": {"AVISITN": wrong}}]})


def test_a_data_set_may_declare_its_reading() -> None:
    """What is declared is kept as it is declared, what is not is left out, and an unknown encoding is refused."""
    given = {"file": "d.csv", "subject": "id", "columns": {"age": "AGE"}}
    assert "reading" not in Dataset.model_validate(given).model_dump(mode="json")
    for reading, words in (
        (
            {"encoding": "windows-1252", "delimiter": ";", "decimal": ","},
            "windows-1252, semicolons, decimal comma",
        ),
        ({"row_names": True}, "utf-8, commas, decimal point, row names"),
    ):
        made = Dataset.model_validate({**given, "reading": reading})
        assert made.model_dump(mode="json")["reading"] == reading
        assert made.reading is not None
        assert made.reading.words == words
    with pytest.raises(ValidationError, match="encoding"):
        Dataset.model_validate({**given, "reading": {"encoding": "martian"}})
