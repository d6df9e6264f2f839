"""The simulated EDC as a server: only what it holds, only for who may, and every fault by its name."""

from pathlib import Path

import httpx
import pytest

from medicore.edc.simulated.faults import FAULTS, Faults
from medicore.edc.simulated.served import Deliveries
from medicore.edc.simulated.server import EdcSimulator
from medicore.edc.simulated.simulator import deliver
from medicore.errors import ConfigurationError, DataError
from medicore.records.delivery.delimited import TextTable
from tests.conftest import ROOT
from tests.edc.interfaces import TOKEN, simulated

STUDY, MONTH = "MED-2024-0251", "2025-01"
TABLE = TextTable(("id", "arm", "age"), (("001", "A", "41.5"), ("002", "B", "")))


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inbox with one delivery."""
    root = tmp_path_factory.mktemp("inbox")
    deliver(STUDY, MONTH, root / STUDY / MONTH)
    return root


def test_every_fault_is_documented() -> None:
    """The operator's page lists each fault with what it does."""
    page = (ROOT / "docs" / "edc.md").read_text(encoding="utf-8")
    for name, meaning in FAULTS.items():
        assert f"| `{name}` | {meaning} |" in page


@pytest.mark.parametrize("text", ["nonsense", "503=x", "503=", "=1", "503=²"])
def test_unknown_faults_are_refused(text: str) -> None:
    """A fault that is misspelled would make a test that shows nothing."""
    with pytest.raises(ConfigurationError, match="is unknown; expected NAME or NAME=COUNT"):
        Faults.of([text])


def test_faults_are_counted() -> None:
    """A fault with a count ends after so many answers; one without never does."""
    faults = Faults.of(["503=2", "type"])
    assert [faults.take("503") for _ in range(3)] == [True, True, False]
    assert [faults.take("type") for _ in range(3)] == [True] * 3
    assert not faults.take("401")


@pytest.mark.parametrize(
    ("fault", "columns", "rows"),
    [
        ("empty", TABLE.columns, ()),
        ("duplicate", TABLE.columns, (*TABLE.rows, TABLE.rows[0])),
        ("type", TABLE.columns, (("001", "A", "forty-one"), ("002", "B", "forty-one"))),
        ("unit", TABLE.columns, (("001", "A", "41500.0"), ("002", "B", ""))),
        ("unblinding", (*TABLE.columns, "dose"), tuple((*row, "17.31 mg") for row in TABLE.rows)),
        ("401", TABLE.columns, TABLE.rows),
    ],
)
def test_faults_of_the_data(fault: str, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> None:
    """Each fault of the data corrupts the first column of numbers, never the subject."""
    assert Faults.of([fault]).corrupt(TABLE) == TextTable(columns, rows)


def test_nothing_to_serve_is_told(tmp_path: Path) -> None:
    """A month without any delivery is refused before a port is taken."""
    with pytest.raises(
        DataError, match=f"no delivery of {MONTH} .* run 'medicore edc deliver {MONTH}' first"
    ):
        Deliveries(tmp_path, MONTH, Faults())


def test_a_port_that_is_taken_is_told(inbox: Path) -> None:
    """A second server on one port is refused with what to do."""
    deliveries = Deliveries(inbox, MONTH, Faults())
    with EdcSimulator.open(deliveries, TOKEN, 0) as first:
        port = int(first.server_address[1])
        with pytest.raises(ConfigurationError, match=f"port {port} of this machine is not available"):
            EdcSimulator.open(deliveries, TOKEN, port)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/redcap/MED-2024-0251/api/", 403),
        ("/RaveWebServices/studies", 401),
        ("/dataset-json/studies", 401),
    ],
)
def test_nothing_is_served_without_the_secret(inbox: Path, path: str, status: int) -> None:
    """Whoever has no secret gets no data, by whatever path."""
    with simulated(inbox, STUDY, MONTH) as interfaces:
        answer = httpx.get(interfaces.address + path, trust_env=False)
    assert answer.status_code == status
    assert b"0251-00001" not in answer.content


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/studies", 200),
        (f"/studies/{STUDY}/datasets/SUBJECTS", 200),
        (f"/studies/{STUDY}/datasets/OTHER", 404),
        ("/studies/MED-2024-9999/datasets/SUBJECTS", 404),
        (f"/studies/{STUDY}/datasets/SUBJECTS?offset=x", 422),
    ],
)
def test_dataset_json_serves_what_it_holds(inbox: Path, path: str, status: int) -> None:
    """The API knows its studies, their one dataset, and numbers alone as places in it."""
    with simulated(inbox, STUDY, MONTH) as interfaces:
        address = f"{interfaces.address}/dataset-json{path}"
        answer = httpx.get(address, headers={"api-key": TOKEN}, trust_env=False)
    assert answer.status_code == status
    if status == 200:
        assert STUDY in answer.text


def test_forms_are_bounded(inbox: Path) -> None:
    """A question that does not say its length is not read, and what is no question of REDCap is refused."""
    with simulated(inbox, STUDY, MONTH) as interfaces:
        address = f"{interfaces.address}/redcap/{STUDY}/api/"
        answer = httpx.post(address, content=iter([b"token=x"]), trust_env=False)
        assert answer.status_code == 413
        for content, status in (("nothing", 400), ("exportFieldNames", 200)):
            form = {"token": TOKEN, "content": content}
            assert httpx.post(address, data=form, trust_env=False).status_code == status
