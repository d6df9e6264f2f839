"""What the tests of flows share."""

from collections.abc import Iterator

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings


@pytest.fixture
def client(prefect_url: str) -> Iterator[SyncPrefectClient]:
    """A client of the session's server."""
    with temporary_settings({PREFECT_API_URL: prefect_url}), get_client(sync_client=True) as found:
        yield found
