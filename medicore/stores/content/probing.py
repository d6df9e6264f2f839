"""The proof that the content store works: a small object goes there and comes back by the way of every run's data."""

import shutil
import tempfile
from pathlib import Path

from medicore.errors import IntegrityError
from medicore.stores.content.content_remote import Remote
from medicore.stores.content.dvc_content import DvcContent

_NAME = "probe"
_DATA = b"MediCore writes this to see whether its content store works.\n"


def probe(remote: Remote) -> str:
    """Return the description of the place after a small object was written there and fetched again by DVC.

    The object has the same bytes and name each time, and is written each time.

    Raises
    ------
    InfrastructureError
        When the place cannot be used.
    IntegrityError
        When it returns other bytes.
    """
    described = remote.prove()
    with tempfile.TemporaryDirectory(prefix="medicore-", ignore_cleanup_errors=True) as scratch:
        place = Path(scratch)
        content = DvcContent(place / "cache", remote, place / "site", again=True)
        _, pointer = content.put(_NAME, _DATA)
        for name in ("cache", "site"):
            shutil.rmtree(place / name)
        folder = place / "fetched"
        (folder / ".dvc").mkdir(parents=True)
        (folder / ".dvc" / "config").write_bytes(content.config())
        (folder / ".dvc" / "config.local").write_bytes(content.local_config())
        (folder / f"{_NAME}.dvc").write_bytes(pointer)
        content.pull(folder, [f"{_NAME}.dvc"])
        if (folder / _NAME).read_bytes() != _DATA:
            raise IntegrityError(
                "the content store returned other bytes than were written; it cannot be relied on: tell whoever keeps it"
            )
    return described
