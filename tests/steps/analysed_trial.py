"""A small study for the tests of the steps from cohort on: its protocol, its subjects, and the steps on them."""

import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medicore.records.finding import Finding
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.steps.cohort import cohort
from medicore.steps.effect import effect
from medicore.steps.propensity import propensity
from medicore.steps.sensitivity import sensitivity
from medicore.stores.files import FolderFiles

TEXT = """
study: TEST-STEPS
title: A study of nothing in particular
sponsor: Nobody
version: "1.0"
phase: IV
design: observational
estimand:
  treatment: Active against control
  population: Adults
  variable: Change in score
  intercurrent_events:
    - {event: Discontinuation, strategy: treatment policy, detect: none, reason: Not collected}
  summary_measure: Difference of means
edc: {system: files}
contract:
  subject: subject_id
  columns:
    - {name: subject_id, type: identifier, timing: administrative}
    - {name: arm, type: category, timing: baseline, values: [control, active, other], required: false}
    - {name: age, type: integer, timing: baseline, unit: years, required: false}
    - {name: weight, type: number, timing: baseline, unit: kg, required: false}
    - {name: sex, type: category, timing: baseline, values: [F, M]}
    - {name: region, type: category, timing: baseline, values: [north, south, west]}
    - {name: change, type: number, timing: follow-up, unit: points, required: false}
treatment: {column: arm, treated: active, control: control}
outcome:
  {column: change, unit: points, label: Change in score, assessed: none, missing: {method: weighted}}
eligibility:
  - {name: Under 18, column: age, operator: at least, value: 18}
  - {name: Too heavy, column: weight, operator: below, value: 200}
covariates:
  - {column: age, label: Age, terms: [linear, square]}
  - {column: weight, label: Weight}
  - {column: sex, label: Sex, terms: [categories]}
  - {column: region, label: Region, terms: [categories]}
models: {propensity: [age, sex, region], outcome: [weight, age]}
inference: {replicates: 200}
sensitivity: {trimming: [0.1], subgroups: [sex]}
monitoring: {method: confidence sequence, alpha: 0.05, tuned_at: 300, first: 20, action: none}
calendar: {timezone: Pacific/Auckland, first_month: "2025-01"}
seed: 7
"""


def protocol(**changed: Any) -> Protocol:
    """Return the study's protocol with some top-level keys replaced, or merged where they are mappings."""
    stored = parse_protocol(TEXT, "TEST-STEPS.yaml").as_json()
    for key, value in changed.items():
        stored[key] = {**stored[key], **value} if isinstance(value, Mapping) else value
    return parse_protocol(json.dumps(stored), "TEST-STEPS.yaml")


def subjects(n: int = 240, seed: int = 1) -> pd.DataFrame:
    """Return an extract in which treatment depends a little on age and sex, and raises the outcome by 2."""
    generator = np.random.default_rng(seed)
    age = generator.integers(20, 80, n)
    sex = generator.choice(["F", "M"], n)
    chance = 1 / (1 + np.exp(-0.02 * (age - 50) - 0.3 * (sex == "M")))
    active = generator.random(n) < chance
    return pd.DataFrame(
        {
            "subject_id": [f"{number:03d}" for number in range(n)],
            "arm": np.where(active, "active", "control"),
            "age": pd.array(age, dtype="Int64"),
            "weight": generator.normal(70, 8, n),
            "sex": sex,
            "region": generator.choice(["north", "south", "west"], n),
            "change": 2.0 * active + 0.05 * age + generator.normal(0, 1, n),
        }
    )


def with_column(frame: pd.DataFrame, column: str, values: Any) -> pd.DataFrame:
    """Return the table with one column replaced."""
    return frame.assign(**{column: values})


def extracted(folder: Path, frame: pd.DataFrame) -> FolderFiles:
    """Return a record folder with this extract."""
    files = FolderFiles(folder)
    files.write_table("extract.parquet", frame)
    return files


def section(files: FolderFiles, name: str) -> dict[str, Any]:
    """Return a document of the record folder."""
    return dict(json.loads(files.read(f"{name}.json")))


def weighed(folder: Path, frame: pd.DataFrame, plan: Protocol) -> tuple[FolderFiles, tuple[Finding, ...]]:
    """Perform cohort and propensity, and return the findings of the latter."""
    files = extracted(folder, frame)
    assert cohort(files, plan) == ()
    return files, propensity(files, plan)


def estimated(folder: Path, frame: pd.DataFrame, plan: Protocol) -> tuple[FolderFiles, tuple[Finding, ...]]:
    """Perform cohort, propensity and effect, as if every earlier finding were accepted."""
    files, _ = weighed(folder, frame, plan)
    return files, effect(files, plan)


def compared(folder: Path, frame: pd.DataFrame, plan: Protocol) -> dict[str, Any]:
    """Perform all steps to sensitivity, and return its document."""
    return _compared(estimated(folder, frame, plan)[0], plan)


def estimated_once(folder: Path, frame: pd.DataFrame, plan: Protocol) -> FolderFiles:
    """Return a record folder as ``estimated`` makes it, once for the same subjects and plan: for tests that only read."""
    return _once("estimated", folder, frame, plan, lambda: estimated(folder, frame, plan)[0])


def compared_once(folder: Path, frame: pd.DataFrame, plan: Protocol) -> dict[str, Any]:
    """Return the document of ``compared``, made once for the same subjects and plan: for tests that only read."""

    def perform() -> FolderFiles:
        files = estimated_once(folder, frame, plan)
        _compared(files, plan)
        return files

    return section(_once("compared", folder, frame, plan, perform), "sensitivity")


def _compared(files: FolderFiles, plan: Protocol) -> dict[str, Any]:
    assert sensitivity(files, plan) == ()
    return section(files, "sensitivity")


_MADE: dict[tuple[str, bytes, str], dict[str, bytes]] = {}


def _once(
    what: str, folder: Path, frame: pd.DataFrame, plan: Protocol, perform: Callable[[], FolderFiles]
) -> FolderFiles:
    """Return a record folder with the files that ``perform`` made of these subjects and this plan."""
    key = what, pickle.dumps(frame), plan.model_dump_json()
    if key in _MADE:
        files = FolderFiles(folder)
        for name, data in _MADE[key].items():
            files.write(name, data)
        return files
    files = perform()
    _MADE[key] = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return files
