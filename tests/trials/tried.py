"""One input as a user would try it: announced, pulled, frozen, extracted and checked, in this process."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from medicore.edc.announcing import announce
from medicore.edc.declared import Declared
from medicore.edc.delivery_folder import DeliveryFolder
from medicore.errors import MediCoreError
from medicore.records.protocol.parsing import parse_protocol
from medicore.steps.check import check
from medicore.steps.extract import extract, freeze
from medicore.stores.files import FolderFiles

INPUTS = Path(__file__).parent / "inputs"
MONTH = "2025-03"


@dataclass(frozen=True)
class Case:
    """An input, what is declared of it, and what is right.

    ``files`` are names below the trial's folder, or the bytes themselves by name. ``edits`` change keys of the protocol,
    by dotted path. ``says`` is part of what MediCore says; it is empty where everything is accepted without a word.
    ``holds`` gives the first values of columns of the extract.
    """

    trial: str
    files: Sequence[str] | Mapping[str, bytes]
    declared: Mapping[str, Sequence[str]] = field(default_factory=dict)
    edits: Mapping[str, Any] = field(default_factory=dict)
    says: Sequence[str] = ()
    holds: Mapping[str, Sequence[object]] = field(default_factory=dict)

    @property
    def identifier(self) -> str:
        """Return a name for the test's report."""
        what = "+".join(self.files)
        return f"{self.trial}-{what}{'-declared' if self.declared or self.edits else ''}"


@dataclass(frozen=True)
class Tried:
    """What came of a case: everything that was said, and the extract if there is one."""

    said: str
    table: pd.DataFrame | None


def protocol_text(trial: str, edits: Mapping[str, Any]) -> str:
    """Return the protocol of a trial with some keys changed; one without its own takes that of another."""
    own = INPUTS / trial / "protocol.yaml"
    found = yaml.load(
        (own if own.exists() else INPUTS / "csv-semicolon" / "protocol.yaml").read_text("utf-8"),
        yaml.CSafeLoader,
    )
    for path, value in edits.items():
        *way, last = path.split(".")
        place = found
        for part in way:
            place = place[int(part)] if part.isdigit() else place[part]
        if last.isdigit():
            place[int(last)] = value
        else:
            place[last] = value
    return yaml.safe_dump(found, allow_unicode=True, sort_keys=False)


def tried(case: Case, folder: Path) -> Tried:
    """Return what comes of an input, with its errors and findings."""
    said: list[str] = []
    try:
        plan = parse_protocol(protocol_text(case.trial, case.edits), f"{case.trial}.yaml")
        raw = folder / "inbox" / plan.study / MONTH / "raw"
        raw.mkdir(parents=True)
        for name in case.files:
            if isinstance(case.files, Mapping):
                (raw / name).write_bytes(case.files[name])
            else:
                shutil.copy(INPUTS / case.trial / name, raw / name)
        announce(
            raw.parent,
            system="Test",
            source=plan.study,
            exported_at="2025-03-31T10:00:00+00:00",
            version="1",
            declared=Declared(case.declared),
        )
        transfer = DeliveryFolder(folder / "inbox", by_month=True).pull(plan.study, MONTH)
        files = FolderFiles(folder / "record")
        freeze(files, transfer, None)
        extract(files, plan)
        said += [finding.message for finding in check(files, plan)]
    except MediCoreError as error:
        return Tried(str(error), None)
    return Tried("\n".join(said), files.read_table("extract.parquet"))
