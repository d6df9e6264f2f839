"""``python -m benchmarks.console_pages HOME PASSPHRASE``: how long the server takes for pages of the console, as JSON.

The application is asked in this process, as a browser asks it, so that the seconds are the server's alone.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import httpx
from starlette.types import ASGIApp

from medicore.cases.answers.lookup import lines
from medicore.console.app import application
from medicore.console.console import Console
from medicore.settings import read_settings
from medicore.stores.report.rendition import render_html
from medicore.wiring import open_house

BOARD, RUN_PAGE = "console: board", "console: run page"
_HOST = "127.0.0.1:4280"
_TIMES = 5


def pages(home: Path, passphrase: str) -> dict[str, tuple[float, float]]:
    """Return the least seconds of the wall and of the processor for the board, and for the page of the last run.

    A run's page is three documents: itself, the report, which was rendered before, and the panel beside it.
    """
    settings = read_settings({"MEDICORE_HOME": str(home)})
    console = Console(lambda: open_house(settings), render_html, lambda _: ([], home))
    run = lines(console.open_house())[-1]["run"]
    try:
        return asyncio.run(_measured(application(console, [_HOST]), f"/runs/{run}", passphrase))
    finally:
        console.close()


async def _measured(app: ASGIApp, run: str, passphrase: str) -> dict[str, tuple[float, float]]:
    address = f"http://{_HOST}"
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url=address, headers={"Origin": address}
    ) as browser:
        given = {"person": "reviewer", "passphrase": passphrase}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        signed_in = await browser.post("/sign-in", content=urlencode(given), headers=kind)
        if signed_in.status_code != 303:
            raise SystemExit(f"nobody could sign in: {signed_in.text}")
        found = {}
        for name, places in ((BOARD, ["/"]), (RUN_PAGE, [run, f"{run}/report", f"{run}/panel"])):
            for place in places:
                (await browser.get(place)).raise_for_status()
            found[name] = min([await _asked(browser, places) for _ in range(_TIMES)])
        return found


async def _asked(browser: httpx.AsyncClient, places: list[str]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    for place in places:
        (await browser.get(place)).raise_for_status()
    return time.perf_counter() - wall, time.process_time() - processor


if __name__ == "__main__":
    sys.stdout.write(json.dumps(pages(Path(sys.argv[1]), sys.argv[2])))
