"""Every connector over HTTP against the simulated EDC, with each fault that it can meet."""

from functools import cache
from pathlib import Path

import pytest

from medicore.edc.delivery_folder import DeliveryFolder
from medicore.edc.simulated.simulator import deliver
from medicore.errors import ConfigurationError, DataError, SourceUnavailableError
from medicore.records.delivery.delimited import TextTable, read_delimited
from medicore.records.delivery.exported import ACCOMPANYING, join_pages, read_members, without
from medicore.records.delivery.odm import REPEAT_KEYS
from medicore.records.delivery.transfer import Transfer
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.steps.extract import extract, freeze
from medicore.stores.files import FolderFiles
from tests.conftest import ROOT
from tests.edc.interfaces import CONNECTORS, IGNORED, TOKEN, simulated

STUDY, MONTH = "MED-2024-0251", "2025-01"
EVERY = pytest.mark.parametrize("name", CONNECTORS)


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inbox with one delivery of 900 subjects."""
    root = tmp_path_factory.mktemp("inbox")
    deliver(STUDY, MONTH, root / STUDY / MONTH)
    return root


def pulled(inbox: Path, name: str, *faults: str) -> Transfer:
    """Return what a connector pulls from a simulator with these faults."""
    with simulated(inbox, STUDY, MONTH, *faults) as interfaces:
        return CONNECTORS[name](interfaces).pull(STUDY, MONTH)


@cache
def sound(inbox: Path, name: str) -> Transfer:
    """Return what a connector pulls where nothing is wrong, pulled once."""
    return pulled(inbox, name)


def table(transfer: Transfer) -> TextTable:
    """Return the table that a transfer holds, without the system's own columns."""
    data = [file for file in transfer.files if file.format != ACCOMPANYING]
    tables = [read_members(file.format, file.data, file.name)[""].table for file in data]
    assert [len(found.rows) for found in tables] == [file.rows for file in data]
    return by_name(without(join_pages(tables, "x"), (*IGNORED, *REPEAT_KEYS)))


@cache
def delivered(inbox: Path) -> TextTable:
    """Return the table of the delivery itself."""
    return by_name(read_delimited((inbox / STUDY / MONTH / "raw" / "subjects.csv").read_bytes(), "x"))


def by_name(found: TextTable) -> TextTable:
    """Return a table with its columns by name: ODM leaves empty items out, so that it has no order of columns."""
    order = sorted(range(len(found.columns)), key=found.columns.__getitem__)
    rows = tuple(tuple(row[place] for place in order) for row in found.rows)
    return TextTable(tuple(sorted(found.columns)), rows)


@EVERY
def test_every_interface_gives_the_same_table(inbox: Path, name: str) -> None:
    """Whatever the system, each text arrives as it was recorded; time and version are the source's."""
    transfer = sound(inbox, name)
    assert table(transfer) == delivered(inbox)
    assert transfer.exported_at == "2025-02-01T00:30:00+00:00"
    assert transfer.source == STUDY
    assert transfer.version
    assert transfer.system in {"Rave 1.18.0", "REDCap 14.5.5", "Simulated EDC 1"}


def extract_of(folder: Path, transfer: Transfer, plan: Protocol) -> bytes:
    """Return ``extract.parquet`` as frozen and cast from a transfer."""
    files = FolderFiles(folder)
    freeze(files, transfer, None)
    assert extract(files, plan) == ()
    return files.read("extract.parquet")


@EVERY
def test_extract_is_the_one_of_the_files(inbox: Path, name: str, tmp_path: Path) -> None:
    """Frozen and cast, the data lock of every interface is, byte for byte, the extract of the delivered files."""
    text = (ROOT / "studies" / f"{STUDY}.yaml").read_text(encoding="utf-8")
    plan = parse_protocol(text, STUDY)
    from_files = DeliveryFolder(inbox, by_month=True).pull(STUDY, MONTH)
    with simulated(inbox, STUDY, MONTH) as interfaces:
        connector = CONNECTORS[name](interfaces)
        transfer = connector.pull(STUDY, MONTH)
    planned = plan.model_copy(update={"edc": connector.source})  # type: ignore[attr-defined]
    assert extract_of(tmp_path / "http", transfer, planned) == extract_of(
        tmp_path / "files", from_files, plan
    )


@EVERY
@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ("cut-end", DataError, "cut|incomplete|900"),
        ("cut-connection", SourceUnavailableError, "in 5 attempts"),
        ("401", ConfigurationError, "refuses the credentials|refuses this with status 401"),
        ("429", SourceUnavailableError, "status 429 in 5 attempts"),
        ("500", SourceUnavailableError, "status 500 in 5 attempts"),
        ("503", SourceUnavailableError, "status 503 in 5 attempts"),
        ("redirect", DataError, "redirects"),
    ],
)
def test_faults_end_the_pull(
    inbox: Path, name: str, fault: str, error: type[Exception], message: str
) -> None:
    """A cut export or a server in lasting trouble ends in one line without the secret (FAULTS 33, 42, 71)."""
    with pytest.raises(error, match=message) as caught:
        pulled(inbox, name, fault)
    assert TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)


