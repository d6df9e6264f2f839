"""Eight small studies that run without a finding, and their deliveries month by month."""

import csv
import io
import json
from calendar import monthrange
from pathlib import Path

import numpy as np

from medicore.records.canonical import sha256

STUDIES = tuple(f"MED-2011-{number:04}" for number in range(1, 9))
FIRST_YEAR, YEARS = 2011, 15
MONTHS = tuple(f"{FIRST_YEAR + year}-{month:02}" for year in range(YEARS) for month in range(1, 13))
SIZE = 60
PASSPHRASE = "a passphrase of the bench"  # noqa: S105 - of a scratch folder

_PROTOCOL = """
study: {study}
title: Active against control, in a small study
sponsor: Nobody
version: "1.0"
phase: IV
design: observational
estimand:
  treatment: Active against control
  population: Adults who consent
  variable: Change in score at week 24
  intercurrent_events:
    - {{event: Discontinuation, strategy: treatment policy, detect: none, reason: Not collected}}
  summary_measure: Difference of means
  target: ATO
edc: {{system: files}}
contract:
  subject: subject_id
  columns:
    - {{name: subject_id, type: identifier, timing: administrative}}
    - {{name: age, type: number, timing: baseline, unit: years}}
    - {{name: severity, type: number, timing: baseline, unit: points}}
    - {{name: arm, type: category, timing: baseline, values: [active, control]}}
    - {{name: change, type: number, timing: follow-up, unit: points}}
treatment: {{column: arm, treated: active, control: control}}
outcome:
  {{column: change, unit: points, label: Change in score, assessed: none, missing: {{method: weighted}}}}
eligibility: []
covariates:
  - {{column: age, label: Age}}
  - {{column: severity, label: Severity at baseline}}
models: {{propensity: [age, severity], outcome: [age, severity]}}
gates: {{weight_share: 0.2, variance_disagreement: 0.9, estimate_change: 5.0}}
inference: {{replicates: 200}}
sensitivity: {{trimming: [], clipping: [], leave_one_out: false, subgroups: []}}
monitoring: {{method: confidence sequence, alpha: 0.05, tuned_at: 300, first: 20, action: none}}
calendar: {{timezone: Europe/Zurich, first_month: "{first}"}}
seed: 48
"""


def protocol(study: str) -> str:
    """Return the protocol of a study as YAML."""
    return _PROTOCOL.format(study=study, first=MONTHS[0])


def deliver(inbox: Path, study: str, month: str) -> None:
    """Write a study's export of a month with its manifest: the same subjects every month."""
    data = _export(STUDIES.index(study))
    listed = {
        "name": "subjects.csv",
        "format": "csv",
        "rows": SIZE,
        "sha256": sha256(data),
        "size": len(data),
    }
    last = monthrange(int(month[:4]), int(month[5:]))[1]
    manifest = {
        "system": "Small EDC",
        "source": study,
        "exported_at": f"{month}-{last}T18:00:00+00:00",
        "version": month,
        "files": [listed],
    }
    folder = inbox / study / month
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "subjects.csv").write_bytes(data)
    (folder / "transfer.json").write_text(json.dumps(manifest), encoding="utf-8")


def _export(number: int) -> bytes:
    """Return the export as CSV; the study's number makes its subjects."""
    random = np.random.default_rng(number)
    age, severity = random.normal(55, 9, SIZE), random.normal(50, 10, SIZE)
    active = random.random(SIZE) < 1 / (1 + np.exp(-0.02 * (age - 55) - 0.02 * (severity - 50)))
    change = 2.0 * active - 0.1 * (severity - 50) + random.normal(0, 3, SIZE)
    rows = [
        (f"SUBJECT-{place:04}", f"{age[place]:.3f}", f"{severity[place]:.3f}", arm, f"{change[place]:.3f}")
        for place, arm in enumerate(np.where(active, "active", "control"))
    ]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([("subject_id", "age", "severity", "arm", "change"), *rows])
    return buffer.getvalue().encode()
