"""Prefect's command lines in one process: ``python -P prefect_commands.py COMMANDS``, a JSON list of lists of words.

To import Prefect takes seconds, which each process of its own would take again. What the commands print goes to the
standard error; on the standard output is, a line each, the command that begins, so that the last one is it that failed.
"""

import gc
import json
import os
import runpy
import sys

_COLLECT_AFTER = 50_000
"""Objects made between two looks for garbage; the many that importing Prefect makes are there to stay."""


def main(commands: list[list[str]]) -> None:
    """Perform the commands in their order; the first that fails ends the process with its exit code."""
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