@EVERY
@pytest.mark.parametrize("fault", ["429=2", "500=4", "503=1", "cut-connection=1"])
def test_trouble_that_passes_changes_nothing(inbox: Path, name: str, fault: str) -> None:
    """After a few failed attempts the transfer is the one without them (FAULTS 42)."""
    assert pulled(inbox, name, fault) == sound(inbox, name)


@EVERY
def test_silence_passes(inbox: Path, name: str) -> None:
    """One answer that never comes is asked for again (FAULTS 42)."""
    with simulated(inbox, STUDY, MONTH, "timeout=1") as interfaces:
        interfaces.seconds = 0.5
        connector = CONNECTORS[name](interfaces)
        assert table(connector.pull(STUDY, MONTH)) == delivered(inbox)
        assert interfaces.pauses[0] == 0.5


@pytest.mark.parametrize("name", ["odm", "redcap", "dataset-json-api"])
def test_changes_between_answers_are_refused(inbox: Path, name: str) -> None:
    """Data that change while they are pulled are pulled again once, and then refused (FAULTS 41)."""
    assert table(pulled(inbox, name, "changed=1")) == delivered(inbox)
    with pytest.raises(DataError, match="the data changed while they were pulled, twice in a row"):
        pulled(inbox, name, "changed")


@pytest.mark.parametrize("name", ["redcap", "dataset-json-api"])
def test_counts_are_proved(inbox: Path, name: str) -> None:
    """Rows that are announced and do not come end the pull (FAULTS 33)."""
    with pytest.raises(
        DataError, match=r"lacks 1 of 400 requested records and has 0 others|900 rows came; expected 901"
    ):
        pulled(inbox, name, "wrong-count")


@pytest.mark.parametrize("name", ["redcap", "dataset-json-api"])
def test_nothing_is_no_export(inbox: Path, name: str) -> None:
    """A source that exports no subject is refused where its format cannot even name a column (FAULTS 47)."""
    with pytest.raises(DataError, match=r"exports no record|is empty"):
        pulled(inbox, name, "empty")


@pytest.mark.parametrize("name", ["rave", "odm"])
def test_a_view_without_subjects_is_a_table(inbox: Path, name: str) -> None:
    """A clinical view without rows is whole; that nobody is in it is for the contract to refuse (FAULTS 47)."""
    assert table(pulled(inbox, name, "empty")).rows == ()


def test_entity_bomb(inbox: Path) -> None:
    """Growing entities are refused before they grow (FAULTS 46)."""
    with pytest.raises(DataError, match="a document type, in which entities could be declared"):
        pulled(inbox, "odm", "entity-bomb")


def test_byte_order_mark(inbox: Path) -> None:
    """A byte-order mark is kept in the raw bytes and is no part of a name (FAULTS 43)."""
    transfer = pulled(inbox, "rave", "mark")
    assert transfer.files[0].data.startswith(b"\xef\xbb\xbf")
    assert table(transfer) == delivered(inbox)


@EVERY
@pytest.mark.parametrize("fault", ["duplicate", "type", "unit", "unblinding"])
def test_faults_of_the_data_are_handed_over(inbox: Path, name: str, fault: str) -> None:
    """What is wrong in the data themselves arrives as it is, for the contract to judge (FAULTS 34-36, 38)."""
    found, whole = table(pulled(inbox, name, fault)), delivered(inbox)
    if fault == "duplicate":
        assert sorted(found.rows) == sorted((*whole.rows, whole.rows[0]))
    elif fault == "unblinding":
        assert found.columns == tuple(sorted((*whole.columns, "dose")))
    else:
        assert found.columns == whole.columns
        assert len(found.rows) == len(whole.rows)
        assert found.rows != whole.rows


def test_token_of_another_project_is_refused(inbox: Path) -> None:
    """A token opens a project of its own; it must be the one that the protocol names."""
    message = r"opens REDCap's project \d+; expected 17 by the protocol"
    with simulated(inbox, STUDY, MONTH) as interfaces, pytest.raises(DataError, match=message):
        interfaces.redcap(17).pull(STUDY, MONTH)


@EVERY
def test_wrong_secrets_are_refused(inbox: Path, name: str) -> None:
    """A secret that does not open the source is refused once, with the exit code of the configuration (FAULTS 42)."""
    with simulated(inbox, STUDY, MONTH) as interfaces:
        interfaces.token = "B" * 32
        with pytest.raises(ConfigurationError, match=r"refuses the credentials|permissions to use the API"):
            CONNECTORS[name](interfaces).pull(STUDY, MONTH)
        assert interfaces.pauses == []


def test_audit_records_are_kept_beside_the_view(inbox: Path) -> None:
    """Every page of the audit records is kept, whole, and counts as no row."""
    transfer = pulled(inbox, "odm")
    pages = [file for file in transfer.files if file.format == ACCOMPANYING]
    assert [page.name for page in pages] == ["audit-0001.xml"]
    assert sum(page.data.count(b"<AuditRecord>") for page in pages) == 900
