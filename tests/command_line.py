"""The command line called inside the process of the tests: the same verbs, texts and exit codes, without a start."""

import functools
import io
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

_INTERRUPTED = 130


def call(root: Path, environment: Mapping[str, str], arguments: tuple[str, ...]) -> tuple[int, str, str]:
    """Run the command line on the checkout ``root`` and return its exit code and what it printed.

    The code that runs is that of these tests; the product proves that the checkout's commit has the same, to the byte.
    """
    out, err = io.StringIO(), io.StringIO()
    with as_command(root, environment), redirect_stdout(out), redirect_stderr(err):
        code = _exit_code(arguments)
    if code == _INTERRUPTED:
        raise KeyboardInterrupt  # whoever interrupts a command interrupts the tests
    return code, out.getvalue(), err.getvalue()


@contextmanager
def as_command(root: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Give this process the folder and environment of a command, and nothing to read; take them back at the end."""
    from medicore import settings

    with pytest.MonkeyPatch.context() as patched, Path(os.devnull).open(encoding="utf-8") as nothing:
        for name in set(os.environ) - set(environment):
            patched.delenv(name)
        for name, value in environment.items():
            patched.setenv(name, value)
        patched.chdir(root)
        patched.setattr(settings, "CHECKOUT", root)
        patched.setattr(sys, "stdin", nothing)
        with _warnings_of_a_command(), _prefect_settings():
            yield


@contextmanager
def _warnings_of_a_command() -> Iterator[None]:
    """Hide the warnings that Python shows no user of a program; any other is an error, as in all tests."""
    with warnings.catch_warnings():
        for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", kind)
        yield


@contextmanager
def _prefect_settings() -> Iterator[None]:
    """Let Prefect, which reads the environment when it is imported, read it again where it has been."""
    if "prefect" not in sys.modules:
        yield
        return
    from prefect.context import SettingsContext, get_settings_context

    given = frozenset((name, value) for name, value in os.environ.items() if name.startswith("PREFECT_"))
    with SettingsContext(profile=get_settings_context().profile, settings=_settings_of(given)):
        yield


@functools.lru_cache
def _settings_of(given: frozenset[tuple[str, str]]) -> Any:  # noqa: ARG001 - they are read in the environment
    """Return Prefect's settings, read once for each environment: reading takes longer than most verbs."""
    from prefect.settings import Settings

    return Settings()


def _exit_code(arguments: tuple[str, ...]) -> int:
    from medicore.cli import _run

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["medicore", *arguments])
        return _run([])
