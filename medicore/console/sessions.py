"""Sessions of the console: who has signed in, in this process's memory alone, and for how long."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from medicore.records.people.people import Person

IDLE_S = 15 * 60
"""A session ends so many seconds after its last request."""
LONGEST_S = 12 * 60 * 60
"""A session ends so many seconds after its beginning, however busy it is."""
TRIES, WITHIN_S = 10, 60.0
"""So many refused sign-ins within so many seconds close the door to all until the oldest has passed."""


@dataclass(slots=True)
class Session:
    """A person who has signed in; ``token`` is what a form must send back, so that no other page can send it.

    ``looked`` are the runs whose closed results they signed to look at.
    """

    person: Person
    started_at: float
    seen: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    looked: set[str] = field(default_factory=set)


class Sessions:
    """All sessions, by the secret in their cookie; ``now`` gives seconds that never go back."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._held: dict[str, Session] = {}
        self._refused: list[float] = []
        self._lock = threading.Lock()

    def open(self, person: Person) -> str:
        """Begin a session and return the secret of its cookie; it is new for each sign-in."""
        secret, at = secrets.token_urlsafe(32), self._now()
        with self._lock:
            self._held[secret] = Session(person, at, at)
        return secret

    def of(self, secret: str) -> Session | None:
        """Return the session of a cookie, and note that it was used; None when it has ended or never was."""
        with self._lock:
            session, at = self._held.get(secret), self._now()
            if session is None:
                return None
            if at - session.seen > IDLE_S or at - session.started_at > LONGEST_S:
                del self._held[secret]
                return None
            session.seen = at
            return session

    def close(self, secret: str) -> None:
        """End a session."""
        with self._lock:
            self._held.pop(secret, None)

    def refuse(self) -> None:
        """Note a refused sign-in."""
        with self._lock:
            self._refused.append(self._now())

    @property
    def wait(self) -> float:
        """The seconds until anybody may try to sign in again; 0 for at once."""
        with self._lock:
            at = self._now()
            self._refused = [then for then in self._refused if at - then < WITHIN_S]
            return WITHIN_S - (at - self._refused[0]) if len(self._refused) >= TRIES else 0.0
