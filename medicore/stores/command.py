"""Runs separate programs by their argument list; never through a shell."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from medicore.errors import ConfigurationError, MediCoreError

# A git hook sets these for its own repository; ours are named by their folder alone.
_GIT_PLACES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)


def run(
    arguments: Sequence[str],
    *,
    folder: Path,
    data: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    failure: type[MediCoreError] = ConfigurationError,
    everything: bool = False,
) -> bytes:
    """Return what the program prints; raise ``failure`` with its last line when it exits otherwise than 0.

    With ``everything``, what it writes to its standard error follows what it prints.
    """
    try:
        done = subprocess.run(  # noqa: S603 - an argument list built here, no shell
            list(arguments),
            cwd=folder,
            input=data,
            capture_output=True,
            check=False,
            env={**_inherited(), **(environment or {})},
        )
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise ConfigurationError(
                f"folder {folder.name!r} is missing, where {arguments[0]!r} should work; restore it and try again"
            ) from error
        raise ConfigurationError(
            f"the program {arguments[0]!r} is not installed; install it and try again"
        ) from error
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise failure(f"{' '.join(arguments[:2])} exited with {done.returncode}: {lines[-1][:300]}")
    return done.stdout + done.stderr if everything else done.stdout


@contextlib.contextmanager
def conversation(arguments: Sequence[str], *, folder: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Yield a program's input and output, for questions and answers; the program ends with the block."""
    process = subprocess.Popen(  # noqa: S603 - an argument list built here, no shell
        list(arguments),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_inherited(),
    )
    try:
        if process.stdin is None or process.stdout is None:  # pragma: no cover - both are pipes
            raise AssertionError("a conversation has two pipes")
        yield process.stdin, process.stdout
    finally:
        process.kill()  # it only reads, and may wait for the next question for ever
        with contextlib.suppress(OSError):
            process.communicate()
        process.wait()


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _GIT_PLACES}
