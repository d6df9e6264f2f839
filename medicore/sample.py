"""Sample: files that a person tries a protocol with, taken as a delivery of its study in a scratch folder."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from medicore.edc.announcing import announce
from medicore.edc.declared import Declared
from medicore.edc.delivery_folder import DeliveryFolder
from medicore.errors import DataError
from medicore.records.delivery.transfer import Transfer
from medicore.stores.clock import SystemClock
from medicore.stores.files import FolderFiles

_SYSTEM = "files"
_VERSION = "sample"


@contextmanager
def sample_of(
    study: str, paths: Sequence[Path], declared: Declared
) -> Iterator[tuple[Transfer, FolderFiles]]:
    """Provide the files as a delivery of the study, read as ``declared``, and an empty record folder, within the block.

    Raises
    ------
    DataError
        When a file is not there, two have the same name, or one cannot be read in its format.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "sample"
        raw = folder / "raw"
        raw.mkdir(parents=True)
        for path in paths:
            if not path.is_file():
                raise DataError(f"{path.name} is not a file; expected one with data; correct its name")
            if (raw / path.name).exists():
                raise DataError(
                    f"two files are called {path.name}; expected different names; rename one of them"
                )
            shutil.copyfile(path, raw / path.name)
        yield _delivered(folder, study, declared), FolderFiles(Path(scratch) / "record")


def _delivered(folder: Path, study: str, declared: Declared) -> Transfer:
    """Return the files below ``raw/`` as a delivery; messages name a file without the folder that nobody made."""
    try:
        announce(
            folder,
            system=_SYSTEM,
            source=study,
            exported_at=SystemClock().now().isoformat(timespec="seconds"),
            version=_VERSION,
            declared=declared,
        )
        return DeliveryFolder(folder, by_month=False).pull(study, "2000-01")
    except DataError as error:
        raise DataError(str(error).replace(f"{folder.name}/raw/", "")) from error
