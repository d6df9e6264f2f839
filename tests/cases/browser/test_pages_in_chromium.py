"""Every page of the console in a real browser: nothing that keeps people out, nothing wider than a phone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from medicore.cases.people.people import Newcomer, add
from medicore.console.app import ROUTES
from tests.cases.blinding.conftest import CLOSED, CLOSED_RUN, closed_study
from tests.cases.browser.served import ABSENT, DESKTOP, PHONE, Visitors, sign
from tests.whole_house.people import actor, issuance
from tests.whole_house.study import FAILED_RUN, SOUND_RUN, WAITING_RUN, named, sound

if TYPE_CHECKING:
    from playwright.sync_api import Page

GRAVE = ("serious", "critical")
ASKED = {
    "sign": "?meaning=reject",
    "number": "?at=primary.estimate",
    "search": "?q=300",
}
MORE = (
    "/nothing",
    f"/runs/{WAITING_RUN}",
    f"/runs/{WAITING_RUN}/panel",
    f"/runs/{WAITING_RUN}/report",
    f"/runs/{FAILED_RUN}/report",
    f"/runs/{SOUND_RUN}/number?text=0.00",
    f"/runs/{SOUND_RUN}/number?text=8675309.11",
    f"/runs/{CLOSED_RUN}/report",
)
"""Pages that look otherwise than the first of their address."""


def addresses() -> Iterator[str]:
    """Yield the address of every page that is no file."""
    parts = dict(zip(("study", "month", "number"), SOUND_RUN.split("/"), strict=True))
    for route in ROUTES:
        if "POST" not in (route.methods or ()) and "{name}" not in route.path and ".pdf" not in route.path:
            yield route.path.format(**parts, sequence=1) + ASKED.get(route.path.rsplit("/", 1)[-1], "")
    yield from MORE


def shown(people: Visitors) -> Iterator[tuple[str, "Page"]]:
    """Yield every page, opened by a reviewer, or by one of the board where results are closed."""
    page = people.signed_in("rita")
    for address in addresses():
        page.goto(address)
        yield address, page
    page.goto(f"/runs/{SOUND_RUN}")
    page.get_by_role("button", name="Verify now").click()
    page.frame_locator("iframe[name=panel]").get_by_text("ALCOA").first.wait_for()
    yield "the proof beside a report", page
    page.goto(f"/runs/{SOUND_RUN}/number?at=cohort.assessed")
    page.get_by_role("button", name="Compute again now").click()
    page.get_by_text("Bit-identical").wait_for()
    yield "a number computed again", page
    page.goto(f"/runs/{SOUND_RUN}/sign?meaning=approve")
    sign(page, "a wrong one")
    page.get_by_role("alert").wait_for()
    yield "a refusal", page
    board = people.signed_in("bea")
    board.goto(f"/runs/{CLOSED_RUN}/report")
    yield "closed results", board
    quality = people.signed_in("quinn")
    for address in ("/ledger/review", f"/studies/{CLOSED}/unblind"):
        quality.goto(address)
        yield address, quality


def test_every_page(people: Visitors) -> None:
    """axe-core finds nothing serious on any page, and at 390 pixels no page or frame is to be scrolled sideways."""
    add(people.whole.house, actor(), Newcomer("bea", "Bea Board", "board"), lambda: issuance("bea"))
    people.whole.prepare(closed_study(named(sound(), CLOSED)))
    people.whole.run(CLOSED)
    found: list[str] = []
    for name, page in shown(people):
        found += [f"{name}: {text}" for text in (*barriers(page), *too_wide(page))]
    assert found == []


def test_a_barrier_would_be_found(people: Visitors) -> None:
    """A picture without a text, and a page of 2,000 pixels, are told."""
    page = people.arrive()
    page.set_content('<html lang="en"><title>A page</title><img src="x.png" width="2000"></html>')
    assert "image-alt" in barriers(page)[0]
    assert too_wide(page)


def barriers(page: "Page") -> list[str]:
    """Return what axe-core finds serious on a page.

    The colours of the long report, which take as long as all other pages, are those of the evidence report.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=ABSENT)
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if page.url.endswith(f"/runs/{SOUND_RUN}/report"):
        options["rules"] = {"color-contrast": {"enabled": False}}
    violations: list[dict[str, Any]] = axe.Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}, {one['help']}: {one['nodes'][0]['html'][:120]}"
        for one in violations
        if one["impact"] in GRAVE
    ]


def too_wide(page: "Page") -> list[str]:
    """Return the pages and frames that are wider than a phone."""
    resize(page, PHONE)
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    found = [
        f"{frame.url} is too wide by {by} px" for frame in page.frames if (by := frame.evaluate(wide)) > 0
    ]
    resize(page, DESKTOP)
    return found


def resize(page: "Page", size: tuple[int, int]) -> None:
    """Give the page's window another size."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
