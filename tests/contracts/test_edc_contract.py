"""What every connector to an EDC must do, whatever system it speaks to."""

import lzma
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from medicore.edc.announcing import announce
from medicore.edc.delivery_folder import DeliveryFolder
from medicore.edc.simulated.simulator import deliver
from medicore.errors import ConfigurationError, DataError, ProtocolError
from medicore.ports.study import Edc
from medicore.records.delivery.exported import ACCOMPANYING
from medicore.records.delivery.transfer import manifest_of
from tests.edc.interfaces import CONNECTORS as OVER_HTTP
from tests.edc.interfaces import simulated

STUDY, MONTH = "MED-2024-0251", "2025-01"


@contextmanager
def inbox(root: Path) -> Iterator[Edc]:
    """Open a connector to an inbox, with the study's month in it."""
    deliver(STUDY, MONTH, root / STUDY / MONTH)
    yield DeliveryFolder(root, by_month=True)


@contextmanager
def folder(root: Path) -> Iterator[Edc]:
    """Open a connector to a single delivery."""
    deliver(STUDY, MONTH, root)
    yield DeliveryFolder(root, by_month=False)


@contextmanager
def of_program(suffix: str, root: Path) -> Iterator[Edc]:
    """Open a connector to a delivery whose subjects are in a file of another program, announced by a person."""
    raw = root / STUDY / "raw"
    raw.mkdir(parents=True)
    WRITTEN[suffix](TABLE, raw / f"subjects.{suffix}")
    announce(raw.parent, system="Excel", source=STUDY, exported_at="2025-02-01T06:00:00Z", version="1")
    yield DeliveryFolder(raw.parent, by_month=False)


TABLE = pd.DataFrame({"subject_id": ["001", "002", "003"], "age": [41.5, None, 60], "arm": ["A", "B", "é"]})
WRITTEN: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "xlsx": lambda table, path: table.to_excel(path, index=False),
    "sav": lambda table, path: pyreadstat.write_sav(table, path, row_compress=True),
    "zsav": lambda table, path: pyreadstat.write_sav(table, path, compress=True),
    "dta": lambda table, path: pyreadstat.write_dta(table, path),
    "sas7bdat": lambda _, path: path.write_bytes(lzma.decompress(SAMPLE.read_bytes())),
}
SAMPLE = Path(__file__).parents[1] / "records/delivery/programs/samples/sample.sas7bdat.xz"


@contextmanager
def over_http(name: str, root: Path) -> Iterator[Edc]:
    """Open a connector to the simulated EDC, which serves the study's month by the interface called ``name``."""
    deliver(STUDY, MONTH, root / STUDY / MONTH)
    with simulated(root, STUDY, MONTH) as interfaces:
        yield OVER_HTTP[name](interfaces)


Connect = Callable[[Path], AbstractContextManager[Edc]]
FOLDERS = [inbox, folder, *(pytest.param(partial(of_program, suffix), id=suffix) for suffix in WRITTEN)]
SERVERS = [pytest.param(partial(over_http, name), id=name) for name in OVER_HTTP]
CONNECTORS = pytest.mark.parametrize("connect", [*FOLDERS, *SERVERS])


@CONNECTORS
def test_pull_gives_a_transfer_that_can_be_frozen(connect: Connect, tmp_path: Path) -> None:
    """A transfer names its system, source, version and zoned time, and each file of data with its rows."""
    with connect(tmp_path) as connector:
        manifest = manifest_of(connector.pull(STUDY, MONTH))
    assert manifest.source == STUDY
    assert manifest.exported.utcoffset() is not None
    assert all((file.rows > 0) == (file.format != ACCOMPANYING) for file in manifest.files)


@CONNECTORS
def test_pulling_twice_gives_the_same_bytes(connect: Connect, tmp_path: Path) -> None:
    """A connector changes nothing at its source."""
    with connect(tmp_path) as connector:
        assert connector.pull(STUDY, MONTH) == connector.pull(STUDY, MONTH)


@pytest.mark.parametrize("connect", FOLDERS)
def test_what_is_not_there_is_a_data_error(connect: Connect, tmp_path: Path) -> None:
    """A study that the source does not hold is refused with an error of ours."""
    with connect(tmp_path) as connector, pytest.raises(DataError):
        connector.pull("MED-2024-9999", MONTH)


@pytest.mark.parametrize("name", OVER_HTTP)
def test_what_is_not_served_is_refused(name: str, tmp_path: Path) -> None:
    """A study that the server does not hold is refused with an error of ours, at the first question."""
    deliver(STUDY, MONTH, tmp_path / STUDY / MONTH)
    with simulated(tmp_path, "MED-2024-9999", MONTH) as interfaces:
        with pytest.raises((DataError, ConfigurationError)):
            OVER_HTTP[name](interfaces).pull("MED-2024-9999", MONTH)
        assert interfaces.pauses == []


@CONNECTORS
def test_malformed_names_never_reach_the_source(connect: Connect, tmp_path: Path) -> None:
    """Study and month are proved well formed first (FAULTS 31)."""
    with connect(tmp_path) as connector:
        for study, month in (("../x", MONTH), (STUDY, "2025/01")):
            with pytest.raises(ProtocolError):
                connector.pull(study, month)


@pytest.mark.parametrize("connect", FOLDERS)
def test_a_cut_export_is_never_handed_over(connect: Connect, tmp_path: Path) -> None:
    """A source that lost its end is refused, not read up to where it stops (FAULTS 33)."""
    with connect(tmp_path) as connector:
        (file,) = tmp_path.rglob("subjects.*")
        file.write_bytes(file.read_bytes()[:-20])
        with pytest.raises(DataError):
            connector.pull(STUDY, MONTH)


@pytest.mark.parametrize("name", OVER_HTTP)
def test_a_cut_answer_is_never_handed_over(name: str, tmp_path: Path) -> None:
    """A server whose export stops before its end is refused, though the answer itself is whole (FAULTS 33)."""
    deliver(STUDY, MONTH, tmp_path / STUDY / MONTH)
    with simulated(tmp_path, STUDY, MONTH, "cut-end") as interfaces, pytest.raises(DataError):
        OVER_HTTP[name](interfaces).pull(STUDY, MONTH)
