"""Tests of the Typst source that data become: texts stay texts, whatever they say."""

import re

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st
from presentation.writing.typst import (
    PRINTABLE,
    Code,
    block,
    call,
    directed,
    joined,
    literal,
    mono,
    printable,
    shortened,
    source,
    told_apart,
)

from medicore.records.protocol import printable as before_a_run
from tests.quarto_templates.conftest import TEMPLATES

_SERIF = '"Libertinus Serif", "Noto Naskh Arabic", "DejaVu Sans Mono"'
_POINT = re.compile(r"\\u\{([0-9a-f]+)\}")
_ALL = [point for first, last in PRINTABLE for point in range(first, last + 1)]
_PAGE = '#set document(title: "x")\n#set text(font: ({fonts}), weight: {weight}, lang: "en")\n#par({text})\n'


def test_the_record_asks_for_what_the_template_prints() -> None:
    """The ranges by which a protocol is refused before a run are those that the template prints."""
    assert before_a_run.PRINTABLE == PRINTABLE


def compiled(text: str, fonts: str = _SERIF, weight: int = 400) -> bytes:
    """Return the PDF/A of one paragraph that is this text."""
    page = _PAGE.format(text=literal(text), fonts=fonts, weight=weight)
    made: bytes = typst.compile(
        page.encode(),
        ignore_system_fonts=True,
        font_paths=[TEMPLATES / "fonts"],
        format="pdf",
        pdf_standards=["a-2b", "ua-1"],
    )
    return made


@given(st.text())
def test_a_literal_is_harmless_to_every_reader_on_the_way(text: str) -> None:
    """A literal has letters, digits, a few signs and code points only, and says what the text said."""
    made = literal(text)
    assert made.startswith('"')
    assert made.endswith('"')
    inner = _POINT.sub("", made[1:-1])
    assert re.fullmatch(r"[A-Za-z0-9 .,;:()-]*", inner)
    told = _POINT.sub(lambda point: chr(int(point[1], 16)), made[1:-1])
    assert told.replace("\u200b", "").replace("\u200e", "") == printable(text)


@pytest.mark.parametrize("weight", [400, 600])
@pytest.mark.parametrize("fonts", [_SERIF, '"DejaVu Sans Mono", "Libertinus Serif", "Noto Naskh Arabic"'])
def test_the_embedded_fonts_draw_every_printable_character(fonts: str, weight: int) -> None:
    """PDF/A refuses a missing glyph; every character called printable is there, in both faces and weights."""
    assert compiled(" ".join(map(chr, _ALL)), fonts, weight).startswith(b"%PDF")


@given(st.text(st.sampled_from([chr(point) for point in _ALL]), max_size=60))
def test_any_mixture_of_printable_characters_is_set(text: str) -> None:
    """Scripts and directions may be mixed in any way."""
    assert compiled(text).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("中", "U+4E2D"),
        ("a\u202eb", "aU+202Eb"),
        ("\u200f", "U+200F"),
        ("😀", "U+1F600"),
        ("one\n\ttwo", "one two"),
        ("e\u0301", "é"),
        ("Łódź, שלום, Ω", "Łódź, שלום, Ω"),
        ("a\u00a0b", "a\u00a0b"),
    ],
)
def test_what_cannot_be_drawn_is_shown_as_its_code_point(text: str, expected: str) -> None:
    """Characters without a glyph, and those that steer the direction of writing, are named and not dropped."""
    assert printable(text) == expected


def test_long_words_get_places_to_break_and_digests_do_not() -> None:
    """A name of any length fits a narrow column; a digest is copied and compared, so it stays as it is."""
    assert "\\u{200b}" in literal("comorbidity_index_total")
    assert literal("a" * 90).count("\\u{200b}") == 7
    assert mono("ab" * 32) == f'mono("{"ab" * 32}")'
    assert literal("2025-04-01T07:30:00Z") == '"2025-04-01T07:30:00Z"'


def test_a_number_after_right_to_left_words_stays_on_its_side() -> None:
    """A mark after the words keeps the direction of what follows."""
    assert literal("שלום 12").index("\\u{200e}") < literal("שלום 12").index("12")


def test_numbers_between_right_to_left_words_are_read_with_them() -> None:
    """Words, a number and words are one run in their direction, so that its parts keep their order."""
    assert literal("לאורך 11 שנים 12").count("\\u{200e}") == 1


@pytest.mark.parametrize(
    ("title", "from_right"),
    [
        ("השפעת הפסקת עישון במחקר NHEFS", True),
        ("تأثير الإقلاع عن التدخين", True),
        ("12 חודשים", True),
        ("NHEFS: השפעת הפסקת עישון", False),
        ("Effect of שלום", False),
        ("שלום is a word of an English title", False),
        ("123", False),
        ("", False),
    ],
)
def test_a_title_stands_in_its_own_direction(title: str, from_right: bool) -> None:
    """A title that begins in Arabic or Hebrew and is mostly so is set from right to left; any other as before."""
    made = directed(title)
    assert made.startswith('"\\u{2067}') is from_right
    assert made.endswith('\\u{2069}"') is from_right
    assert made.words == title
    if not from_right:
        assert made == literal(title)


def test_texts_that_are_cut_stay_apart() -> None:
    """Where two long names begin alike, each keeps the word that tells it from the one most like it; none is too long."""
    begin = "History of myocardial infarction or unstable angina before randomisation"
    names = [f"{begin}, {end}" for end in ("treated in hospital", "treated at home", "not treated at all")]
    made = told_apart([*names, "Age", names[0]], 60)
    assert all(len(name) <= 60 for name in made)
    assert len(set(made)) == 4
    assert made[0] == made[4] == "History of myocardial infarcti… in hospital"
    assert made[1].endswith("… at home")
    assert made[3] == "Age"
    assert told_apart(["a" * 70, "b" * 70], 60) == ["a" * 59 + "…", "b" * 59 + "…"]
    alike = told_apart(["x" * 100 + "1" + "y" * 50, "x" * 100 + "2" + "y" * 50], 40)
    assert len(set(alike)) == 2
    assert max(map(len, alike)) <= 40


def test_values_become_source() -> None:
    """Each kind of value has its Typst form, and only Code is taken as it stands."""
    made = call("f", "#x", 1, 0.25, -2.0, True, None, [1], {"a_b": Code("left")}, {}, key_word=("y",))
    assert made == 'f("\\u{23}x", 1, 0.25, -2, true, none, (1, ), (a-b: left), (:), key-word: ("y", ))'
    assert source(1e-9) == "0"
    assert joined("a", Code("b")) == '("a", b, ).join()'
    assert block(Code("f()"), Code("g()")) == "\n```{=typst}\n#f()\n#g()\n```\n"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_position_that_is_no_number_is_an_error(value: float) -> None:
    """A figure never swallows a position that is not finite."""
    with pytest.raises(ValueError, match="not finite"):
        source(value)


def test_shortened_says_that_it_is() -> None:
    """A text that is too long for a figure ends in an ellipsis; one that fits is left alone."""
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "abcde…"
