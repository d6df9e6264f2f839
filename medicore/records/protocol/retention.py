"""The retention of a record."""

from datetime import date

from medicore.errors import ArchiveError

SHORTEST_YEARS = 15


def retain_until(start: date, years: int) -> date:
    """Return the first day on which a record of ``start`` may be deleted: ``years`` later, never a day earlier.

    29 February plus fifteen years is 1 March, not 28 February.

    Raises
    ------
    ArchiveError
        When ``years`` is below fifteen.
    """
    if years < SHORTEST_YEARS:
        raise ArchiveError(f"retention of {years} years is too short; expected at least {SHORTEST_YEARS}")
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 3, 1)
