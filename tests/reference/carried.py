"""Numbers of other software that travel with the project, for data that anyone can have.

``carried.csv`` is cut from the reference folder by ``python -m tests.reference.carried``: every number of NHEFS,
cattaneo2 and an ACIC 2016 data set that must be reproduced, with software, versions and origin. Of the seven ACIC
cases there the propensity model of six is separated, and has nothing but behaviour to compare. The folder's own
Kang–Schafer samples come without seed or generator, so ``kang_schafer.csv`` is of others, computed by
``kang_schafer_numbers.py``.
"""

import csv
import io
from pathlib import Path

from tests.reference.comparison import reason
from tests.reference.reference import Row, rows

FILE = Path(__file__).with_name("carried.csv")
FILES = (FILE, Path(__file__).with_name("kang_schafer.csv"))
CASES = ("nhefs_wi", "nhefs_6", "nhefs_whatif_ch13", "cattaneo2", "cattaneo2_stata", "acic_02")
COLUMNS = tuple(Row.__dataclass_fields__)


def chosen() -> list[Row]:
    """Return the rows of the reference folder that travel: all that the core must reproduce."""
    return [row for row in rows() if row.case in CASES and not reason(row)]


def carried() -> list[Row]:
    """Return the rows that travel with the project."""
    found = []
    for file in FILES:
        with file.open(encoding="utf-8", newline="") as stream:
            for record in csv.DictReader(stream):
                numbers = {name: float(record[name]) for name in ("value", "tolerance")}
                found.append(Row(**{**record, **numbers}))  # type: ignore[arg-type]
    return found


def text() -> str:
    """Return ``carried.csv`` as the reference folder makes it."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([str(getattr(row, name)) for name in COLUMNS] for row in chosen())
    return stream.getvalue()


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
