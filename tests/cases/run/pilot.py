"""The studies of the CDISC pilot, run from the pilot's own files."""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from tests.conftest import ROOT
from tests.reference.reference import FOLDER
from tests.whole_house.house import WholeHouse, found_whole_house

MONTH = "2025-07"


def run_pilot(
    folder: Path, study: str, files: Mapping[str, tuple[str, int]]
) -> tuple[WholeHouse, RunId, dict[str, Any]]:
    """Return a house in which a study of the pilot was run, its run, and the results.

    ``files`` are the names of its files, each with its format and its number of rows.
    """
    house = found_whole_house(folder / "house")
    shutil.copy(ROOT / "examples" / "cdisc_pilot" / f"{study}.yaml", house.root / "studies")
    house.commit("Protocol of the CDISC pilot study")
    inbox = house.home / "inbox" / study / MONTH
    (inbox / "raw").mkdir(parents=True)
    held = []
    for name, (form, rows) in files.items():
        data = (FOLDER / "cdisc" / name).read_bytes()
        (inbox / "raw" / name).write_bytes(data)
        held.append({"name": name, "format": form, "rows": rows, "sha256": sha256(data), "size": len(data)})
    manifest = {
        "system": "CDISC pilot project", "source": study, "exported_at": "2025-07-31T12:00:00-04:00",
        "version": "ADaM of 2013", "files": held,
    }  # fmt: skip
    (inbox / "transfer.json").write_text(json.dumps(manifest), "utf-8")
    house.clock.time = datetime(2025, 8, 1, 8, tzinfo=UTC)
    outcome = house.run(study, MONTH)
    assert outcome.state == "candidate", outcome.message
    run = RunId.parse(outcome.run)
    return house, run, dict(read_results(house.house, run, sealed_commit(house.house, run)).document)
