"""Houses for the tests of the use cases, in memory: each is made once for all tests of a process, and copied for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.few_draws import few_draws
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.study import SOUND_RUN, month_house, sound


@pytest.fixture(scope="module", autouse=True)
def _few_draws() -> Iterator[None]:
    """Find by few assignments how often chance alone makes a gate fire."""
    with few_draws():
        yield


@pytest.fixture
def tmp_path(memory: Path) -> Path:
    """A folder in memory: a house writes hundreds of small files, and waits for the disk at every event."""
    return memory


@pytest.fixture(scope="session")
def kept_founded(session_memory: Path) -> WholeHouse:
    """A house with the sound study, delivered, and no run: to be copied from, never written to."""
    whole = found_whole_house(session_memory / "founded")
    whole.prepare(sound())
    return whole


@pytest.fixture(scope="session")
def kept_month(session_memory: Path) -> WholeHouse:
    """A house after the month of four studies: to be copied from, never written to."""
    with few_draws():
        return month_house(session_memory / "month")


@pytest.fixture(scope="session")
def kept_release(kept_month: WholeHouse, session_memory: Path) -> WholeHouse:
    """The month with its sound run released and archived a day later: to be copied from, never written to."""
    whole = kept_month.copy(session_memory / "release")
    whole.clock.pass_days(1)
    whole.release(SOUND_RUN)
    return whole


@pytest.fixture
def founded(kept_founded: WholeHouse, tmp_path: Path) -> WholeHouse:
    """A house with the sound study, delivered, and no run."""
    return kept_founded.copy(tmp_path / "founded")


@pytest.fixture
def month(kept_month: WholeHouse, tmp_path: Path) -> WholeHouse:
    """A house after its month: one run waits for approval, one at findings, one broke its contract, one failed."""
    return kept_month.copy(tmp_path / "month")


@pytest.fixture
def released(kept_release: WholeHouse, tmp_path: Path) -> WholeHouse:
    """The month with its sound run released by rita and archived."""
    return kept_release.copy(tmp_path / "released")
