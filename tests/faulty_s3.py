"""An S3 server that fails as it is told: a proxy on the loopback address before a good one."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Faulty:
    """A running proxy, what it is to do wrong with the next writes of objects, and how many there were.

    ``plan`` holds a fault for each: ``refuse`` answers 503 and does nothing, ``cut`` closes the connection in the
    middle of the upload, ``forget`` does what was asked and cuts the connection before it answers, ``stall`` does
    it and answers too late, ``damage`` lets other bytes arrive. ``always`` holds for all when the plan is empty.
    """

    endpoint: str
    plan: list[str] = field(default_factory=list)
    always: str = ""
    writes: int = 0
    stalled: threading.Event = field(default_factory=threading.Event)

    def next_fault(self) -> str:
        """Return what is to go wrong now; empty when nothing is."""
        self.writes += 1
        return self.plan.pop(0) if self.plan else self.always


@contextmanager
def faulty_server(good: str) -> Iterator[Faulty]:
    """Run a proxy before the server at ``good``."""
    address = urlsplit(good).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
            connection = http.client.HTTPConnection(address, timeout=60)
            try:
                kept = {k: v for k, v in self.headers.items() if k.lower() not in {"expect", "connection"}}
                connection.request(self.command, self.path, body, kept)
                answer = connection.getresponse()
                return answer, answer.read()
            finally:
                connection.close()

        def _cut(self) -> None:
            self.close_connection = True

        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            written = self.command == "PUT" and "?" not in self.path
            fault = faulty.next_fault() if written else ""
            if fault == "cut":
                self.rfile.read(size // 2)
                self._cut()
                return
            body = self.rfile.read(size)
            if fault == "refuse":
                self.send_response(503)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            answer, text = self._forward(body[::-1] if fault == "damage" else body)
            if fault == "stall":
                faulty.stalled.wait(60)
            if fault in {"forget", "stall"}:
                self._cut()
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in {
                    "connection",
                    "content-length",
                    "transfer-encoding",
                    "server",
                    "date",
                }:
                    self.send_header(name, value)
            length = answer.headers["Content-Length"] if self.command == "HEAD" else str(len(text))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the names that the server calls

        def log_message(self, format: str, *arguments: object) -> None:
            """Stay silent."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Stay silent: a client that gave up is what some faults are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        faulty = Faulty(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield faulty
        finally:
            faulty.stalled.set()
            server.shutdown()
            thread.join()
