"""The pages: board, run, number, ledger, people and search, for each role, with every text escaped."""

import pytest

from medicore.console.app import ROUTES
from medicore.console.sparkline import sparkline
from tests.cases.console.browser import words_of
from tests.cases.console.conftest import Desk
from tests.whole_house.study import BROKEN_RUN, FAILED_RUN, SOUND, SOUND_RUN, WAITING_RUN

PEOPLE = ("ana", "rita", "quinn", "otto")
READ = [
    route.path.format(**dict(zip(("study", "month", "number"), run.split("/"), strict=True)), sequence=1)
    for run in (SOUND_RUN, WAITING_RUN, BROKEN_RUN, FAILED_RUN)
    for route in ROUTES
    if "POST" not in (route.methods or ()) and "{name}" not in route.path
]
ASKED = {"sign": "?meaning=reject", "number": "?at=cohort.assessed", "search": "?q=2.2"}


@pytest.mark.parametrize("person", PEOPLE)
def test_every_page_answers_every_role(desk: Desk, person: str) -> None:
    """Each page of each run is there, or says in one line why it is not; none fails."""
    browser = desk.browser(person)
    for place in sorted(set(READ)):
        answer = browser.get(place + ASKED.get(place.rsplit("/", 1)[-1], ""))
        assert answer.status_code in {200, 303, 404, 409}, place
        if answer.status_code >= 400:
            assert 'class="note waits"' in answer.text, place


@pytest.mark.parametrize(
    ("person", "mine"),
    [("rita", {SOUND_RUN, WAITING_RUN, BROKEN_RUN}), ("quinn", {SOUND_RUN}), ("ana", set()), ("otto", set())],
)
def test_the_board_says_what_waits_for_whom(desk: Desk, person: str, mine: set[str]) -> None:
    """A reviewer answers findings and approves, quality approves, whoever requested it and an operator decide nothing."""
    browser = desk.browser(person)
    board, filtered = browser.get("/"), browser.get("/?show=for%20me")
    rows = [part for part in board.text.split("<tr")[1:] if "waits for you" in part]
    assert {run for run in (SOUND_RUN, WAITING_RUN, BROKEN_RUN) for row in rows if run in row} == mine
    assert {run for run in (SOUND_RUN, WAITING_RUN, BROKEN_RUN, FAILED_RUN) if run in filtered.text} == mine


def test_the_board_filters(desk: Desk) -> None:
    """What is late is one click away, and an unknown filter or month shows all of the last month."""
    browser = desk.browser("rita")
    assert SOUND_RUN not in browser.get("/?show=late").text
    desk.whole.clock.pass_days(60)
    assert SOUND_RUN in browser.get("/?show=late").text
    assert FAILED_RUN in browser.get("/?show=nonsense&month=1999-01").text


def test_a_study_of_several_months_has_a_sparkline() -> None:
    """Each month has its mark and interval; the pointwise one serves where none is valid, and one month draws none."""

    def line(month: str, estimate: float | None, valid: object = None) -> dict[str, object]:
        return {"run": f"S/{month}/1", "estimate": estimate, "valid_low": valid, "valid_high": valid,
                "ci_low": 1.0, "ci_high": 3.0}  # fmt: skip

    assert sparkline([line("2025-01", 2.0), line("2025-02", None)], "S/2025-01/1") == ()
    first, second = sparkline([line("2025-01", 2.0), line("2025-02", 2.5, "inf")], "S/2025-02/1")
    assert (first.x, second.x) == (4.0, 116.0)
    assert (first.low, first.high) == (second.low, second.high) == (28.0, 4.0)
    assert (first.y, second.y) == (16.0, 10.0)
    assert (first.shown, second.shown) == (False, True)


def test_a_long_study_is_drawn_up_to_the_month_that_is_shown() -> None:
    """Fifteen years of months could not be told apart: the last three years up to the month of the board are drawn."""
    held = [
        {
            "run": f"S/{place}",
            "estimate": float(place),
            "valid_low": None,
            "valid_high": None,
            "ci_low": 0.0,
            "ci_high": 9.0,
        }
        for place in range(180)
    ]
    for shown, first, last in (("S/179", "S/144", "S/179"), ("S/99", "S/64", "S/99"), ("S/3", "S/0", "S/35")):
        marks = sparkline(held, shown)
        assert (marks[0].run, marks[-1].run) == (first, last)
        assert [mark.run for mark in marks if mark.shown] == [shown]


def test_the_run_page_shows_report_and_panel(desk: Desk) -> None:
    """Two frames stand side by side; a deep link opens the origin of a number at once."""
    browser = desk.browser("rita")
    page = browser.get(f"/runs/{SOUND_RUN}").text
    assert f'src="/runs/{SOUND_RUN}/report"' in page
    assert f'src="/runs/{SOUND_RUN}/panel"' in page
    linked = browser.get(f"/runs/{SOUND_RUN}?at=primary.estimate").text
    assert f'src="/runs/{SOUND_RUN}/number?at=primary.estimate"' in linked


def test_the_panel_shows_findings_with_their_limits(desk: Desk) -> None:
    """Each finding has its message, limit and false-alarm rate, and what the person may do."""
    house = desk.whole
    findings = house.history(WAITING_RUN).findings
    panel = desk.browser("rita").get(f"/runs/{WAITING_RUN}/panel")
    for finding in findings:
        assert finding.digest[:12] in panel.text
        assert f"meaning=proceed&amp;finding={finding.digest}" in panel.text
    words = words_of(desk.browser("ana").get(f"/runs/{WAITING_RUN}/panel"))
    assert "You requested this run; somebody else decides on it." in words
    assert "Accept this finding" not in words


