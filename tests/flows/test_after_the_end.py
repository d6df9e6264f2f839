"""When a run has ended, the month is free, and nothing that follows undoes the end: one line says what is missing."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from medicore.errors import BusyError
from medicore.stores.files import FolderLocks
from tests.conftest import Project, found_project
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, prepare

SOUND = faulty.sound()
RUN = f"{SOUND.study}/{MONTH}/1"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, with a sound study."""
    made = found_project(tmp_path_factory.mktemp("after"), prefect_url)
    prepare(made, SOUND)
    return made


@contextmanager
def no_room_for_reports(project: Project) -> Iterator[None]:
    """Leave no place for reports, as a full disk does."""
    place, kept = project.home / "reports", project.home / "kept"
    if place.exists():
        place.rename(kept)
    place.write_text("a file where the folder should be")
    yield
    place.unlink()
    if kept.exists():
        kept.rename(place)


@contextmanager
def webhook(home: Path, heard: list[tuple[str, bool]]) -> Iterator[str]:
    """Yield an address that notes the state that it is told, and whether the study's month was free just then."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take the message, and try to work on the month."""
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                with FolderLocks(home / "locks").hold(told["study"], told["month"], "a test"):
                    heard.append((told["state"], True))
            except BusyError:
                heard.append((told["state"], False))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()
        thread.join()


def told(words: str) -> list[str]:
    """Return the lines on stderr that are no progress."""
    return [line for line in words.splitlines() if line.startswith("medicore: ")]


def read(address: str) -> bytes:
    """Return the file at an address."""
    return Path(unquote(urlsplit(address).path)).read_bytes()


def test_nothing_that_follows_undoes_the_end_of_a_run(project: Project) -> None:
    """No room for a report is one line after a run and after a signature; the next command that needs it copies it."""
    heard: list[tuple[str, bool]] = []
    with webhook(project.home, heard) as address:
        telling = replace(project, environment={**project.environment, "MEDICORE_NOTIFY": address})
        with no_room_for_reports(project):
            ended = telling.medicore("run", SOUND.study, MONTH, "--json")
            blocked = project.medicore("review", RUN, "--json")
        reviewed = project.medicore("review", RUN, "--json").json()
        (made,) = (project.home / "work" / RUN).rglob("records/**/report.pdf")
        sealed = made.read_bytes()  # the work folder of an archived run goes
        with no_room_for_reports(project):
            signed = telling.sign(RUN, "approve")
    (row,) = ended.json()
    assert (row["run"], row["state"]) == (RUN, "sealed, awaiting approval")
    (line,) = told(ended.err)
    assert line.startswith(
        f"medicore: {RUN} has ended, but its report was not copied to the folder for readers;"
    )
    assert "could not be written" in line
    assert (blocked.json()["report"], told(blocked.err)) == (None, [line])

    assert read(reviewed["report"]) == sealed
    tables = project.home / "reports" / SOUND.study / MONTH / f"{SOUND.study}_{MONTH}_1_tables"
    assert [*tables.glob("*.csv")]

    assert (signed.json()["state"], signed.json()["signed_report"]) == ("archived", None)
    (line,) = told(signed.err)
    assert f"{RUN} has ended, but its signed report was not copied" in line
    assert read(project.sign(RUN, "approve").json()["signed_report"]).startswith(b"%PDF")
    assert [event["action"] for event in project.events(RUN)].count("decision.signed") == 1
    assert heard == [("sealed, awaiting approval", True), ("archived", True)]
