"""Tests of printed numbers, axes and the panels of plots."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presentation.writing import numbers
from presentation.writing.axis import Axis, spanning
from presentation.writing.plots import Strip, stays_on_a_page, strip_plot

from medicore.records.results.printed import printed_number

_FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (3.37326, 3, "3.373"),
        (-0.0421, 3, "−0.042"),
        (-0.0001, 2, "0.00"),
        (1566, 0, "1,566"),
        (-123456.78, 1, "−123,456.8"),
        ("inf", 2, "∞"),
        ("-inf", 2, "−∞"),
        (float("nan"), 2, "–"),
        (None, 2, "–"),
    ],
)
def test_fixed(value: float | str | None, decimals: int, expected: str) -> None:
    """A number has its decimals, a true minus sign and set-off thousands; what is none says so."""
    assert numbers.fixed(value, decimals) == expected


@pytest.mark.parametrize(
    ("standard_error", "expected"),
    [
        (0.4728, 3),
        (926.0, 0),
        (0.0156, 4),
        (12.3, 1),
        (1e-12, 14),
        (1e-20, 15),
        (0.0, 3),
        (None, 3),
        ("inf", 3),
        (1.0, 2),
    ],
)
def test_decimals_follow_the_standard_error(standard_error: float | str | None, expected: int) -> None:
    """An effect is printed with as many decimals as show three digits of its standard error."""
    assert numbers.decimals_for(standard_error) == expected


def test_p_values_are_never_zero() -> None:
    """A p-value has four decimals, or is said to be below them."""
    assert numbers.p_value(9.75e-13) == "<0.0001"
    assert numbers.p_value(0.0001) == "0.00010"
    assert numbers.p_value(None) == "–"
    assert numbers.p_sentence(9.75e-13) == "p < 0.0001"
    assert numbers.p_sentence(0.5) == "p = 0.50"


@pytest.mark.parametrize(
    ("value", "shown", "beside", "level"),
    [
        (7.4321e-14, "<0.0001", "7.4e−14", "<0.0001"),
        (0.0, "<0.0001", "<0.0001", "0.0000"),
        (3.1e-9, "<0.0001", "3.1e−09", "<0.0001"),
        (0.0123456789, "0.012", "0.012345679", "0.0123"),
        (None, "–", "–", "–"),
    ],
)
def test_small_probabilities_are_not_zeros(value: float | None, shown: str, beside: str, level: str) -> None:
    """A p-value and a spent level are never printed as zero, and each is found again by what is printed."""
    assert (numbers.p_value(value), numbers.p_confirmed(value, 9), numbers.spent(value)) == (
        shown,
        beside,
        level,
    )
    if value is not None:
        assert all(printed_number(text).reads_like(value) for text in (shown, beside, level))


def test_shares_counts_and_intervals() -> None:
    """Percentages, counts of a total, intervals, levels, tolerances, sizes and plurals read as in a journal."""
    assert numbers.percent(0.2644) == "26.4 %"
    assert numbers.percent(None) == "–"
    assert (numbers.percent(0.0), numbers.percent(0.0004), numbers.percent(0.0004, 2)) == (
        "0.0 %",
        "<0.1 %",
        "0.04 %",
    )
    assert numbers.percent(0.0004, 0) == "<1 %"
    assert numbers.percent(12.5, 0) == "1,250 %"
    assert numbers.with_share(63, 63 / 1629) == "63 (3.9 %)"
    assert numbers.with_share(0, 0.0) == "0 (0.0 %)"
    assert numbers.interval({"ci_low": -1.5, "ci_high": 2.25}, 1) == "−1.5 to 2.2"
    assert numbers.interval({"ci_low": None, "ci_high": None}, 1) == "–"
    assert numbers.level(0.95) == "95 %"
    assert numbers.significant(8.869e-11) == "8.87e−11"
    assert numbers.significant("inf") == "∞"
    assert numbers.size(90948) == "90,948"
    assert numbers.plural(1, "finding") == "1 finding"
    assert numbers.plural(2, "finding") == "2 findings"


@given(st.lists(_FINITE, max_size=20))
def test_an_axis_holds_all_that_is_finite(values: list[float]) -> None:
    """Every value and zero lie on the axis, and its marks are few, even and inside."""
    axis = spanning([*values, math.inf])
    assert all(axis.holds(value) for value in [*values, 0.0])
    marks = [float(str(tick["at"])) for tick in axis.ticks()]
    assert 2 <= len(marks) <= 12
    assert all(0 <= mark <= 1 for mark in marks)
    assert len({tick["words"] for tick in axis.ticks()}) == len(marks)


def test_what_is_beyond_the_axis_ends_in_an_arrow() -> None:
    """A mark or an end of an interval that the axis does not hold is drawn as an arrow on the edge."""
    row = Strip("far", marks=((9.0, "square"),), span=(-9.0, 9.0)).source(Axis(-1, 1, 0.5), "far")
    assert row["span"] == [0.0, 1.0]
    assert [mark["shape"] for mark in row["marks"]] == ["right", "left", "right"]  # type: ignore[index,union-attr,call-overload]


@pytest.mark.parametrize(
    ("count", "label", "fits"), [(12, "Age", True), (60, "Age", False), (15, "long " * 20, False)]
)
def test_a_plot_has_every_row_and_says_whether_it_fits(count: int, label: str, fits: bool) -> None:
    """No row is lost, a guide beyond the axis is not drawn, and a plot that may be too long is not kept whole."""
    rows = [Strip(f"row{index:03d} {label}", marks=((0.5, "dot"),)) for index in range(count)]
    made = strip_plot(rows, Axis(0, 1, 0.5), "axis", guides=((0.1, "limit"), (7.0, "zero")))
    assert all(f"row{index:03d}" in made for index in range(count))
    assert made.count("kind: ") == 1
    assert stays_on_a_page(rows) is fits


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ("from -7.88 to 7.88 kg", "from −7.88 to 7.88 kg"),
        ("averaged; p(1 - p) for two-valued columns", "averaged; p(1 − p) for two-valued columns"),
        ("2025-03-31, HC2-corrected, 1-2", "2025-03-31, HC2-corrected, 1-2"),
    ],
)
def test_words_of_the_results_have_a_minus_sign(words: str, printed: str) -> None:
    """A hyphen before a number or between terms becomes a minus sign; dates and compounds stay."""
    assert numbers.typeset(words) == printed


@pytest.mark.parametrize("variance", ["robust, ddof 0", "robust, ddof 1", "robust"])
def test_a_variance_is_named_without_its_divisor(variance: str) -> None:
    """The notation of programs is in the results alone."""
    assert numbers.plain(variance) == "robust"
