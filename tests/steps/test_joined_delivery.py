"""A delivery of several data sets, extracted and checked as one table."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medicore.errors import DataError, ProtocolError
from medicore.records.delivery.transfer import RawFile
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.steps.check import check
from medicore.steps.extract import extract, freeze
from medicore.stores.files import FolderFiles
from tests.records.transported import number, transport, variable
from tests.steps.delivered_trial import HEADER, ROWS, document, protocol, table, transfer

KEPT = [place for place, name in enumerate(HEADER) if name != "weight"]
SUBJECTS = table([[row[place] for place in KEPT] for row in ROWS], [HEADER[place] for place in KEPT])
NAMES = {name: name for name in HEADER if name not in {"subject_id", "weight"}}
VISITS = [("001", "WEIGHT", 71.0), ("002", "WEIGHT", 99.9), ("003", "WEIGHT", 80.5), ("003", "HEIGHT", 170.0)]
VITALS = transport(
    [
        variable("USUBJID", 8, 0, text=True),
        variable("VSTESTCD", 8, 8, text=True),
        variable("VSSTRESN", 8, 16),
        variable("KIT", 8, 24, text=True),
    ],
    [subject.encode().ljust(8) + test.encode().ljust(8) + number(value) + b"K-17    " for subject, test, value in VISITS],
)  # fmt: skip
DATASETS: list[dict[str, Any]] = [
    {"file": "subjects.csv", "subject": "subject_id", "columns": NAMES},
    {
        "file": "vs.xpt",
        "subject": "USUBJID",
        "where": {"VSTESTCD": "WEIGHT"},
        "columns": {"weight": "VSSTRESN"},
    },
]


def planned(datasets: Any = DATASETS, **contract: Any) -> Protocol:
    """Return the trial's protocol with these data sets."""
    stored = protocol(**contract).as_json()
    stored["edc"]["datasets"] = datasets
    return parse_protocol(json.dumps(stored), "TEST-TRIAL.yaml")


def delivered(folder: Path, rows: int = len(VISITS)) -> FolderFiles:
    """Return a record folder with both files frozen in it."""
    files = FolderFiles(folder)
    held = (
        RawFile("subjects.csv", "csv", SUBJECTS, len(ROWS)),
        RawFile("vs.xpt", "xport", VITALS, rows),
        RawFile("define.xml", "accompanying", b"<ODM/>", 0),
    )
    freeze(files, replace(transfer(b""), files=held), None)
    return files


def test_the_joined_table_is_that_of_one_file(tmp_path: Path) -> None:
    """Text and transport file joined give the extract that one file with the same values gives; both are kept as sent."""
    files = delivered(tmp_path / "joined")
    assert extract(files, planned()) == ()
    assert check(files, planned()) == ()
    alone = FolderFiles(tmp_path / "alone")
    freeze(alone, transfer(table()), None)
    extract(alone, protocol())
    assert files.read_table("extract.parquet").equals(alone.read_table("extract.parquet"))
    assert files.read("lock/raw/vs.xpt") == VITALS
    assert document(files, "extract.json")["datasets"] == [
        {"file": "subjects.csv", "rows": 3, "selected": 3, "joined": 3, "without": 0},
        {"file": "vs.xpt", "rows": 4, "selected": 3, "joined": 3, "without": 0},
    ]


def test_without_data_sets_nothing_is_said_of_them(tmp_path: Path) -> None:
    """The section and the resolved protocol of a study of one file are what they were before there were data sets."""
    files = FolderFiles(tmp_path)
    freeze(files, transfer(table()), None)
    extract(files, protocol())
    assert "datasets" not in document(files, "extract.json")
    assert "datasets" not in protocol().as_json()["edc"]


def test_fewer_rows_than_announced_halt(tmp_path: Path) -> None:
    """The rows of every joined file are held against the manifest (FAULTS 33)."""
    files = delivered(tmp_path, rows=5)
    extract(files, planned())
    (finding,) = check(files, planned())
    assert (finding.statistic, finding.overridable) == ("1", False)


def test_an_unblinding_column_is_seen_in_every_file(tmp_path: Path) -> None:
    """A column that would unblind halts though no data set names it, and its values are not kept (FAULTS 38)."""
    files, plan = delivered(tmp_path), planned(blinded=True, unblinding=["KIT"])
    extract(files, plan)
    (finding,) = check(files, plan)
    assert finding.subject == "KIT"
    assert "K-17" not in files.read("extract.json").decode()


def test_a_second_row_of_a_subject_ends_the_step(tmp_path: Path) -> None:
    """Without its condition the file has two rows of one subject: the step ends, and says how many (FAULTS 34)."""
    datasets = [DATASETS[0], {**DATASETS[1], "where": {}}]
    with pytest.raises(DataError, match=r"data set 2 \(vs\.xpt\): 1 subject\(s\) have more than one"):
        extract(delivered(tmp_path), planned(datasets))


@pytest.mark.parametrize(
    ("datasets", "contract", "problem"),
    [
        (DATASETS[:1], {}, r"columns \['weight'\] are only in the contract or only in edc.datasets"),
        ([*DATASETS, DATASETS[1]], {}, "two data sets give the column 'weight'"),
        ([{**DATASETS[0], "columns": {**NAMES, "subject_id": "x"}}, DATASETS[1]], {}, "is the subject of"),
        ([{**DATASETS[0], "columns": {}}], {}, "edc.datasets.0.columns"),
        ([{**DATASETS[0], "file": "../subjects.csv"}], {}, "edc.datasets.0.file"),
        (DATASETS, {"missing": ["NA"]}, "list '' under contract.missing"),
        (DATASETS, {"blinded": True, "unblinding": ["VSSTRESN"]}, "would unblind the study"),
    ],
)
def test_data_sets_that_contradict_the_contract_are_refused(
    datasets: Any, contract: dict[str, Any], problem: str
) -> None:
    """Each column of the contract comes from one data set, and from one alone; nothing that unblinds is named."""
    with pytest.raises(ProtocolError, match=problem):
        planned(datasets, **contract)
