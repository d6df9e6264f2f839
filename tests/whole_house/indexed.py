"""A house of ledger, record repository and index alone, in which runs are sealed by a line each."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medicore.cases.answers.status import line
from medicore.cases.run.runs import all_runs
from medicore.errors import ProtocolError
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.records.results.printed import places_of
from medicore.stores.clock import SystemClock
from medicore.stores.git.code import GitCode
from medicore.stores.git.reading import GitReading
from medicore.stores.git.records import GitRecords
from medicore.stores.ledger.index import SqliteIndex
from medicore.stores.ledger.sqlite import SqliteLedger
from medicore.stores.protocols import StudyFolder
from tests.conftest import git

AT = datetime(2025, 2, 1, tzinfo=UTC)


class CountedReading(GitReading):
    """A reading that notes which commits are read."""

    asked: list[str]

    def read(self, commit: str, name: str) -> bytes:
        """Return a file, its commit noted."""
        self.asked.append(commit)
        return super().read(commit, name)


class CountedRecords(GitRecords):
    """A record repository that knows which commits were read by those who read much of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[str] = []

    @contextmanager
    def reading(self) -> Iterator[GitRecords]:
        """Yield the repository as it is now, its readings noted."""
        with CountedReading.of(self.folder) as found:
            found.asked = self.asked
            yield found


@dataclass(frozen=True)
class IndexedHouse:
    """The ports that questions about all runs use."""

    folder: Path
    ledger: SqliteLedger
    records: CountedRecords
    index: SqliteIndex
    base: str
    commits: dict[str, str] = field(default_factory=dict)

    @property
    def clock(self) -> SystemClock:
        """The real time."""
        return SystemClock()

    @property
    def protocols(self) -> StudyFolder:
        """The protocols, of which there is none."""
        return StudyFolder(self.folder / "studies")

    @property
    def index_file(self) -> Path:
        """Where the index lies."""
        return self.folder / "index.db"

    def say(self, action: str, run: str, **details: Any) -> None:
        """Append an event about a run."""
        self.ledger.append(NewEvent("ana", "person", action, run, "because", details))

    def request(self, run: str) -> None:
        """Begin a run."""
        self.say("run.requested", run)

    def seal(self, run: str, estimate: float | None, action: str = "run.sealed") -> str:
        """Seal a run, with results unless ``estimate`` is None, and return the commit."""
        named = RunId.parse(run)
        documents = {"note.json": {}} if estimate is None else {"results.json": results(estimate)}
        folder = f"records/{named.study}/{named.month}"
        files = {name: json.dumps(content).encode() for name, content in documents.items()}
        entries = [{"name": name, "sha256": sha256(data), "md5": None} for name, data in files.items()]
        files["provenance.json"] = json.dumps({"files": entries}).encode()
        commit = self.records.seal(
            parent=self.base,
            replaced=folder,
            files={f"{folder}/{name}": data for name, data in files.items()},
            tag=f"{action}/{run}/{estimate}",
            message=run,
            actor="ana",
            at=AT,
        )
        self.say(action, run, commit=commit, provenance=sha256(files["provenance.json"]), findings=[])
        self.commits[run] = commit
        return commit

    def plain_lines(self) -> list[dict[str, Any]]:
        """Return every run's line as ledger and record say, without an index."""
        return [line(self, run) for run in all_runs(self)]  # type: ignore[arg-type]

    def plain_places(self, text: str) -> list[tuple[str, str, float]]:
        """Return where a number stands in the sealed runs, the latest first, without an index."""
        found = []
        for run in reversed(all_runs(self)):  # type: ignore[arg-type]
            row = line(self, run)  # type: ignore[arg-type]
            if row["estimate"] is not None:
                with suppress(ProtocolError):
                    places = places_of(results(row["estimate"]), text)
                    found += [(str(run), place.path, place.value) for place in places]
        return found


def results(estimate: float) -> dict[str, Any]:
    """Return results that hold what a line shows and a few numbers more."""
    worst = {"unweighted": {"smd": 0.25}, "weighted": {"smd": -0.01}}
    return {
        "study": {"n": estimate},
        "primary": {
            "n": 60, "estimate": estimate, "estimator": "AIPW", "ci_low": estimate - 1, "ci_high": estimate + 1, "p_value": 1e-12,
            "level": 0.95, "bootstrap": {"estimate": estimate, "replicates": 200},
        },
        "balance": {"worst": worst},
        "sensitivity": {
            "sensitivity": [{"name": "clipped", "estimate": None, "note": "did not converge"}],
            "supplementary": [{"name": "crude", "estimate": estimate + 0.001, "note": ""}],
        },
    }  # fmt: skip


def indexed_house(folder: Path) -> IndexedHouse:
    """Return an empty house in a folder."""
    root = folder / "code"
    root.mkdir(parents=True)
    (root / "code.py").write_text("print(1)\n")
    git("init", "--quiet", "--initial-branch=main", folder=root)
    git("add", "--all", folder=root)
    who = ("-c", "user.name=Tester", "-c", "user.email=tester@medicore.invalid")
    git(*who, "commit", "--quiet", "--message", "Code", folder=root)
    records = CountedRecords(folder / "records.git")
    records.create()
    code = GitCode(root)
    records.adopt(code, code.commit())
    ledger = SqliteLedger(folder / "ledger.db", SystemClock())
    return IndexedHouse(folder, ledger, records, SqliteIndex(folder / "index.db", b"a key"), code.commit())
