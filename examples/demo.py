"""The demo: a month of the portfolio and of the reference study, by the commands that people type."""

import os
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


def say(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201


def medicore(*arguments: str, person: str | None = None, expected: tuple[int, ...] = (0,)) -> None:
    """Show a command and run it as a person would."""
    say(f"\n$ medicore {' '.join(arguments)}")
    secret = {"MEDICORE_PASSPHRASE": passphrase(person)} if person else {}
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "medicore", *arguments], check=False, env={**os.environ, **secret}
    )
    if done.returncode not in expected:
        say(f"the command ended with {done.returncode}; expected {expected}")
        sys.exit(done.returncode or 1)


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
    say(f"\n$ medicore edc serve {MONTH} &")
    with subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-m", "medicore", "edc", "serve", MONTH, "--json"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            if server.stdout is None or not server.stdout.readline():
                sys.exit(server.wait() or 1)
            say("The simulated EDC answers as Rave, REDCap and a Dataset-JSON API.")
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
    medicore("init")
    medicore("edc", "deliver", MONTH)
    say("\nOne Prefect server for the whole demo; each command would start its own.")
    with simulated_edc(), prefect_server(settings.home) as session:
        os.environ["PREFECT_API_URL"] = session.url
        medicore("portfolio", MONTH, expected=(10,))
        run = latest(SHOWN)
        medicore("review", run)
        medicore(
            "sign", run, "--meaning", "approve", "--as", "reviewer", "--reason", "Report read and found correct",
            person="reviewer",
        )  # fmt: skip
        del os.environ["PREFECT_API_URL"]
    medicore("explain", run, "primary.estimate")
    medicore("reproduce", run)
    medicore("verify", run)
    say(f"\nThe demo took {time.monotonic() - started:.0f} s. The reports are PDFs:")
    for path in sorted(reports(settings.home, RunId.parse(run))):
        say(f"  {path}")
    say("\nWhat to type next (after: source .venv/bin/activate)")
    say("  medicore review                      what waits for a decision")
    say(f"  medicore history {run}     every ledger event of a run")
    say("  medicore serve                       the Prefect UI, at http://127.0.0.1:4200")
    say(f"  git clone --branch record/{run} {settings.records} inspection && cd inspection")
    say("  dvc pull && dvc repro                the inspector's way: everything is up to date")


def reports(home: Path, run: RunId) -> list[Path]:
    """Return the reports laid out for reading, the archived one of ``run`` among them."""
    return [*(home / "reports").rglob("*.pdf"), home / "archive" / "reports" / str(run) / "report.pdf"]


if __name__ == "__main__":
    main()
