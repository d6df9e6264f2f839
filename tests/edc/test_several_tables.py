"""Several forms of Rave and several datasets of a Dataset-JSON API, pulled in one transfer and joined by subject."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from medicore.edc.dataset_json_api import DatasetJsonApi
from medicore.edc.http import Answer, Request
from medicore.edc.rave import Rave
from medicore.errors import DataError
from medicore.records.delivery.transfer import Transfer
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.source import DatasetJsonSource, RaveSource
from medicore.steps.check import check
from medicore.steps.extract import extract, freeze
from medicore.stores.files import FolderFiles
from tests.trials.tried import protocol_text

STUDY, MONTH = "TEST-SEVERAL", "2025-03"
DATE = "Mon, 31 Mar 2025 10:00:00 GMT"
SUBJECTS = "Subject,ARM,AGE,SEX,BASE\nS-1,P,40,F,42.5\nS-2,A,29,M,57.6\n"
VISITS = "Subject,VISIT,CHG\nS-1,W8,1\nS-1,W24,4.43\nS-2,W24,-0.22\n"
DATASETS = [
    {"subject": "Subject", "columns": {"arm": "ARM", "age": "AGE", "sex": "SEX", "baseline": "BASE"}},
    {"subject": "Subject", "where": {"VISIT": "W24"}, "columns": {"change": "CHG"}},
]


@dataclass(frozen=True)
class Server:
    """A server that answers each request from the address it is for."""

    answer: Callable[[Request], tuple[bytes, dict[str, str]]]

    def ask(self, request: Request) -> Answer:
        """Return the answer, made at the time of the export."""
        body, headers = self.answer(request)
        return Answer(body, {"date": DATE, **headers})


def rave(changed: str = "1") -> Transfer:
    """Return what is pulled of two forms; the second may be of another state of the data."""

    def answer(request: Request) -> tuple[bytes, dict[str, str]]:
        form = request.path.rpartition("/")[2]
        text = {"DM.csv": SUBJECTS, "VS.csv": VISITS}.get(form)
        stamp = {"x-mws-cv-last-updated": changed if form == "VS.csv" else "1"}
        return (b"1.18.0", {}) if text is None else ((text + "EOF").encode(), stamp)

    source = RaveSource(system="rave", address="https://rave.example", project="M", form=("DM", "VS"))
    return Rave(source, Server(answer), lambda _: SecretStr("user:word")).pull(STUDY, MONTH)  # type: ignore[arg-type]


def dataset_json() -> Transfer:
    """Return what is pulled of two datasets, two rows in a page."""

    def answer(request: Request) -> tuple[bytes, dict[str, str]]:
        header, *rows = [
            line.split(",") for line in {"DM": SUBJECTS, "VS": VISITS}[request.path[-2:]].splitlines()
        ]
        start = int(request.query["offset"])
        document = {
            "datasetJSONVersion": "1.1.0", "records": len(rows), "studyOID": "M", "dbLastModifiedDateTime": "1",
            "columns": [{"itemOID": name, "name": name, "dataType": "string"} for name in header],
            "rows": rows[start : start + 2],
        }  # fmt: skip
        return json.dumps(document).encode(), {}

    source = DatasetJsonSource(
        system="dataset-json-api", address="https://api.example", project="M", dataset=("DM", "VS"), page=2
    )
    return DatasetJsonApi(source, Server(answer), lambda _: SecretStr("key")).pull(STUDY, MONTH)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pull", "source", "tables"),
    [
        (rave, {"system": "rave", "project": "M", "form": ["DM", "VS"]}, ("DM.csv", "VS.csv")),
        (dataset_json, {"system": "dataset-json-api", "project": "M", "dataset": ["DM", "VS"]}, ("DM", "VS")),
    ],
)
def test_several_tables_are_joined_by_subject(
    pull: Callable[[], Transfer], source: dict[str, object], tables: tuple[str, str], tmp_path: Path
) -> None:
    """Each table is frozen as it came; the rows are chosen by the declared keys, and the check has nothing to say."""
    datasets = [{**one, "file": name} for one, name in zip(DATASETS, tables, strict=True)]
    edits = {"edc": {**source, "address": "https://edc.example", "datasets": datasets}, "study": STUDY}
    plan = parse_protocol(protocol_text("csv-semicolon", edits), "p.yaml")
    files = FolderFiles(tmp_path)
    freeze(files, pull(), None)
    extract(files, plan)
    assert check(files, plan) == ()
    made = json.loads(files.read("extract.json"))
    assert [(one["file"], one["rows"], one["joined"]) for one in made["datasets"]] == [
        (tables[0], 2, 2),
        (tables[1], 3, 2),
    ]
    assert files.read_table("extract.parquet")["change"].tolist() == [4.43, -0.22]


def test_forms_of_two_states_of_the_data_are_refused() -> None:
    """All answers of a pull are of one state: a form that changed between them is pulled once more, then refused."""
    with pytest.raises(DataError, match="the data changed while they were pulled, twice in a row"):
        rave(changed="2")
