"""A browser without eyes: it asks the console as an application, keeps cookies, and sends forms as a page would."""

import asyncio
import html
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
from starlette.types import ASGIApp

ADDRESS = "http://127.0.0.1:4280"


@dataclass
class Browser:
    """One person's browser at one console."""

    app: ASGIApp
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = ADDRESS

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page; redirections are not followed."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Send a form from a page of the console itself, with the token of the session where there is one."""
        return self._ask(
            "POST", path, urlencode(fields).encode(), {"Origin": self.address, **(headers or {})}
        )

    def act(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of somebody who has signed in."""
        return self.post(path, token=self.token, **fields)

    @property
    def token(self) -> str:
        """The token that the pages of the session hold."""
        found = re.search(r'name="token" value="([^"]+)"', self.get("/people").text)
        assert found is not None
        return found[1]

    def sign_in(self, person: str, passphrase: str) -> httpx.Response:
        """Sign in."""
        return self.post("/sign-in", person=person, passphrase=passphrase)

    def done(self, answer: httpx.Response) -> httpx.Response:
        """Return the page that the work behind a redirection ends with."""
        place = answer.headers["location"]
        for _ in range(600):
            page = self.get(place)
            if "http-equiv" not in page.text:
                return page
            asyncio.run(asyncio.sleep(0.05))
        raise AssertionError(f"{place} did not end")

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> httpx.Response:
        given = dict(headers)
        if body is not None:
            given.setdefault("Content-Type", "application/x-www-form-urlencoded")
        answer = asyncio.run(self._sent(method, path, body, given))
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        return answer

    async def _sent(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(
            transport=transport, base_url=self.address, cookies=self.cookies
        ) as client:
            return await client.request(method, path, content=body, headers=headers)


def words_of(page: httpx.Response) -> str:
    """Return the texts of a page, blanks as one."""
    plain = re.sub(r"<(style|script)[^>]*>.*?</\1>|<[^>]+>", " ", page.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(plain)).strip()


def alerts(page: httpx.Response) -> list[str]:
    """Return what a page tells as an alert."""
    return [html.unescape(found) for found in re.findall(r'role="alert">([^<]*)<', page.text)]
