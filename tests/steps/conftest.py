"""What all tests of the steps share."""

from collections.abc import Iterator

import pytest

from tests.few_draws import few_draws


@pytest.fixture(scope="module", autouse=True)
def _few_draws() -> Iterator[None]:
    """Find by few assignments how often chance alone makes a gate fire."""
    with few_draws():
        yield
