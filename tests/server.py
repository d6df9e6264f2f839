"""A Prefect server in a process of its own, as the command line starts one for itself."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.session import PASSWORD, lay_prefect_tables

ROOT = Path(__file__).parents[1]


@contextmanager
def a_server(folder: Path) -> Iterator[tuple[str, int]]:
    """Start a Prefect server that nobody attends, with the session's password; yield the address of its API and its process."""
    lay_prefect_tables(folder)
    script = (
        "import sys\nfrom pathlib import Path\nfrom flows.serving.server import attended_server\n"
        "with attended_server(Path(sys.argv[1])) as (url, own):\n"
        "    print(url, own.process.pid, flush=True)\n    sys.stdin.read()\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"}
    environment |= {"PREFECT_SERVER_API_AUTH_STRING": PASSWORD}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        told = server.stdout.readline()
        assert told.startswith("http://127.0.0.1:"), "the Prefect server did not start"
        url, process = told.split()
        yield url, int(process)
