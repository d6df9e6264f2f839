"""Progress is for whoever listens; a run does not need one."""

import contextlib
import io
import os
import re
import sys

import pytest

from flows.shown.progress import show_progress, show_waiting
from medicore.records.identifiers import RunId

RUN = RunId.parse("MED-2024-0147/2025-03/1")


def test_a_line_tells_run_step_and_what_happens(capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stderr, in columns, after the seconds since the command began; nothing on stdout, which belongs to results."""
    show_progress(RUN, "effect", "begun")
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r" *\d+\.\d s  MED-2024-0147/2025-03/1    effect       begun\n", err)


@pytest.mark.parametrize(("terminal", "shown"), [(True, r" *\d+\.\d s  starting \.\.\.\n"), (False, "")])
def test_people_at_a_terminal_see_what_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, shown: str
) -> None:
    """A terminal shows why nothing comes yet; a file or a pipe has the progress of runs and refusals alone."""

    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    stream = Stream()
    monkeypatch.setattr(sys, "stderr", stream)
    show_waiting("starting")
    assert re.fullmatch(shown, stream.getvalue())


def test_a_listener_that_is_gone_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the worker at the other end of the pipe was killed, the run goes on."""
    ear, mouth = os.pipe()
    os.close(ear)
    stream = os.fdopen(mouth, "w")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        show_progress(RUN, "effect", "begun")
        show_progress(RUN, "effect", "done")
    with contextlib.suppress(BrokenPipeError):
        stream.close()
