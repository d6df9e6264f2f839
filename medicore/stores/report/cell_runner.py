"""Performs the cells of a template: a separate program, which imports nothing of this project.

It reads its task as JSON from its standard input, and answers as JSON: what each cell printed, or the cell at which
it ended and why.
"""

import ast
import contextlib
import io
import json
import os
import signal
import sys
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CURRENT = "cell"
"""The file in the home folder that names the cell at work."""


def perform(cells: Sequence[Mapping[str, Any]], home: Path) -> dict[str, Any]:
    """Return ``printed``, the text that each cell printed, by label.

    Otherwise the ``label`` of the failed cell and the failure. A cell has ``label``, ``code`` and ``given``, the
    names that are set after it. All cells share one set of names. ``failed`` is the kind of the exception that ended
    a cell, and ``shown`` is true when a cell ends with a value instead of printing it.
    """
    session = types.ModuleType("__main__")
    printed: dict[str, str] = {}
    for cell in cells:
        label = cell["label"]
        (home / CURRENT).write_text(label, encoding="utf-8")
        caught = io.StringIO()
        try:
            with contextlib.redirect_stdout(caught):
                value = _value_of(cell["code"], label, session)
        except BaseException as error:  # noqa: BLE001 - everything that ends a cell is a failure, even an exit
            return {"label": label, "failed": type(error).__name__}
        if value is not None:
            return {"label": label, "shown": True}
        vars(session).update(cell["given"])
        printed[label] = caught.getvalue()
    return {"printed": printed}


def _value_of(code: str, label: str, session: types.ModuleType) -> object:
    """Run the code and return the value of its last line, if that is an expression."""
    tree = ast.parse(code, label)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, label, "exec"), vars(session))  # noqa: S102 - the template is code, under version control
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), label, "eval"), vars(session))  # noqa: S307 - as above


def main() -> None:  # pragma: no cover - a process of its own, in tests too
    """Answer the task on the standard input; everything else that is written to the two outputs is discarded."""
    asked = json.load(sys.stdin)
    signal.alarm(asked["limit"])  # even if nobody waits for the answer any more
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.path.insert(0, str(Path.cwd()))
    found = perform(asked["cells"], Path(asked["home"]))
    with os.fdopen(answer, "w", encoding="utf-8") as stream:
        json.dump(found, stream)


if __name__ == "__main__":
    main()
