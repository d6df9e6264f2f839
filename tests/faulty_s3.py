"""An S3 server that fails as it is told: a proxy on the loopback address before a good one."""

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Faulty:
    """A running proxy, what it is to do wrong with the next writes of objects and holds, and their headers.

    ``plan`` holds a fault for each: a status, or ``refuse`` for 503, is answered and nothing done, ``cut`` closes the
    connection in the middle of the upload, ``forget`` does what was asked and cuts the connection before it answers,
    ``stall`` does it and answers too late, ``damage`` lets other bytes arrive. ``always`` holds for all when the plan
    is empty. ``downloads`` counts the objects that were read; with ``corrupts`` their last byte comes back as
    another.
    """

    endpoint: str
    plan: list[str] = field(default_factory=list)
    always: str = ""
    downloads: int = 0
    corrupts: bool = False
    headers: list[dict[str, str]] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)

    @property
    def writes(self) -> int:
        """How many writes of objects there were."""
        return len(self.headers)

    def next_fault(self, headers: dict[str, str]) -> str:
        """Return what is to go wrong with the write that has these headers; empty when nothing is."""
        self.headers.append(headers)
        return self.plan.pop(0) if self.plan else self.always


_OF_THE_CONNECTION = {"connection", "content-length", "transfer-encoding", "server", "date"}


@contextmanager
def faulty_server(good: str, certificate: Path | None = None) -> Iterator[Faulty]:
    """Run a proxy before the server at ``good``; with key and certificate in a file it speaks https.

    Like most servers but Amazon's it takes no object whose length is not announced.
    """
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.good = urlsplit(good).netloc
        server.faulty = Faulty(f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}")
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.faulty
        finally:
            server.faulty.stalled.set()
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    good: str
    faulty: Faulty

    def handle_error(self, *_: Any) -> None:
        """Stay silent: a client that gave up is what some faults are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        faulty = self.server.faulty
        written = self.command == "PUT" and ("?" not in self.path or "?legal-hold" in self.path)
        fault = faulty.next_fault(dict(self.headers)) if written else ""
        body = self.rfile.read(size // 2 if fault == "cut" else size)
        if written and "aws-chunked" in self.headers.get("Content-Encoding", ""):
            self.close_connection = True
            self._pass_on(411, {}, b"<Error><Code>MissingContentLength</Code></Error>")
        elif fault == "refuse" or fault.isdigit():
            self._pass_on(503 if fault == "refuse" else int(fault), {}, b"")
        elif fault == "cut":
            self.close_connection = True
        else:
            answer, text = _forwarded(self.server.good, self, body[::-1] if fault == "damage" else body)
            if self.command == "GET" and "versionId=" in self.path and answer.status == 200:
                faulty.downloads += 1
                text = text[:-1] + bytes([text[-1] ^ 1]) if faulty.corrupts else text
            if fault == "stall":
                faulty.stalled.wait(60)
            if fault in {"forget", "stall"}:
                self.close_connection = True
            else:
                self._pass_on(answer.status, dict(answer.headers), text)

    def _pass_on(self, status: int, headers: dict[str, str], text: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        self.send_header("Content-Length", headers["Content-Length"] if is_head else str(len(text)))
        self.end_headers()
        if not is_head:
            self.wfile.write(text)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the names that the server calls

    def log_message(self, format: str, *arguments: object) -> None:
        """Stay silent."""


def _forwarded(
    address: str, asked: BaseHTTPRequestHandler, body: bytes
) -> tuple[http.client.HTTPResponse, bytes]:
    """Return the good server's answer to a request, and the answer's body."""
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        kept = {k: v for k, v in asked.headers.items() if k.lower() not in {"expect", "connection"}}
        connection.request(asked.command, asked.path, body, kept)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()
