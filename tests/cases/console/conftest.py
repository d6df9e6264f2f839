"""The console on the houses of the use cases: the month of four studies, with browsers of its people."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from medicore.console.app import application
from medicore.console.console import Console, Render
from medicore.console.following import Follow
from tests.cases.console.browser import ADDRESS, Browser
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words

PAGE = """<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>report</title></head><body>
<p>The effect is 2.0 points<span class="cited">\u202f[<a href="#R1">R1</a>]</span></p></body></html>"""


class Desk:
    """The console of a house, whose seconds a test sets, and the browsers of people at it.

    By default its reports are one short page, and what was signed is not carried out.
    """

    def __init__(
        self,
        whole: WholeHouse,
        folder: Path,
        address: str = ADDRESS,
        render: Render = lambda *_: PAGE.encode(),
        follow: Follow | None = None,
    ) -> None:
        self.whole, self.seconds = whole, 1000.0
        self.console = Console(
            lambda: whole.house, render, follow or (lambda _: (["true"], folder)), lambda: self.seconds
        )
        self.app = application(self.console, [address.removeprefix("http://")])

    def browser(self, person: str = "") -> Browser:
        """Return a browser, in which a person has signed in where one is named."""
        browser = Browser(self.app)
        if person:
            assert browser.sign_in(person, words(person)).status_code == 303
        return browser


@pytest.fixture
def desk(month: WholeHouse, tmp_path: Path) -> Iterator[Desk]:
    """The console after the month: one run waits for approval, one at findings, one broke its contract, one failed."""
    made = Desk(month, tmp_path)
    yield made
    made.console.close()


@pytest.fixture
def late_desk(released: WholeHouse, tmp_path: Path) -> Iterator[Desk]:
    """The console when the sound run has been released."""
    made = Desk(released, tmp_path)
    yield made
    made.console.close()
