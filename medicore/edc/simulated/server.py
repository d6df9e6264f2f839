"""The simulated EDC as a server on this machine: real HTTP, and the faults of real networks on request."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

from medicore.edc.simulated import dataset_json as simulated_dataset_json
from medicore.edc.simulated import rave as simulated_rave
from medicore.edc.simulated import redcap as simulated_redcap
from medicore.edc.simulated.served import Deliveries, Reply, http_date, project_number
from medicore.errors import ConfigurationError

DEMONSTRATION_SECRET: Final = "0123456789ABCDEF0123456789ABCDEF"  # noqa: S105 - opens nothing but simulated data
"""The server's default secret; it is as long as REDCap's tokens."""

_LARGEST_FORM = 4 * 1024 * 1024
_STATUSES = ("401", "429", "500", "503")


class EdcSimulator(ThreadingHTTPServer):
    """A server on loopback for the deliveries of one month; ``secret`` gives access to every interface.

    It is REDCap's token, the password of every Rave user, and the key of the Dataset-JSON API.
    """

    daemon_threads = True

    def __init__(self, deliveries: Deliveries, secret: str, port: int = 0) -> None:
        self.deliveries = deliveries
        self.closing = Event()
        self.rave = simulated_rave.SimulatedRave(deliveries, secret)
        self.redcap = simulated_redcap.SimulatedRedcap(deliveries, secret)
        self.dataset_json = simulated_dataset_json.SimulatedDatasetJson(deliveries, secret)
        super().__init__(("127.0.0.1", port), _Handler)

    @classmethod
    def open(cls, deliveries: Deliveries, secret: str, port: int) -> Self:
        """Return a server that listens; raise ConfigurationError when the port is taken."""
        try:
            return cls(deliveries, secret, port)
        except OSError as error:
            raise ConfigurationError(
                f"port {port} of this machine is not available ({error.strerror}); expected a free port; choose one with "
                "--port"
            ) from error

    @property
    def address(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def addresses(self) -> list[dict[str, str | int]]:
        """Return what a protocol needs to address each interface: study, system, address and project."""
        found: list[dict[str, str | int]] = []
        for study in self.deliveries.studies:
            number = project_number(study)
            rows: tuple[tuple[str, str, str | int], ...] = (
                ("rave", simulated_rave.ROOT, study),
                ("redcap", f"{simulated_redcap.ROOT}/{study}/api/", number),
                ("dataset-json-api", simulated_dataset_json.ROOT, study),
            )
            found += [
                {"study": study, "system": system, "address": self.address + path, "project": project}
                for system, path, project in rows
            ]
        return found

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that closed the connection, as they do after faults; show other errors as usual."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # a socket, as the base class has it

    def server_close(self) -> None:
        """Close the server, and end the answers that the fault ``timeout`` delays."""
        self.closing.set()
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: EdcSimulator
    # In seconds: a silent client holds its thread no longer than this.
    timeout = 60

    def do_GET(self) -> None:
        """Answer a GET request."""
        self._answer({})

    def do_POST(self) -> None:
        """Answer a POST request; REDCap uses POST for all of them."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > _LARGEST_FORM:
            self.close_connection = True
            self._send(Reply(b"", "text/plain", 413))
            return
        text = self.rfile.read(int(length)).decode("utf-8", "replace")
        self._answer(dict(parse_qsl(text, keep_blank_values=True)))

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: an address may name a subject."""

    def _answer(self, form: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        headers = {name.lower(): text for name, text in self.headers.items()}
        faults = self.server.deliveries.faults
        for status in _STATUSES:
            if faults.take(status):
                extra = {"Retry-After": "1"} if status == "429" else {}
                self._send(Reply(b"", "text/plain", int(status), extra))
                return
        if faults.take("redirect"):
            self._send(Reply(b"", "text/plain", 302, {"Location": f"{self.server.address}{parts.path}"}))
            return
        if faults.take("timeout"):
            self.server.closing.wait(self.timeout)
            self.close_connection = True
            return
        self._send(self._route(parts.path, query, headers, form))

    def _route(
        self, path: str, query: dict[str, str], headers: dict[str, str], form: dict[str, str]
    ) -> Reply:
        if path.startswith(f"{simulated_redcap.ROOT}/"):
            return self.server.redcap.answer(path.removeprefix(simulated_redcap.ROOT), form)
        if path.startswith(f"{simulated_rave.ROOT}/"):
            return self.server.rave.answer(path.removeprefix(simulated_rave.ROOT), query, headers)
        if path.startswith(f"{simulated_dataset_json.ROOT}/"):
            return self.server.dataset_json.answer(
                path.removeprefix(simulated_dataset_json.ROOT), query, headers
            )
        return Reply(b"not here\n", "text/plain", 404)

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, text in {"Date": http_date(self.server.deliveries.exported), **reply.headers}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.server.deliveries.faults.take("cut-connection"):
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
            return
        self.wfile.write(reply.body)
