"""A real server is told; one that refuses, sends elsewhere, is silent or is not there costs a word and little time."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from medicore.stores import webhook
from medicore.stores.webhook import post

TAKEN: list[Any] = []


class Handler(BaseHTTPRequestHandler):
    """Takes what comes to /hook, sends /moved there, refuses /broken, and is silent at /silent."""

    def do_POST(self) -> None:
        """Answer by path."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/silent":
            threading.Event().wait(2)
        status = {"/hook": 204, "/moved": 302, "/broken": 500}.get(self.path, 404)
        if status == 204:
            TAKEN.append(json.loads(body))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/hook")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a server on the loopback."""
    TAKEN.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_message_arrives(address: str) -> None:
    """What is told arrives as it was, and nothing went wrong."""
    message = {"text": "MED-2024-0198/2025-03/1 is released", "gates": []}
    assert post(f"{address}/hook", message) is None
    assert [message] == TAKEN


@pytest.mark.parametrize(("path", "fault"), [("/broken", "status 500"), ("/moved", "status 302")])
def test_a_refusal_is_a_word(address: str, path: str, fault: str) -> None:
    """An error is told by its status, and a redirect is not followed."""
    assert post(address + path, {}) == fault
    assert TAKEN == []


def test_silence_has_an_end(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not answer is left after the patience."""
    monkeypatch.setattr(webhook, "PATIENCE", 0.2)
    assert post(f"{address}/silent", {}) == "ReadTimeout"


def test_nobody_there() -> None:
    """Where nobody listens, or the address is none, there is a word too."""
    assert post("http://127.0.0.1:1/hook", {}) == "ConnectError"
    assert post("http://nowhere:nothing/hook", {}) == "InvalidURL"
