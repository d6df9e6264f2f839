"""The environment that a record names: the running one where it is the same, else one built from the recorded lock."""

import sys
import tempfile
from pathlib import Path

from medicore.errors import ConfigurationError
from medicore.records.canonical import sha256
from medicore.stores.command import run
from medicore.stores.content.environment import LOCK_FILE, LockedEnvironment
from medicore.stores.files import write_atomically

QUARTO_LOCK = "requirements-quarto.lock"
"""The lock file of the packages that Quarto needs beside those of ``requirements.lock``, which it repeats."""
_COMPLETE = "complete"
_DOWNLOAD_LIMIT_S = 4 * 3600.0


class RecordedEnvironments:
    """Virtual environments by the digest of their lock file, built once and kept below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def python(self, code: Path) -> Path:
        """Return the interpreter whose packages are those of the lock file in ``code``.

        A new environment takes its packages from the index that pip is configured for, each held against the hashes
        in the lock file; it takes minutes, which is said on stderr. It also gets the packages of the lock file for
        Quarto, where the record has one, since its report may have been made with Quarto.

        Raises
        ------
        ConfigurationError
            When there is no lock file, or its packages cannot be had.
        """
        recorded = LockedEnvironment(code)
        if not recorded.deviations():
            return Path(sys.executable)
        locks = [(code / name).read_bytes() for name in (LOCK_FILE, QUARTO_LOCK) if (code / name).is_file()]
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
                        "--require-hashes",
                        *wanted,
                    ],
                    folder=Path(scratch),
                    limit=_DOWNLOAD_LIMIT_S,
                )
            except ConfigurationError as error:
                raise ConfigurationError(
                    f"the recorded environment {digest[:12]} cannot be built ({error}); give pip an index that has the "
                    "packages of its lock file, and try again"
                ) from error
        write_atomically(marker, digest.encode())
        return python
