"""All addresses of the console with hostile paths, questions and forms, for every role: each answer is one of the console's own."""

from collections.abc import Iterator
from urllib.parse import quote, quote_from_bytes, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from medicore.console.app import ROUTES
from tests.cases.console.browser import Browser
from tests.cases.console.conftest import Desk
from tests.cases.console.test_every_role import PEOPLE, let_in
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words
from tests.whole_house.study import SOUND, WAITING

SOUND_PARTS = {
    "study": [SOUND, WAITING],
    "month": ["2025-03"],
    "number": ["1"],
    "sequence": ["1"],
    "name": ["x"],
}
FIELDS = ("at", "text", "within", "q", "month", "show", "subject", "action", "person", "next", "meaning", "finding",
          "reason", "passphrase", "back", "token", "first", "last", "result")  # fmt: skip
SOUND_VALUES = ("primary.estimate", "cohort.assessed", "R2", "300", "0.00", "1", "approve", "proceed", "reject", "",
                "run.sealed", "2025-03", f"{SOUND}/2025-03/1", "/people")  # fmt: skip
EXPECTED = frozenset({200, 303, 307, 403, 404, 409, 413, 429})
odd = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["..", "../../etc/passwd", "\x00", "%00", "<script>", "' OR 1=1 --", "{{7*7}}", "1" * 400, "-1",
                     "1e999", "nan", "\ud7ff\uffff", "٣", "a" * 5000, "__class__.__mro__", "primary..", "."]),
)  # fmt: skip


@pytest.fixture(scope="module")
def browsers(
    kept_month: WholeHouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Browser]]:
    """A browser of a person of every role, and one of nobody, at one console."""
    folder = tmp_path_factory.mktemp("console")
    whole = kept_month.copy(folder / "house")
    for person in PEOPLE:
        let_in(whole, person)
    desk = Desk(whole, folder)
    yield {person: desk.browser(person) for person in PEOPLE} | {"": desk.browser()}
    desk.console.close()


@st.composite
def addresses(draw: st.DrawFn, route: Route) -> str:
    """Return an address of a route, whose parts may be anything that a browser can send."""
    parts, sound = {}, draw(st.booleans())
    for name in route.param_convertors:
        sent = draw(st.sampled_from(SOUND_PARTS[name]) if sound else st.one_of(odd, st.binary(max_size=8)))
        parts[name] = quote_from_bytes(sent, safe="") if isinstance(sent, bytes) else quote(sent, safe="")
    return route.path.format(**parts)


fields = st.dictionaries(st.sampled_from(FIELDS), st.one_of(st.sampled_from(SOUND_VALUES), odd), max_size=5)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_request_breaks_the_console(browsers: dict[str, Browser], data: st.DataObject) -> None:
    """Whatever a browser sends, whoever has signed in gets a page that says what is wrong, and the server lives on."""
    route = data.draw(st.sampled_from(ROUTES), label="route")
    person = data.draw(st.sampled_from(sorted(browsers)), label="person")
    address = data.draw(addresses(route), label="address")
    sent = data.draw(fields, label="fields")
    browser = browsers[person]
    if "POST" in (route.methods or ()):
        if data.draw(st.booleans(), label="the right passphrase"):
            sent["passphrase"] = words(person)
        if person and route.path != "/sign-out":
            sent["token"] = browser.token
        answer = browser.post(address, **sent)
    else:
        answer = browser.get(f"{address}?{urlencode(sent)}")
    assert answer.status_code in EXPECTED
    assert "Traceback" not in answer.text
    assert answer.headers.get("location", "/").startswith(("/", f"{browser.address}/"))
