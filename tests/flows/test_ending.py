"""A Prefect server that is lost once the work has ended changes nothing of how it ended."""

from typing import Any

import pytest
from httpx import ConnectError
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.analysis import RunFailedError, as_state, outcome_of
from flows.ending import note, noting
from medicore.cases.run.analysis import Outcome
from medicore.errors import IntegrityError, MediCoreError


def ends_in(state: State[Any]) -> State[Any]:
    """Stand for a flow whose work ends, and whose engine then has this state."""
    note("sealed")
    return state


def raises(error: Exception, *, ended: bool) -> State[Any]:
    """Stand for a flow that raises, before its work has ended or after that."""
    if ended:
        note("sealed")
    raise error


def test_a_state_passes_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Where Prefect is told of the end, its state is the answer, and nothing is said."""
    for state in (Completed(data="sealed"), Failed(data="failed"), Failed(data=IntegrityError("damaged"))):
        assert noting(lambda found=state: ends_in(found)) is state
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("lost", [ConnectError("gone"), RuntimeError("Failed to reach API at …")])
def test_a_server_lost_after_the_end_is_told_in_one_line(
    lost: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether the engine raises or calls the flow failed, the ending is the one that was noted."""
    for flow in (lambda: raises(lost, ended=True), lambda: ends_in(Failed(data=lost))):
        assert noting(flow).result() == "sealed"
        line = f"medicore: Prefect does not know how this ended ({type(lost).__name__}); the ledger does\n"
        assert capsys.readouterr().err == line


@pytest.mark.parametrize(
    ("error", "ended"),
    [(ConnectError("gone"), False), (IntegrityError("damaged"), True), (MediCoreError("busy"), False)],
)
def test_what_happens_before_the_end_and_our_own_errors_are_raised(error: Exception, ended: bool) -> None:
    """A flow that did not end its work has failed, and no error of ours is hidden by an ending."""
    with pytest.raises(type(error), match=str(error)):
        noting(lambda: raises(error, ended=ended))


def test_each_flow_has_its_own_ending() -> None:
    """What a flow inside another notes is not the ending of the other; without anybody who asks nothing is kept."""

    def outer() -> State[Any]:
        noting(lambda: ends_in(Completed()))
        raise ConnectError("gone")

    with pytest.raises(ConnectError):
        noting(outer)
    assert note("alone") == "alone"
    with pytest.raises(ConnectError):
        noting(lambda: raises(ConnectError("gone"), ended=False))


def test_a_failed_run_is_an_error_for_prefect_and_an_outcome_for_us() -> None:
    """Prefect raises the message of a failed run, whoever asks for its result; our commands read the outcome."""
    outcome = Outcome("A/2025-03/1", "failed", "", message="no data", exit_code=4)
    state = as_state(outcome)
    with pytest.raises(RunFailedError, match=r"^no data$"):
        state.result()
    assert outcome_of(noting(lambda: ends_in(state))) == outcome
