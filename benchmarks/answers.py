"""Answers about one run of a study of 5,000 patients: how long an inspector waits for each."""

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from benchmarks.project import founded, medicore, timed

STUDY, MONTH = "MED-2024-0212", "2026-12"
PRIMARY = "primary.estimate"
TARGETS = {f"explain RUN {PRIMARY}": 10.0, "reproduce RUN": 30.0, report.REPORT: report.TARGET}
"""Seconds."""

_NOTE = (
    "One run of a study that has recruited its 5,000 patients, with 1,000 bootstrap replicates and all planned "
    "analyses. Seconds are of the wall, of one command with its start; `explain` computes the number again. The report is rendered in one process, from template to PDF, "
    "the median of three."
)


@dataclass(frozen=True, slots=True)
class Answered:
    """How many patients were exported and analysed, and the seconds that each command took."""

    exported: int
    analysed: int
    seconds: Mapping[str, float]


def answers() -> Answered:
    """Return how long each command takes on a run in a scratch folder."""
    with tempfile.TemporaryDirectory(prefix="medicore-answers-") as scratch:
        root, home = Path(scratch) / "project", Path(scratch) / "state"
        founded(root, home)
        medicore(root, home, "edc", "deliver", MONTH, STUDY)
        run = f"{STUDY}/{MONTH}/1"
        seconds = {"run STUDY MONTH": timed(root, home, "run", STUDY, MONTH).wall}
        (row,) = json.loads(medicore(root, home, "status", STUDY, "--json"))
        printed = f"{row['estimate']:.2f}".replace("-", "\u2212")
        questions = {
            f"explain RUN {PRIMARY}": ("explain", run, PRIMARY),
            "explain RUN --value": ("explain", run, "--value", printed),
            "reproduce RUN": ("reproduce", run),
            "verify RUN": ("verify", run),
        }
        seconds |= {name: timed(root, home, *question).wall for name, question in questions.items()}
        seconds[report.REPORT] = report.rendering(root, home, run)
        manifest = json.loads((home / "inbox" / STUDY / MONTH / "transfer.json").read_text(encoding="utf-8"))
        return Answered(int(manifest["files"][0]["rows"]), int(row["n"]), seconds)


def page(found: Answered) -> str:
    """Return the table, with targets."""
    lines = ["# Answers about one run\n", f"{_NOTE}\n"]
    lines.append(f"{found.exported:,} patients exported, {found.analysed:,} analysed.\n")
    lines += ["| command | seconds | target | |", "|---|--:|--:|---|"]
    for name, seconds in found.seconds.items():
        limit = TARGETS.get(name)
        verdict = "" if limit is None else "met" if seconds <= limit else "NOT MET"
        lines.append(f"| `{name}` | {seconds:.1f} | {'' if limit is None else f'{limit:.0f}'} | {verdict} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print."""
    sys.stdout.write(page(answers()))
