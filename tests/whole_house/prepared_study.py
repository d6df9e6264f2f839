"""Prepared studies: a protocol and a delivery of synthetic subjects, sound until a test makes one thing wrong."""

import csv
import io
import json
import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import yaml

from medicore.records.canonical import sha256
from tests.conftest import Project, git

_MOMENT = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]+|[0-9]{9,}\.[0-9]+")
MONTH = "2025-03"
SEED = 20250331
SIZE = 300

PROTOCOL = """
title: Active against control, in a study made for one test
sponsor: Nobody
version: "1.0"
phase: IV
design: observational
estimand:
  treatment: Active against control
  population: Adults who consent
  variable: Change in score at week 24
  intercurrent_events:
    - {event: Discontinuation, strategy: treatment policy, detect: none, reason: Not collected}
  summary_measure: Difference of means
edc: {system: files}
contract:
  subject: subject_id
  columns:
    - {name: subject_id, type: identifier, timing: administrative}
    - {name: age, type: number, timing: baseline, unit: years}
    - {name: bmi, type: number, timing: baseline, unit: kg/m²}
    - {name: severity, type: number, timing: baseline, unit: points}
    - {name: smoker, type: category, timing: baseline, values: [never, current]}
    - {name: region, type: category, timing: baseline, values: [north, south, east]}
    - {name: arm, type: category, timing: baseline, values: [active, control]}
    - {name: week_4, type: number, timing: follow-up, unit: points}
    - {name: change, type: number, timing: follow-up, unit: points}
treatment: {column: arm, treated: active, control: control}
outcome:
  {column: change, unit: points, label: Change in score, assessed: none, missing: {method: weighted}}
eligibility: []
covariates:
  - {column: age, label: Age}
  - {column: bmi, label: Body mass index}
  - {column: severity, label: Severity at baseline}
  - {column: smoker, label: Smoking, terms: [categories]}
  - {column: region, label: Region, terms: [categories]}
models:
  propensity: [age, bmi, severity, smoker, region]
  outcome: [age, bmi, severity, smoker, region]
inference: {replicates: 200}
sensitivity: {trimming: [], leave_one_out: false, subgroups: []}
monitoring: {method: confidence sequence, alpha: 0.05, tuned_at: 300, first: 20, action: none}
calendar: {timezone: Europe/Zurich, first_month: "2025-01"}
seed: 48
"""

