"""The one place that reads the time, and the clock of a ledger's database, which all its hosts share."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from medicore.errors import InfrastructureError
from medicore.records.ledger.ledger import CLOCK_TOLERANCE


class Clock(Protocol):
    """A source of the present time; tests have their own."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the place


class DatabaseClock:
    """The clock of the ledger's database: this host's clock goes on with it from one reading to the next.

    Hosts that share a ledger have one time by it, and a signature is never later than the event that records it.
    """

    def __init__(self, own: Clock) -> None:
        self._own = own
        self._ahead = timedelta(0)
        self._read: datetime | None = None

    def now(self) -> datetime:
        """Return the present moment in UTC by the database's clock, and by this host's before the first reading."""
        estimated = self._own.now() - self._ahead
        return estimated if self._read is None else max(estimated, self._read)

    def follow(self, theirs: datetime) -> None:
        """Go on from a reading of the database's clock that arrives now."""
        self._ahead, self._read = self._own.now() - theirs, theirs

    def require_close(self) -> timedelta:
        """Return how far this host's clock was ahead at the last reading.

        Raises
        ------
        InfrastructureError
            When the two clocks differ by more than ``CLOCK_TOLERANCE``.
        """
        if abs(self._ahead) > CLOCK_TOLERANCE:
            seconds = self._ahead.total_seconds()
            raise InfrastructureError(
                f"this host's clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} that of the "
                f"ledger's database; expected at most {CLOCK_TOLERANCE.total_seconds():.0f} s; nothing was written: set this "
                "host's clock by a time service, then run the same command again"
            )
        return self._ahead
