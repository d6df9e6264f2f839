"""One generation: a state folder that an earlier commit sealed, unpacked and opened with today's code."""

import tarfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from medicore import wiring
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.results.origin import Origin
from medicore.records.results.recorded_trace import recorded_origins
from medicore.settings import Settings
from medicore.stores.content.environment import LOCK_FILE, LockedEnvironment

ROOT = Path(__file__).resolve().parents[2]
NAME = "b154bf2"
STUDY = "REF-NHEFS"
RELEASED, SEALED = RunId(STUDY, "2025-03", 1), RunId(STUDY, "2025-04", 1)
EVENTS = 32
"""So many events the ledger has in the archive."""

_AFTERWARDS = datetime(2026, 11, 30, tzinfo=UTC)


class ClockOfThen:
    """A clock that begins on the day after the archive was made, when its people's keys were valid."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def now(self) -> datetime:
        """Return the present moment of that day."""
        return _AFTERWARDS + timedelta(seconds=time.monotonic() - self._begin)


@dataclass(frozen=True)
class Generation:
    """An unpacked state folder, and the house that today's code opens on it."""

    home: Path
    house: House

    def results(self, run: RunId) -> dict[str, Any]:
        """Return the recorded results of a run."""
        return read_results(self.house, run, sealed_commit(self.house, run)).document

    def origins(self, run: RunId) -> tuple[Origin, ...]:
        """Return the trace table of the code that sealed a run."""
        return recorded_origins(self.text(run, "medicore/records/trace.py"))

    def text(self, run: RunId, name: str) -> str:
        """Return a file of the code that sealed a run."""
        return self.house.records.read(sealed_commit(self.house, run), name).decode()

    def require_its_packages(self, scratch: Path) -> None:
        """Skip the test where other packages run than those that the generation names: a replay would build these."""
        (scratch / LOCK_FILE).write_text(self.text(RELEASED, LOCK_FILE), encoding="utf-8")
        found = LockedEnvironment(scratch).deviations()
        if found:
            pytest.skip(
                f"{len(found)} package(s) differ from the lock file of {NAME}, first {found[0]}; "
                "'make deep PIECE=generations' builds its environment and replays the records in it"
            )


def unpacked(target: Path) -> Path:
    """Unpack the archive into a new folder ``target`` and return it."""
    with tarfile.open(Path(__file__).with_name(f"{NAME}.tar.xz")) as archive:
        archive.extractall(target, filter="data")
    return target


def opened(home: Path, root: Path = ROOT) -> House:
    """Open the house on a state folder with the code of this process, on the day after the archive was made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "SystemClock", ClockOfThen)
        return wiring.open_house(Settings(root=root, home=home, person="analyst", renderer="embedded"))