Texts = Mapping[str, tuple[str, ...]]
Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class PreparedStudy:
    """A study's identifier, its protocol as YAML holds it, and the texts of its export by column.

    ``mark`` are bytes with which the exported file begins.
    """

    study: str
    protocol: dict[str, Any] = field(default_factory=lambda: dict(json.loads(_sound_protocol())))
    texts: Texts = field(default_factory=lambda: sound_texts())
    mark: bytes = b""

    def column(self, name: str, values: Sequence[object]) -> "PreparedStudy":
        """Return the study with another column: numbers in five digits after the point, other values as text."""
        new = tuple(f"{value:.5f}" if isinstance(value, float) else str(value) for value in values)
        return replace(self, texts={**self.texts, name: new})

    def planned(self, place: str, value: object) -> "PreparedStudy":
        """Return the study with one part of its protocol changed: ``gates.smd`` is key ``smd`` of part ``gates``."""
        changed: dict[str, Any] = json.loads(json.dumps(self.protocol))
        *parts, last = place.split(".")
        target: Any = changed
        for part in parts:
            target = target[int(part)] if isinstance(target, list) else target.setdefault(part, {})
        target[int(last) if isinstance(target, list) else last] = value
        return replace(self, protocol=changed)

    def numbers(self, name: str) -> Numbers:
        """Return a column as numbers, ``(n,)``."""
        return np.array([float(text) for text in self.texts[name]])

    @property
    def active(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Who is in the active arm, ``(n,)``."""
        arms: np.ndarray[Any, np.dtype[np.bool_]] = np.array(self.texts["arm"]) == "active"
        return arms

    def write(self, project: Project) -> None:
        """Write the protocol into the project, and the export with its manifest into the inbox."""
        self.write_protocol(project)
        self.deliver(project)

    def write_protocol(self, project: Project) -> None:
        """Write the protocol into the project."""
        path = project.root / "studies" / f"{self.study}.yaml"
        path.write_text(yaml.safe_dump({"study": self.study, **self.protocol}, sort_keys=False), "utf-8")

    def deliver(self, project: Project, month: str = MONTH) -> None:
        """Write the month's export with its manifest into the inbox, made on the month's last day."""
        data = self._export()
        file = {
            "name": "subjects.csv",
            "format": "csv",
            "rows": len(self.texts["subject_id"]),
            "sha256": sha256(data),
            "size": len(data),
        }
        manifest = {
            "system": "Prepared EDC",
            "source": self.study,
            "exported_at": f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]}T18:00:00+00:00",
            "version": "1",
            "files": [file],
        }
        folder = project.home / "inbox" / self.study / month
        (folder / "raw").mkdir(parents=True)
        (folder / "raw" / "subjects.csv").write_bytes(data)
        (folder / "transfer.json").write_text(json.dumps(manifest), "utf-8")

    def _export(self) -> bytes:
        buffer = io.StringIO(newline="")
        csv.writer(buffer).writerows([list(self.texts), *zip(*self.texts.values(), strict=True)])
        return self.mark + buffer.getvalue().encode()

    def secrets(self) -> set[str]:
        """Return every text of the export that would give a patient away: identifiers and measurements."""
        measured = ("subject_id", "age", "bmi", "severity", "week_4", "change")
        return {text for name in measured for text in self.texts[name] if len(text) > 5}

    def told_in(self, written: str) -> list[str]:
        """Return the secrets that are in a text; the digits of a moment are no measurement, though they may read like one."""
        plain = _MOMENT.sub("", written)
        return [text for text in self.secrets() if text in plain]


def prepare(project: Project, *studies: PreparedStudy, deployed: bool = False) -> None:
    """Deliver the studies, and commit their protocols, so that their runs are regulatory ones; ``deployed`` as ``doctor`` expects."""
    for study in studies:
        study.write(project)
    if deployed:
        project.medicore("deploy")
    git("add", "--all", folder=project.root)
    git("commit", "--quiet", "--message", "Protocols of prepared studies", folder=project.root)


@cache
def _sound_protocol() -> str:
    """Return the sound protocol as JSON, which is read in a small part of the time that YAML takes."""
    return json.dumps(yaml.load(PROTOCOL, yaml.CSafeLoader))


def sound_texts() -> Texts:
    """Return the export of a study in which nothing is wrong: overlap, some confounding, an effect of two points."""
    random = np.random.default_rng(SEED)
    age, bmi, severity = (random.normal(*shape, SIZE) for shape in ((55, 9), (27, 4), (50, 10)))
    smoker = random.random(SIZE) < 0.3
    region = random.integers(0, 3, SIZE)
    chance = 1 / (1 + np.exp(-(0.02 * (age - 55) + 0.03 * (severity - 50) + 0.3 * smoker - 0.1)))
    active = random.random(SIZE) < chance
    change = 2.0 * active - 0.1 * (severity - 50) + 0.05 * (age - 55) + random.normal(0, 3, SIZE)
    return {
        "subject_id": tuple(f"SUBJECT-{number:04}" for number in range(SIZE)),
        "age": _texts(age),
        "bmi": _texts(bmi),
        "severity": _texts(severity),
        "smoker": tuple(np.where(smoker, "current", "never").tolist()),
        "region": tuple(np.array(["north", "south", "east"])[region].tolist()),
        "arm": tuple(np.where(active, "active", "control").tolist()),
        "week_4": _texts(change / 2 + random.normal(0, 1, SIZE)),
        "change": _texts(change),
    }


def _texts(values: Numbers) -> tuple[str, ...]:
    return tuple(f"{value:.5f}" for value in values)
