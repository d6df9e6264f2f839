"""The way to an EDC over HTTP: where it may be, how often it is asked, and how an answer is proved whole."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from medicore.errors import ConfigurationError, DataError
from medicore.records.address import Address

if TYPE_CHECKING:
    import httpx

ATTEMPTS: Final = 5
"""How often one request is made before the EDC counts as out of reach."""

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
_OK, _TOO_MANY, _SERVER_ERROR, _REDIRECTS = 200, 429, 500, range(300, 400)
_REFUSING = frozenset({401, 403})


class _PassingTroubleError(Exception):
    """An attempt failed in a way that may pass; ``wait`` is the pause in seconds that the server asked for."""

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
        """The moment at which the server made the answer, ISO 8601 in UTC, or empty when it does not say.

        It is the header ``Date`` (RFC 9110, 6.6.1): the source's clock, not ours.
        """
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC).isoformat()
        except ValueError:
            return ""

    @property
    def line(self) -> str:
        """The first letters of the body that can be printed, where it is one short line such as a version."""
        text = self.body[:40].decode("ascii", "replace")
        return "".join(letter for letter in text if letter.isprintable()).strip()


@dataclass(frozen=True, slots=True)
class Request:
    """One request: what is asked for (in words, for messages), its path below the address, and what goes with it.

    Secrets belong into ``form`` and ``headers``, which no message repeats.
    """

    what: str
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EdcServer:
    """One server that may be asked for patients' data.

    ``hosts`` are the hosts that the settings allow; this machine always is. ``seconds`` bounds each silence and,
    ten times, a whole answer; ``limit`` bounds an answer's bytes.

    Raises
    ------
    ConfigurationError
        When the address is neither https nor of this machine, holds a user, a query or a fragment, or its host is
        not allowed.
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
        """Return the whole answer to a request that only reads, however often it is made.

        429, 5xx and faults of the connection are tried again after a pause, which grows unless the server names one.

        Raises
        ------
        DataError
            When no whole answer came after as many attempts, or the EDC refuses the request or redirects it.
        ConfigurationError
            When the EDC refuses the credentials.
        """
        for attempt in range(ATTEMPTS):
            try:
                return self._try(request)
            except _PassingTroubleError as trouble:
                if attempt + 1 == ATTEMPTS:
                    raise DataError(
                        f"{request.what}: the EDC gave {trouble} in {ATTEMPTS} attempts; expected a whole answer; "
                        "nothing was frozen, run again later"
                    ) from trouble
                wait = _FIRST_PAUSE_SECONDS * 2**attempt if trouble.wait is None else trouble.wait
                if wait > _LONGEST_PAUSE_SECONDS:
                    raise DataError(
                        f"{request.what}: the EDC gave {trouble} and asks to wait {wait:.0f} seconds; expected at most "
                        f"{_LONGEST_PAUSE_SECONDS:.0f}; nothing was frozen, run again after that"
                    ) from trouble
                self.pause(wait)
        raise AssertionError("the last attempt raises")  # pragma: no cover

    def _try(self, request: Request) -> Answer:
        import httpx

        # Compression is declined: the bytes that are kept are the bytes that were sent. Redirects are not followed, and
        # neither proxies nor netrc of the environment count: only the address that was allowed is asked.
        headers = {"Accept-Encoding": "identity", **request.headers}
        silence = httpx.Timeout(self.seconds, connect=min(_CONNECT_SECONDS, self.seconds))
        try:
            with (
                httpx.Client(
                    timeout=silence, trust_env=False, follow_redirects=False, verify=_trusted(self.address)
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
            # Not chained, here and below: an exception of the library holds the request with its secrets.
            raise _PassingTroubleError("no answer in time") from None
        except httpx.TransportError as error:
            raise _PassingTroubleError(f"a connection that failed ({type(error).__name__})") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DataError(
                f"{request.what}: the EDC cannot be asked ({type(error).__name__}); correct 'edc' in the protocol"
            ) from None

    def _whole(self, what: str, answer: "httpx.Response") -> bytes:
        """Return the body, proved to be as long as the answer announced, within the limits of size and time."""
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise DataError(
                f"{what}: the EDC compressed its answer although that was declined; expected the bytes themselves; "
                "have its proxy corrected"
            )
        announced = answer.headers.get("content-length")
        if announced is None and "chunked" not in answer.headers.get("transfer-encoding", "").lower():
            raise DataError(
                f"{what}: the EDC's answer has no end that can be proved; expected its length or chunks; have the "
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
        # The library refuses a body that is shorter than announced, or that lacks its last chunk.
        return bytes(body)


def _trusted(address: str) -> "ssl.SSLContext | bool":
    # The system's own store, so that a company's authority counts; building it is dear and for http in vain.
    return ssl.create_default_context() if address.startswith("https:") else False


def _require_success(what: str, answer: "httpx.Response") -> None:
    status = answer.status_code
    if status == _OK:
        return
    if status == _TOO_MANY or status >= _SERVER_ERROR:
        raise _PassingTroubleError(f"status {status}", _asked_pause(answer.headers))
    if status in _REFUSING:
        raise ConfigurationError(
            f"{what}: the EDC refuses the credentials (status {status}); expected an account that may export this "
            "study; set its secret, see docs/edc.md"
        )
    if status in _REDIRECTS:
        raise DataError(
            f"{what}: the EDC redirects (status {status}), which is not followed; expected the data at the address "
            "itself; correct 'edc.address' in the protocol"
        )
    raise DataError(
        f"{what}: the EDC gave status {status}; expected 200; correct 'edc' in the protocol or what the account may see"
    )


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for (RFC 9110, 10.2.3), None when it asks for nothing readable.

    A date counts from the server's own ``Date``: the two clocks need not agree.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None
