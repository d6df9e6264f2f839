"""The environment that a record names: the running one if it is the same, otherwise one built from the recorded lock file."""

import sys
import tempfile
from pathlib import Path

from medicore.errors import ConfigurationError
from medicore.records.canonical import sha256
from medicore.records.workspace.files import libraries_of
from medicore.stores.command import run
from medicore.stores.content.environment import LOCK_FILE, LockedEnvironment
from medicore.stores.files import write_atomically

QUARTO_LOCK = "requirements-quarto.lock"
"""The lock file for Quarto: it repeats ``requirements.lock`` and adds the packages that Quarto needs."""
_COMPLETE = "complete"
_DOWNLOAD_LIMIT_S = 4 * 3600.0


class RecordedEnvironments:
    """Virtual environments by the digest of their lock file; each is built once and stored below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def python(self, code: Path) -> Path:
        """Return the interpreter whose packages are those of the lock file in ``code``.

        A new environment takes its packages from the index that pip is configured for, and pip compares each with the
        hashes in the lock file. This takes minutes; a line on stderr says so. If the record has a lock file for
        Quarto, the environment gets its packages too, since the report may have been made with Quarto.

        Raises
        ------
        ConfigurationError
            When there is no lock file, or its packages are not available.
        """
        recorded = LockedEnvironment(code)
        if not recorded.deviations():
            return Path(sys.executable)
        locks = [
            libraries_of((code / name).read_bytes())
            for name in (LOCK_FILE, QUARTO_LOCK)
            if (code / name).is_file()
        ]
        digest = sha256(b"".join(locks))
        place = self._folder / digest[:16]
        marker, python = place / _COMPLETE, place / "bin" / "python"
        if marker.is_file() and marker.read_bytes() == digest.encode():
            return python
        words = (
            f"building the recorded environment {digest[:12]} from its lock file; this takes minutes, once"
        )
        print(words, file=sys.stderr)  # noqa: T201 - long work shows progress
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".lock.") as scratch:
            wanted: list[str] = []
            for number, lock in enumerate(locks):
                (Path(scratch) / f"{number}.lock").write_bytes(lock)
                wanted += ["-r", f"{number}.lock"]
            run([sys.executable, "-m", "venv", "--clear", str(place)], folder=self._folder)
            try:
                run(
                    [
                        str(python),
                        "-m",
                        "pip",
                        "install",
                        "--quiet",
                        "--no-input",
                        "--no-deps",  # the lock file is whole, and older pips refuse extras of what it pins
                        "--require-hashes",
                        *wanted,
                    ],
                    folder=Path(scratch),
                    limit=_DOWNLOAD_LIMIT_S,
                )
            except ConfigurationError as error:
                raise ConfigurationError(
                    f"the recorded environment {digest[:12]} cannot be built ({error}); configure pip with an index "
                    "that has the packages of its lock file, and try again"
                ) from error
        write_atomically(marker, digest.encode())
        return python
