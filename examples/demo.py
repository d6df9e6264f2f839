"""The demo: a month of the portfolio and of the reference study, by the commands that people type."""

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.serving.server import prefect_server
from medicore.records.identifiers import RunId
from medicore.settings import read_settings
from medicore.stores.files import private_folder

MONTH = "2025-03"
SHOWN = "REF-NHEFS"
PROGRAM = (sys.executable, "-m", "medicore")
ENDED = 9
"""The number of studies that run in the month."""

WIDTH = 110
"""The widest line that is printed."""


def say(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201


def medicore(
    *arguments: str, story: str, most: int, person: str | None = None, expected: tuple[int, ...] = (0,)
) -> None:
    """Tell what a command is for, show it, run it as a person would, and print at most ``most`` lines of what it says.

    All that it says is kept in the demo's log. While a portfolio runs, a line tells how each study ended.
    """
    say(f"\n{story}\n$ medicore {' '.join(arguments)}")
    secret = {"MEDICORE_PASSPHRASE": passphrase(person)} if person else {}
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*PROGRAM, *arguments],
        env={**os.environ, **secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        lines, shown = [], 0
        for line in running.stdout or ():
            lines.append(line.rstrip("\n"))
            if arguments[0] == "portfolio" and _ended(line) and shown < ENDED:
                shown += 1
                say(f"  {line.strip()[:WIDTH]}")
    with log().open("a", encoding="utf-8") as stream:
        stream.write("\n".join([f"$ medicore {' '.join(arguments)}", *lines, ""]))
    if running.returncode not in expected:
        say("\n".join(lines))
        say(f"the command ended with {running.returncode}; expected {expected}")
        sys.exit(running.returncode or 1)
    told = [line for line in lines if line.strip() and not _progress(line)]
    for line in told[:most]:
        say(f"  {line[:WIDTH]}")


def _ended(line: str) -> bool:
    """Return whether a line of progress tells how a run of the portfolio ended."""
    return _progress(line) and " seal " in line


def _progress(line: str) -> bool:
    return re.match(r"\s*[0-9.]+ s  \S+/\S+/", line) is not None


def log() -> Path:
    """Return the file that keeps all that the commands said."""
    return read_settings().home / "demo" / "log.txt"


def passphrase(person: str) -> str:
    """Return the demo's passphrase of a person, made at the first run and kept readable by its owner alone."""
    folder = read_settings().home / "demo"
    private_folder(folder.parent)
    private_folder(folder)
    path = folder / f"{person}.passphrase"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(handle, secrets.token_urlsafe(16).encode())
        os.close(handle)
    return path.read_text(encoding="utf-8")


@contextmanager
def simulated_edc() -> Iterator[None]:
    """Serve the month's exports over HTTP, as their protocols expect it, with secrets made for this demo alone."""
    secret = secrets.token_hex(16).upper()
    os.environ["MEDICORE_EDC_SECRET"] = secret
    for study in ("MED_2024_0147", "MED_2024_0198"):  # Rave wants a user too
        os.environ[f"MEDICORE_EDC_SECRET_{study}"] = f"demo:{secret}"
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*PROGRAM, "edc", "serve", MONTH, "--json"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            if server.stdout is None or not server.stdout.readline():
                sys.exit(server.wait() or 1)
            say(
                f"$ medicore edc serve {MONTH} &\n  The simulated EDC answers as Rave, REDCap and a Dataset-JSON API."
            )
            yield
        finally:
            server.send_signal(signal.SIGINT)


def latest(study: str) -> str:
    """Return the latest run of a study and the demo's month."""
    from medicore.cases.run.runs import all_runs
    from medicore.wiring import open_house

    runs = [run for run in all_runs(open_house(read_settings()), study) if run.month == MONTH]
    return str(max(runs))


def main() -> None:
    """Run the demo."""
    started = time.monotonic()
    os.umask(0o077)  # the demo's data are for the account that runs it
    settings = read_settings()
    for owner in ("authority", "analyst", "reviewer", "operator"):
        os.environ[f"MEDICORE_PASSPHRASE_{owner.upper()}"] = passphrase(owner)
    say(f"A month at a sponsor with eight studies: {MONTH}. It takes one to two minutes.")
    medicore(
        "init",
        story="A new house: an authority, three people with keys, ledger, records and archive.",
        most=1,
    )
    medicore("edc", "deliver", MONTH, story="The sites' data of the month arrive.", most=0)
    with simulated_edc(), prefect_server(settings.home) as session:
        os.environ["PREFECT_API_URL"] = session.url
        medicore(
            "portfolio", MONTH, expected=(10,), most=0,
            story="All studies are analysed; whatever looks wrong halts, and nobody can overlook it.",
        )  # fmt: skip
        run = latest(SHOWN)
        medicore(
            "review",
            run,
            story="A reviewer looks at one that waits: what is the result, what would a signature cover?",
            most=5,
        )
        medicore(
            "sign", run, "--meaning", "approve", "--as", "reviewer", "--reason", "Report read and found correct",
            person="reviewer", story="She has read the report and signs it. It is released and archived for fifteen years.", most=1,
        )  # fmt: skip
        del os.environ["PREFECT_API_URL"]
    medicore(
        "explain",
        run,
        "primary.estimate",
        story="Years later an inspector asks: show me how you computed this number.",
        most=5,
    )
    medicore(
        "reproduce", run, story="And again, all of it, from the frozen data by the recorded code?", most=1
    )
    medicore("verify", run, story="And has anybody changed anything since?", most=1)
    say(f"\nThe demo took {time.monotonic() - started:.0f} s. Open:")
    signed, page = opened(settings.home, RunId.parse(run))
    say(f"  the report that was signed           {signed}")
    say(f"  why a study halted                   {page}")
    say("Then type (after: source .venv/bin/activate):")
    say("  medicore review                      what waits for a decision")
    say(f"  git clone --branch record/{run} {settings.records} inspection")
    say("  cd inspection && dvc pull && dvc repro    the same check without MediCore")
    say(f"Everything that the commands said: {log()}")


def opened(home: Path, run: RunId) -> tuple[Path, Path]:
    """Return the signed report of a run, and the evidence report of a study that halted, or the folder of all reports."""
    laid_out = sorted((home / "reports").rglob("*.pdf"))
    signed = [path for path in laid_out if path.stem.startswith(f"{run.study}_") and "signed" in path.name]
    evidence = [path for path in laid_out if "evidence" in path.name]
    archived = home / "archive" / "reports" / str(run) / "report.pdf"
    return (signed[0] if signed else archived), (evidence[0] if evidence else home / "reports")


if __name__ == "__main__":
    main()
