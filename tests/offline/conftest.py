"""An exported bundle for the tests of the offline verifier: of a released run, in a house that has another study too."""

import shutil
from pathlib import Path

import pytest

from medicore.cases.export.export import export
from medicore.records.identifiers import RunId
from tests.offline.forger import Forger
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.people import words
from tests.whole_house.study import SOUND, SOUND_RUN, named, sound

OTHER = "TEST-OTHER"


@pytest.fixture(scope="session")
def released_house(tmp_path_factory: pytest.TempPathFactory) -> WholeHouse:
    """A house in which one run is released and another waits: to be read and exported from."""
    whole = found_whole_house(tmp_path_factory.mktemp("offline"))
    whole.prepare(sound(), named(sound(), OTHER))
    for study in (SOUND, OTHER):
        whole.run(study)
    whole.release(SOUND_RUN)
    return whole


def written(whole: WholeHouse, folder: Path, *, whole_ledger: bool = False) -> Path:
    """Export the released run into a new folder and return it."""
    found = export(whole.house, RunId.parse(SOUND_RUN), "rita", words, whole_ledger=whole_ledger)
    for name, data in found.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="session")
def bundle(released_house: WholeHouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released run, exported: to be copied from, never written to."""
    return written(released_house, tmp_path_factory.mktemp("exported") / "bundle")


@pytest.fixture(scope="session")
def whole_ledger_bundle(released_house: WholeHouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released run, exported with the whole ledger: to be copied from, never written to."""
    return written(released_house, tmp_path_factory.mktemp("whole") / "bundle", whole_ledger=True)


@pytest.fixture
def forger(released_house: WholeHouse, whole_ledger_bundle: Path, tmp_path: Path) -> Forger:
    """A forger with a copy of the bundle and the service's key."""
    folder = Path(shutil.copytree(whole_ledger_bundle, tmp_path / "bundle"))
    return Forger(folder, released_house.home / "people")
