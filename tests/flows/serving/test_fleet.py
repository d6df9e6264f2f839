"""The fleet's pool and automations on a real Prefect server: made once, found to be right, and red where they are not."""

import json
import time
from uuid import uuid4

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.client.schemas.objects import FlowRun
from prefect.events.clients import AssertingEventsClient
from prefect.events.worker import EventsWorker
from prefect.server.events.schemas.automations import EventTrigger
from prefect.server.events.schemas.events import ReceivedEvent
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.serving import service
from flows.serving.engine import ALIVE, ENDED, heartbeats
from flows.serving.fleet import Patience, Pool, automations, examine, set_up
from flows.serving.server import free_port
from medicore.errors import ConfigurationError

TEMPLATE = json.loads(service.TEMPLATE.read_text("utf-8"))


@pytest.fixture
def pool() -> Pool:
    """A pool of the test's own, that is not there yet."""
    return Pool(f"pool-{uuid4()}", "process", TEMPLATE)


def test_a_second_set_up_changes_nothing(client: SyncPrefectClient, pool: Pool) -> None:
    """Pool, limit and automations are made and told; asked for again, nothing is written; what was changed is corrected."""
    told = set_up(pool, Patience(), cores=3)
    assert [line.split()[0] for line in told] == ["made", "made", "made"]
    assert client.read_work_pool(pool.name).concurrency_limit == 3
    assert set_up(pool, Patience(), cores=8) == ()
    assert (
        "takes 3 run(s) at a time; lost ones begin again after 95 s of silence, or 180 s without"
        in examine(pool.name)
    )
    more = Pool(pool.name, "process", {**TEMPLATE, "job_configuration": {"env": {"MORE": "1"}}}, limit=5)
    assert [line.split()[0] for line in set_up(more, Patience(silence=120), cores=8)] == [
        "gave",
        "gave",
        "corrected",
    ]
    assert "takes 5 run(s) at a time; lost ones begin again after 120 s" in examine(pool.name)
    with pytest.raises(ConfigurationError, match="is of type 'process'; expected 'ecs'"):
        set_up(Pool(pool.name, "ecs", TEMPLATE), Patience(), cores=1)


def test_a_pool_without_limit_or_automations_is_red(client: SyncPrefectClient, pool: Pool) -> None:
    """Each of them missing, disabled or changed is a fault that says what to do; a server without the pool has no fleet."""
    assert "has no work pool" in examine(pool.name)
    set_up(pool, Patience(), cores=2)
    made = client.read_work_pool(pool.name)
    silent, _ = (client.read_automations_by_name(one.name)[0] for one in automations(made, Patience()))
    client.pause_automation(silent.id)
    with pytest.raises(
        ConfigurationError, match="is disabled or was changed, so a lost host keeps its places"
    ):
        examine(pool.name)
    assert len(set_up(pool, Patience(), cores=2)) == 1
    examine(pool.name)
    client.delete_automation(silent.id)
    with pytest.raises(ConfigurationError, match=r"has no automation .*; run 'medicore fleet setup'"):
        examine(pool.name)
    client.update_work_pool(pool.name, WorkPoolUpdate(concurrency_limit=None))
    with pytest.raises(
        ConfigurationError, match=r"has no limit, .*; run 'medicore fleet setup' with --limit"
    ):
        examine(pool.name)


def test_a_server_that_is_away_is_one_line(pool: Pool) -> None:
    """Who cannot be asked is named, with what to look at."""
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}):
        for work in (lambda: examine(pool.name), lambda: set_up(pool, Patience(), cores=1)):
            with pytest.raises(ConfigurationError, match="expected a running server"):
                work()


def test_heartbeats_are_seen_by_their_own_pool_s_automation_alone(
    client: SyncPrefectClient, pool: Pool
) -> None:
    """A process tells that it lives and, last, that it ended; the automation of its pool awaits both, that of another neither."""
    set_up(pool, Patience(), cores=1)
    own = client.read_work_pool(pool.name)
    other = own.model_copy(update={"id": uuid4()})
    run = FlowRun(id=uuid4(), flow_id=uuid4(), name="run", work_pool_id=own.id, work_pool_name=own.name)
    AssertingEventsClient.reset()
    EventsWorker.set_client_override(AssertingEventsClient)
    try:
        with heartbeats(run, 0.05):
            time.sleep(0.3)
        with heartbeats(run, 0), heartbeats(run.model_copy(update={"work_pool_id": None}), 1):
            pass  # neither tells anything
        told = [event for one in AssertingEventsClient.all for event in one.events]
    finally:
        EventsWorker.set_client_override(None)
    names = [event.event for event in told]
    assert (names[0], names[-1], set(names[:-1]), names.count(ENDED)) == (ALIVE, ENDED, {ALIVE}, 1)
    assert len(names) > 2
    for watched, sees in ((own, True), (other, False)):
        silent = automations(watched, Patience())[0].trigger
        trigger = EventTrigger.model_validate(silent.model_dump(mode="json"))
        for event in told:
            received = ReceivedEvent.model_validate(event.model_dump())
            assert trigger.covers(received) == sees
            assert trigger.expects(event.event)
            assert trigger.starts_after(event.event) == (event.event == ALIVE)
        # A state that a process may still be in must not end the watch: the next heartbeat may never come.
        assert not any(
            trigger.expects(f"prefect.flow-run.{name}") for name in ("Running", "Pending", "heartbeat")
        )
