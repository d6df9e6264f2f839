"""Executes the cells of a template in a process that sees only its folder, and leaves no process behind."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from medicore.errors import ConfigurationError, TimeLimitError
from medicore.stores.command import run
from medicore.stores.report import cell_runner
from medicore.stores.report.renderer import kernel_environment
from medicore.stores.report.renderer_template import Cell

LIMIT_S = 600
"""Seconds that all cells of a template may take together; a report of thousands of rows takes three."""
# No module of the program's folder or of the user's packages can hide one of the environment.
_COMMAND = (sys.executable, "-P", "-s", "-B", cell_runner.__file__)


def execute(cells: Sequence[Cell], parameters: Mapping[str, str], folder: Path, home: Path) -> dict[str, str]:
    """Return the text that each cell prints, by label; parameters are set after the cell that declares them.

    Raises
    ------
    ConfigurationError
        When a cell fails, or shows anything except printed text. The message names the cell and the kind of the
        exception, never its values. Also when the cells do not end within LIMIT_S: a template can loop without end.
    """
    asked = {
        "limit": 2 * LIMIT_S,
        "home": str(home),
        "cells": [
            {"label": cell.label, "code": cell.code, "given": dict(parameters) if cell.parameters else {}}
            for cell in cells
        ],
    }
    environment = {**kernel_environment(home), "PATH": os.defpath}
    try:
        answer = run(
            _COMMAND,
            folder=folder,
            data=json.dumps(asked).encode(),
            environment=environment,
            alone=True,
            limit=LIMIT_S,
        )
        found = json.loads(answer)
    except TimeLimitError:
        raise ConfigurationError(
            f"the report's cell {_current(home)!r} was stopped: the cells did not end within {LIMIT_S} s; "
            "correct the template or its input"
        ) from None
    except (ConfigurationError, ValueError):
        # The last output of a process that crashed may hold values.
        raise ConfigurationError(
            f"the report's cell {_current(home)!r} ended the process that executes the cells; correct the template"
        ) from None
    if "failed" in found:
        raise ConfigurationError(
            f"the report's cell {found['label']!r} failed with {found['failed']}; correct the template or its input"
        )
    if "shown" in found:
        raise ConfigurationError(
            f"the report's cell {found['label']!r} shows a value; it may only print Markdown"
        )
    printed: dict[str, str] = found["printed"]
    return printed


def _current(home: Path) -> str:
    """Return the label of the cell that was running."""
    current = home / cell_runner.CURRENT
    return current.read_text(encoding="utf-8") if current.is_file() else "none"
