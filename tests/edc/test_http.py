"""The way to an EDC: whole answers, bounded attempts, one address, and no secret in any message."""

import gzip
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from threading import Thread

import pytest

from medicore.edc.http import ATTEMPTS, Answer, EdcServer, Request
from medicore.errors import ConfigurationError, DataError, SourceUnavailableError

SECRET = "s3cret-token"
REQUEST = Request("the records", "/x", {"page": "1"}, {"token": SECRET}, {"api-key": SECRET})


@dataclass
class Script:
    """Raw answers in the order in which a server gives them, the last for ever, and the requests it got."""

    answers: list[bytes]
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    address: str = ""
    pauses: list[float] = field(default_factory=list)

    def server(self, seconds: float = 5.0, limit: int = 1000) -> EdcServer:
        """Return the way to this server, whose pauses are noted and not made."""
        return EdcServer(self.address, seconds=seconds, limit=limit, pause=self.pauses.append)


@contextmanager
def scripted(*answers: bytes) -> Iterator[Script]:
    """Serve raw answers, each in a connection of its own, while the context lasts."""
    script = Script(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): text for name, text in self.headers.items()}
            script.seen.append((self.command, self.path, headers, body))
            self.wfile.write(script.answers.pop(0) if len(script.answers) > 1 else script.answers[0])

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        script.address = f"http://127.0.0.1:{server.server_address[1]}/api"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


def raw(status: str, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer as it goes over the wire, its length right unless it is given."""
    lines = {
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items() if text)
    return f"HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n".encode() + body


WHOLE = raw("200 OK", b"whole", Date="Tue, 01 Apr 2025 04:00:00 GMT")


def test_answer_is_kept_byte_for_byte() -> None:
    """Body and headers are the server's; a form makes the question a POST."""
    with scripted(WHOLE) as script:
        answer = script.server().ask(REQUEST)
        plain = script.server().ask(Request("x"))
    assert answer.body == plain.body == b"whole"
    assert answer.exported_at == "2025-04-01T04:00:00+00:00"
    assert [(method, path) for method, path, _, _ in script.seen] == [
        ("POST", "/api/x?page=1"),
        ("GET", "/api"),
    ]
    assert script.seen[0][3] == b"token=s3cret-token"
    assert script.seen[0][2]["api-key"] == SECRET
    assert script.seen[0][2]["accept-encoding"] == "identity"
    assert script.pauses == []


@pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Oops", "503 Out of service"])
def test_passing_trouble_is_tried_again(status: str) -> None:
    """After two troubles that may pass the third answer counts, and the pauses grow (FAULTS 42)."""
    with scripted(raw(status), raw(status), WHOLE) as script:
        assert script.server().ask(REQUEST).body == b"whole"
    assert script.pauses == [0.5, 1.0]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (raw("500 Oops"), "status 500"),
        (raw("200 OK", b"cut", Content_Length="9"), "a connection that failed"),
        (
            raw("200 OK", b"2\r\nab\r\n", Content_Length="", Transfer_Encoding="chunked"),
            "a connection that failed",
        ),
        (b"", "a connection that failed"),
        (b"nonsense\r\n\r\n", "a connection that failed"),
    ],
)
def test_lasting_trouble_ends(answer: bytes, found: str) -> None:
    """Trouble that lasts ends after so many attempts; a cut answer is never handed over (FAULTS 33, 42)."""
    with (
        scripted(answer) as script,
        pytest.raises(SourceUnavailableError, match=f"the records: the EDC gave {found}.* 5 attempts"),
    ):
        script.server().ask(REQUEST)
    assert len(script.seen) == ATTEMPTS
    assert script.pauses == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "Tue, 01 Apr 2025 04:00:09 GMT", "Date": "Tue, 01 Apr 2025 04:00:00 GMT"}, 9.0),
        ({"Retry_After": "Tue, 01 Apr 2025 04:00:00 GMT", "Date": "Tue, 01 Apr 2025 04:00:09 GMT"}, 0.0),
        ({"Retry_After": "Tue, 01 Apr 2025 04:00:09 GMT"}, 0.5),
        ({"Retry_After": "soon"}, 0.5),
    ],
)
def test_pause_that_is_asked_for_is_made(asked: dict[str, str], pause: float) -> None:
    """Retry-After in seconds or as a date counts, the date by the server's own clock."""
    with scripted(raw("429 Too Many", **asked), WHOLE) as script:
        script.server().ask(REQUEST)
    assert script.pauses == [pause]


def test_long_pauses_are_not_made() -> None:
    """A server that asks to wait for an hour is not waited for."""
    with (
        scripted(raw("503 Later", Retry_After="3600")) as script,
        pytest.raises(DataError, match="a wait of 3600 seconds"),
    ):
        script.server().ask(REQUEST)
    assert script.pauses == []


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        ("400 Bad", DataError, "status 400"),
        ("404 Not found", DataError, "status 404"),
        ("204 Nothing", DataError, "status 204"),
        ("401 Who", ConfigurationError, "refuses the credentials"),
        ("403 No", ConfigurationError, "refuses the credentials"),
    ],
)
def test_refusals_are_not_tried_again(status: str, error: type[Exception], message: str) -> None:
    """What will not pass is asked once, and no message holds the secret (FAULTS 42, 71)."""
    with scripted(raw(status)) as script, pytest.raises(error, match=message) as caught:
        script.server().ask(REQUEST)
    assert len(script.seen) == 1
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_redirects_are_refused() -> None:
    """Nobody is followed to another address with a secret in hand."""
    with scripted(raw("302 Found", Location="http://127.0.0.1:1/")) as script:
        with pytest.raises(DataError, match="redirects"):
            script.server().ask(REQUEST)
        assert len(script.seen) == 1


