"""Looks as a test tells them: months of a study with given estimates, and the section that follows."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medicore.records.canonical import document
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.looks import LOOKS, SeenLook, looks_document
from medicore.records.results.results import document_section
from medicore.steps.looks.section import monitored
from medicore.stores.files import FolderFiles
from tests.steps.analysed_trial import protocol

SPENDING: Mapping[str, Any] = {
    "method": "alpha spending",
    "function": "obrien-fleming",
    "sides": 2,
    "alpha": 0.05,
    "maximum_information": 100.0,
    "first_subjects": 10,
}
SEQUENCE: Mapping[str, Any] = {
    "method": "confidence sequence",
    "alpha": 0.05,
    "tuned_at": 300,
    "first": 50,
}


def planned(plan: Mapping[str, Any], **changed: Any) -> Protocol:
    """Return the small study's protocol with a plan for its looks, some keys of it changed."""
    stored = protocol().as_json() | {"monitoring": {**plan, **changed}}
    return Protocol.model_validate(json.loads(json.dumps(stored)))


def primary(z: float, information: float, n: int = 200, **more: Any) -> dict[str, Any]:
    """Return the part of a primary result that a look needs."""
    error = information**-0.5
    return {
        "estimand": "ATE", "measure": "difference of means", "scale": "identity", "unit": "points",
        "estimate": z * error, "standard_error": error, "n": n, "imputation": None, **more,
    }  # fmt: skip


class Study:
    """A study that is looked at again and again, each time with the looks that the ledger tells by then."""

    def __init__(self, folder: Path, plan: Protocol) -> None:
        self.folder, self.plan = folder, plan
        self.told: list[SeenLook] = []

    def look(
        self, found: Mapping[str, Any], month: str = "", kind: str = "sealed", data: str = ""
    ) -> dict[str, Any]:
        """Return the section of a look at delivered ``data``; the ledger tells of it from then on."""
        number = len(self.told) + 1
        month = month or f"2025-{number:02d}"
        files = FolderFiles(self.folder / str(number))
        files.write("lock/raw/subjects.csv", (data or month).encode())
        run = f"TEST-STEPS/{month}/{number}"
        files.write(LOOKS, document(looks_document(run, month, "candidate", self.told)))
        section, look = monitored(files, self.plan, found)
        stored = document_section("event", json.loads(json.dumps(look)))
        self.told.append(SeenLook.of(stored, run=run, kind=kind))
        return section

    def looks(self, found: Sequence[tuple[float, float]]) -> list[dict[str, Any]]:
        """Return the sections of looks by z and information."""
        return [self.look(primary(z, information)) for z, information in found]
