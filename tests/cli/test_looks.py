"""What the verbs of planned looks print, in a table and as JSON, and what they refuse."""

import json

import pytest

from medicore.cli import _run

PLAN = ("spending", "obrien-fleming", "--equal", "5")


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> object:
    """A call of ``medicore looks``: exit code, stdout, stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["medicore", "looks", *arguments])
        code = _run([])
        return (code, *capsys.readouterr())

    return call


def table(text: str) -> list[list[str]]:
    """Return the cells of the rows that begin with a number."""
    return [line.split() for line in text.splitlines() if line[:1].isdigit()]


def test_spending_shows_each_look(answer) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """A row a look: information, boundary, nominal level, level spent there and so far, width; the same as JSON."""
    code, out, err = answer(*PLAN)
    assert (code, err) == (0, "")
    assert "Alpha spending, obrien-fleming, alpha 0.05, two-sided" in out
    assert table(out)[-1] == ["5", "1.0000", "2.0310", "0.04225", "0.02558", "0.05", "1.0363"]
    code, out, _ = answer(*PLAN, "--json")
    rows = json.loads(out)["looks"]
    assert [f"{row['upper']:.4f}" for row in rows] == ["4.8769", "3.3570", "2.6803", "2.2898", "2.0310"]


def test_counts_over_a_maximum_with_all_bounds(answer) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Subjects over the planned number are fractions; harm, futility and power are columns where they are asked for."""
    bounds = ("--harm", "0.05", "--futility", "0.1", "--drift", "3.4")
    design = ("--parameter", "2", "--sides", "1", "--alpha", "0.025")
    code, out, _ = answer("spending", "power", "100", "200", "300", "--maximum", "300", *design, *bounds)
    assert code == 0
    assert "power (2), alpha 0.025, one-sided" in out
    assert all(head in out for head in ("harm z", "futility z", "power so far"))
    assert table(out)[-1] == [
        "3", "1.0000", "2.0619", "0.01961", "0.01389", "0.025", "1.0520", "-1.7407", "2.0619", "0.9152",
    ]  # fmt: skip


def test_a_look_without_a_level_has_no_boundary(answer) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """A dash in the table, null in JSON."""
    assert table(answer("spending", "pocock", "1", "1.2")[1])[-1][2] == "–"
    assert json.loads(answer("spending", "pocock", "1", "1.2", "--json")[1])["looks"][1]["upper"] is None


def test_a_look_without_information_of_its_own_is_marked(answer) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """It shows fraction and boundary of the look before, and says that it kept them."""
    first, second, _ = table(answer("spending", "pocock", "0.5", "0.4", "1")[1])
    assert second == ["2", "(kept)", *first[1:4], "0", *first[5:]]
    found = json.loads(answer("spending", "pocock", "0.5", "0.4", "1", "--json")[1])["looks"]
    assert [row["kept"] for row in found] == [False, True, False]


def test_a_sequence_is_shown(answer) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Multiples and widths at the numbers of subjects, dashes before the first; the same as JSON."""
    code, out, _ = answer("sequence", "300", "100", "300", "--first", "200")
    assert code == 0
    assert "tuned at 300 (rho² 0.027373)" in out
    assert table(out) == [["100", "–", "–"], ["300", "3.0351", "1.5486"]]
    assert json.loads(answer("sequence", "300", "300", "--json")[1])["tuned_at"] == 300


def test_maxsprt_is_shown(answer) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """The critical value and type I error; with declared looks the counts that are a signal; the same as JSON."""
    code, out, _ = answer("maxsprt", "10")
    assert code == 0
    assert "3.467952" in out
    assert "signal from" not in out
    assert table(answer("maxsprt", "1", "2", "3", "4", "5", "--minimum", "3")[1])[0] == ["1", "1.0000", "4"]
    exposed = json.loads(answer("maxsprt", "--events", "10", "--ratio", "1", "--json")[1])
    assert exposed["type_one_error"] == pytest.approx(0.041015625, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("spending", "pocock"), "name the looks, or give --equal"),
        (("spending", "pocock", "1", "--equal", "2"), "name the looks, or give --equal"),
        (("spending", "pocock", "--equal", "2", "--maximum", "9"), "--maximum is for named looks"),
        (("spending", "pocock", "1", "--maximum", "0"), "--maximum is not above 0"),
        (("maxsprt",), "give the expected events"),
        (("maxsprt", "3", "--events", "4"), "give the expected events"),
        (("maxsprt", "--events", "4"), "give the expected events"),
    ],
)
def test_a_question_that_is_none_is_wrong_usage(answer, arguments: tuple[str, ...], words: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Exit code 2, and stderr says what to give."""
    code, out, err = answer(*arguments)
    assert (code, out) == (2, "")
    assert words in " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("spending", "haybittle", "--equal", "3"), "expected one of obrien-fleming, pocock"),
        (("spending", "pocock", "--equal", "3", "--sides", "3"), "the design has 3 sides"),
        (("spending", "pocock", "0.5", "--alpha", "5"), "alpha is 5"),
        (("sequence", "0", "100"), "tuned at 0 subjects"),
        (("maxsprt", "1", "--minimum", "4"), "expected a longer surveillance"),
    ],
)
def test_a_design_that_is_none_is_refused_in_one_line(answer, arguments: tuple[str, ...], words: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Exit code 5, and one line on stderr that says what was expected."""
    code, out, err = answer(*arguments)
    assert (code, out, len(err.splitlines())) == (5, "", 1)
    assert err.startswith("medicore: ")
    assert words in err
