"""What the tests in a real browser share: one address at which one house after another is served, in this process."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from medicore.console.following import Follow
from medicore.records.identifiers import RunId
from medicore.stores.report.rendition import render_html
from tests.cases.console.conftest import Desk
from tests.conftest import ROOT
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FrameLocator, Page

ABSENT = (
    "no chromium on this machine, or no playwright; get them with 'apt-get install chromium' and 'make setup'"
)
WAIT_MS = 20_000
"""A page that does not do what is expected within so many milliseconds fails the test; pages take a few hundred."""
DESKTOP, PHONE = (1280, 900), (390, 844)
_TEMPLATES = ROOT / "quarto_templates"
_WAITING = 'while [ ! -e "$0" ]; do sleep 0.02; done'
_MADE: dict[str, bytes] = {}


class Served:
    """A server on loopback; what it answers is the application of the house that is put there."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert self.app is not None
        await self.app(scope, receive, send)


@contextmanager
def serving() -> Iterator[Served]:
    """Serve at a free port until the end."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(served, log_level="error", access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield served
        finally:
            server.should_exit = True
            thread.join()


class Visitors:
    """The console of one house at the served address, and the people in front of their screens."""

    def __init__(self, whole: WholeHouse, folder: Path, served: Served, chromium: "Browser") -> None:
        self.whole, self._chromium, self.address = whole, chromium, served.address
        self._following: list[threading.Thread] = []
        follow = carried_out(whole, folder, self._following)
        self.desk = Desk(whole, folder, served.address, true_page, follow)
        served.app = self.desk.app

    def arrive(self, size: tuple[int, int] = DESKTOP) -> "Page":
        """Return the first page of a browser of its own: the form for signing in."""
        width, height = size
        context = self._chromium.new_context(
            base_url=self.address, viewport={"width": width, "height": height}, java_script_enabled=True
        )
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.goto("/")
        return page

    def signed_in(self, person: str, size: tuple[int, int] = DESKTOP) -> "Page":
        """Return the board in a browser of a person."""
        page = self.arrive(size)
        give(page, person)
        page.wait_for_url(f"{self.address}/")
        return page

    def close(self) -> None:
        """End all browsers of these people, and the console when it has carried out what was signed."""
        for context in self._chromium.contexts:
            context.close()
        for thread in self._following:
            thread.join()
        self.desk.console.close()


def give(page: "Page", person: str) -> None:
    """Fill in the form for signing in, and send it."""
    page.get_by_label("Identifier").fill(person)
    page.get_by_label("Passphrase").fill(words(person))
    page.get_by_role("button", name="Sign in").click()


def sign(panel: "FrameLocator | Page", passphrase: str, reason: str = "Looked at it and found it so") -> None:
    """Fill in the form of a signature, and send it."""
    panel.get_by_label("Reason").fill(reason)
    panel.get_by_label("Passphrase").fill(passphrase)
    panel.get_by_role("button", name="Sign:").click()


def true_page(_: Mapping[str, bytes], inputs: Mapping[str, bytes], page: str) -> bytes:
    """Return the page that the product's own template makes; the same inputs are rendered once."""
    key = sha256(page.encode() + b"".join(inputs[name] for name in sorted(inputs))).hexdigest()
    if key not in _MADE:
        template = {
            path.relative_to(_TEMPLATES).as_posix(): path.read_bytes()
            for path in _TEMPLATES.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        _MADE[key] = render_html(template, inputs, page)
    return _MADE[key]


def carried_out(whole: WholeHouse, folder: Path, threads: list[threading.Thread]) -> Follow:
    """Return what carries out decisions in ``threads`` of this process; its command ends when that is done."""
    numbers = count()

    def follow(run: RunId) -> tuple[list[str], Path]:
        done = folder / f"carried-out-{next(numbers)}"

        def carry() -> None:
            try:
                whole.follow(str(run))
            finally:
                done.touch()

        threads.append(threading.Thread(target=carry))
        threads[-1].start()
        return ["sh", "-c", _WAITING, str(done)], folder

    return follow
