"""The files of the data lock, each proved to be the one that was frozen."""

from medicore.errors import IntegrityError
from medicore.ports.files import RecordFiles
from medicore.records.delivery.transfer import Manifest, ManifestFile, parse_manifest

_MANIFEST = "lock/transfer.json"


def frozen_manifest(files: RecordFiles) -> Manifest:
    """Return the manifest of the data lock; raise DataError when it is malformed."""
    return parse_manifest(files.read(_MANIFEST), _MANIFEST)


def verified_bytes(files: RecordFiles, file: ManifestFile) -> bytes:
    """Return a delivered file; raise IntegrityError when it differs from the one that was frozen."""
    name = f"lock/raw/{file.name}"
    data = files.read(name)
    difference = file.difference(data)
    if difference is not None:
        raise IntegrityError(
            f"{name} differs from the file that was frozen: {difference}; bring the lock back from the content store"
        )
    return data
