"""The data of the numbers that travel with the project: data that anyone can have.

NHEFS is the reference study of this repository; cattaneo2 (Cattaneo, 2010; birth weight and smoking, 4,642 births)
comes with statsmodels; ACIC 2016 lies in ``data``, cut from causallib (``data/ORIGIN.md``); Kang and Schafer's data
are drawn from a seed.
"""

import csv
import gzip
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.reference.kang_schafer import kang_schafer
from tests.reference.reference import Case, numeric

ROOT = Path(__file__).resolve().parents[2]
NHEFS = ROOT / "studies" / "sources" / "REF-NHEFS" / "raw" / "nhefs.csv"
ACIC = Path(__file__).with_name("data") / "acic_2.csv.gz"


@cache
def carried_case(name: str) -> Case:
    """Return the data of a case, from this repository, from statsmodels or from a seed."""
    if name.startswith("kang_schafer_"):
        return _kang_schafer(*name.removeprefix("kang_schafer_").split())
    if name == "acic_02":
        return _acic()
    return _cattaneo() if name == "cattaneo2" else _nhefs(name)


def columns_of(file: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the texts of each column of a comma-separated file."""
    with file.open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    return {name: tuple(record[name] for record in records) for name in records[0]}


def _nhefs(name: str) -> Case:
    """Return the 1,566 smokers whose weight change is known, with one of the two sets of covariates."""
    everybody = columns_of(NHEFS)
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
    columns = columns_of(folder / "cataneo2.csv")
    names = ["mmarried_", "mage", "mage2", "fbaby_", "medu"]
    return Case(
        numeric(columns, names),
        numeric(columns, ["prenatal1_", "mmarried_", "mage", "fbaby_"]),
        numeric(columns, ["mbsmoke_"])[:, 0] == 1,
        numeric(columns, ["bweight"])[:, 0],
        "gaussian",
        tuple(names),
    )


def _acic() -> Case:
    """Return the second data set of causallib, its letters as indicators of all but the first."""
    with gzip.open(ACIC, "rt", encoding="ascii", newline="") as stream:
        records = list(csv.DictReader(stream))
    columns = {name: tuple(record[name] for record in records) for name in records[0]}
    parts: dict[str, NDArray[np.float64]] = {}
    for name in (key for key in columns if key.startswith("x_")):
        if all(text.isalpha() for text in columns[name]):
            for level in sorted(set(columns[name]))[1:]:
                parts[name + level] = np.array([float(text == level) for text in columns[name]])
        else:
            parts[name] = numeric(columns, [name])[:, 0]
    x = np.column_stack(list(parts.values()))
    treated, outcome = numeric(columns, ["z", "y"]).T
    return Case(x, x, treated == 1, outcome, "gaussian", tuple(parts))


def _kang_schafer(seed: str, propensity: str, outcome: str) -> Case:
    designs, treated, y = kang_schafer(int(seed))
    ps, om = propensity[-1], outcome[-1]
    return Case(
        designs[ps], designs[om], treated, y, "gaussian", tuple(f"{ps}{place}" for place in range(1, 5))
    )
