"""What the tests of the report share: the sample inputs of a run of REF-NHEFS, and its rendered report."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from medicore.records.protocol.parsing import parse_protocol
from medicore.records.results.references import references_of
from medicore.steps.cohort import LEFT_OUT, NOT_DUE, OUTSIDE
from medicore.steps.data.disposition import disposition_rows, outcome_groups
from medicore.stores.report.renderer_embedded import EmbeddedRenderer
from medicore.stores.report.renderer_proven import ProvenRenderer

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "quarto_templates"
CREATED = datetime(2025, 4, 1, 7, 30, tzinfo=UTC)
# The cells find the package beside the template; the tests find it here.
sys.path.insert(0, str(TEMPLATES))


class Inputs:
    """The three input files, to be changed at will before they are rendered or presented."""

    def __init__(self) -> None:
        sample = Path(__file__).with_name("sample_results.json")
        self.results: Any = json.loads(sample.read_text(encoding="utf-8"))
        source = ROOT / "studies" / "REF-NHEFS.yaml"
        self.protocol: Any = parse_protocol(source.read_text(encoding="utf-8"), source.name).as_json()
        self.run: Any = {
            "id": "REF-NHEFS/2025-03/1",
            "study": "REF-NHEFS",
            "month": "2025-03",
            "number": 1,
            "status": "candidate",
            "requested_by": "a.analyst",
            "requested_at": "2025-04-01T07:30:00Z",
            "reason": "Analysis of the month",
            "code_commit": "3a52404c3c1f5f0a2f9d5c2f0a6ed9b1f0c0d9e7",
            "record_tag": "run/REF-NHEFS/2025-03/1",
            "ledger_head": {"sequence": 41, "digest": "9f" * 32},
            "protocol_digest": self.results["study"]["protocol_digest"],
            "seed": 19711982,
            "paper": "a4",
            "environment_digest": "ab" * 32,
            "renderer": {"name": "embedded", "typst": "0.15.2"},
            "libraries": {"numpy": "2.4.6", "scipy": "1.17.1"},
            "files": [
                {"name": "lock/raw/nhefs.csv", "sha256": "74" * 32, "md5": "a8" * 16, "size": 90948},
                {"name": "extract.parquet", "sha256": "88" * 32, "md5": "7e" * 16, "size": 36344},
            ],
        }

    def files(self) -> dict[str, bytes]:
        """Return the files as the renderer takes them."""
        self.number()
        parts = {"results": self.results, "protocol": self.protocol, "run": self.run}
        return {f"{name}.json": json.dumps(part).encode() for name, part in parts.items()}

    def number(self) -> None:
        """Give the results the references that they have as they stand now."""
        self.results["references"] = list(references_of(self.results))

    def describe(self) -> Any:
        """Derive counts and shares of the disposition again, after criteria or counts were changed; return the inputs."""
        found = self.results["cohort"]
        later = [
            (OUTSIDE, "contrast", found["not_in_contrast"]),
            (NOT_DUE, "outcome", sum(arm["not_yet_due"] for arm in found["outcomes"]["arms"].values())),
            (LEFT_OUT, "outcome", sum(arm["missing"] for arm in found["outcomes"]["arms"].values())),
        ]
        found["disposition"] = disposition_rows(found["assessed"], found["criteria"], later)
        found["outcomes"]["groups"] = outcome_groups(found["outcomes"]["arms"])
        found["eligible"] = found["outcomes"]["groups"]["overall"]["eligible"]["n"]
        return self

    def render(self) -> bytes:
        """Return the report that the embedded renderer makes of them, complete and proved."""
        return ProvenRenderer(EmbeddedRenderer()).render(str(TEMPLATES), self.files(), CREATED)

    def report(self) -> Any:
        """Return them as the presentation takes them."""
        from presentation.writing.inputs import Report

        self.number()
        return Report(self.results, self.protocol, self.run)


@pytest.fixture
def inputs() -> Inputs:
    """Fresh sample inputs."""
    return Inputs()


@pytest.fixture(scope="session")
def pdf() -> bytes:
    """The report of the sample inputs, rendered once."""
    return Inputs().render()
