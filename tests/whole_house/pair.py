"""Two sealed runs in memory, and a replay whose effect is a formula of what is laid out."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from medicore.errors import ConfigurationError, EstimationError
from medicore.records.canonical import document, sha256
from medicore.records.export.packing import TreeFile
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent, chain
from medicore.steps.gate import DOCUMENT
from medicore.stores.files import FolderFiles

STUDY = "TEST-PAIR"
FIRST, SECOND = RunId(STUDY, "2025-02", 1), RunId(STUDY, "2025-03", 1)

Primary = dict[str, Any]
Parts = tuple[str, str, str, str]
"""Delivery, plan, code, and version of the one library."""


def primary(estimate: float, **other: Any) -> Primary:
    """Return a primary result as effect.json holds it."""
    same = {"estimand": "ATE", "measure": "difference of means", "scale": "identity", "unit": "points"}
    return {**same, "estimate": estimate, "standard_error": 0.5, "n": 100, **other}


def finding(step: str, gate: str, *, overridable: bool) -> Finding:
    """Return a finding that says where it comes from."""
    return Finding(step, gate, "x", "1", "0", f"{gate} at {step}", overridable=overridable)


@dataclass
class Recorded:
    """What one run recorded: ``data`` is its delivery, ``plan`` its study's file, ``code`` a file of its code."""

    run: RunId
    data: str = "delivery 1"
    plan: str = "{shift: 0}"
    code: str = "code 1"
    resolved: dict[str, Any] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=lambda: {"numpy": "2.0"})
    effect: Primary | None = field(default_factory=lambda: primary(2.0))
    subjects: dict[str, list[Any]] | None = field(
        default_factory=lambda: {"id": ["s1", "s2"], "age": [50.0, None]}
    )

    @property
    def commit(self) -> str:
        """The commit of the record."""
        return f"record of {self.run}"

    def files(self) -> dict[str, bytes]:
        """Return the tree of the record commit."""
        own = {
            "lock/raw/subjects.csv": self.data.encode(),
            "protocol.json": document({"contract": {"subject": "id"}, **self.resolved}),
        }
        if self.effect is not None:
            own["effect.json"] = document({"primary": self.effect, "findings": []})
        if self.subjects is not None:
            own["extract.parquet"] = document(self.subjects)
        provenance = {
            "run": {"code_commit": f"code of {self.run}"},
            "environment": self.libraries,
            "files": [{"name": name, "sha256": sha256(data), "md5": None} for name, data in own.items()],
        }
        own |= {"lock.dvc": self.data.encode(), "provenance.json": document(provenance)}
        folder = f"records/{self.run.study}/{self.run.month}"
        return {
            f"studies/{STUDY}.yaml": self.plan.encode(),
            "requirements.lock": document(self.libraries),
            **{f"{folder}/{name}": data for name, data in own.items()},
        }

    def sealing(self) -> dict[str, str]:
        """Return what the ledger says of the record."""
        provenance = self.files()[f"records/{self.run.study}/{self.run.month}/provenance.json"]
        return {"commit": self.commit, "provenance": sha256(provenance)}


@dataclass
class PairedHouse:
    """The ports that diff uses; ``effect`` makes the primary result of what is laid out, ``halts`` findings by step."""

    first: Recorded
    second: Recorded
    effect: Callable[[str, str, str, str], Primary]
    halts: Callable[[str, str, str, str], Mapping[str, Finding]] = lambda *_: {}
    crash: EstimationError | ConfigurationError | None = None
    laid_out: list[Parts] = field(default_factory=list)
    performed: list[list[str]] = field(default_factory=list)
    _open: dict[Path, tuple[FolderFiles, Parts]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        both = {one.commit: one.files() for one in (self.first, self.second)}
        sealed = {str(one.run): one.sealing() for one in (self.first, self.second)}
        codes = {f"code of {one.run}": one.code for one in (self.first, self.second)}
        self.records = SimpleNamespace(
            read=lambda commit, name: both[commit][name],
            names=lambda commit, folder: [
                name.removeprefix(f"{folder}/") for name in both[commit] if name.startswith(f"{folder}/")
            ],
        )
        self.history = SimpleNamespace(
            tree=lambda commit: (
                TreeFile("100644", "medicore/steps/effect.py", codes[commit].encode()),
                TreeFile("100644", "README.md", b"read"),
                TreeFile("100644", f"studies/{STUDY}.yaml", commit.encode()),
            )
        )
        self.ledger = SimpleNamespace(
            events=lambda subject: [
                chain(
                    NewEvent("medicore", "service", "run.sealed", subject, "", sealed[subject]),
                    "2025-04-01T12:00:00.000000Z",
                    None,
                )
            ]
        )
        self.workspaces = SimpleNamespace(table=lambda data: pd.DataFrame(json.loads(data)))
        self.replay = self
        self.progress = lambda *_: None

    def lay_out(
        self,
        commit: str,
        record_folder: str,
        target: Path,
        keep: Iterable[str],
        replaced: Mapping[str, bytes],
    ) -> FolderFiles:
        """Make the scratch folder, and note whose data, protocol and code lie there."""
        assert set(keep) == {"protocol.json", "lock.dvc"}
        own = next(one for one in (self.first, self.second) if one.commit == commit)
        assert record_folder.endswith(own.run.month)
        plan = replaced.get(f"{record_folder}/protocol.json", own.plan.encode()).decode()
        libraries = json.loads(replaced.get("requirements.lock", document(own.libraries)))
        found = (replaced[f"{record_folder}/lock.dvc"].decode(), plan, own.code, libraries["numpy"])
        self.laid_out.append(found)
        self._open[target] = (FolderFiles(target), found)
        return self._open[target][0]

    def perform(self, target: Path, steps: Iterable[str]) -> None:
        """Write each step's document; stop, as the command line does, when one leaves a finding."""
        files, found = self._open[target]
        self.performed.append(list(steps))
        if self.crash:
            raise self.crash
        for step in self.performed[-1]:
            halt = self.halts(*found).get(step)
            section = {"primary": self.effect(*found)} if step == "effect" else {}
            findings = [halt.as_json()] if halt else []
            files.write(DOCUMENT[step], document({**section, "findings": findings}))
            if halt and step != "effect":
                raise EstimationError(
                    f"python -m exited with 10: medicore: {step} has 1 undecided finding(s)"
                )
