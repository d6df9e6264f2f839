"""A study with a second delivered file: the adverse events of its subjects, with dates, severity and seriousness."""

import csv
import io
import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from medicore.records.canonical import sha256
from tests.whole_house.prepared_study import MONTH, SEED, SIZE, PreparedStudy

STUDY = "TEST-SAFETY"
FILE = "ae.csv"
HEADER = ("USUBJID", "AESEQ", "AEDECOD", "AEBODSYS", "ASTDT", "AESER", "AESEV")
KINDS = (
    ("Pruritus", "Skin and subcutaneous tissue disorders", 0.30, 0.10),
    ("Erythema", "Skin and subcutaneous tissue disorders", 0.15, 0.08),
    ("Nausea", "Gastrointestinal disorders", 0.12, 0.12),
    ("Vomiting", "Gastrointestinal disorders", 0.05, 0.02),
    ("Syncope", "Nervous system disorders", 0.02, 0.02),
)
"""Preferred term, system organ class, and how many of the active and of the control arm have it."""
SEVERITIES = ("MILD", "MODERATE", "SEVERE")
DAYS_AFTER = 14
SAFETY: dict[str, Any] = {
    "adverse_events": {
        "file": FILE,
        "subject": "USUBJID",
        "columns": {
            "term": "AEDECOD",
            "system_organ_class": "AEBODSYS",
            "start": "ASTDT",
            "serious": "AESER",
            "severity": "AESEV",
        },
    },
    "at_risk": {"first": "first_dose", "last": "last_dose", "days_after": DAYS_AFTER},
    "severities": list(SEVERITIES),
    "recode": {"serious": {"": "N"}},
}
PRURITUS: dict[str, Any] = {
    "name": "pruritus", "label": "Pruritus", "kind": "binomial", "terms": ["Pruritus"], "alpha": 0.05, "upper_limit": 90,
    "action": "none",
}  # fmt: skip

Event = tuple[str, ...]


@dataclass(frozen=True)
class SafetyStudy(PreparedStudy):
    """A prepared study with its adverse events, a row each in the order of ``HEADER``."""

    events: tuple[Event, ...] = field(default=())

    def deliver(self, project: Any, month: str = MONTH) -> None:
        """Write both files with their manifest into the inbox."""
        super().deliver(project, month)
        folder = project.home / "inbox" / self.study / month
        data = self.events_file()
        (folder / "raw" / FILE).write_bytes(data)
        manifest = json.loads((folder / "transfer.json").read_text("utf-8"))
        manifest["files"].append(
            {
                "name": FILE,
                "format": "csv",
                "rows": len(self.events),
                "sha256": sha256(data),
                "size": len(data),
            }
        )
        (folder / "transfer.json").write_text(json.dumps(manifest), "utf-8")

    def events_file(self) -> bytes:
        """Return the events as the bytes of a comma-separated file."""
        buffer = io.StringIO(newline="")
        csv.writer(buffer).writerows([HEADER, *self.events])
        return buffer.getvalue().encode()

    def changed(self, **parts: Any) -> "SafetyStudy":
        """Return the study with other fields."""
        return replace(self, **parts)


def safe(study: str = STUDY, made: PreparedStudy | None = None) -> SafetyStudy:
    """Return the study; ``made`` is one that gets adverse events in place of the common one."""
    chance = np.random.default_rng(SEED + 11)
    made = made or PreparedStudy(study)
    first = [date(2024, 6, 1) + timedelta(days=int(days)) for days in chance.integers(0, 120, SIZE)]
    # one in ten is still treated, one in thirty never was
    last = [
        one + timedelta(days=int(days))
        for one, days in zip(first, chance.integers(20, 150, SIZE), strict=True)
    ]
    columns = [
        *made.protocol["contract"]["columns"],
        {"name": "first_dose", "type": "date", "timing": "administrative", "required": False},
        {"name": "last_dose", "type": "date", "timing": "follow-up", "required": False},
    ]
    made = (
        made.planned("contract.columns", columns)
        .planned("safety", SAFETY)
        .planned("monitoring.harms", [PRURITUS])
        .column("first_dose", ["" if place % 30 == 7 else one for place, one in enumerate(first)])
        .column("last_dose", ["" if place % 10 == 3 else one for place, one in enumerate(last)])
    )
    events = tuple(_events(made, first, last, chance))
    return SafetyStudy(made.study, made.protocol, made.texts, events=events)


def _events(
    made: PreparedStudy, first: list[date], last: list[date], chance: np.random.Generator
) -> list[Event]:
    """Return events before, in and after the time at risk; some subjects have one several times."""
    rows: list[Event] = []
    for place, subject in enumerate(made.texts["subject_id"]):
        number = 0
        for term, organ, active, control in KINDS:
            share = active if made.active[place] else control
            for _ in range(int(chance.random() < share) + int(chance.random() < share / 3)):
                number += 1
                length = (last[place] - first[place]).days
                start = first[place] + timedelta(days=int(chance.integers(-10, length + 3 * DAYS_AFTER)))
                serious = "Y" if chance.random() < 0.1 else ""
                severity = SEVERITIES[int(chance.integers(0, 3))]
                rows.append((subject, str(number), term, organ, start.isoformat(), serious, severity))
    return rows
