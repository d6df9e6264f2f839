"""Runs separate programs by their argument list; never through a shell."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from medicore.errors import ConfigurationError, MediCoreError, TimeLimitError

# A git hook sets these for its own repository; MediCore names a repository by its folder alone.
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

_OWN_SETTINGS = "MEDICORE_"
_PREFECT_PASSWORDS = frozenset({"PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"})

# Keys of archives, databases and servers: only this process talks to them.
_SECRETS = ("AWS_", "PGPASS", "PREFECT_")

LIMIT_S = 3600.0
"""Time limit of a program in seconds: enough for git to read or move a large repository."""


def run(
    arguments: Sequence[str],
    *,
    folder: Path,
    data: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    alone: bool = False,
    failure: type[MediCoreError] = ConfigurationError,
    everything: bool = False,
    limit: float = LIMIT_S,
) -> bytes:
    """Return the standard output of the program; raise ``failure`` with its last line when its exit code is not 0.

    The program gets ``environment`` in addition to what ``harmless`` returns; with ``alone`` it gets exactly
    ``environment``. With ``everything``, its standard error follows its standard output.

    Raises
    ------
    TimeLimitError
        When the program has not ended after ``limit`` seconds. It is killed with all processes that it started.
    ConfigurationError
        When the program or its folder is missing.
    """
    with _start(
        arguments,
        folder,
        {**({} if alone else harmless()), **(environment or {})},
        stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            printed, said = process.communicate(data, timeout=limit)
        except subprocess.TimeoutExpired as error:
            raise TimeLimitError(
                f"{' '.join(arguments[:2])} was stopped because it did not end within {limit:.0f} s; "
                "find out what held it up, then run the same command again"
            ) from error
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines() or ["no message"]
        raise failure(f"{' '.join(arguments[:2])} exited with {process.returncode}: {lines[-1][:300]}")
    return printed + said if everything else printed


def inherited(without: str = _OWN_SETTINGS) -> dict[str, str]:
    """Return the part of this process's environment that another program may see.

    The variables of git's folders and the passwords of Prefect's API are left out, and so are the variables whose
    names begin with ``without``. By default these are all of MediCore's own variables, including every passphrase and
    every secret of the EDC.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _GIT_PLACES | _PREFECT_PASSWORDS and not name.startswith(without)
    }


def harmless() -> dict[str, str]:
    """Return what ``inherited`` returns, without the keys of the archive, of the ledger's database and of Prefect's server."""
    return {name: value for name, value in inherited().items() if not name.startswith(_SECRETS)}


@contextlib.contextmanager
def conversation(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Yield input and output of a program that answers questions; the program ends with the block.

    Its environment is exactly ``environment``, or what ``harmless`` returns.
    """
    process = _start(
        arguments,
        folder,
        harmless() if environment is None else environment,
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        if process.stdin is None or process.stdout is None:  # pragma: no cover - both are pipes
            raise AssertionError("a conversation has two pipes")
        yield process.stdin, process.stdout
    finally:
        process.kill()  # it only reads, and may wait without end for the next question
        with contextlib.suppress(OSError):
            process.communicate()
        process.wait()


def _start(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], *, stdin: int, stderr: int
) -> "subprocess.Popen[bytes]":
    """Start the program as the leader of its own session, so that everything that it starts can be ended with it."""
    try:
        return subprocess.Popen(  # noqa: S603 - an argument list built here, no shell
            list(arguments),
            cwd=folder,
            env=environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise ConfigurationError(
                f"folder {folder.name!r} is missing, where {arguments[0]!r} should work; restore it and try again"
            ) from error
        raise ConfigurationError(
            f"the program {arguments[0]!r} is not installed; install it and try again"
        ) from error