def test_silence_ends() -> None:
    """A server that says nothing is left after the time that is allowed, and asked again (FAULTS 42)."""
    pauses: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = EdcServer(f"http://127.0.0.1:{silent.getsockname()[1]}/", seconds=0.05, pause=pauses.append)
        with pytest.raises(SourceUnavailableError, match="gave no answer in time in 5 attempts"):
            server.ask(REQUEST)
    assert len(pauses) == ATTEMPTS - 1


def test_nobody_there_is_passing_trouble() -> None:
    """A server that is not up is asked again, and then named as what it is."""
    with scripted(WHOLE) as script:
        pass
    with pytest.raises(DataError, match=r"a connection that failed \(ConnectError\)"):
        script.server().ask(REQUEST)


def test_answers_that_trickle_end() -> None:
    """An answer whose pieces come one by one for ever is left, though it is never silent for long."""
    moments = count(0.0, 60.0)
    with scripted(WHOLE) as script:
        server = EdcServer(script.address, seconds=5, pause=script.pauses.append, clock=lambda: next(moments))
        with pytest.raises(DataError, match="an answer that did not end in time"):
            server.ask(REQUEST)


def test_answers_without_end_are_refused() -> None:
    """An answer that ends with its connection alone may have been cut; nothing proves that it was not."""
    with (
        scripted(raw("200 OK", b"?", Content_Length="")) as script,
        pytest.raises(DataError, match="no verifiable end"),
    ):
        script.server().ask(REQUEST)


def test_large_answers_are_refused() -> None:
    """An answer beyond the limit is not held in memory."""
    with (
        scripted(raw("200 OK", b"x" * 1001)) as script,
        pytest.raises(DataError, match="longer than 1000 bytes"),
    ):
        script.server().ask(REQUEST)


def test_compressed_answers_are_refused() -> None:
    """What was declined is not undone: the bytes that are kept are those that were sent."""
    packed = raw("200 OK", gzip.compress(b"whole"), Content_Encoding="gzip")
    with scripted(packed) as script, pytest.raises(DataError, match="compressed its answer"):
        script.server().ask(REQUEST)


def test_chunks_are_an_end() -> None:
    """A chunked answer with its last chunk is whole."""
    with scripted(
        raw("200 OK", b"2\r\nab\r\n0\r\n\r\n", Content_Length="", Transfer_Encoding="chunked")
    ) as script:
        assert script.server().ask(REQUEST).body == b"ab"


@pytest.mark.parametrize(
    ("address", "hosts", "message"),
    [
        ("http://edc.example/api", ("edc.example",), "neither https nor of this machine"),
        ("ftp://127.0.0.1/", (), "neither https nor of this machine"),
        ("https://[broken", (), "neither https nor of this machine"),
        ("https://", (), "more than host and path"),
        ("https://user:pw@edc.example/", ("edc.example",), "more than host and path"),
        ("https://edc.example/?token=1", ("edc.example",), "more than host and path"),
        ("https://edc.example/", (), r"not allowed.*\(none\)"),
        ("https://edc.example.evil.example/", ("edc.example",), r"not allowed.*\(edc.example\)"),
    ],
)
def test_only_allowed_places_are_asked(address: str, hosts: tuple[str, ...], message: str) -> None:
    """Outside this machine an EDC is reached by TLS and on a list of the operator's, or not at all."""
    with pytest.raises(ConfigurationError, match=message):
        EdcServer(address, hosts)


def test_certificates_are_proved() -> None:
    """A server without TLS behind an https address is no server of ours, and its trouble ends as others do."""
    assert EdcServer("https://edc.example:8443/api", ("edc.example",)).address.endswith("/api")
    with scripted(WHOLE) as script:
        address = script.address.replace("http:", "https:")
        with pytest.raises(DataError, match="a connection that failed") as caught:
            EdcServer(address, pause=script.pauses.append).ask(REQUEST)
    assert not isinstance(caught.value.__cause__, ssl.SSLError)
    assert script.seen == []


def test_unsaid_times_are_empty() -> None:
    """An answer that does not say when it was made says nothing, rather than our own time."""
    assert Answer(b"", {}).exported_at == Answer(b"", {"date": "yesterday"}).exported_at == ""


def test_a_line_is_what_can_be_printed() -> None:
    """A version is one short line, whatever the server sends instead."""
    assert Answer(b"14.5.5\r\n", {}).line == "14.5.5"
    assert len(Answer(b"\x1b[31m" + b"x" * 99, {}).line) < 41


def test_addresses_that_cannot_be_asked_are_told() -> None:
    """An address that no client can use is an error of ours."""
    with pytest.raises(DataError, match=r"the request cannot be sent \(InvalidURL\)"):
        EdcServer("http://127.0.0.1:1\x01/").ask(REQUEST)
