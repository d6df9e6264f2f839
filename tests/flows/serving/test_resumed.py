"""A flow run that is started again begins, waits while somebody works on its month, or ends for good; on a real server."""

from pathlib import Path
from uuid import UUID

import anyio
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import AwaitingRetry, Cancelling, Pending, Running, Scheduled

from flows.serving.resumed import BEGINS, RESUMING, end_of, is_resumed, wait_of
from medicore.stores.clock import SystemClock
from medicore.stores.files import FolderLocks


@flow(name="nothing")
def nothing() -> None:
    """Do nothing; it is never run."""


def ended(prefect_url: str, *states: State) -> State | None:
    """Return how a flow run ends that went through these states and was then started again."""

    async def asked() -> State | None:
        async with get_client() as client:
            made: UUID = (await client.create_flow_run(nothing)).id
            for state in (*states, Scheduled(name=RESUMING)):
                await client.set_flow_run_state(made, state, force=True)
            found = await client.read_flow_run(made)
            assert is_resumed(found)
            return await end_of(client, found)

    with temporary_settings({PREFECT_API_URL: prefect_url}):
        return anyio.run(asked)


def test_only_so_many_beginnings(prefect_url: str) -> None:
    """Begun once or twice it begins again; after the last beginning it has crashed, and the message says how often."""
    again = (Pending(), Running())
    assert ended(prefect_url, *again) is None
    assert ended(prefect_url, Pending()) is None
    last = ended(prefect_url, *((*again, Scheduled()) * BEGINS))
    assert last is not None
    assert (last.type, f"abruptly, {BEGINS} times" in str(last.message)) == (StateType.CRASHED, True)


def test_waiting_for_a_store_is_no_lost_process(prefect_url: str) -> None:
    """A flow run that waited for its infrastructure many times, and then lost its host once, begins again."""
    waited = (Pending(), Running(), AwaitingRetry())
    assert ended(prefect_url, *(waited * BEGINS), Pending(), Running()) is None


def test_what_was_to_be_cancelled_is(prefect_url: str) -> None:
    """A run that somebody wanted to end when its host was lost does not begin again."""
    last = ended(prefect_url, Pending(), Running(), Cancelling())
    assert last is not None
    assert last.type is StateType.CANCELLED


def test_a_silent_run_that_works_is_waited_for(tmp_path: Path) -> None:
    """While a process holds the month, the flow run waits a minute and names the holder; then it begins."""
    locks, now = FolderLocks(tmp_path / "locks"), SystemClock().now()
    for asked in ({"run": "TEST-SOUND/2025-03/1"}, {"study": "TEST-SOUND", "month": "2025-03"}):
        with locks.hold("TEST-SOUND", "2025-03", "medicore run"):
            state = wait_of(locks, asked, now)
        assert state is not None
        assert (state.name, "is at work in medicore run" in str(state.message)) == (RESUMING, True)
        assert state.state_details.scheduled_time is not None
        assert (state.state_details.scheduled_time - now).total_seconds() == 60
        assert wait_of(locks, asked, now) is None


@pytest.mark.parametrize("asked", [{}, {"month": "2025-03"}, {"run": "none"}, {"study": "TEST-SOUND"}])
def test_what_names_no_month_is_not_waited_for(tmp_path: Path, asked: dict[str, str]) -> None:
    """A portfolio, or a request that names nothing, begins: its flow says what is wrong."""
    assert wait_of(FolderLocks(tmp_path), asked, SystemClock().now()) is None
