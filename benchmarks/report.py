"""The report of a sealed run, rendered again: how long the embedded renderer takes from template to PDF."""

import json
import statistics
import subprocess
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from medicore.records.canonical import document
from medicore.stores.report.renderer_embedded import EmbeddedRenderer

REPORT = "report, embedded renderer"
TARGET = 4.0
"""Seconds per study."""

_ROUNDS = 3


def rendering(root: Path, home: Path, run: str) -> float:
    """Return the median seconds of rendering the report of a run: its results, its protocol, its identity."""
    study, month, _ = run.split("/")
    folder = f"records/{study}/{month}"
    provenance = json.loads(_sealed(home, run, f"{folder}/provenance.json"))
    protocol = json.loads(_sealed(home, run, f"{folder}/protocol.json"))
    renderer = EmbeddedRenderer()
    identity: dict[str, Any] = {
        **yaml.load(_sealed(home, run, "params.yaml"), yaml.CSafeLoader)["run"],
        "protocol_digest": "0" * 64,
        "seed": protocol["seed"],
        "renderer": dict(renderer.identity),
        "libraries": {},
        "files": [{"md5": "0" * 32, **entry} for entry in provenance["files"]],
    }
    inputs = {
        "results.json": _sealed(home, run, f"{folder}/results.json"),
        "protocol.json": document(protocol),
        "run.json": document(identity),
    }
    created = datetime.fromisoformat(identity["requested_at"])
    seconds = []
    for _ in range(_ROUNDS):
        started = time.monotonic()
        renderer.render(str(root / "quarto_templates"), inputs, created)
        seconds.append(time.monotonic() - started)
    return statistics.median(seconds)


def _sealed(home: Path, run: str, name: str) -> bytes:
    """Return a file of the sealed record."""
    shown = ["git", "show", f"run/{run}:{name}"]
    return subprocess.run(shown, cwd=home / "records.git", check=True, capture_output=True).stdout  # noqa: S603
