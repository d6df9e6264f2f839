"""Moments have one spelling, and its texts sort as the moments do."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import IntegrityError
from medicore.records.moment import moment, timestamp

AWARE = st.datetimes(
    # Hypothesis takes naive bounds and adds the zone; the ends leave room for every offset.
    min_value=datetime(1, 1, 3),  # noqa: DTZ001
    max_value=datetime(9999, 12, 28),  # noqa: DTZ001
    timezones=st.timezones(),
)


def test_spelling_is_utc_with_microseconds() -> None:
    """A moment in another zone is spelled in UTC, with six digits and Z."""
    zone = timezone(timedelta(hours=13))
    assert timestamp(datetime(2025, 4, 1, 1, 2, 3, tzinfo=zone)) == "2025-03-31T12:02:03.000000Z"


@given(AWARE)
def test_reading_gives_the_moment_back(value: datetime) -> None:
    """Reading a spelled moment gives the same instant."""
    assert moment(timestamp(value)) == value.astimezone(UTC)


@given(AWARE, AWARE)
def test_texts_sort_as_moments_do(first: datetime, second: datetime) -> None:
    """The order of the texts is the order of the instants."""
    assert (timestamp(first) < timestamp(second)) == (first.astimezone(UTC) < second.astimezone(UTC))


def test_a_time_without_zone_is_refused() -> None:
    """A naive time is no moment."""
    with pytest.raises(IntegrityError, match="has no zone"):
        timestamp(datetime(2025, 3, 31))  # noqa: DTZ001 - the naive time is what is refused


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-31T12:02:03Z",
        "2025-03-31T12:02:03.000000+00:00",
        "2025-03-31 12:02:03.000000Z",
        "2025-03-31T12:02:03.000000Z\n",
        "",
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    """Only the one spelling is read, so that equal moments have equal digests."""
    with pytest.raises(IntegrityError, match="malformed"):
        moment(text)


def test_a_day_outside_the_calendar_is_refused() -> None:
    """30 February is no moment."""
    with pytest.raises(IntegrityError, match="calendar"):
        moment("2025-02-30T00:00:00.000000Z")
