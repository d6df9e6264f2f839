"""A flow run that a worker or a container has taken: what it is, by which code it runs, and whether it may begin."""

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anyio.to_thread import run_sync
from httpx import HTTPError
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import Flow, FlowRun, State
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from flows.serving.known import Deployment, claimed, refused_name, step_names
from flows.serving.resumed import end_of, is_resumed, wait_of
from medicore.cases.review.own_commit import own_commit, own_commit_of_month
from medicore.cases.run.requesting import refuse_flow_run
from medicore.errors import MediCoreError
from medicore.records.identifiers import RunId
from medicore.settings import Settings
from medicore.stores.clock import SystemClock
from medicore.wiring import open_house

logger = logging.getLogger("medicore.taken")


@dataclass(frozen=True, slots=True)
class Taken:
    """A flow run as the API tells it to ``client``; ``settings`` are those of the checkout by which it would run."""

    client: PrefectClient
    flow_run: FlowRun
    settings: Settings

    @property
    def asked(self) -> Mapping[str, Any]:
        """The claims in its parameters that have the form of identifiers."""
        return claimed(self.flow_run.parameters or {})

    async def told(self) -> Deployment | None:
        """Return what the API says of its deployment; None when it has none."""
        if self.flow_run.deployment_id is None:
            return None
        try:
            found = await self.client.read_deployment(self.flow_run.deployment_id)
            flow: Flow = await self.client.read_flow(found.flow_id)
        except ObjectNotFound:
            return None
        return Deployment(
            flow.name,
            found.name,
            found.entrypoint or "",
            step_names(found.pull_steps),
            found.job_variables or {},
        )

    async def ends_or_waits(self) -> bool:
        """Say whether it was started again and may not begin now; the API then has its new state."""
        if not is_resumed(self.flow_run):
            return False
        state = await end_of(self.client, self.flow_run) or await run_sync(self._waiting)
        if state is not None:
            await self.client.set_flow_run_state(self.flow_run.id, state, force=True)
        return state is not None

    def _waiting(self) -> State[Any] | None:
        return wait_of(open_house(self.settings).locks, self.asked, SystemClock().now())

    def own_commit(self) -> str | None:
        """Return the commit of the open run that it continues; None when that of the checkout is right."""
        asked = self.asked
        if "commit" in asked:  # signed for; the flow compares it with the code that runs
            return None
        try:
            house = open_house(self.settings)
            if "run" in asked:
                return own_commit(house, RunId.parse(asked["run"]))
            if "study" in asked and "month" in asked:
                return own_commit_of_month(house, asked["study"], asked["month"])
        except (MediCoreError, OSError):  # the flow meets the same, and says so
            logger.exception("the ledger could not say by which commit the run continues")
        return None

    async def refuse(self, reason: str) -> None:
        """Write into the ledger, the log and the flow run's state that nothing was executed."""
        said = f"flow run {self.flow_run.id} is refused: {reason}"
        logger.error(said)
        try:
            await run_sync(self._record, said)
        except (MediCoreError, OSError):  # the refusal stands even if the ledger cannot record it
            logger.exception("the ledger could not record the refusal of flow run %s", self.flow_run.id)
        try:
            with contextlib.suppress(HTTPError):  # only a name; the state says more
                await self.client.update_flow_run(self.flow_run.id, name=refused_name(self.asked))
            await self.client.set_flow_run_state(
                self.flow_run.id, Crashed(name="Refused", message=said), force=True
            )
        except ObjectNotFound:  # deleted meanwhile
            return

    def _record(self, said: str) -> None:
        refuse_flow_run(open_house(self.settings), said, str(self.flow_run.id), self.asked)
