"""Prefect's command lines in one process: ``python -P prefect_commands.py COMMANDS``, a JSON list of lists of words.

Importing Prefect takes seconds, and a process for each command would take them again. The output of the commands goes
to the standard error. The standard output has a line for each command that begins, so the last line names the command
that failed.
"""

import gc
import json
import os
import runpy
import sys

_COLLECT_AFTER = 50_000
"""The number of new objects between two garbage collections; the many that importing Prefect makes stay anyway."""


def main(commands: list[list[str]]) -> None:
    """Perform the commands in order; the first that fails ends the process with its exit code."""
    gc.set_threshold(_COLLECT_AFTER)
    told = os.dup(1)
    os.dup2(2, 1)
    for words in commands:
        os.write(told, f"{' '.join(words[:2])}\n".encode())
        sys.argv = ["prefect", "--no-prompt", *words]
        try:
            runpy.run_module("prefect", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if end.code:
                raise


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
