"""The connector to delivered folders: complete, or refused with a line that says why."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medicore.edc.delivery_folder import DeliveryFolder
from medicore.errors import DataError, ProtocolError
from medicore.records.delivery.transfer import RawFile, Transfer, manifest_of

STUDY, MONTH = "TEST-TRIAL", "2025-03"
PATIENT = "Zaphod"
DATA = f"subject_id,name\r\n001,{PATIENT}\r\n002,Trillian\r\n".encode()


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """Return a complete delivery in an inbox."""
    folder = tmp_path / STUDY / MONTH
    transfer = Transfer(
        "Test EDC", STUDY, "2025-04-01T06:00:00+02:00", "v1", (RawFile("subjects.csv", "csv", DATA, 2),)
    )
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "subjects.csv").write_bytes(DATA)
    (folder / "transfer.json").write_bytes(manifest_of(transfer).as_document())
    return folder


def pull(delivery: Path) -> Transfer:
    """Return the delivery as the connector to its inbox reads it."""
    return DeliveryFolder(delivery.parents[1], by_month=True).pull(STUDY, MONTH)


def rewrite(delivery: Path, **changes: Any) -> None:
    """Change keys of the manifest; those of the file come as ``file``."""
    path = delivery / "transfer.json"
    stored = json.loads(path.read_bytes())
    stored["files"][0].update(changes.pop("file", {}))
    path.write_text(json.dumps({**stored, **changes}), encoding="utf-8")


def test_delivery_is_read_byte_for_byte(delivery: Path) -> None:
    """A complete delivery gives its bytes, and what the source says of them."""
    transfer = pull(delivery)
    assert transfer.files == (RawFile("subjects.csv", "csv", DATA, 2),)
    assert (transfer.system, transfer.source, transfer.version) == ("Test EDC", STUDY, "v1")
    assert transfer.exported_at == "2025-04-01T06:00:00+02:00"


def test_one_folder_serves_every_month_where_it_is_the_delivery(delivery: Path) -> None:
    """A source outside the inbox is one delivery, whatever the month."""
    connector = DeliveryFolder(delivery, by_month=False)
    assert connector.pull(STUDY, "2025-01") == connector.pull(STUDY, "2031-12") == pull(delivery)


def test_half_a_row_is_missed(delivery: Path) -> None:
    """A file cut anywhere is not the file that was announced (FAULTS 33)."""
    path = delivery / "raw" / "subjects.csv"
    for length in (0, 5, len(DATA) // 2, len(DATA) - 1):
        path.write_bytes(DATA[:length])
        with pytest.raises(DataError, match=f"{length} bytes found, {len(DATA)} expected"):
            pull(delivery)


Damage = Callable[[Path], object]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda d: shutil.rmtree(d), "transfer.json cannot be read"),
        (lambda d: (d / "transfer.json").unlink(), "transfer.json cannot be read"),
        (lambda d: (d / "transfer.json").write_bytes(b"{"), "transfer.json: whole file: Invalid JSON"),
        (lambda d: shutil.rmtree(d / "raw"), r"raw/subjects\.csv cannot be read"),
        (lambda d: (d / "raw" / "subjects.csv").write_bytes(DATA[:-1] + b"x"), "SHA-256"),
        (lambda d: (d / "raw" / "more.csv").write_bytes(DATA), r"raw/more\.csv is not in transfer\.json"),
        (lambda d: rewrite(d, file={"rows": 3}), "has 2 rows; expected 3"),
        (lambda d: rewrite(d, source="TEST-OTHER"), "names the source 'TEST-OTHER'"),
        (lambda d: rewrite(d, file={"name": "../../etc"}), "name"),
        (lambda d: rewrite(d, exported_at="2025-04-01T06:00:00"), "zone"),
    ],
)
def test_incomplete_delivery_is_refused(delivery: Path, damage: Damage, problem: str) -> None:
    """What is missing, cut, changed, unreadable, unannounced or of another study is refused in one line."""
    damage(delivery)
    with pytest.raises(DataError, match=problem) as caught:
        pull(delivery)
    message = str(caught.value)
    assert message.startswith(f"{STUDY}/{MONTH}/")
    assert "\n" not in message
    assert PATIENT not in message
    assert str(delivery.parents[1]) not in message


def test_manifest_of_a_wrong_count_is_found_even_when_every_byte_is_there(delivery: Path) -> None:
    """The rows are counted, not believed: a line end inside quotes is no row (FAULTS 33)."""
    data = b'subject_id,name\r\n001,"a\r\nb"\r\n'
    (delivery / "raw" / "subjects.csv").write_bytes(data)
    whole = manifest_of(
        Transfer("s", STUDY, "2025-04-01T06:00:00Z", "v", (RawFile("subjects.csv", "csv", data, 2),))
    )
    (delivery / "transfer.json").write_bytes(whole.as_document())
    with pytest.raises(DataError, match="has 1 rows; expected 2"):
        pull(delivery)


@pytest.mark.parametrize(("study", "month"), [("../x", "2025-03"), (STUDY, "2025-3"), (STUDY, "../2025-03")])
def test_malformed_names_are_refused_before_anything_is_read(tmp_path: Path, study: str, month: str) -> None:
    """A study or month that is no identifier never becomes part of a path (FAULTS 31)."""
    with pytest.raises(ProtocolError, match=r"malformed|not a study identifier"):
        DeliveryFolder(tmp_path / "absent", by_month=True).pull(study, month)
