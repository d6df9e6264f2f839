"""How long a client waits for an S3 server: as long as for the ledger's database, and once for all its requests."""

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import repeat

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from prefect.settings import PREFECT_API_URL, temporary_settings

from medicore.errors import ConfigurationError, InfrastructureError, UnavailableError
from medicore.stores.s3.client import ATTEMPTS, PATIENCE_SECONDS, S3Access
from tests.conftest import ROOT
from tests.s3 import KEYS

LOST = EndpointConnectionError(endpoint_url="https://s3.example")


class Waiting:
    """A clock that only a pause moves, and the pauses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.access = S3Access(pause=self.pause, clock=lambda: self.now)

    def pause(self, seconds: float) -> None:
        """Let the time pass."""
        assert seconds > 0
        self.now += seconds

    def request(self, away: Callable[[float], bool], error: Exception = LOST) -> Callable[[], str]:
        """Return a request that the server does not answer at the times that ``away`` names."""

        def asked() -> str:
            if away(self.now):
                raise error
            return "answer"

        return asked


@pytest.mark.parametrize("error", [LOST, ReadTimeoutError(endpoint_url="https://s3.example")])
def test_a_hiccup_of_thirty_seconds_is_waited_for(error: Exception) -> None:
    """A server that is away for half a minute delays a request, and nothing else (FAULTS 63)."""
    waiting = Waiting()
    assert waiting.access.ask("a bucket", waiting.request(lambda now: now < 30, error)) == "answer"
    assert 30 <= waiting.now < 40


def test_a_server_that_stays_away_is_waited_for_once() -> None:
    """After the patience has ended each request tries a few times more; the first answer renews the patience."""
    waiting = Waiting()
    gone = waiting.request(lambda _: True)
    for longest in (PATIENCE_SECONDS + 6, 5, 5):
        before = waiting.now
        with pytest.raises(
            UnavailableError, match=r"a bucket: the archive did not answer after \d+ attempts"
        ) as told:
            waiting.access.ask("a bucket", gone)
        assert isinstance(told.value, InfrastructureError)
        assert 0 < waiting.now - before <= longest
    assert waiting.access.ask("a bucket", lambda: "answer") == "answer"
    before = waiting.now
    with pytest.raises(UnavailableError):
        waiting.access.ask("a bucket", gone)
    assert waiting.now - before >= PATIENCE_SECONDS


def test_a_refusal_is_an_answer() -> None:
    """What a later attempt cannot change is told at once, and shows that the server is there."""
    waiting = Waiting()
    answers = iter([LOST, LOST, ValueError("no"), *repeat(LOST, ATTEMPTS)])

    def asked() -> str:
        raise next(answers)

    with pytest.raises(ValueError, match="no"):
        waiting.access.ask("a bucket", asked)
    before = waiting.now
    with pytest.raises(UnavailableError):
        waiting.access.ask("a bucket", waiting.request(lambda _: True))
    assert waiting.now - before >= PATIENCE_SECONDS


def test_a_write_that_alone_is_refused_is_given_up_too() -> None:
    """Where a server answers reads and has faults at writes, the time since the first write counts."""
    waiting = Waiting()

    def written() -> None:
        for attempt in range(100):
            waiting.access.ask("a bucket", lambda: "answer")
            waiting.access.wait("a bucket", attempt, LOST, since=0.0)

    with pytest.raises(UnavailableError):
        written()
    assert PATIENCE_SECONDS <= waiting.now < PATIENCE_SECONDS + 6


def test_a_client_needs_no_prefect() -> None:
    """Prefect reads its settings when it is imported: a command that asks S3 first still finds its own server afterwards."""
    code = "import sys; from medicore.stores.s3.client import S3Access; S3Access('https://s3.example').client(); print('prefect' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **KEYS},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


def test_a_block_is_on_a_server_that_is_named() -> None:
    """Without the server's address a block is refused, and Prefect starts no server to look for it."""
    with (
        temporary_settings({PREFECT_API_URL: None}),
        pytest.raises(
            ConfigurationError, match="names the Prefect block 'keys', and PREFECT_API_URL no server"
        ),
    ):
        S3Access("https://s3.example", "keys").keys()
