"""An open run continues by the commit with which it began; what computes nothing needs no other code."""

from medicore.cases.review.own_commit import own_commit, own_commit_of_month
from medicore.records.identifiers import RunId
from tests.conftest import git
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.study import FAILED_RUN, SOUND, SOUND_RUN, WAITING_RUN

WAITING = RunId.parse(WAITING_RUN)


def upgraded(whole: WholeHouse) -> None:
    """Let the checkout be a commit further."""
    (whole.root / "dvc.yaml").write_text("stages: {}\n")
    whole.commit("A later version")


def test_a_halted_run_continues_by_its_own_commit(month: WholeHouse) -> None:
    """Once each finding is answered, its commit is named if the checkout is at another; until then, and at its own, none."""
    first, second = month.history(WAITING_RUN).findings
    began = month.history(WAITING_RUN).request.code_commit
    month.sign(WAITING_RUN, "proceed", finding=first.digest)
    upgraded(month)
    assert own_commit(month.house, WAITING) is None, "a finding has no answer yet"
    month.sign(WAITING_RUN, "proceed", finding=second.digest)
    assert own_commit(month.house, WAITING) == began
    git("checkout", "--quiet", began, folder=month.root)
    assert own_commit(month.house, WAITING) is None


def test_what_computes_nothing_needs_no_other_code(month: WholeHouse) -> None:
    """A run that is rejected, sealed or failed is closed or released by the code that is here."""
    finding, *_ = month.history(WAITING_RUN).findings
    month.sign(WAITING_RUN, "reject", finding=finding.digest)
    upgraded(month)
    assert [own_commit(month.house, RunId.parse(run)) for run in (WAITING_RUN, SOUND_RUN, FAILED_RUN)] == [
        None
    ] * 3


def test_an_interrupted_run_continues_by_its_own_commit(founded: WholeHouse) -> None:
    """A month whose run was cut off before an upgrade is taken up by the commit of that run; a month without one by none."""
    active = founded.begin(SOUND)
    assert own_commit_of_month(founded.house, SOUND, MONTH) is None
    upgraded(founded)
    began = active.identity["code_commit"]
    assert own_commit_of_month(founded.house, SOUND, MONTH) == began
    assert own_commit(founded.house, active.id) == began
    assert own_commit_of_month(founded.house, SOUND, "2025-04") is None
