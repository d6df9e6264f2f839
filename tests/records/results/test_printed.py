"""A number on paper leads to its place in the results, whatever its rounding, sign or unit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import ProtocolError
from medicore.records.results.printed import (
    Place,
    numbers_of,
    places_of,
    printed_number,
    same_number,
    told_in,
    within,
)

RESULTS: dict[str, Any] = {
    "study": {"id": "X", "phase": 3.37},
    "cohort": {"assessed": 1629, "analysed": 1566},
    "baseline": [{"overall": {"count": 762, "percent": 48.659}}],
    "propensity": {"equipoise": 0.912, "converged": True},
    "primary": {"estimate": 3.3732632, "ci_low": -2.4441, "level": 0.95, "unit": "kg", "p_value": 1e-12},
    "sensitivity": {"sensitivity": [{"estimate": 3.3699, "n": 1566}], "supplementary": []},
}


def paths(text: str) -> list[str]:
    """Return the paths that a number leads to."""
    return [place.path for place in places_of(RESULTS, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.37", ["primary.estimate", "sensitivity.sensitivity.0.estimate"]),
        ("3.373", ["primary.estimate"]),
        ("3.4", ["primary.estimate", "sensitivity.sensitivity.0.estimate"]),
        ("\u22122.444", ["primary.ci_low"]),
        ("1,566", ["cohort.analysed", "sensitivity.sensitivity.0.n"]),
        ("1 629", ["cohort.assessed"]),
        ("48.7 %", ["baseline.0.overall.percent"]),
        ("48.7", ["baseline.0.overall.percent"]),
        ("95%", ["primary.level"]),
        ("91.2 %", ["propensity.equipoise"]),
        ("0.0000", ["primary.p_value"]),
        ("<0.0001", ["primary.p_value"]),
        ("1.00e\u221212", ["primary.p_value"]),
        ("1e-12", ["primary.p_value"]),
    ],
)
def test_a_printed_number_is_found(text: str, expected: list[str]) -> None:
    """Every result that reads so is named, the primary one first, and nothing without an origin."""
    assert paths(text) == expected


@pytest.mark.parametrize("text", ["2.444", "3.38", "912", "2", "1.1e-12", "\u22121e-12", "<1e-13"])
def test_what_reads_otherwise_is_not_found(text: str) -> None:
    """A lost sign, another rounding or a truth value is no match, and the message says what to give."""
    with pytest.raises(ProtocolError, match="no result of the run is printed as"):
        places_of(RESULTS, text)


@pytest.mark.parametrize("text", ["", "three", "3.37 kg", "1e5", "3.37 to 4.1", "--3", "nan", "$(id)"])
def test_what_is_not_a_number_is_refused(text: str) -> None:
    """Anything but one number is refused in one line."""
    with pytest.raises(ProtocolError, match="is not one number as printed"):
        printed_number(text)


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_every_value_is_found_by_its_own_print(value: float, decimals: int) -> None:
    """Whatever is printed with so many decimals reads like itself again."""
    assert printed_number(f"{value:,.{decimals}f}").reads_like(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_print_reads_like_what_is_not_finite(value: float) -> None:
    """A result that is no number is found by none."""
    assert not printed_number("3.37").reads_like(value)


@given(
    st.floats(allow_nan=False, allow_infinity=False, width=64, min_value=-1e15, max_value=1e15),
    st.integers(0, 12),
    st.booleans(),
)
def test_what_reads_like_a_number_is_within_its_spans(value: float, decimals: int, percent: bool) -> None:
    """A search by the spans alone misses nothing that reads like the number as printed."""
    size = 100 * value if percent else value
    number = printed_number(f"{size:.{decimals}f}{'%' if percent else ''}")
    assert number.reads_like(value)
    assert any(low <= value <= high for low, high in number.spans())


@given(st.floats(1e-300, 1e300), st.booleans(), st.integers(0, 6))
def test_a_number_with_an_exponent_is_within_its_span(size: float, negative: bool, decimals: int) -> None:
    """What is printed with significant digits reads like itself, and a search by its span finds it."""
    value = -size if negative else size
    number = printed_number(f"{value:.{decimals}e}")
    assert number.reads_like(value)
    assert any(low <= value <= high for low, high in number.spans())


def test_a_bound_spans_what_is_below_it() -> None:
    """A p-value printed as a bound is found among those from 0 to the bound."""
    number = printed_number("<0.0001")
    assert number.spans() == ((0.0, 0.0001),)
    assert number.reads_like(0.0)
    assert not number.reads_like(0.0001)
    share = printed_number("<0.1 %")
    assert share.spans() == ((0.0, 0.001),)
    assert share.reads_like(0.0004)
    assert not share.reads_like(0.04)


def test_the_spans_are_narrow() -> None:
    """A span is as wide as the rounding and a hair; a percentage has one for the share too."""
    ((low, high),) = printed_number("3.37").spans()
    assert (round(low, 4), round(high, 4)) == (3.365, 3.375)
    assert len(printed_number("95 %").spans()) == 2


def test_numbers_are_those_with_an_origin() -> None:
    """Every number of the results that has an origin is there with its path; texts, truth values and identity are not."""
    found = dict(numbers_of(RESULTS))
    assert found["primary.estimate"] == 3.3732632
    assert found["baseline.0.overall.percent"] == 48.659
    assert not {"study.phase", "propensity.converged", "primary.unit"} & set(found)


def test_places_are_found_below_paths() -> None:
    """A place is within its own path and those above it, and not within a path whose name only begins alike."""
    places = [Place(path, 1.0, "") for path in ("balance.terms.1.smd", "balance.terms.10.smd", "primary.n")]
    assert within(places, ["balance.terms.1"]) == (places[0],)
    assert within(places, ["primary.n", "balance"]) == tuple(places)
    assert within(places, []) == ()


def test_places_hold_the_same_number_or_not() -> None:
    """Two places agree to twelve digits, or they are two numbers."""
    first, second = places_of(RESULTS, "1566")
    assert same_number([first, second])
    assert not same_number(places_of(RESULTS, "3.37"))


def test_a_number_that_a_sentence_tells_leads_to_the_sentence() -> None:
    """Notes and messages are searched after the values, each once; names, versions and digits in words are no numbers."""
    note = "88 treated without a partner within 0.2 SD (HC2, 1-2); from -0.892 to 1,566"
    told: dict[str, Any] = {**RESULTS, "tipping": {"words": note, "name": "Below 88", "delta": 88}}
    assert [place.path for place in places_of(told, "88")] == ["tipping.delta", "tipping.words"]
    assert [place.path for place in places_of(told, "\u22120.89")] == ["tipping.words"]
    assert [value for _, value in told_in(told)] == [88, 0.2, -0.892, 1566]
    assert places_of(told, "0.2")[-1].definition
    with pytest.raises(ProtocolError, match="no result of the run"):
        places_of(told, "2.0")
