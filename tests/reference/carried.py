"""Numbers of other software that travel with the project, for data that anyone can have.

``carried.csv`` is cut from the reference folder by ``python -m tests.reference.carried``: what at least two
implementations agree on, or a book prints, for NHEFS and cattaneo2. NHEFS is the reference study of this
repository; cattaneo2 (Cattaneo, 2010; birth weight and smoking, 4,642 births) comes with statsmodels.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.reference.comparison import reason
from tests.reference.reference import Case, Row, numeric, rows

FILE = Path(__file__).with_name("carried.csv")
ROOT = Path(__file__).resolve().parents[2]
NHEFS = ROOT / "studies" / "sources" / "REF-NHEFS" / "raw" / "nhefs.csv"
CASES = ("nhefs_wi", "nhefs_6", "cattaneo2")
COLUMNS = (
    "case",
    "dataset",
    "estimand",
    "estimator",
    "variant",
    "quantity",
    "value",
    "tolerance",
    "status",
    "stress",
    "software",
)


def chosen() -> list[Row]:
    """Return the rows of the reference folder that travel: agreed or published, interval ends left behind."""
    return [
        row
        for row in rows()
        if row.case in CASES
        and row.status in ("agree", "published")
        and not reason(row)
        and not row.quantity.startswith("ci_")
    ]


def carried() -> list[Row]:
    """Return the rows that travel with the project."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    return [
        Row(
            **{name: float(text) if name in ("value", "tolerance") else text for name, text in record.items()}
        )  # type: ignore[arg-type]
        for record in records
    ]


@cache
def carried_case(name: str) -> Case:
    """Return the data of a case, from this repository or from statsmodels."""
    return _cattaneo() if name == "cattaneo2" else _nhefs(name)


def _columns(file: Path) -> Mapping[str, tuple[str, ...]]:
    with file.open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    return {name: tuple(record[name] for record in records) for name in records[0]}


def _nhefs(name: str) -> Case:
    """Return the 1,566 smokers whose weight change is known, with one of the two sets of covariates."""
    everybody = _columns(NHEFS)
    known = [place for place, text in enumerate(everybody["wt82_71"]) if text]
    columns = {key: tuple(texts[place] for place in known) for key, texts in everybody.items()}
    value = {key: numeric(columns, [key])[:, 0] for key in columns if key not in ("wt82",)}
    parts: dict[str, NDArray[np.float64]] = {}
    if name == "nhefs_6":
        parts = {key: value[key] for key in ("age", "sex", "race", "smokeintensity", "smokeyrs", "wt71")}
    else:
        parts = {key: value[key] for key in ("sex", "race")}
        for key, levels in (
            ("age", ()),
            ("education", range(2, 6)),
            ("smokeintensity", ()),
            ("smokeyrs", ()),
            ("exercise", range(1, 3)),
            ("active", range(1, 3)),
            ("wt71", ()),
        ):
            if levels:
                parts.update(
                    {f"factor.{key}.{level}": (value[key] == level).astype(float) for level in levels}
                )
            else:
                parts |= {key: value[key], f"I.{key}.2.": value[key] ** 2}
    x = np.column_stack(list(parts.values()))
    groups = {"sex": value["sex"]}
    return Case(x, x, value["qsmk"] == 1, value["wt82_71"], "gaussian", tuple(parts), groups)


def _cattaneo() -> Case:
    package = find_spec("statsmodels")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "treatment" / "tests" / "results"
    columns = _columns(folder / "cataneo2.csv")
    names = ["mmarried_", "mage", "mage2", "fbaby_", "medu"]
    return Case(
        numeric(columns, names),
        numeric(columns, ["prenatal1_", "mmarried_", "mage", "fbaby_"]),
        numeric(columns, ["mbsmoke_"])[:, 0] == 1,
        numeric(columns, ["bweight"])[:, 0],
        "gaussian",
        tuple(names),
    )


def text() -> str:
    """Return ``carried.csv`` as the reference folder makes it."""
    lines = [",".join(COLUMNS)]
    for row in chosen():
        fields = [str(getattr(row, name)) for name in COLUMNS]
        lines.append(",".join(f'"{field}"' if "," in field else field for field in fields))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
