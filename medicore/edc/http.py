"""HTTP requests to an EDC: allowed addresses, repeated attempts, and checks that an answer is complete."""

import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from medicore.errors import ConfigurationError, DataError, SourceUnavailableError
from medicore.records.address import Address

if TYPE_CHECKING:
    import httpx

ATTEMPTS: Final = 5
"""The number of attempts at one request before the EDC counts as unreachable."""

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
_OK, _TOO_MANY, _SERVER_ERROR, _NEVER, _REDIRECTS = 200, 429, 500, 501, range(300, 400)
_LONGEST_ERROR_BYTES = 2048
_REFUSING = frozenset({401, 403})


class _PassingTroubleError(Exception):
    """An attempt failed for a reason that may be temporary; ``wait`` is the pause in seconds that the server asks for."""

    def __init__(self, found: str, wait: float | None = None) -> None:
        super().__init__(found)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer with status 200, byte for byte, and its headers by their names in lower case."""

    body: bytes
    headers: Mapping[str, str]

    @property
    def exported_at(self) -> str:
        """The time at which the server made the answer, ISO 8601 in UTC; empty when the server does not state it.

        It is the header ``Date`` (RFC 9110, 6.6.1), which is read from the server's clock.
        """
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC).isoformat()
        except ValueError:
            return ""

    @property
    def line(self) -> str:
        """The printable beginning of the body, for answers of one short line such as a version."""
        text = self.body[:40].decode("ascii", "replace")
        return "".join(letter for letter in text if letter.isprintable()).strip()


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its purpose in words (for messages), its path below the address, and its parameters.

    Secrets belong in ``form`` and ``headers``, because messages never contain these.
    """

    what: str
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EdcServer:
    """One server from which patients' data may be requested.

    ``hosts`` are the hosts that the settings allow; this machine is always allowed. ``seconds`` is the longest wait
    for the next bytes; a whole answer may take ten times as long. ``limit`` is the largest size of an answer in bytes.

    Raises
    ------
    ConfigurationError
        When the address is neither https nor of this machine, or has a user, a query or a fragment, or when its host
        is not allowed.
    """

    address: str
    hosts: tuple[str, ...] = ()
    seconds: float = 60.0
    limit: int = 512 * 1024 * 1024
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        found = Address.of(self.address)
        if not found.is_private:
            raise ConfigurationError(
                "the address of the EDC is neither https nor of this machine; expected https://…; correct "
                "'edc.address' in the protocol"
            )
        if not found.is_plain:
            raise ConfigurationError(
                "the address of the EDC holds more than host and path; expected https://HOST/PATH without user, "
                "password or query; correct 'edc.address' in the protocol"
            )
        if not found.is_local and found.host not in self.hosts:
            raise ConfigurationError(
                f"the host {found.host!r} of the EDC is not allowed; expected one of 'edc_hosts' in medicore.toml "
                f"({', '.join(self.hosts) or 'none'}); have the operator allow it, or correct the protocol"
            )

    def ask(self, request: Request) -> Answer:
        """Return the complete answer to a request; the request must only read, because it can be repeated.

        After status 429 or 5xx and after a connection error, the request is repeated. The pause before it grows each
        time, unless the server names a pause.

        Raises
        ------
        SourceUnavailableError
            When every attempt failed, or the EDC asks for a long wait.
        DataError
            When the EDC refuses or redirects the request.
        ConfigurationError
            When the EDC refuses the credentials.
        """
        for attempt in range(ATTEMPTS):
            try:
                return self._try(request)
            except _PassingTroubleError as trouble:
                if attempt + 1 == ATTEMPTS:
                    raise SourceUnavailableError(
                        f"{request.what}: the EDC gave {trouble} in {ATTEMPTS} attempts; expected a complete answer; "
                        "nothing was frozen and no run failed, run again later"
                    ) from trouble
                wait = _FIRST_PAUSE_SECONDS * 2**attempt if trouble.wait is None else trouble.wait
                if wait > _LONGEST_PAUSE_SECONDS:
                    raise SourceUnavailableError(
                        f"{request.what}: the EDC gave {trouble} and asks for a wait of {wait:.0f} seconds; expected at most "
                        f"{_LONGEST_PAUSE_SECONDS:.0f}; nothing was frozen and no run failed, run again after that"
                    ) from trouble
                self.pause(wait)
        raise AssertionError("the last attempt raises")  # pragma: no cover

    def _try(self, request: Request) -> Answer:
        import httpx

        # Compression is declined, so the stored bytes are the bytes that were sent. Redirects, and proxies and netrc of
        # the environment, are ignored, so only the allowed address is used.
        headers = {"Accept-Encoding": "identity", **request.headers}
        silence = httpx.Timeout(self.seconds, connect=min(_CONNECT_SECONDS, self.seconds))
        try:
            with (
                httpx.Client(
                    timeout=silence,
                    trust_env=False,
                    follow_redirects=False,
                    verify=_trust_store(self.address),
                ) as client,
                client.stream(
                    "GET" if request.form is None else "POST",
                    self.address.rstrip("/") + request.path if request.path else self.address,
                    params=dict(request.query) or None,
                    data=None if request.form is None else dict(request.form),
                    headers=headers,
                ) as answer,
            ):
                _require_success(request.what, answer)
                return Answer(
                    self._whole(request.what, answer),
                    {name.lower(): text for name, text in answer.headers.items()},
                )
        except httpx.TimeoutException:
            # Not chained, here and below: the library's exception holds the request with its secrets.
            raise _PassingTroubleError("no answer in time") from None
        except httpx.TransportError as error:
            raise _PassingTroubleError(f"a connection that failed ({type(error).__name__})") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DataError(
                f"{request.what}: the request cannot be sent ({type(error).__name__}); correct 'edc' in the protocol"
            ) from None

    def _whole(self, what: str, answer: "httpx.Response") -> bytes:
        """Return the complete body; refuse one that has no verifiable end or exceeds the limits of size and time."""
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise DataError(
                f"{what}: the EDC compressed its answer although the request forbids it; expected uncompressed bytes; "
                "have its proxy corrected"
            )
        announced = answer.headers.get("content-length")
        if announced is None and "chunked" not in answer.headers.get("transfer-encoding", "").lower():
            raise DataError(
                f"{what}: the EDC's answer has no verifiable end; expected its length or chunks; have the "
                "server or its proxy corrected"
            )
        end = self.clock() + 10 * self.seconds
        body = bytearray()
        for piece in answer.iter_raw():
            body += piece
            if len(body) > self.limit:
                raise DataError(
                    f"{what}: the EDC's answer is longer than {self.limit} bytes; expected a study's export; look at "
                    "what it sends"
                )
            if self.clock() > end:
                raise _PassingTroubleError("an answer that did not end in time")
        # The library refuses a body that is shorter than its announced length, or that lacks its last chunk.
        return bytes(body)


