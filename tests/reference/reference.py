"""The reference folder: real data, and what R, Stata and Python packages compute on them."""

import csv
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "reference"
MISSING = (
    "the reference data and numbers are not there: put the folder 'reference' (README.md, numbers.csv.gz, "
    "cases.json, data/) into a folder 'shared' beside this repository"
)

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One published or computed number, and how near to it one should come."""

    case: str
    dataset: str
    estimand: str
    estimator: str
    variant: str
    quantity: str
    value: float
    tolerance: float
    status: str
    stress: str
    software: str
    source: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the number is of, within its case."""
        return self.estimand, self.estimator, self.variant, self.quantity


@dataclass(frozen=True)
class Case:
    """A data set with the designs of its propensity and outcome models, ``(n, p)`` without intercept."""

    x_propensity: Vector
    x_outcome: Vector
    treated: NDArray[np.bool_]
    outcome: Vector
    family: str
    names: tuple[str, ...]
    groups: Mapping[str, Vector] = field(default_factory=dict)


def available() -> bool:
    """Return whether the folder is there."""
    return (FOLDER / "numbers.csv.gz").is_file()


@cache
def rows() -> tuple[Row, ...]:
    """Return every row; a Kang–Schafer sample with each pair of designs is a case of its own."""
    with gzip.open(FOLDER / "numbers.csv.gz", "rt", encoding="utf-8") as stream:
        return tuple(_row(record) for record in csv.DictReader(stream))


def _row(record: Mapping[str, str]) -> Row:
    case = record["case_id"]
    if case.startswith("ks_") and case != "ks_montecarlo":
        case = f"{case} {record['formula_ps'][:4]} {record['formula_outcome'][:4]}"
    quantity = record["quantity"]
    if (record["estimator"], quantity, record["status"]) == ("unadjusted", "se", "published"):
        quantity = "se, published"
    return Row(
        case,
        record["dataset"],
        record["estimand"],
        record["estimator"],
        record["trimming_or_variant"],
        quantity,
        float(record["value"]),
        float(record["tolerance"]),
        record["status"],
        record["stress"],
        record["software"],
        record["source"],
    )


@cache
def table(name: str) -> Mapping[str, tuple[str, ...]]:
    """Return the columns, as text, of a file in ``data``."""
    with gzip.open(FOLDER / "data" / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    return {name: tuple(line[place] for line in lines[1:]) for place, name in enumerate(lines[0])}


def numeric(columns: Mapping[str, tuple[str, ...]], names: list[str]) -> Vector:
    """Return the named columns as a matrix, ``(n, p)``."""
    return np.column_stack([np.array(columns[name], dtype=np.float64) for name in names])


@cache
def case(name: str) -> Case:
    """Return the data of a case."""
    if name.startswith("ks_"):
        return _kang_schafer(*name.split())
    columns = table(name)
    family = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))[name]["yfam"]
    designs = {prefix: [key for key in columns if key.startswith(prefix)] for prefix in ("ps_", "om_")}
    groups = {key[2:]: columns[key] for key in columns if key.startswith("x_")}
    return Case(
        numeric(columns, designs["ps_"]),
        numeric(columns, designs["om_"]),
        numeric(columns, ["A"])[:, 0] == 1,
        numeric(columns, ["Y"])[:, 0],
        family,
        tuple(key.removeprefix("ps_") for key in designs["ps_"]),
        {
            key: np.array(values, dtype=np.float64)
            for key, values in groups.items()
            if {*values} <= {"0", "1"}
        },
    )


def _kang_schafer(name: str, propensity: str, outcome: str) -> Case:
    columns = table(name)
    designs = {
        letter: numeric(columns, [f"{letter.lower()}{place}" for place in range(1, 5)]) for letter in "XZ"
    }
    return Case(
        designs[propensity[-1]],
        designs[outcome[-1]],
        numeric(columns, ["A"])[:, 0] == 1,
        numeric(columns, ["Y"])[:, 0],
        "gaussian",
        tuple(f"{propensity[-1]}{place}" for place in range(1, 5)),
    )
