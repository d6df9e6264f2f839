"""Protection: what every request to the console must satisfy, and what every answer tells the browser."""

from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from medicore.console.sessions import Sessions

COOKIE = "medicore_console"
SIGN_IN = "/sign-in"
OPEN = frozenset({SIGN_IN, "/style.css", "/favicon.ico"})
"""What is shown to somebody who has not signed in."""
LARGEST = 1 << 16
"""The most bytes of a form."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""No script at all, nothing from elsewhere, and only the console's own pages may frame a page."""
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
"""The same for the report, which holds its own style."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}


class Protection:
    """Lets a request pass that comes from the console's own pages at one of ``hosts``, by somebody who has signed in.

    It puts the session and the form into the request's state. Everything else is refused before any page sees it: another
    host (a name that was pointed here), another method, a form of another page, a form without the session's token.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: Iterable[str]) -> None:
        self._app, self._sessions, self._hosts = app, sessions, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        refusal = self._refusal(request) or await self._admit(request)
        await (refusal or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if host not in self._hosts:
            return _no(421, "this server answers to its own address only; open the address that it printed")
        if request.method not in {"GET", "HEAD", "POST"}:
            return _no(405, "expected GET or POST")
        if request.method == "POST":
            if request.headers.get("origin") != f"http://{host}":
                return _no(403, "the form came from another page; open the console and try again there")
            kind = request.headers.get("content-type", "").partition(";")[0].strip()
            if kind != "application/x-www-form-urlencoded":
                return _no(415, "expected a form")
        return None

    async def _admit(self, request: Request) -> Response | None:
        """Put session and form into the request's state; return the answer to a request that may not pass."""
        secret = cookie_of(request)
        session = request.state.session = self._sessions.of(secret) if secret else None
        is_open = request.url.path in OPEN
        if session is None and not is_open:
            asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            back = f"?next={quote(asked)}" if request.method == "GET" else ""
            return RedirectResponse(f"{SIGN_IN}{back}", status_code=303)
        if request.method != "POST":
            return None
        body = await _body(request)
        if body is None:
            return _no(413, f"expected a form of at most {LARGEST} bytes")
        form = request.state.form = _fields(body)
        if session is not None and not is_open and form.get("token") != session.token:
            return _no(403, "the form is from an earlier session; open the page again and send it from there")
        return None


def cookie_of(request: Request) -> str:
    """Return the secret that the browser sent; empty without one."""
    try:
        sent = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return sent.value if sent else ""


def local(path: str) -> str:
    """Return ``path`` if it leads to a page of the console, else that of the board."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe else "/"


async def _body(request: Request) -> bytes | None:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)


def _fields(body: bytes) -> Mapping[str, str]:
    """Return the fields of a form; of a field that is sent twice the last."""
    read: dict[str, list[str]] = parse_qs(
        body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50
    )
    return {name: values[-1] for name, values in read.items()}


def _no(status: int, words: str) -> Response:
    return PlainTextResponse(f"{words}\n", status_code=status)


def _with_headers(send: Send) -> Any:  # noqa: ANN401 - starlette's Send
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
