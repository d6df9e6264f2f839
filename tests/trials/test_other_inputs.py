"""Inputs that take two months, or a server: locked values in another spelling, and the errors of REDCap."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest
from pydantic import SecretStr

from medicore.edc.http import EdcServer
from medicore.edc.redcap import Redcap
from medicore.errors import ConfigurationError, DataError, MediCoreError
from medicore.records.protocol.contract import Contract
from medicore.records.protocol.source import RedcapSource
from medicore.steps.data.comparison import compare
from tests.trials.tried import INPUTS, Case, tried

TRIAL = "locked-value-last-place"
ADAM = [
    {
        "file": "month1-adsl.xpt",
        "subject": "USUBJID",
        "columns": {"arm": "ARM", "age": "AGE", "sex": "SEX", "baseline": "BASE", "change": "CHG"},
    }
]


def contract(**baseline: object) -> Contract:
    """Return the contract of the two months, with some keys of the column baseline."""
    columns = [
        {"name": "subject_id", "type": "identifier", "timing": "administrative"},
        {"name": "baseline", "type": "number", "timing": "baseline", "unit": "points", **baseline},
    ]
    return Contract.model_validate({"subject": "subject_id", "columns": columns})


def months(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the extract of the transport file and, a month later, that of the text file."""
    first = tried(Case(TRIAL, ["month1-adsl.xpt"], edits={"edc.datasets": ADAM}), folder / "1").table
    second = tried(Case(TRIAL, ["month2-d.csv"]), folder / "2").table
    assert first is not None
    assert second is not None
    return first[["subject_id", "baseline"]], second[["subject_id", "baseline"]]


def test_another_spelling_of_a_number_is_no_change(tmp_path: Path) -> None:
    """Doubles of a transport file lie one unit in the last place beside the decimals of the same data."""
    before, now = months(tmp_path)
    assert (before["baseline"] != now["baseline"]).sum() == 60
    assert compare(now, ("2025-02", before), contract()).values_changed == ()


@pytest.mark.parametrize(
    ("declared", "moved", "changed"),
    [
        ({}, 1e-9, True),
        ({"decimals": 2}, 0.009, False),
        ({"decimals": 2}, 0.01, True),
        ({"decimals": 2, "tolerance": 0.5}, 0.49, False),
        ({"tolerance": 0.5}, 0.5, True),
        ({"decimals": 0}, 0.99, False),
    ],
)
def test_a_change_is_one_unit_of_the_declared_decimals(
    tmp_path: Path, declared: dict[str, float], moved: float, changed: bool
) -> None:
    """The declared decimals or tolerance say what a change is, and the finding's size is the largest difference."""
    before, _ = months(tmp_path)
    now = before.copy()
    now.loc[3, "baseline"] += moved
    now.loc[4, "baseline"] += moved / 2
    found = compare(now, ("2025-02", before), contract(**declared)).values_changed
    assert bool(found) == changed
    if changed:
        assert found[0].largest == pytest.approx(moved, rel=1e-6)


def test_a_subject_in_another_spelling_is_told_as_such(tmp_path: Path) -> None:
    """Of subjects that vanished, those that are there with other blanks or another case are counted."""
    before, _ = months(tmp_path)
    now = before.copy()
    now.loc[0, "subject_id"] = "s-0001 "
    found = compare(now.drop(index=1), ("2025-02", before), contract())
    assert (found.subjects_vanished, found.subjects_added, found.spelled_anew) == (2, 1, 1)


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Yield the address of a server that gives every request this answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("name", "status", "kind", "words"),
    [
        ("200-records.json", 200, DataError, "There were data validation errors"),
        ("400-metadata.json", 400, DataError, 'The value of the parameter "format" is not valid'),
        ("403-log.json", 403, ConfigurationError, "You do not have API Logging privileges"),
        ("403-log.json", 501, DataError, "status 501 and says"),
    ],
)
def test_redcaps_own_words_are_shown(name: str, status: int, kind: type[MediCoreError], words: str) -> None:
    """An error of REDCap describes the request and holds no data: its text is passed on, and said of which request."""
    pauses: list[float] = []
    with answering(status, (INPUTS / "redcap-error-body" / name).read_bytes()) as address:
        source = RedcapSource(system="redcap", address=address, project=7)
        redcap = Redcap(source, EdcServer(address, pause=pauses.append), lambda _: SecretStr("T" * 32))
        with pytest.raises(kind) as caught:
            redcap.pull("TEST-RC", "2025-03")
    assert words in str(caught.value)
    assert "TEST-RC/2025-03: the log" in str(caught.value)
    assert pauses == []


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error": 7}', b'{"error": "' + b"x" * 3000 + b'"}']
)
def test_other_bodies_of_an_error_are_not_quoted(body: bytes) -> None:
    """What is no error of an API is never shown: it may hold anything."""
    with answering(400, body) as address:
        source = RedcapSource(system="redcap", address=address, project=7)
        redcap = Redcap(source, EdcServer(address), lambda _: SecretStr("T" * 32))
        with pytest.raises(DataError, match="the EDC gave status 400; expected 200"):
            redcap.pull("TEST-RC", "2025-03")
