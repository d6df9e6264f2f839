"""Settings come from one file and a few variables, and nothing is guessed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from medicore.edc.dataset_json_api import DatasetJsonApi
from medicore.edc.rave import Rave
from medicore.edc.redcap import Redcap
from medicore.errors import ConfigurationError
from medicore.records.protocol.parsing import parse_protocol
from medicore.settings import read_settings, stored_settings
from medicore.stores.archive.folder import FolderArchive
from medicore.stores.archive.locked_bucket import LockedBucket
from medicore.wiring import connector, open_archive
from tests.conftest import ROOT


def write(home: Path, text: str) -> dict[str, str]:
    """Write ``medicore.toml`` and return the environment that points to it."""
    (home / "medicore.toml").write_text(text, encoding="utf-8")
    return {"MEDICORE_HOME": str(home)}


def test_defaults_lie_in_the_checkout() -> None:
    """Without any variable the state folder is ``.medicore`` beside the code."""
    settings = read_settings({})
    assert (settings.root, settings.home) == (ROOT, ROOT / ".medicore")
    assert read_settings({"MEDICORE_HOME": ""}).home == ROOT / ".medicore"


def test_everything_embedded_lies_below_home(tmp_path: Path) -> None:
    """Inbox, records, ledger and archive move with the state folder."""
    settings = read_settings({"MEDICORE_HOME": str(tmp_path)})
    for place in (settings.inbox, settings.records, settings.ledger, settings.archive):
        assert place.parent == tmp_path
    assert (settings.person, settings.renderer, settings.paper, settings.ledger_url) == (
        None,
        "auto",
        "a4",
        None,
    )


def test_file_is_read_and_the_environment_goes_before_it(tmp_path: Path) -> None:
    """A variable overrules the file, an empty one does not."""
    environment = write(tmp_path, 'person = "zoë"\nrenderer = "embedded"\npaper = "us-letter"\n')
    settings = read_settings({**environment, "MEDICORE_PERSON": "ana", "MEDICORE_PAPER": ""})
    assert (settings.person, settings.renderer, settings.paper) == ("ana", "embedded", "us-letter")


def test_environment_of_the_process_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Called without a mapping, the process's own variables count, and a relative home becomes absolute."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDICORE_HOME", "state")
    monkeypatch.setenv("MEDICORE_PERSON", "ana")
    assert (read_settings().home, read_settings().person) == (tmp_path / "state", "ana")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("person =", r"^medicore\.toml is not valid TOML; correct it or remove it$"),
        ('colour = "red"', r"^setting 'colour' in medicore\.toml or the environment: Extra inputs"),
        ('renderer = "word"', r"^setting 'renderer' in medicore\.toml .*'auto', 'embedded' or 'quarto'"),
        ("person = 3", r"^setting 'person'"),
        ("ledger = 3", r"^setting 'ledger'"),
        ('archive = "/elsewhere"', r"^setting 'archive' .*String should match pattern"),
        ('archive = "s3://key:s3cret@bucket/x"', r"^setting 'archive' .*String should match pattern"),
        ('s3_endpoint = "https://key:s3cret@host"', r"^setting 's3_endpoint' .*String should match pattern"),
        ('s3_credentials = "../x"', r"^setting 's3_credentials' .*String should match pattern"),
        ('aws_secret_access_key = "s3cret"', r"^setting 'aws_secret_access_key' .*Extra inputs"),
        ('ledger = "mysql://host/db"', r"^setting 'ledger' .*expected postgresql://"),
        ('ledger = "postgresql://ana:s3cret@host/db"', r"^medicore\.toml holds a password in 'ledger'"),
        ('ledger = "postgresql://host/db?password=s3cret"', r"^medicore\.toml holds a password in 'ledger'"),
    ],
)
def test_malformed_setting_is_named(tmp_path: Path, text: str, expected: str) -> None:
    """A misspelt key or a value that is not allowed is refused in one line."""
    with pytest.raises(ConfigurationError, match=expected) as refused:
        read_settings(write(tmp_path, text))
    assert "s3cret" not in str(refused.value)


def test_malformed_variable_is_named() -> None:
    """A variable is held to the same rules as the file."""
    with pytest.raises(ConfigurationError, match="setting 'paper'"):
        read_settings({"MEDICORE_PAPER": "a5"})


def test_settings_do_not_change() -> None:
    """Settings are read once and stay as they are."""
    with pytest.raises(ValueError, match="frozen"):
        read_settings({}).person = "ana"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgresql://ana:s3cret@db.example:5432/trials", "postgresql://ana@db.example:5432/trials"),
        ("postgresql://ana:a@b:s3cret@db.example/trials", "postgresql://ana@db.example/trials"),
        ("postgresql://ana@/trials?password=s3cret&host=/run", "postgresql://ana@/trials?host=/run"),
        ("postgresql:///trials?password=s3cret", "postgresql:///trials"),
        ("postgresql://db.example/trials?sslmode=verify-full", "postgresql://db.example/trials?sslmode=verify-full"),
    ],
)  # fmt: skip
def test_password_of_the_ledger_is_kept_nowhere(tmp_path: Path, given: str, kept: str) -> None:
    """The variable may hold a password; what is shown and what is stored does not, and is read again as it is."""
    settings = read_settings({"MEDICORE_HOME": str(tmp_path), "MEDICORE_LEDGER": given})
    assert settings.ledger_url is not None
    assert settings.ledger_url.get_secret_value() == given
    assert "s3cret" not in f"{settings!r}{settings.model_dump_json()}"
    again = read_settings(write(tmp_path, stored_settings(settings)))
    assert again.ledger_url is not None
    assert (again.ledger_url.get_secret_value(), again.person) == (kept, "analyst")


def test_malformed_address_is_refused_without_being_shown() -> None:
    """What stands in the variable of the ledger may be a secret, so the message does not repeat it."""
    with pytest.raises(ConfigurationError) as refused:
        read_settings({"MEDICORE_LEDGER": "s3cret"})
    assert "s3cret" not in str(refused.value)


def test_file_cannot_move_folders(tmp_path: Path) -> None:
    """The settings file lies in the state folder, so it cannot say that this is elsewhere."""
    (tmp_path / "medicore.toml").write_text('home = "/elsewhere"\n')
    with pytest.raises(ConfigurationError, match="only MEDICORE_HOME moves folders"):
        read_settings({"MEDICORE_HOME": str(tmp_path)})


def test_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """A settings file that is not UTF-8 is refused in one line."""
    (tmp_path / "medicore.toml").write_bytes(b'person = "\xff"\n')
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        read_settings({"MEDICORE_HOME": str(tmp_path)})


def test_where_the_archive_is_outlives_the_variables(tmp_path: Path) -> None:
    """The file keeps bucket, address and the name of the block with the keys, as they were when the state was founded."""
    given = {
        "archive": "s3://bucket/a/b",
        "s3_endpoint": "https://s3.example:9000",
        "s3_credentials": "archive-keys",
    }
    variables = {f"MEDICORE_{name.upper()}": value for name, value in given.items()}
    settings = read_settings({"MEDICORE_HOME": str(tmp_path), **variables})
    again = read_settings(write(tmp_path, stored_settings(settings)))
    assert [again.archive_url, again.s3_endpoint, again.s3_credentials] == list(given.values())
    assert read_settings({"MEDICORE_HOME": str(tmp_path / "other")}).archive_url is None


def test_archive_is_opened_as_the_settings_say(tmp_path: Path) -> None:
    """A bucket's name makes the archive a bucket; an address in clear on another machine is refused at once."""
    environment = {"MEDICORE_HOME": str(tmp_path), "MEDICORE_ARCHIVE": "s3://bucket/prefix"}
    assert isinstance(open_archive(read_settings({"MEDICORE_HOME": str(tmp_path)})), FolderArchive)
    assert isinstance(open_archive(read_settings(environment)), LockedBucket)
    with pytest.raises(ConfigurationError, match="neither https nor of this machine"):
        open_archive(read_settings({**environment, "MEDICORE_S3_ENDPOINT": "http://s3.example"}))


