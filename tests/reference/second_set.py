"""The second set of reference numbers, by topic: folder ``v2`` of the reference."""

import csv
import gzip
from dataclasses import dataclass
from functools import cache

from tests.reference.reference import FOLDER

FILE = FOLDER / "v2" / "numbers.csv.gz"
MISSING = (
    "the second set of reference numbers is not there: put the folder 'reference' with 'v2/numbers.csv.gz' into a "
    "folder 'shared' beside this repository"
)


@dataclass(frozen=True)
class TopicRow:
    """One number by other software, what it was computed from, and how near to it one should come."""

    topic: str
    case: str
    estimator: str
    quantity: str
    inputs: str
    value: float
    tolerance: float
    status: str


def available() -> bool:
    """Return whether the file is there."""
    return FILE.is_file()


@cache
def topic_rows() -> tuple[TopicRow, ...]:
    """Return every row."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as stream:
        return tuple(
            TopicRow(
                record["topic"],
                record["case"],
                record["estimator"],
                record["quantity"],
                record["inputs"],
                float(record["value"]),
                float(record["tolerance"]),
                record["status"],
            )
            for record in csv.DictReader(stream)
        )
