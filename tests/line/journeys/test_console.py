"""The console as a process: a reviewer signs in, clicks a number, approves, and the run is released and archived."""

import re
import time

import httpx

from flows.serving.server import free_port
from tests.conftest import PASSPHRASES
from tests.line.conftest import CLEAN, Month

_LIMIT_S = 300


def test_a_report_is_approved_in_a_browser(month: Month) -> None:
    """What was signed is carried out by a process of its own; the signed report then opens (21 CFR 11.50, 11.200)."""
    port, run = free_port(), month.run(CLEAN)
    address = f"http://127.0.0.1:{port}"
    with month.project.start("console", "--port", str(port)) as process:
        try:
            assert process.stdout is not None
            assert address in process.stdout.readline()
            with httpx.Client(base_url=address, headers={"Origin": address}, timeout=120) as browser:
                _ready(browser)
                browser.post("/sign-in", data={"person": "reviewer", "passphrase": PASSPHRASES["reviewer"]})
                report = browser.get(f"/runs/{run}/report").text
                link = re.search(r'class="number" href="([^"]+)"', report)
                assert link is not None
                assert "Compute again now" in browser.get(link[1].replace("&amp;", "&")).text
                form = browser.get(f"/runs/{run}/sign?meaning=approve").text
                (token,) = re.findall(r'name="token" value="([^"]+)"', form)
                signed = browser.post(
                    f"/runs/{run}/sign",
                    data={
                        "token": token,
                        "meaning": "approve",
                        "reason": "Read it in the browser",
                        "passphrase": PASSPHRASES["reviewer"],
                    },
                )
                assert signed.headers["location"] == f"/runs/{run}/panel"
                _carried_out(browser, run)
                assert browser.get(f"/runs/{run}/signed.pdf").content.startswith(b"%PDF-")
        finally:
            process.terminate()
    actions = [event["action"] for event in month.project.events(run)]
    assert {"decision.signed", "run.released", "archive.completed"} <= set(actions)


def _ready(browser: httpx.Client) -> None:
    """Wait until the console answers."""
    for _ in range(_LIMIT_S * 10):
        try:
            browser.get("/sign-in")
        except httpx.ConnectError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the console did not answer")


def _carried_out(browser: httpx.Client, run: str) -> None:
    """Wait until the page no longer says that it waits."""
    for _ in range(_LIMIT_S * 2):
        page = browser.get(f"/runs/{run}/panel").text
        if "http-equiv" not in page:
            assert ">archived<" in page, page
            return
        time.sleep(0.5)
    raise AssertionError("the decision was not carried out")
