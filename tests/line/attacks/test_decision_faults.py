"""A flow that is resumed without a decision, as anyone with the Prefect API may: refused, and the run waits as before."""

import pytest

from medicore.errors import MediCoreError
from medicore.settings import read_settings
from medicore.wiring import open_house
from tests.command_line import as_command
from tests.conftest import Project
from tests.line.conftest import CLEAN, IMBALANCED, Month


def resumed(project: Project, run: str) -> str:
    """Resume the flow that follows decisions, and return what it said."""
    with as_command(project.root, project.surroundings()):
        # Prefect is imported once its settings are in the environment.
        from flows.analysis import outcome_of
        from flows.requests import ReviewRequest
        from flows.review import review

        with pytest.raises(MediCoreError) as refused:
            outcome_of(review(ReviewRequest(run=run), return_state=True))
    return str(refused.value)


@pytest.mark.parametrize(
    ("study", "words"), [(CLEAN, "has no approval; sign one with"), (IMBALANCED, "still waits at")]
)
def test_a_flow_resumed_without_a_decision_halts_again(month: Month, study: str, words: str) -> None:
    """Whoever resumes the flow, without a signature the run stays where it is (FAULTS 23)."""
    project, run = month.project, month.run(study)
    house = open_house(read_settings({"MEDICORE_HOME": str(project.home)}))
    assert words in resumed(project, run)
    last = [*house.ledger.events(subject=run)][-1]
    assert (last.action, last.actor) == ("review.halted", "medicore")
    assert words in last.reason
    (row,) = project.medicore("status", study, "--json").json()
    assert "awaiting" in row["state"]
    assert house.records.resolve(f"record/{run}") is None
