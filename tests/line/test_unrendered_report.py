"""A report that cannot be rendered, through the command line: the run fails, and nothing of it can be signed."""

import os
from pathlib import Path

from tests.conftest import Project, git
from tests.line.conftest import CLEAN

NEXT = "2025-04"
FAILING = """#!/bin/sh
case "$*" in
  *render*) echo "no such cell" >&2; exit 1 ;;
  pandoc*) echo "pandoc 3.10" ;;
  typst*) echo "typst 0.15.1" >&2 ;;
  *) echo "1.10.18" ;;
esac
"""


def test_a_report_that_fails_to_render_cannot_be_signed(copied: Project, tmp_path: Path) -> None:
    """The run fails with its renderer, its record has no report, and every signature on it is refused (FAULTS 70)."""
    run = f"{CLEAN}/{NEXT}/1"
    program = tmp_path / "bin" / "quarto"
    program.parent.mkdir()
    program.write_text(FAILING)
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    copied.medicore("edc", "deliver", NEXT)
    answer = copied.medicore("run", CLEAN, NEXT, "--json", expected=9, MEDICORE_RENDERER="quarto", PATH=path)
    words = "Quarto could not make the report; see by 'quarto --version' that it is 1.10 or later, then render with"
    assert words in answer.err + answer.out
    steps = [event["action"] for event in copied.events(run)]
    assert "sensitivity.completed" in steps
    assert not {"report.completed", "run.sealed"} & set(steps)
    (event,) = (event for event in copied.events(run) if event["action"] == "run.failed")
    assert event["details"]["step"] == "report"
    assert event["reason"].startswith(words)
    before = copied.events(run)
    for meaning in ("approve", "proceed"):
        copied.sign(run, meaning, expected=7)
    after = copied.events(run)[len(before) :]
    assert [event["action"] for event in after] == ["decision.refused", "decision.refused"]
    assert run not in copied.medicore("review").out
    assert not [*(copied.home / "reports").rglob(f"{CLEAN}_{NEXT}*.pdf")]
    copied.medicore("verify", run)


def test_a_report_that_is_not_what_it_must_be_is_not_sealed(copied: Project) -> None:
    """A template that lost the number of pages makes no report: the run fails by the requirement that is missed."""
    style = copied.root / "quarto_templates" / "style.typ"
    text, lost = style.read_text(), " of #counter(page).final().first()"
    assert text.count(lost) == 1
    style.write_text(text.replace(lost, ""))
    git("commit", "--quiet", "--all", "--message", "Pages without their number", folder=copied.root)
    copied.medicore("edc", "deliver", NEXT)
    answer = copied.medicore("run", CLEAN, NEXT, expected=9, MEDICORE_RENDERER="embedded")
    words = "the report of the embedded renderer misses every page: page 1 does not say page 1 of "
    assert words in answer.err + answer.out
    (event,) = (event for event in copied.events(f"{CLEAN}/{NEXT}/1") if event["action"] == "run.failed")
    assert (event["details"]["step"], event["reason"].startswith(words)) == ("report", True)
