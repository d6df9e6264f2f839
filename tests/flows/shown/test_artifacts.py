"""What a run shows in Prefect: its progress never waits for a server that is away."""

from uuid import uuid4

import pytest
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    get_current_settings,
    temporary_settings,
)

from flows.serving.server import free_port
from flows.shown import artifacts


def test_progress_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens the client asks once and the run goes on; its own patience is what it was before."""
    asked = []
    real = artifacts.update_progress_artifact

    def noted(*arguments: object) -> object:
        asked.append((PREFECT_CLIENT_MAX_RETRIES.value(), PREFECT_API_URL.value()))
        return real(*arguments)

    monkeypatch.setattr(artifacts, "update_progress_artifact", noted)
    url = f"http://127.0.0.1:{free_port()}/api"
    with temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 5}):
        before = get_current_settings()
        artifacts.update_progress(uuid4(), 3, 7)
        assert asked == [(0, url)]
        assert get_current_settings() == before
