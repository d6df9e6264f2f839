"""What every connector to an EDC must do, whatever system it speaks to."""

from collections.abc import Callable
from pathlib import Path

import pytest

from medicore.edc.csv_folder import CsvFolder
from medicore.edc.simulator import deliver
from medicore.errors import DataError, ProtocolError
from medicore.records.transfer import manifest_of
from medicore.steps.ports import Edc

STUDY, MONTH = "MED-2024-0251", "2025-01"


def inbox(root: Path) -> Edc:
    """Return a connector to an inbox, with the study's month in it."""
    deliver(STUDY, MONTH, root / STUDY / MONTH)
    return CsvFolder(root, by_month=True)


def folder(root: Path) -> Edc:
    """Return a connector to a single delivery."""
    deliver(STUDY, MONTH, root)
    return CsvFolder(root, by_month=False)


CONNECTORS = pytest.mark.parametrize("connect", [inbox, folder])
Connect = Callable[[Path], Edc]


@CONNECTORS
def test_pull_gives_a_transfer_that_can_be_frozen(connect: Connect, tmp_path: Path) -> None:
    """A transfer names its system, source, version and zoned time, and each file with its rows."""
    transfer = connect(tmp_path).pull(STUDY, MONTH)
    manifest = manifest_of(transfer)
    assert manifest.source == STUDY
    assert manifest.exported.utcoffset() is not None
    assert all(file.rows > 0 for file in manifest.files)


@CONNECTORS
def test_pulling_twice_gives_the_same_bytes(connect: Connect, tmp_path: Path) -> None:
    """A connector changes nothing at its source."""
    connector = connect(tmp_path)
    assert connector.pull(STUDY, MONTH) == connector.pull(STUDY, MONTH)


@CONNECTORS
def test_what_is_not_there_is_a_data_error(connect: Connect, tmp_path: Path) -> None:
    """A study that the source does not hold is refused with an error of ours."""
    with pytest.raises(DataError):
        connect(tmp_path).pull("MED-2024-9999", MONTH)


@CONNECTORS
def test_malformed_names_never_reach_the_source(connect: Connect, tmp_path: Path) -> None:
    """Study and month are proved well formed first (FAULTS 31)."""
    connector = connect(tmp_path)
    for study, month in (("../x", MONTH), (STUDY, "2025/01")):
        with pytest.raises(ProtocolError):
            connector.pull(study, month)


@CONNECTORS
def test_a_cut_export_is_never_handed_over(connect: Connect, tmp_path: Path) -> None:
    """A source that lost its end is refused, not read up to where it stops (FAULTS 33)."""
    connector = connect(tmp_path)
    (file,) = tmp_path.rglob("subjects.csv")
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataError):
        connector.pull(STUDY, MONTH)