def _trust_store(address: str) -> "ssl.SSLContext | bool":
    # The system's own trust store, so that a company's authority is trusted. Loading it is slow; http does not need it.
    return ssl.create_default_context() if address.startswith("https:") else False


def _require_success(what: str, answer: "httpx.Response") -> None:
    status = answer.status_code
    if status == _OK:
        return
    if status == _TOO_MANY or (status >= _SERVER_ERROR and status != _NEVER):
        raise _PassingTroubleError(f"status {status}", _asked_pause(answer.headers))
    words = _own_words(answer)
    if status in _REFUSING and words:
        raise ConfigurationError(
            f"{what}: the EDC refuses this with status {status} and says {words!r}; expected an account that may read it; "
            "have it given that right, or set the secret of another account, see docs/edc.md"
        )
    if status in _REFUSING:
        raise ConfigurationError(
            f"{what}: the EDC refuses the credentials (status {status}); expected an account that may export this "
            "study; set its secret, see docs/edc.md"
        )
    if status in _REDIRECTS:
        raise DataError(
            f"{what}: the EDC redirects to another address (status {status}); expected the data at 'edc.address'; "
            "correct it in the protocol"
        )
    said = f" and says {words!r}" if words else ""
    raise DataError(
        f"{what}: the EDC gave status {status}{said}; expected 200; correct 'edc' in the protocol or the account's permissions"
    )


def _own_words(answer: "httpx.Response") -> str:
    """Return the text of an answer that is a JSON object with the key ``error``; it describes the request, not the data."""
    body = bytearray()
    for piece in answer.iter_raw():
        body += piece
        if len(body) > _LONGEST_ERROR_BYTES:
            return ""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    text = found.get("error") if isinstance(found, dict) else None
    return " ".join(text.split())[:200] if isinstance(text, str) and text.isprintable() else ""


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """Return the pause in seconds from ``Retry-After`` (RFC 9110, 10.2.3), or None when it is absent or unreadable.

    A date is compared with the server's own ``Date``, because the clocks of server and client may differ.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None
