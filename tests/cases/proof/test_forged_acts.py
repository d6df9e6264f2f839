"""A trial by attack: whoever writes events without a key changes nothing unseen, whatever they write in whatever order."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medicore.cases.keeping.release import follow
from medicore.cases.people.logged import SERVICE
from medicore.cases.proof.verify import record_checks
from medicore.cases.run.decisions import accepted_entry, verified
from medicore.errors import MediCoreError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.records.ledger.states import MOVES
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import SOUND_RUN, WAITING_RUN

ACTIONS = sorted({action for _, action in MOVES} - {"run.requested", "run.refused"})
RUNS = (SOUND_RUN, WAITING_RUN)
Forged = tuple[str, str, str]
"""Action, run, and how well the forger did their homework."""


@pytest.fixture(scope="module")
def decided(kept_month: WholeHouse, tmp_path_factory: pytest.TempPathFactory) -> WholeHouse:
    """A house with a sealed run that nobody has decided on, and a halted one all of whose findings are answered."""
    whole = kept_month.copy(tmp_path_factory.mktemp("decided"))
    for finding in whole.history(WAITING_RUN).findings:
        whole.sign(WAITING_RUN, "proceed", finding=finding.digest)
    return whole


def details_of(whole: WholeHouse, run: str, knowledge: str) -> dict[str, Any]:
    """Return details that a forger may write: nothing, what an event before had, or also the decisions on the run."""
    history = whole.history(run)
    if knowledge == "nothing":
        return {}
    told = {**history.sealed.event.details, "decision": 1, "manifest": "0" * 64, "retain_until": "2050-01-01"}
    signed = [accepted_entry(verified(whole.house, each), each.event) for each in history.decisions]
    if knowledge == "everything but a reason":
        signed = [{**entry, "reason": "It is fine"} for entry in signed]
    return told | {"decisions": signed}


def attacked(whole: WholeHouse, folder: Path, forged: list[Forged]) -> tuple[House, list[int]]:
    """Return the house with a ledger into which the forged events were written, and their numbers."""
    ledger = SqliteLedger(Path(shutil.copy(whole.home / "ledger.db", folder)), whole.clock)
    numbers = [
        ledger.append(
            NewEvent(SERVICE, "service", action, run, "", details_of(whole, run, knowledge))
        ).sequence
        for action, run, knowledge in forged
    ]
    return replace(whole.house, ledger=ledger), numbers


def follows(forged: list[Forged], run: str) -> bool:
    """Say whether all that was written of a run follows from what people signed: to go on as they did decide."""
    own = [(action, knowledge) for action, about, knowledge in forged if about == run]
    return own in ([], [("run.continued", "everything")]) and (not own or run == WAITING_RUN)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACTIONS),
            st.sampled_from(RUNS),
            st.sampled_from(["nothing", "everything but a reason", "everything"]),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_does_not_follow_from_signed_acts_is_refused_and_named(
    decided: WholeHouse, forged: list[Forged]
) -> None:
    """After any forged moves a run verifies only where people decided just that, and no report is released (FAULTS 73)."""
    with tempfile.TemporaryDirectory() as folder:
        house, _ = attacked(decided, Path(folder), forged)
        for run in RUNS:
            failed = [check for check in record_checks(house, RunId.parse(run), None) if not check.passed]
            assert (failed == []) == follows(forged, run), f"{run}: {failed}"
            try:
                follow(house, RunId.parse(run))
            except MediCoreError:
                continue
            finally:
                assert decided.records.tags(f"record/{run.partition('/')[0]}") == ()