def test_hosts_of_the_edc_are_listed(tmp_path: Path) -> None:
    """The file lists hosts, the variable separates them by commas, and both outlive the founding."""
    variables = {"MEDICORE_EDC_HOSTS": "rave.example, redcap.example", "MEDICORE_EDC_CREDENTIALS": "edc"}
    settings = read_settings({"MEDICORE_HOME": str(tmp_path), **variables})
    assert settings.edc_hosts == ("rave.example", "redcap.example")
    again = read_settings(write(tmp_path, stored_settings(settings)))
    assert (again.edc_hosts, again.edc_credentials) == (settings.edc_hosts, "edc")
    assert read_settings({"MEDICORE_HOME": str(tmp_path / "other")}).edc_hosts == ()
    with pytest.raises(ConfigurationError, match="setting 'edc_hosts"):
        read_settings({"MEDICORE_HOME": str(tmp_path), "MEDICORE_EDC_HOSTS": "https://rave.example"})


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ({"system": "rave", "project": "P", "form": "DM"}, Rave),
        ({"system": "redcap", "project": 17}, Redcap),
        ({"system": "dataset-json-api", "project": "P", "dataset": "DM"}, DatasetJsonApi),
    ],
)
def test_connector_is_the_protocols(tmp_path: Path, source: dict[str, Any], kind: type) -> None:
    """The protocol chooses the connector, and the settings say whether its host may be asked."""
    text = (ROOT / "studies" / "MED-2024-0147.yaml").read_text(encoding="utf-8")
    stored = parse_protocol(text, "x").as_json()
    stored["edc"] = {**source, "address": "https://edc.example/api/"}
    protocol = parse_protocol(json.dumps(stored), "x")
    variables = {"MEDICORE_HOME": str(tmp_path)}
    with pytest.raises(ConfigurationError, match=r"host 'edc.example' of the EDC is not allowed"):
        connector(read_settings(variables), protocol)
    allowed = read_settings({**variables, "MEDICORE_EDC_HOSTS": "edc.example"})
    assert isinstance(connector(allowed, protocol), kind)


@pytest.mark.parametrize(
    "address", ["http://hooks.example/x", "http://127.0.0.1.example/x", "http://[broken"]
)
def test_notices_go_over_no_wire_in_the_clear(tmp_path: Path, address: str) -> None:
    """An address for notices is https, or on this machine; any other is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match=r"setting 'notify'.*expected https"):
        read_settings({"MEDICORE_HOME": str(tmp_path), "MEDICORE_NOTIFY": address})
    for allowed in ("https://hooks.example/x", "http://localhost:8080/x"):
        assert read_settings({"MEDICORE_HOME": str(tmp_path), "MEDICORE_NOTIFY": allowed}).notify == allowed


def test_the_state_folder_of_another_account_is_named(tmp_path: Path) -> None:
    """An account that may not look into the folder gets one line that says what to do."""
    home, found = tmp_path / "state", os.geteuid()
    home.mkdir(mode=0)
    (os.seteuid if found == 0 else int)(65534)  # root may look into every folder
    try:
        with pytest.raises(ConfigurationError, match=r"as its owner") as told:
            read_settings({"MEDICORE_HOME": str(home)})
    finally:
        os.seteuid(found)
    assert str(told.value).startswith("state ")
    assert "\n" not in str(told.value)
