"""Flow runs without a process go on, those with one are left alone; on a real Prefect server."""

import os
import subprocess
import sys
from uuid import UUID, uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import State, StateType
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelling, Crashed, Pending, Running

from flows.serving.interrupted import Interrupted
from flows.serving.server import free_port
from medicore.stores.clock import SystemClock


@pytest.fixture
def pool(client: SyncPrefectClient) -> str:
    """Return a work pool of the test's own."""
    return client.create_work_pool(WorkPoolCreate(name=f"pool-{uuid4()}", type="process")).name


@flow(name="nothing")
def nothing() -> None:
    """Do nothing; it is never run."""


@pytest.fixture
def begun(client: SyncPrefectClient, pool: str) -> "Begin":
    """Return what makes flow runs of the pool."""
    return Begin(client, pool)


class Begin:
    """Makes flow runs of a deployment that lets one run at a time."""

    def __init__(self, client: SyncPrefectClient, pool: str) -> None:
        self._client = client
        identifier = client.create_flow(nothing)
        self._deployment = client.create_deployment(
            flow_id=identifier, name=f"d-{uuid4()}", work_pool_name=pool, concurrency_limit=1, entrypoint="x.py:x"
        )  # fmt: skip

    def __call__(self, *states: State) -> UUID:
        """Return a flow run that went through these states."""
        made = self._client.create_flow_run_from_deployment(self._deployment)
        for state in states:
            self._client.set_flow_run_state(made.id, state)
        return made.id

    def slots(self) -> int:
        """Return how many places of the deployment are taken."""
        limit = self._client.read_deployment(self._deployment).global_concurrency_limit
        assert limit is not None
        return limit.active_slots


def test_one_without_a_process_is_begun_again(client: SyncPrefectClient, pool: str, begun: Begin) -> None:
    """It is found dead twice, told, and waits for a worker; its place is free for it."""
    dead = begun(Pending(), Running())
    assert begun.slots() == 1
    watch = Interrupted(pool)
    assert watch.resume() == []
    assert client.read_flow_run(dead).state_type == StateType.RUNNING
    (told,) = watch.resume()
    found = client.read_flow_run(dead)
    assert told == f"flow run '{found.name}' is started again: its process or its worker had ended abruptly"
    assert found.state is not None
    assert (found.state.type, found.state.name) == (StateType.SCHEDULED, "Resuming")
    assert begun.slots() == 0
    assert watch.resume() == []


def test_one_with_a_process_is_left_alone(client: SyncPrefectClient, pool: str, begun: Begin) -> None:
    """A process of the flow run's number, wherever it came from, keeps it; when that has gone, it is begun again."""
    alive = begun(Pending(), Running())
    watch = Interrupted(pool)
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        env={**os.environ, "PREFECT__FLOW_RUN_ID": str(alive)},
    ) as process:
        assert [watch.resume(), watch.resume(), watch.resume()] == [[], [], []]
        process.kill()
    assert client.read_flow_run(alive).state_type == StateType.RUNNING
    assert (watch.resume(), len(watch.resume())) == ([], 1)


def test_one_that_no_worker_took_up_is_begun_again(
    client: SyncPrefectClient, pool: str, begun: Begin
) -> None:
    """A worker that was killed between claiming a run and starting its process leaves it for the next."""
    claimed, waiting = begun(Pending()), begun()
    watch = Interrupted(pool)
    assert (watch.resume(), len(watch.resume())) == ([], 1)
    assert client.read_flow_run(claimed).state_name == "Resuming"
    assert client.read_flow_run(waiting).state_name == "Scheduled"


def test_one_that_was_to_be_cancelled_is(client: SyncPrefectClient, pool: str, begun: Begin) -> None:
    """Where somebody had asked for its end, it is not begun again."""
    unwanted = begun(Pending(), Running(), Cancelling())
    watch = Interrupted(pool)
    assert watch.resume() == []
    (told,) = watch.resume()
    assert "is cancelled" in told
    assert client.read_flow_run(unwanted).state_type == StateType.CANCELLED
    assert begun.slots() == 0


def test_the_third_end_is_the_last(client: SyncPrefectClient, pool: str, begun: Begin) -> None:
    """A run that ends so three times, as one that fills the memory does, is told to have crashed, and not begun again."""
    hopeless = begun(Pending(), Running())
    watch = Interrupted(pool)
    for begins in (2, 3):
        assert (watch.resume(), len(watch.resume())) == ([], 1)
        client.set_flow_run_state(hopeless, Pending())
        client.set_flow_run_state(hopeless, Running())
        assert client.read_flow_run(hopeless).run_count == begins
    assert watch.resume() == []
    (told,) = watch.resume()
    assert "crashed: its process or its worker had ended abruptly, 3 times" in told
    assert client.read_flow_run(hopeless).state_type == StateType.CRASHED


def test_one_that_crashed_for_want_of_its_worker_is_begun_again(
    client: SyncPrefectClient, pool: str, begun: Begin
) -> None:
    """When a worker ended, what it had begun crashes now or later, and goes on; what crashed before is left alone."""
    earlier = begun(Pending(), Running(), Crashed())
    since = SystemClock().now()
    at_once, later = begun(Pending(), Running(), Crashed()), begun(Pending(), Running())
    watch = Interrupted(pool)
    assert watch.resume() == []
    watch.worker_ended(since)
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        env={**os.environ, "PREFECT__FLOW_RUN_ID": str(later)},
    ) as process:
        assert len(watch.resume()) == 1
        client.set_flow_run_state(later, Crashed())
        assert watch.resume() == [], "it has not left yet"
        process.kill()
    assert len(watch.resume()) == 1
    assert {str(client.read_flow_run(run).state_name) for run in (at_once, later)} == {"Resuming"}
    assert client.read_flow_run(earlier).state_type == StateType.CRASHED


def test_runs_of_others_are_not_looked_at(client: SyncPrefectClient, begun: Begin) -> None:
    """Another pool's run is its own workers' matter."""
    other = begun(Pending(), Running())
    watch = Interrupted("another-pool")
    assert [watch.resume(), watch.resume()] == [[], []]
    assert client.read_flow_run(other).state_type == StateType.RUNNING


def test_a_server_that_is_away_is_not_waited_for() -> None:
    """While nobody answers there is nothing to tell; the next look finds what this one did not."""
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}):
        assert Interrupted("medicore").resume() == []
