"""Numerical tests run on one thread, as the program does."""

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Pin the linear algebra to one thread: same bits, and no contention between processes."""
    with threadpool_limits(limits=1):
        yield
