"""What follows a run's end may fail: one line says so, and nothing else happens."""

import errno
import os
import sys

import pytest
from httpx import ConnectError

from flows.shown.afterwards import afterwards, warn
from medicore.errors import ConfigurationError, IntegrityError
from medicore.records.identifiers import RunId

RUN = RunId.parse("MED-2024-0147/2025-03/1")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ConfigurationError("report.pdf could not be written"), "report.pdf could not be written"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
        (OSError("a value"), "OSError"),
        (ConnectError("a value"), "ConnectError"),
        (KeyError("a value"), "KeyError"),
    ],
)
def test_a_failure_is_told_in_one_line(
    error: Exception, cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line names the run, what is missing and why; words that are not ours are left out."""
    with afterwards(RUN, "nobody was told"):
        raise error
    assert capsys.readouterr() == ("", f"medicore: {RUN} has ended, but nobody was told ({cause})\n")


def test_damage_is_not_passed_over() -> None:
    """An error of integrity goes on."""
    with pytest.raises(IntegrityError), afterwards(RUN, "nobody was told"):
        raise IntegrityError("damaged")


def test_nobody_has_to_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the other end of stderr was closed, saying something changes nothing."""
    ear, mouth = os.pipe()
    os.close(ear)
    stream = os.fdopen(mouth, "w", buffering=1)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        warn("something")
    with pytest.raises(BrokenPipeError):
        stream.close()
