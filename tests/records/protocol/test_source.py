"""Sources of a study: every system with its own keys, and no secret among them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from medicore.records.protocol.source import DatasetJsonSource, FolderSource, RaveSource, RedcapSource, Source

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
