"""Moments in the only format that records use: UTC, ISO 8601, microseconds, ``Z``."""

import re
from datetime import UTC, datetime

from medicore.errors import IntegrityError

_SPELLING = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)


def timestamp(moment: datetime) -> str:
    """Return ``moment`` in the records' format, ``2025-03-31T08:15:00.000000Z``; these texts sort by time.

    Raises
    ------
    IntegrityError
        When ``moment`` has no time zone.
    """
    if moment.utcoffset() is None:
        raise IntegrityError("a time has no zone; expected a time in UTC; take it from the clock port")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime:
    """Return the moment that ``text`` spells.

    Raises
    ------
    IntegrityError
        When ``text`` does not have the format of ``timestamp``, or its day does not exist in the calendar.
    """
    if not _SPELLING.fullmatch(text):
        raise IntegrityError(
            f"time {text[:40]!r} is malformed; expected UTC as 2025-03-31T08:15:00.000000Z; "
            "take the record from the archive"
        )
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise IntegrityError(
            f"time {text!r} is not in the calendar; take the record from the archive"
        ) from error