def test_a_number_has_its_origin_and_its_code(desk: Desk) -> None:
    """Value, definition, formula, function with its lines, keys of the protocol and inputs with digests are shown."""
    words = words_of(desk.browser("ana").get(f"/runs/{SOUND_RUN}/number?at=primary.estimate"))
    for told in ("primary.estimate", "Compute again now", "Formula", "scores.parquet", "def ", "commit"):
        assert told in words, told


def test_a_printed_number_leads_to_its_place(desk: Desk) -> None:
    """A number beside a reference is looked for below it; one that fits several results lists them."""
    browser = desk.browser("rita")
    origin = browser.get(f"/runs/{SOUND_RUN}/number?at=R2").text
    assert "cohort" in origin or "data" in origin
    many = browser.get(f"/runs/{SOUND_RUN}/number?text=0.00")
    assert "is printed for" in words_of(many)
    none = browser.get(f"/runs/{SOUND_RUN}/number?text=8675309.11")
    assert none.status_code == 404
    assert "no result of the run is printed as" in words_of(none)
    for wrong in ("within=1,x&text=300", "at=nothing.here", "at=R99999", "text=", ""):
        assert browser.get(f"/runs/{SOUND_RUN}/number?{wrong}").status_code == 404, wrong


def test_a_number_is_computed_again(desk: Desk) -> None:
    """The recorded code computes it from the frozen data; the page says whether it is bit-identical."""
    browser = desk.browser("ana")
    answer = browser.act(f"/runs/{SOUND_RUN}/number", at="cohort.assessed")
    assert "Bit-identical" in words_of(browser.done(answer))
    other = desk.browser("otto").get(answer.headers["location"])
    assert other.status_code == 404  # another person's work
    assert browser.act(f"/runs/{SOUND_RUN}/number", at="no.such.path").status_code == 404


def test_a_run_is_proved_while_one_waits(desk: Desk) -> None:
    """The checks of verify and the score card are shown; a ledger that was altered is told."""
    browser = desk.browser("quinn")
    sound = words_of(browser.done(browser.act(f"/runs/{SOUND_RUN}/proof")))
    assert "none failed" in sound
    assert "Attributable" in sound


def test_the_ledger_is_read_with_filters(desk: Desk) -> None:
    """By subject, action and person; each event can be opened, and a signature is not spelled out."""
    browser = desk.browser("quinn")
    shown = words_of(browser.get(f"/ledger?subject={SOUND_RUN}&action=run.sealed"))
    assert "1 events fit" in shown
    opened = [*desk.whole.house.ledger.events(action="session.opened")][-1]
    event = words_of(browser.get(f"/ledger/{opened.sequence}"))
    assert "session.opened" in event
    assert "characters" in event
    assert opened.details["envelope"] not in event
    for wrong in ("999999", "x", "-1", "1" * 40):
        assert browser.get(f"/ledger/{wrong}").status_code == 404


def test_the_search_box_takes_what_people_type(desk: Desk) -> None:
    """A run, a study, a path of a run, a number as printed; for anything else it says what it takes."""
    browser = desk.browser("rita")
    assert browser.get(f"/search?q={SOUND_RUN}").headers["location"] == f"/runs/{SOUND_RUN}"
    deep = browser.get(f"/search?q={SOUND_RUN}%20primary.estimate").headers["location"]
    assert deep == f"/runs/{SOUND_RUN}?at=primary.estimate"
    assert SOUND_RUN in browser.get(f"/search?q={SOUND}").text
    estimate = desk.browser("rita").get("/search?q=300")
    assert SOUND_RUN in estimate.text
    assert "A run is written STUDY/MONTH/NUMBER" in words_of(browser.get("/search?q=%3Cb%3Ehello"))
    assert "<b>hello" not in browser.get("/search?q=%3Cb%3Ehello").text


@pytest.mark.parametrize(
    "place",
    ["/runs/a/b/c", "/runs/S/2025-03/0", "/runs/..%2F..%2Fetc/2025-03/1", "/%2e%2e/x", "/ledger/../people"],
)
def test_a_path_leads_nowhere_else(desk: Desk, place: str) -> None:
    """What names no run or page is answered with a page that says so."""
    answer = desk.browser("rita").get(place)
    assert answer.status_code in {404, 200}
    if answer.status_code == 200:
        assert "<h1>People</h1>" in answer.text


def test_a_released_run_shows_its_signed_report(late_desk: Desk) -> None:
    """The signed PDF opens in the page; before the release there is none."""
    browser = late_desk.browser("ana")
    answer = browser.get(f"/runs/{SOUND_RUN}/signed.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert "inline" in answer.headers["content-disposition"]
    assert browser.get(f"/runs/{WAITING_RUN}/signed.pdf").status_code == 404


def test_names_and_reasons_are_text(late_desk: Desk) -> None:
    """Markup in a reason, a name or a query stays text on every page that shows it."""
    from medicore.records.ledger.ledger import NewEvent

    evil = "<img src=x onerror=alert(1)>"
    late_desk.whole.house.ledger.append(
        NewEvent("medicore", "service", "decision.refused", SOUND_RUN, evil, {"claimed": evil, "cause": evil})
    )
    browser = late_desk.browser("rita")
    last = late_desk.whole.house.ledger.head()[0]
    for place in ("/ledger", f"/ledger/{last - 1}", f"/ledger?person={evil}", f"/?month={evil}", f"/search?q={evil}",
                  f"/runs/{SOUND_RUN}/number?text={evil}", f"/sign-in?next={evil}"):  # fmt: skip
        assert "<img" not in browser.get(place).text, place
