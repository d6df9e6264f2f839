"""``python -m benchmarks.measure CONTESTANT SUBJECTS REPLICATES``: one measurement, as JSON on stdout."""

import json
import re
import resource
import sys
import warnings
from dataclasses import asdict
from importlib import import_module, metadata
from pathlib import Path

from benchmarks.study import made

SOFTWARE = {
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "sklearn": "scikit-learn",
    "statsmodels": "statsmodels",
    "zepid": "zepid",
    "causallib": "causallib",
    "crabbymetrics": "crabbymetrics",
    "lifelines": "lifelines",
}
"""Which distribution an imported module comes from."""


def peak_megabytes() -> float:
    """Return the most memory that this process has held.

    From /proc where there is one: the other count includes what the process that started this one held.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
        if found:
            return int(found[1]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024**2 if sys.platform == "darwin" else 1024)


def main(contestant: str, subjects: int, replicates: int) -> None:
    """Print seconds, replicates, the full sample's estimate, the peak of memory, and the software imported."""
    warnings.simplefilter("ignore")
    module, function = contestant.split(".")
    study = made(subjects)
    timed = getattr(import_module(f"benchmarks.{module}"), function)(study, replicates)
    told = {**asdict(timed), "megabytes": peak_megabytes()}
    software = {name: metadata.version(name) for module, name in SOFTWARE.items() if module in sys.modules}
    sys.stdout.write(json.dumps({**told, "software": software}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
