"""People in front of a real browser: Debian's chromium, driven by playwright, at the console of a house in this process."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cases.browser.served import ABSENT, Served, Visitors, serving
from tests.whole_house.house import WholeHouse

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """One browser for a file of tests: while it is there, no other event loop may run in this thread."""
    place = shutil.which("chromium")
    driver = pytest.importorskip("playwright.sync_api", reason=ABSENT)
    if place is None:
        pytest.skip(ABSENT)
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One server for a file of tests."""
    with serving() as made:
        yield made


@pytest.fixture
def people(month: WholeHouse, tmp_path: Path, served: Served, chromium: "Browser") -> Iterator[Visitors]:
    """The people of a month: one run waits for approval, one at findings, one broke its contract, one failed."""
    made = Visitors(month, tmp_path, served, chromium)
    yield made
    made.close()
