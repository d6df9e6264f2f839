"""A small trial for the tests of extract and check: its protocol, its delivery, and both steps on it."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from medicore.records.delivery.transfer import RawFile, Transfer
from medicore.records.finding import Finding
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.steps.check import check
from medicore.steps.extract import extract, freeze
from medicore.stores.files import FolderFiles

TEXT = """
study: TEST-TRIAL
title: A trial of nothing in particular
sponsor: Nobody
version: "1.0"
phase: IV
design: observational
estimand:
  treatment: Active against control
  population: Adults who consent
  variable: Change in score
  intercurrent_events:
    - {event: Discontinuation, strategy: treatment policy, detect: none, reason: Not collected}
  summary_measure: Difference of means
edc: {system: files}
contract:
  subject: subject_id
  blinded: false
  unblinding: [kit_number]
  columns:
    - {name: subject_id, type: identifier, timing: administrative}
    - {name: name, type: identifier, timing: administrative, required: false, locked: false}
    - {name: enrolled, type: date, timing: administrative}
    - {name: age, type: integer, timing: baseline, unit: years, minimum: 18, maximum: 90}
    - {name: weight, type: number, timing: baseline, unit: kg, minimum: 30, maximum: 250}
    - {name: sex, type: category, timing: baseline, values: [F, M]}
    - {name: arm, type: category, timing: baseline, values: [active, control]}
    - {name: change, type: number, timing: follow-up, unit: points, required: false}
treatment: {column: arm, treated: active, control: control}
outcome:
  {column: change, unit: points, label: Change in score, assessed: none, missing: {method: weighted}}
eligibility: []
covariates: [{column: weight, label: Weight}]
models: {propensity: [weight], outcome: [weight]}
monitoring: {method: confidence sequence, alpha: 0.05, tuned_at: 300, first: 20, action: none}
calendar: {timezone: Pacific/Auckland, first_month: "2025-01"}
seed: 1
"""
HEADER = ("subject_id", "name", "enrolled", "age", "weight", "sex", "arm", "change")
ROWS = (
    ("003", "Zoë", "2025-01-05", "41", "80.5", "F", "active", "-1.25"),
    ("001", "نور", "2025-01-06", "52", "71", "M", "control", ""),
    ("002", "NA", "2025-02-07", "63", "99.9", "F", "control", "0.5"),
)
# 31 March in UTC, and already 1 April where the study is.
EXPORTED_AT = "2025-03-31T18:00:00+00:00"


def protocol(**contract: Any) -> Protocol:
    """Return the trial's protocol, with some keys of its contract changed."""
    stored = parse_protocol(TEXT, "TEST-TRIAL.yaml").as_json()
    stored["contract"].update(contract)
    return parse_protocol(json.dumps(stored), "TEST-TRIAL.yaml")


def table(
    rows: Iterable[Sequence[str]] = ROWS, header: Sequence[str] = HEADER, encoding: str = "utf-8"
) -> bytes:
    """Return rows as the bytes of a comma-separated file."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([header, *rows])
    return buffer.getvalue().encode(encoding)


def altered(column: str, *values: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows with the first values of a column changed, in the order of delivery."""
    place = HEADER.index(column)
    new = [*values, *(row[place] for row in ROWS[len(values) :])]
    return tuple((*row[:place], value, *row[place + 1 :]) for row, value in zip(ROWS, new, strict=True))


def transfer(data: bytes, rows: int = len(ROWS)) -> Transfer:
    """Return a delivery of one file."""
    return Transfer(
        "Test EDC", "TEST-TRIAL", EXPORTED_AT, "v7", (RawFile("subjects.csv", "csv", data, rows),)
    )


def frozen(
    folder: Path, data: bytes, rows: int = len(ROWS), previous: pd.DataFrame | None = None
) -> FolderFiles:
    """Return a record folder with the data lock in it."""
    files = FolderFiles(folder)
    freeze(files, transfer(data, rows), None if previous is None else ("2025-02", previous))
    return files


def document(files: FolderFiles, name: str) -> Mapping[str, Any]:
    """Return a document of the record folder."""
    return dict(json.loads(files.read(name)))


def judged(
    folder: Path,
    data: bytes,
    rows: int = len(ROWS),
    previous: pd.DataFrame | None = None,
    **contract: Any,
) -> tuple[tuple[Finding, ...], Mapping[str, Any]]:
    """Return the findings of check on a delivery, and check.json."""
    files = frozen(folder, data, rows, previous)
    plan = protocol(**contract)
    assert extract(files, plan) == ()
    return check(files, plan), document(files, "check.json")


def extracted(folder: Path, rows: Sequence[Sequence[str]] = ROWS, **contract: Any) -> pd.DataFrame:
    """Return the extract of an earlier lock."""
    files = frozen(folder, table(rows), len(rows))
    extract(files, protocol(**contract))
    return files.read_table("extract.parquet")


def broken(findings: Iterable[Finding]) -> dict[str, str]:
    """Return the count of each finding by its column; several of one column are joined by a plus."""
    counts: dict[str, str] = {}
    for finding in findings:
        counts[finding.subject] = "+".join(filter(None, [counts.get(finding.subject), finding.statistic]))
    return counts
