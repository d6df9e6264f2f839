"""What the service's own Prefect server refuses reaches the ledger, counted, and with no text of the caller's."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flows.serving.full_server import App, Message, Receive, Send, noting_refusals
from flows.serving.refusals import Refusals, refused_file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A state folder."""
    (tmp_path / "prefect").mkdir()
    return tmp_path


def answering(status: int) -> App:
    """Return an application that answers every request with this status."""

    async def app(scope: Message, _: Receive, send: Send) -> None:
        await send({"type": "http.response.start" if scope["type"] == "http" else "other", "status": status})

    return app


def ask(
    home: Path, status: int, path: str, method: str = "POST", kind: str = "http"
) -> list[Mapping[str, Any]]:
    """Send a request through the server's wrapper, and return what the caller gets."""
    got: list[Mapping[str, Any]] = []

    async def send(message: Message) -> None:
        got.append(message)

    async def receive() -> Message:
        return {}

    scope = {"type": kind, "path": path, "method": method}
    asyncio.run(noting_refusals(answering(status), refused_file(home))(scope, receive, send))
    return got


def test_refused_requests_are_counted_by_kind(home: Path) -> None:
    """The answer passes unchanged; status, method and part of the API are counted, and an answered request is none."""
    assert ask(home, 401, "/api/flow_runs/filter")[0]["status"] == 401
    ask(home, 401, "/api/flow_runs/0000/name of a patient")
    ask(home, 422, "/api/deployments/0000/create_flow_run")
    ask(home, 403, "/api/words of the caller", method="GET")
    ask(home, 200, "/api/flow_runs/filter")
    ask(home, 422, "/api/csrf-token", method="GET")  # what every client of Prefect asks first
    ask(home, 401, "/api/events/in", kind="websocket")
    refusals = Refusals(home)
    assert refusals.due() == {"401 POST flow_runs": 2, "403 GET": 1, "422 POST deployments": 1}
    assert not list((home / "prefect").iterdir())
    assert refusals.due() == {}


def test_they_are_told_once_a_minute(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused within a minute of the last word waits, and is told whole after it."""
    now = [1000.0]
    monkeypatch.setattr("flows.serving.refusals.time.monotonic", lambda: now[0])
    refusals = Refusals(home)
    ask(home, 401, "/api/flows/filter")
    assert refusals.due() == {"401 POST flows": 1}
    for _ in range(3):
        ask(home, 401, "/api/flows/filter")
        assert refusals.due() == {}
    now[0] += 60
    assert refusals.due() == {"401 POST flows": 3}


def test_nobody_fills_the_disk(home: Path) -> None:
    """The file stops growing at 64 kB until it is taken; a line that a power cut left unfinished is passed over."""
    refused_file(home).write_text('{"status": 401, "method": "GET", "part": "flows"}\n{"status": 4')
    assert Refusals(home).due() == {"401 GET flows": 1}
    refused_file(home).write_text("x" * (1 << 16))
    ask(home, 401, "/api/flows/filter")
    assert refused_file(home).stat().st_size == 1 << 16


def test_a_link_is_never_followed(home: Path) -> None:
    """Where somebody planted a link in place of the file, nothing is written through it, and the request stays refused."""
    target = home / "target"
    refused_file(home).symlink_to(target)
    assert ask(home, 401, "/api/flows/filter")[0]["status"] == 401
    assert not target.exists()
